"""From the publisher's bytes to tidy text: what each publication looks like, which file is which, which of several
counts.

Belongs here: recognising, parsing, choosing and storing files. Does not: typing values, business rules, Dagster, dbt."""
