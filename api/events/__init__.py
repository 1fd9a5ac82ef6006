"""News as they happen, over a stream that stays open."""
