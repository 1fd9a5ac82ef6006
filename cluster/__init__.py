"""Ray nodes as processes: starting a head or joining one, with a token, and leaving nothing behind.

Nothing here loads Ray: its processes are children, and what is known of them is asked over TCP or
read from files. `cluster.names` is what the scheduler and the workers agree on inside Ray.
"""
