"""`dpip up`: settings, checks, then the supervisor with what it shows."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

import psutil

from command.addresses import reachable, with_free_ports
from command.components import INSTANCE, components, forget_records, instance_of, takes_videos
from command.config import UpSettings
from command.leftovers import MARK, mark
from command.lock import held, lock_file
from command.readiness import api_ready
from command.screen import Screen
from command.supervisor import Supervisor
from command.welcome import curl_for, first_user, run_line
from dpip import __version__
from dpip.errors import ConfigError
from dpip.settings import EXIT_USAGE, load, parse_address

_LONGEST_LOAD_S = 5.0  # more than that is a clock that was set meanwhile


def run(arguments: Sequence[str]) -> int:
    """Run until a signal comes; returns the exit status (2 when the settings cannot work)."""
    settings = load(UpSettings, "dpip up", arguments)
    began = _process_began()
    try:
        if settings.scheme == "http":
            settings.refuse_plaintext(settings.host, "the API")
        if settings.starts_ray and not settings.encrypts_ray:
            settings.refuse_plaintext(parse_address(settings.controller)[0], "Ray")
        with held(settings.at_home):
            return _supervise(with_free_ports(settings), began)
    except ConfigError as error:
        sys.stderr.write(f"dpip up: {error.detail}\n")
        return EXIT_USAGE


def _process_began() -> float:
    """When this process was started, on the monotonic clock: loading its code counts too."""
    age = time.time() - psutil.Process().create_time()
    return time.monotonic() - min(max(age, 0.0), _LONGEST_LOAD_S)


def _supervise(settings: UpSettings, began: float) -> int:
    home = settings.at_home
    ours = {MARK: mark(lock_file(home)), INSTANCE: instance_of(home)}
    parts = components(settings, {**os.environ, **ours})
    screen = Screen()
    try:
        if settings.join_token is None:  # whichever component asks first: the controller will run here
            home.ensure_secret(home.join_token)
        forget_records(home, parts)
        logs = home.ensure_folder(home.path / "logs")
        supervisor = Supervisor(parts, logs, screen, verbose=settings.verbose)
    except OSError as error:  # a disk that is full, most of all
        raise ConfigError(f"cannot write in the home folder {home.path}: {error.strerror}") from None
    existed = home.first_password.exists()
    url = f"{settings.scheme}://{reachable(settings.host, settings.port)}"
    if not takes_videos():
        screen.note("videos are not taken: they need PyAV; pip install 'dpip[video]'", "yellow")

    def look() -> bool:
        """Show how far it is; True when the API is ready and every worker is up."""
        waited_for = [kept for kept in supervisor.kept if not kept.component.in_no_hurry]
        up = {kept.component.name: kept.up for kept in waited_for}
        ready, why_not = api_ready(url, settings.trusted) if up["api"] else (False, "")
        elapsed = time.monotonic() - began
        screen.progress(up, elapsed, why_not)
        if not (ready and all(up.values())):
            return False
        user = first_user(home, os.environ, existed=existed)
        facts = {
            "page, API": f"{url} (open it in a browser)",
            "bus": settings.controller,
            "workers": ", ".join(name for name in up if name.startswith("local-")) or "none",
            "first user": user.described,
            "logs": str(logs),
        }
        curl = curl_for(settings.trusted)
        see = f'{curl} -H "Authorization: Bearer $TOKEN" {url}/status'
        screen.ready(elapsed, facts, [*run_line(home), user.login_line(home), see])
        screen.note("Ctrl-C stops all of it")
        return True

    screen.opening(__version__, str(home.path))
    return supervisor.run(look)
