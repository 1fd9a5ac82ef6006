"""Readable names for workloads that were given none."""

from __future__ import annotations

import secrets

_ADJECTIVES = (
    "amber", "bold", "brave", "bright", "calm", "clear", "clever", "crisp", "deep", "early", "fair", "fast",
    "gentle", "golden", "grand", "green", "happy", "keen", "kind", "light", "lively", "mellow",
    "mild", "noble", "quick", "quiet", "rapid", "sharp", "silver", "smooth", "sunny", "warm",
)  # fmt: skip
_NOUNS = (
    "badger", "beach", "bridge", "canyon", "cedar", "cloud", "coast", "comet", "crane", "dune", "falcon",
    "field", "fjord", "forest", "garden", "glacier", "harbour", "heron", "island", "lagoon", "lake", "maple",
    "meadow", "orchard", "otter", "pebble", "prairie", "reef", "river", "robin", "summit", "willow",
)  # fmt: skip
_NUMBERS = 100_000


def workload_name() -> str:
    """For example `quiet-harbour-40213`."""
    words = secrets.choice(_ADJECTIVES), secrets.choice(_NOUNS)
    return f"{words[0]}-{words[1]}-{secrets.randbelow(_NUMBERS):05d}"
