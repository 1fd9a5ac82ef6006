"""Which job runs where: a pure policy, a dispatcher, and one file that speaks Ray."""
