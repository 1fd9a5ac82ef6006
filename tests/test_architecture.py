"""The import arrows of architecture.md: processes -> libraries -> dpip; no cycle, nothing sideways."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GROUND = "dpip"
LIBRARIES = (
    "bus",
    "cluster",
    "dashboard",
    "datastore",
    "film",
    "imaging",
    "storage",
    "telemetry",
    "webhooks",
)
PROCESSES = ("api", "command", "controller", "scheduler", "video", "worker")
PACKAGES = (GROUND, *LIBRARIES, *PROCESSES)

# A main wires adapters; nothing else of these packages may know more than ports.
ALLOWED = {GROUND: {GROUND}} | {name: {name, GROUND} for name in LIBRARIES}
ALLOWED |= {name: {name, GROUND, *LIBRARIES} for name in PROCESSES}


def allowed(package: str, path: Path) -> set[str]:
    """Every main wires, be it that of a library."""
    return ALLOWED[package] | set(LIBRARIES) if path.name == "__main__.py" else ALLOWED[package]


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """Absolute names of all that a module imports, wherever in the file."""
    package = (
        module_name(path).split(".") if path.name == "__init__.py" else module_name(path).split(".")[:-1]
    )
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = ".".join([*base, node.module] if node.module else base)
            yield prefix
            yield from (f"{prefix}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", PACKAGES)
def test_arrows_run_one_way(package: str) -> None:
    wrong = [
        f"{module_name(path)} imports {name}"
        for path in modules(package)
        for name in imports(path)
        if name.split(".")[0] in PACKAGES and name.split(".")[0] not in allowed(package, path)
    ]
    assert not wrong


def test_the_client_stands_alone_and_only_the_command_uses_it() -> None:
    """It is installed by itself, elsewhere; no process of the system is a client of another by it."""
    client = sorted((ROOT / "client" / "dpip_client").glob("*.py"))
    met = {name.split(".")[0] for path in client for name in imports(path)} - set(sys.stdlib_module_names)
    assert met == {"client", "dpip_client", "httpx"} - ({"client"} - met)
    users = {p for p in PACKAGES for path in modules(p) if any("dpip_client" in i for i in imports(path))}
    assert users <= {"command"}


def test_every_package_stands_in_this_picture() -> None:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert found == set(PACKAGES)


def test_there_is_no_import_cycle() -> None:
    names = {module_name(path) for package in PACKAGES for path in modules(package)}
    graph = {
        module_name(path): {name for name in imports(path) if name in names} - {module_name(path)}
        for package in PACKAGES
        for path in modules(package)
    }
    # An import of a name from the module's own package is the package's __init__, which is loaded already.
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for target in sorted(graph[name]):
                if not name.startswith(target + "."):
                    visit(target, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


@pytest.mark.parametrize(
    ("package", "library"),
    [
        ("ray", "scheduler.ray_gateway"),
        ("flask", "api"),
        ("sqlalchemy", "datastore"),
        ("cv2", "imaging"),
        ("av", "film"),
        ("opentelemetry", "telemetry"),
        ("httpcore", "webhooks"),
    ],
)
def test_a_foreign_library_is_met_in_one_place(package: str, library: str) -> None:
    places = {"ray": ("scheduler.ray_gateway", "worker"), "flask": ("api",)}.get(package, (library,))
    users = {
        module_name(path)
        for name in PACKAGES
        for path in modules(name)
        if any(imported.split(".")[0] == package for imported in imports(path))
    }
    assert users
    assert not [user for user in users if not user.startswith(places)]


@pytest.mark.parametrize("absent", ["ray", "cv2"])
def test_the_api_loads_neither_ray_nor_opencv(absent: str) -> None:
    code = f"import sys, api.__main__; sys.exit({absent!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_nothing_happens_at_import() -> None:
    """No environment read, no folder made, no socket opened by importing every module."""
    names = [module_name(path) for p in PACKAGES for path in modules(p) if path.name != "__main__.py"]
    names = [name for name in names if ".migrations" not in name]
    code = f"""
import sys
def watch(event, arguments):
    if event == "socket.bind" and arguments[1][1] == 0:
        return  # urllib3 asks so whether this machine has IPv6
    if event in {{"socket.bind", "socket.connect", "os.mkdir", "sqlite3.connect"}}:
        sys.exit(f"{{event}} {{arguments}} at import")
sys.addaudithook(watch)
sys.dont_write_bytecode = True
import importlib
for name in {names!r}:
    importlib.import_module(name)
"""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
