"""How `dpip` ends: its exit statuses, and the error that ends it with one line and one of them."""

from __future__ import annotations

DONE = 0
FAILED = 1  # it could not be done; the line on standard error says why, and what would help
USAGE = 2  # the command line, or a setting, cannot work; nothing was begun
SOME_FAILED = 3  # all was gone through, and some pictures were refused or could not be filtered
UNREACHABLE = 4  # the system does not answer, or is not ready
NOT_ALLOWED = 5  # no login, a dead token, or somebody else's
INTERRUPTED = 130  # Ctrl-C, as shells have it


class Ended(Exception):
    """Ends the command: `detail` is told in one line, `status` is what it exits with."""

    def __init__(self, detail: str, status: int = FAILED) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
