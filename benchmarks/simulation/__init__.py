"""A discrete-event simulation of clusters: what a way of placing jobs is worth, without any cluster."""
