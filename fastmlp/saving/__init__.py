"""Models as configs and as files."""
