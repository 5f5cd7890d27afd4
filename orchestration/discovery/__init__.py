"""The rules that a release of the NHS Oversight Framework carries in its own figures, as pure functions on tables.

Belongs here: what the published figures of a quarter say about how they were scored, weighted, averaged, cut and
ordered, how many cells each finding explains, and where a file contradicts itself. Does not: any rule of any year. No
metric, standard, weight or cut point is known here. `conventions` holds what every release has in common, and dbt
decides whether a rule of the seeds or one found here counts."""
