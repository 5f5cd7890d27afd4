"""From the publisher's bytes to tidy text: what each publication looks like, which file is which, which counts.

Belongs here: recognising, parsing, choosing, storing and landing files. Does not: typing values, business rules,
Dagster, dbt."""
