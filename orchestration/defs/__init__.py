"""All that knows Dagster: assets, gates as checks, schedules, sensors, resources, builds in process.

Belongs here: wiring. Does not: what is wired, which knows nothing of Dagster."""
