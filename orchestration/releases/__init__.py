"""What lies in a release beside its tables: descriptor, README, pictures, audit pack, open standards."""
