"""What an auditor asks of a release: where a figure comes from, whether it comes out again, what changed. It makes no
release and changes none."""
