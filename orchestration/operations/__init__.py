"""What keeps an instance running: alerts, the doctor, the libraries it runs on, units for a server (`deploy/`).

Does not belong here: what Dagster runs and when (`defs/`)."""
