"""Where things are, and files that are whole or not there."""
