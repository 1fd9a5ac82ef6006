"""What DPIP is measured beside. Each runs in a process of its own: see `protocol` and `host`."""
