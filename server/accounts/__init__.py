"""ADMITS: passwords, how often they may be tried, and the cluster's own certificates."""
