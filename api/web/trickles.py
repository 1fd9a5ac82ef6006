"""Which connections bring a body so slowly that they only hold a turn: a pure decision over several looks.

Those on which data come again and again, while nothing is sent, and nothing lies unread: a client that asks
often gets answers, a body that waits for its turn is not read, and of what is worked on nothing more comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from api.web.connections import Seen

_GROWN = 3  # looks at which more had come


@dataclass(frozen=True, slots=True)
class _Watched:
    since: float
    bytes_then: int
    bytes_last: int
    grown: int = 0


class Trickles:
    """Looks at connections again and again; remembers those of the last look."""

    def __init__(self, least_per_s: float, within_s: float) -> None:
        """Fewer than `least_per_s` bytes a second, for `within_s` seconds, are too few; 0 of them never."""
        self.least_per_s = least_per_s
        self.within_s = within_s
        self._watched: dict[tuple[str, int], _Watched] = {}

    def look(self, found: Iterable[Seen], now: float) -> set[tuple[str, int]]:
        """The other ends of those that are too slow."""
        before, self._watched = self._watched, {}
        slow = set()
        for seen in found:
            known = before.get(seen.peer)
            came = known is not None and seen.received_bytes > known.bytes_last
            if known is None or seen.waiting_bytes or now - seen.sent_before_s > known.since:
                known = _Watched(now, seen.received_bytes, seen.received_bytes)
            elif came:
                known = replace(known, bytes_last=seen.received_bytes, grown=known.grown + 1)
            age_s = now - known.since
            if age_s >= self.within_s:
                if seen.received_bytes - known.bytes_then >= self.least_per_s * age_s:
                    known = _Watched(now, seen.received_bytes, seen.received_bytes)
                elif came and known.grown >= _GROWN:
                    slow.add(seen.peer)
            self._watched[seen.peer] = known
        return slow
