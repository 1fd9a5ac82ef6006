"""What happened, when and in which order: one JSON object per line, enough to find a fault by."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class Journal:
    """Written by all threads. `at` is in seconds since the epoch, as the system's own times are."""

    def __init__(self, file: Path) -> None:
        self.entries: list[Entry] = []
        self._lock = threading.Lock()
        self._stream = file.open("w", buffering=1)

    def note(self, event: str, **facts: Any) -> Entry:
        entry = {"at": time.time(), "event": event, **facts}
        with self._lock:
            self.entries.append(entry)
            if not self._stream.closed:
                self._stream.write(json.dumps(entry) + "\n")
        return entry

    def of(self, event: str) -> list[Entry]:
        with self._lock:
            return [entry for entry in self.entries if entry["event"] == event]

    def close(self) -> None:
        with self._lock:
            self._stream.close()
