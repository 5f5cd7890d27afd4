"""Where published columns come from."""
