"""What an auditor asks of a release: where a figure comes from, and whether it comes out again. No release is made or
changed here."""
