"""`python -m command` is `dpip`."""

from __future__ import annotations

from command.main import main

main()
