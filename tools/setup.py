"""Set-up of the checkout: `python3 tools/setup.py run|dev`. What is done already is not done again.

Everything goes into `.venv`: the packages of `requirements.lock` (run) or `requirements-dev.lock` (dev), each
checked by its hash, and the checkout itself with its command `dpip`. Needs nothing but the standard library,
and its syntax is old on purpose: a Python that is too old must be told so, not trip over a comma.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
DONE = VENV / ".set-up.json"  # what was set up, and from what
BEGUN = VENV / ".set-up-begun"  # there while a set-up runs: found later, it was cut off
OWN_CACHE = VENV / ".uv-cache"  # while a set-up runs
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
COMPILED = ("--compile-bytecode",)  # now, and not while the first start is waited for
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
SETUP_LOCK = "requirements-setup.lock"  # the installer itself: uv
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_WITHIN_S = 300


class Missing(Exception):
    """Something that this machine lacks, and the line that installs it."""


def main(arguments):
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        sys.stderr.write("usage: python3 tools/setup.py run|dev\n")
        return 2
    try:
        check_machine()
        with one_at_a_time():
            set_up(arguments[0])
    except Missing as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("set-up was cut off; run it again\n")
        return 130
    except subprocess.CalledProcessError as error:
        command = " ".join(shlex.quote(str(word)) for word in error.cmd)
        sys.stderr.write(f"set-up failed ({command} gave {error.returncode}); run it again to go on\n")
        return 1
    return 0


def check_machine():
    if sys.version_info < OLDEST:
        have = ".".join(str(part) for part in sys.version_info[:3])
        raise Missing(
            f"python3 is {have}, DPIP needs 3.11 or later: apt-get install -y python3.11 python3.11-venv "
            "and say make PYTHON=python3.11"
        )
    lacking = [] if shutil.which("git") else ["git"]
    if not (works(PYTHON) or uv_on_path() or has_venv()):
        lacking.append("python3-venv")
    if lacking:
        verb = "is" if len(lacking) == 1 else "are"
        raise Missing(f"{' and '.join(lacking)} {verb} missing: apt-get install -y {' '.join(lacking)}")


def has_venv():
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


@contextlib.contextmanager
def one_at_a_time():
    """Two `make` in one checkout take turns."""
    with Path(__file__).open() as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def set_up(kind):
    done = read_done()
    if done is None:
        shutil.rmtree(VENV, ignore_errors=True)
        done = {}
    if "dev" in done:
        kind = "dev"  # it holds what `run` needs, and the two must not undo each other
    if done.get(kind) == wanted(kind):
        return
    began = time.monotonic()
    say(f"setting up .venv from {LOCKS[kind]} (this is done once)")
    VENV.mkdir(exist_ok=True)
    BEGUN.touch()
    make_environment()
    install(ROOT / LOCKS[kind])
    add_checkout()
    if kind == "dev":
        add_browser()
    shutil.rmtree(OWN_CACHE, ignore_errors=True)
    done[kind] = wanted(kind)
    DONE.write_text(json.dumps({"root": str(ROOT), "done": done}))
    BEGUN.unlink()
    say(f"set up in {time.monotonic() - began:.0f} s")


def read_done():
    """What was set up; None when `.venv` is of no use: cut off, moved, or its Python is gone."""
    if BEGUN.exists() or (VENV.exists() and not works(PYTHON)):
        return None
    try:
        record = json.loads(DONE.read_text())
    except (OSError, ValueError):
        return {}
    return record["done"] if record["root"] == str(ROOT) else None


def works(program):
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def wanted(kind):
    """Changes when anything changes that the set-up is made from."""
    sources = [ROOT / LOCKS[kind], ROOT / SETUP_LOCK, Path(__file__)]
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


def make_environment():
    if works(PYTHON):
        return
    uv = uv_on_path()
    if uv is not None:
        run(uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, VENV)
        return
    make_plain_environment()


def make_plain_environment():
    if not has_venv():
        raise Missing("python3-venv is missing: apt-get install -y python3-venv")
    run(sys.executable, "-m", "venv", VENV)


def install(lock):
    uv = uv_on_path() or own_uv()
    if uv is not None:
        try:
            run(
                uv, "pip", "install", "--quiet", *COMPILED, "--python", PYTHON, "--require-hashes", "-r", lock
            )
        except subprocess.CalledProcessError:
            say("uv could not do it; trying pip")
        else:
            return
    pip_install(lock)


def uv_on_path():
    found = shutil.which("uv")
    return found if found is not None and works(found) else None


def own_uv():
    """uv inside `.venv`; None where there is none for this kind of machine: pip does it too, slower."""
    own = VENV / "bin" / "uv"
    if not works(own):
        try:
            pip_install(ROOT / SETUP_LOCK)
        except subprocess.CalledProcessError:
            say("uv is not to be had here; pip takes longer")
            return None
    return own


def pip_install(lock):
    if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        make_plain_environment()
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    run(PYTHON, "-m", "pip", "install", *quiet, "--require-hashes", "-r", lock)


def add_checkout():
    """Make the checkout and its client importable, and its command callable, from anywhere."""
    query = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run(
        [PYTHON, "-c", query], capture_output=True, check=True, text=True
    ).stdout.strip()
    (Path(packages) / "dpip-checkout.pth").write_text(f"{ROOT}\n{ROOT / 'client'}\n")
    command = VENV / "bin" / "dpip"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(str(PYTHON))} -P -m command "$@"\n')
    command.chmod(0o755)


def add_browser():
    """The tests of the page want a Chromium; where none is to be had, they are skipped."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        commands = [
            "apt-get install -y -qq chromium",
            "apt-get update -qq",
            "apt-get install -y -qq chromium",
        ]
    elif (VENV / "bin" / "playwright").exists():
        commands = [f"{shlex.quote(str(VENV / 'bin' / 'playwright'))} install chromium"]
    else:
        return
    say("installing Chromium for the tests of the page (this is done once)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in commands:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            done = subprocess.run(
                shlex.split(command),
                capture_output=True,
                check=False,
                env=environment,
                timeout=BROWSER_WITHIN_S,
            )
            if done.returncode == 0 and " install " in command:
                return
    say("Chromium is not to be had here: the tests of the page will be skipped")


def run(*words):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if uv_on_path() is None:  # no cache in the home folder of somebody who does not use uv
        environment.setdefault("UV_CACHE_DIR", str(OWN_CACHE))
    if SYSTEM_CERTIFICATES.exists():  # they hold what the machine's owner added; uv brings its own list
        environment.setdefault("UV_SYSTEM_CERTS", "true")
    subprocess.run([str(word) for word in words], check=True, cwd=ROOT, env=environment)


def say(text):
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
