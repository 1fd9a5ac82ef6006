"""Workloads: made, shown, changed, cancelled, given another chance, deleted."""
