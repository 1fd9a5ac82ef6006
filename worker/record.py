"""The file in which a running worker says who and where it is; see `Home.run`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from dpip.home import Home
from dpip.records import remove_record, write_record


class Record:
    def __init__(self, home: Home, worker_name: str) -> None:
        self.file: Path = home.run / f"worker-{worker_name}.json"

    def write(self, **values: Any) -> None:
        write_record(self.file, pid=os.getpid(), **values)

    def remove(self) -> None:
        """Only what this process wrote: another worker may have taken the name."""
        remove_record(self.file)
