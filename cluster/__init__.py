"""Ray nodes as processes: starting a head or joining one, with a token, and leaving nothing behind."""
