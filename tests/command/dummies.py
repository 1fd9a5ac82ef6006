"""A system of tiny components for the supervisor: `python -m tests.command.dummies <folder> <plan as JSON>`.

The plan maps names to how each behaves; see `_BEHAVIOURS`. Each dummy appends what happens to it to
`<folder>/<name>.events` and writes `<folder>/<name>.json` when it is up.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from command.components import Component, Stage
from command.screen import Screen
from command.supervisor import Supervisor

_COMMON = """
import os, signal, subprocess, sys, time
from pathlib import Path
folder, name = Path(sys.argv[1]), sys.argv[2]
def tell(event):
    with (folder / f"{name}.events").open("a") as stream:
        stream.write(f"{event} {os.getpid()} {time.monotonic()}\\n")
def up():
    tell("up")
    (folder / f"{name}.json").write_text("{}")
def wait():
    while True:
        signal.pause()
def leave(*_):
    tell("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
"""
_BEHAVIOURS = {
    "good": "up(); wait()",
    "stubborn": "signal.signal(signal.SIGTERM, signal.SIG_IGN); up(); wait()",
    "parent": """
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
(folder / f"{name}.child").write_text(str(child.pid))
up(); wait()
""",
    "daemon": """
code = (
    "import os, sys; os.setsid(); open(sys.argv[1], 'w').write(str(os.getpid()))\\n"
    "os.execvp('sleep', ['sleep', '1000'])"
)
subprocess.Popen([sys.executable, "-c", code, str(folder / f"{name}.child")])
while not (folder / f"{name}.child").exists() or not (folder / f"{name}.child").read_text():
    time.sleep(0.01)
up(); wait()
""",
    "crashing": "tell('up'); print('something went wrong'); sys.exit(3)",
    "misled": "print('this setting cannot work', file=sys.stderr); sys.exit(2)",
    "loud": """
sys.stderr.write('12:00:00.000 loud info all is well\\n')
sys.stderr.write('12:00:00.000 loud warning all is not \\x1b[31mwell\\n  more of it\\n')
sys.stderr.flush(); up(); wait()
""",
}


def main() -> None:
    folder, plan = Path(sys.argv[1]), json.loads(sys.argv[2])
    parts = [
        Component(
            name,
            (sys.executable, "-c", _COMMON + _BEHAVIOURS[entry["is"]], str(folder), name),
            dict(os.environ),
            Stage[entry.get("stage", "API")],
            entry.get("within", 10),
            folder / f"{name}.json",
            in_no_hurry=entry.get("in_no_hurry", False),
        )
        for name, entry in plan.items()
    ]
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    supervisor = Supervisor(parts, logs, Screen(), verbose=False)

    def look() -> bool:
        if all(kept.up for kept in supervisor.kept if not kept.component.in_no_hurry):
            print("READY", flush=True)
            return True
        return False

    sys.exit(supervisor.run(look))


if __name__ == "__main__":
    main()
