"""Releases: making one with all that describes it, reading it, which there are, what differs between two."""
