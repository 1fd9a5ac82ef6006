"""The ground that every part of DPIP stands on: domain types, ports, errors, settings, life cycle.

Nothing here knows a socket, a database, a picture or Ray; every other package may import this one,
and this one imports none of them.
"""

__version__ = "0.1.0"
