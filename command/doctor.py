"""`dpip doctor`: the checks put together, and what the running system says of itself."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from command import printing, talking
from command.exits import DONE, FAILED, Ended
from command.findings import Finding, database, machine, ports
from dpip import __version__
from dpip.home import Home, default_home
from dpip.settings import DEFAULT_CONTROLLER, MAX_PORT, parse_address
from dpip_client import Client, DpipError
from dpip_client.retrying import IMPATIENT

_API_PORT = 8080
_CLOCKS_S = 5.0  # tokens and leases are told in seconds of the clock
_MARK = 4  # characters of a verdict
_MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "bad": ("BAD ", "red")}


def examine(url: str | None, ca: Path | None, *, as_json: bool) -> int:
    """The exit status: 1 when something is bad."""
    home = Home(Path(os.environ.get("DPIP_HOME") or default_home()).expanduser())
    found = [*machine(home), database(os.environ.get("DPIP_DATABASE_URL") or home.database_url)]
    found += [*_ports(home), *_system(url, ca)]
    if as_json:
        printing.as_json([asdict(one) for one in found])
    else:
        _show(found)
    return FAILED if any(one.verdict == "bad" for one in found) else DONE


def _ports(home: Home) -> Iterator[Finding]:
    """Those that the settings name."""
    given = os.environ.get("DPIP_PORT") or str(_API_PORT)
    port = int(given[:6]) if given.isascii() and given.isdigit() else MAX_PORT + 1
    if port > MAX_PORT:
        mend = f"a whole number from 0 to {MAX_PORT}, or leave it out"
        yield Finding("bad", "settings", f"DPIP_PORT is {given[:100]!r}, which is no port", mend)
    try:
        _, bus_port = parse_address(os.environ.get("DPIP_CONTROLLER") or DEFAULT_CONTROLLER)
    except ValueError as error:
        yield Finding("bad", "settings", f"DPIP_CONTROLLER: {error}", "set it, or leave it out")
    else:
        if port <= MAX_PORT:
            yield from ports(home, port, bus_port)


def _system(url: str | None, ca: Path | None) -> Iterator[Finding]:
    """What the API says; where none answers, that is no fault of a machine on which nothing was started."""
    try:
        target = talking.target(url, ca)
    except Ended as ended:
        yield Finding("warn", "system", ended.detail, "start it: make run, or dpip up")
        return
    options = replace(talking.options(target), patience=IMPATIENT)
    try:
        with Client(options=options) as client:
            index = client.index()
            yield _version(str(index.get("version", "unknown")), target.url)
            yield from _parts(client)
            yield from _clock(client)
            yield from _workers(client)
    except DpipError as error:
        yield Finding("warn", "system", error.detail, "start it: make run, or dpip up; log in: dpip login")


def _version(theirs: str, url: str) -> Finding:
    fine = theirs == __version__
    return Finding(
        "ok" if fine else "warn",
        "version",
        f"{theirs} at {url}" + ("" if fine else f", and {__version__} here"),
        "" if fine else "set up the same version on all machines",
    )


def _parts(client: Client) -> Iterator[Finding]:
    for part, told in client.ready().get("checks", {}).items():
        waits = "wait" in told
        mend = "is every component started? logs/ in the home says more" if waits else ""
        yield Finding("warn" if waits else "ok", part.replace("_", " "), told, mend)


def _clock(client: Client) -> Iterator[Finding]:
    there = datetime.fromisoformat(str(client.status()["server_time"]))
    apart = abs((datetime.now(UTC) - there).total_seconds())
    fine = apart < _CLOCKS_S
    yield Finding(
        "ok" if fine else "bad",
        "clocks",
        f"{apart:.1f} s apart",
        "" if fine else "timedatectl set-ntp true, on both machines",
    )


def _workers(client: Client) -> Iterator[Finding]:
    for worker in client.workers():
        if worker.state == "lost":
            mend = "is its machine up, and does it reach the controller? Its log says why"
            yield Finding("warn", f"worker {worker.name}", "is lost: it does not report", mend)


def _show(found: Sequence[Finding]) -> None:
    colours = {"green": "\x1b[32m", "yellow": "\x1b[33m", "red": "\x1b[31m"} if sys.stdout.isatty() else {}
    end = "\x1b[0m" if colours else ""
    width = max(len(one.what) for one in found)
    for one in found:
        mark, colour = _MARKS[one.verdict]
        told = printing.hanging(printing.text(one.told), f"{' ' * _MARK}  {one.what:<{width}}  ")
        sys.stdout.write(f"{colours.get(colour, '')}{mark}{end}{told[_MARK:]}\n")
        if one.mend:
            sys.stdout.write(printing.hanging(f"to mend: {one.mend}", " " * (_MARK + width + 4)) + "\n")
    counts = Counter(one.verdict for one in found)
    bad, warned = counts["bad"], counts["warn"]
    if bad or warned:
        said = [f"{bad} bad"] * bool(bad) + [printing.counted(warned, "warning")] * bool(warned)
        sys.stdout.write(f"\n{', '.join(said)}; what would mend it stands below each\n")
    else:
        sys.stdout.write("\nall is well\n")
