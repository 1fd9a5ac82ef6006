"""The `dpip` command: start the whole system on this machine, watch over it, stop it."""
