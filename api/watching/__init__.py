"""Eyes on the inside: request ids, figures for Prometheus, history."""
