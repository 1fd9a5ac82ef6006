"""Headings under which `dpip --help` lists its subcommands."""

from __future__ import annotations

WORK = "Filter pictures"
LOOK = "See what goes on"
SYSTEM = "Run the system"
ACCOUNT = "Accounts"
