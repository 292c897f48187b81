"""Plans, and the loops that run their steps over the data."""
