"""`make`: what it says when something is missing, and that set-up is done once, whole, and not again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLAIN = ("make", "sh", "sed", "expand", "env", "git")
SITE_PACKAGES = Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
# A stand-in for the installer: notes what it was asked for, and makes an environment that can be called.
FAKE_UV = f"""#!/bin/sh
[ "$1" = --version ] && exit 0
echo "$@" >> "$(dirname "$0")/asked"
if [ "$1" = venv ]; then
    mkdir -p "$PWD/.venv/bin" "$PWD/.venv/{SITE_PACKAGES}" && ln -sf {sys.executable} "$PWD/.venv/bin/python"
    echo "home = {sys.base_prefix}/bin" > "$PWD/.venv/pyvenv.cfg"  # else it is the system's own
elif [ -e "$(dirname "$0")/interrupted" ]; then
    kill -INT $PPID; exec sleep 60
fi
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder to be the whole PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in PLAIN:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    python(folder, 'exec {} "$@"')
    return folder


def python(programs: Path, script: str) -> None:
    """What `python3` does."""
    wrapper = programs / "python3"
    wrapper.write_text("#!/bin/sh\n" + script.format(sys.executable) + "\n")
    wrapper.chmod(0o755)


@pytest.fixture
def make(tmp_path: Path, programs: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Calls make in a copy of what set-up consists of."""
    copy = tmp_path / "checkout"
    (copy / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", copy)
    shutil.copy(ROOT / "tools" / "setup.py", copy / "tools")
    for lock in ROOT.glob("requirements*.lock"):
        shutil.copy(lock, copy)

    def call(*targets: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *targets],
            cwd=copy,
            env={"PATH": str(programs), "HOME": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return call


def add_uv(programs: Path) -> Path:
    uv = programs / "uv"
    uv.write_text(FAKE_UV)
    uv.chmod(0o755)
    for name in ("mkdir", "ln", "dirname", "sleep"):
        (programs / name).symlink_to(shutil.which(name) or "")
    return programs / "asked"


def said(result: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in result.stderr.splitlines() if not line.startswith("make: ***")]


@pytest.mark.parametrize("target", ["run", "test"])
@pytest.mark.parametrize(("program", "package"), [("python3", "python3"), ("git", "git")])
def test_a_missing_program_is_named_with_the_line_that_installs_it(
    make: Callable[..., subprocess.CompletedProcess[str]],
    programs: Path,
    target: str,
    program: str,
    package: str,
) -> None:
    (programs / program).unlink()
    result = make(target)
    assert result.returncode != 0
    (line,) = said(result)
    assert line.startswith(f"{program} is missing: apt-get install -y {package}")


def test_a_python_without_venv_is_told_what_to_install(
    make: Callable[..., subprocess.CompletedProcess[str]], programs: Path, tmp_path: Path
) -> None:
    # Debian's python3 comes without ensurepip; uv, which needs none, is not there either.
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "ensurepip.py").write_text("raise ImportError('no ensurepip')\n")
    python(programs, f'PYTHONPATH={hidden} exec {{}} "$@"')
    result = make("run")
    assert result.returncode != 0
    assert said(result) == ["python3-venv is missing: apt-get install -y python3-venv"]
    (programs / "git").unlink()
    both = "git and python3-venv are missing: apt-get install -y git python3-venv"
    assert said(make("run")) == [both]


def test_a_python_that_is_too_old_is_told_so(
    make: Callable[..., subprocess.CompletedProcess[str]], programs: Path
) -> None:
    old = "import sys, runpy; sys.version_info = (3, 9, 2); sys.argv = sys.argv[1:]; "
    python(programs, f"""exec {{}} -c "{old} runpy.run_path(sys.argv[0], run_name='__main__')" "$@" """)
    result = make("run")
    assert result.returncode != 0
    (line,) = said(result)
    assert "python3 is 3.9.2, DPIP needs 3.11 or later: apt-get install -y python3.11" in line


def test_set_up_is_done_once(
    make: Callable[..., subprocess.CompletedProcess[str]], programs: Path, tmp_path: Path
) -> None:
    asked = add_uv(programs)
    assert make("setup").returncode == 0
    before = asked.read_text()
    assert "--require-hashes" in before
    result = make("setup")
    assert result.returncode == 0
    assert asked.read_text() == before
    assert said(result) == []
    assert os.access(tmp_path / "checkout" / ".venv" / "bin" / "dpip", os.X_OK)
    assert list((tmp_path / "checkout" / ".venv").rglob("dpip-checkout.pth")), "and not in the system's own"


def test_set_up_is_done_again_when_a_lock_file_changed(
    make: Callable[..., subprocess.CompletedProcess[str]], programs: Path, tmp_path: Path
) -> None:
    asked = add_uv(programs)
    assert make("setup-dev").returncode == 0
    before = asked.read_text()
    (tmp_path / "checkout" / "requirements-dev.lock").write_text("# other\n")
    # `setup` alone must not take away what the tests need.
    assert make("setup").returncode == 0
    assert asked.read_text() != before
    assert asked.read_text().splitlines()[-1].endswith("requirements-dev.lock")


def test_a_set_up_that_was_cut_off_begins_anew(
    make: Callable[..., subprocess.CompletedProcess[str]], programs: Path, tmp_path: Path
) -> None:
    asked = add_uv(programs)
    (programs / "interrupted").touch()
    assert make("setup").returncode != 0
    half = tmp_path / "checkout" / ".venv" / "half-installed"
    half.touch()
    (programs / "interrupted").unlink()
    asked.unlink()
    assert make("setup").returncode == 0
    assert not half.exists()
    assert [line.split()[0] for line in asked.read_text().splitlines()] == ["venv", "pip"]


def test_help_lists_every_target(make: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    lines = make().stdout.splitlines()
    listed = {line.split()[0] for line in lines}
    phony = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith(".PHONY:"))
    assert listed == set(phony.split()[1:]) - {"python"}
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines)
