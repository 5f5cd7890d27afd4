"""What a rank hides, as pure functions on arrays: ranges, rank sets, sensitivity, improvement, measurement error.

Belongs here: simulation and inference on a league whose scores are given. Does not: any rule of the league itself;
the SQL of `score` and `rank` owns those, and every league is checked against the ranks it gave."""
