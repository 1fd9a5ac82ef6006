"""Sets of codecs, as workers tell of them: where they differ, the same job may give other bytes elsewhere."""

from __future__ import annotations

from collections.abc import Iterable


def differing(sets: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What is in some of the sets, but not in all; an empty set is one that nobody told of."""
    told = [frozenset(one) for one in sets if one]
    return tuple(sorted(frozenset().union(*told) - frozenset.intersection(*told))) if told else ()
