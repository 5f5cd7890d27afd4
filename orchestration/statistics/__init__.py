"""What a rank, a value or a waiting list hides, as pure functions on arrays.

Belongs here: simulation and inference. Of a league whose scores are given: `ranges`, `rank_sets`, `method_choices` and
`measurement`, which `uncertainty` puts side by side, `robustness`, `improvement` and `causes`. Of what stands beside
the ranks: `context`, `learning`, `series`, `funnel` and `bunching`. `leagues` is the arithmetic of a league, `numbers`
what all of them need and no league knows.
Does not: any rule of the league itself. The SQL of `score` and `rank` owns those, and every league is checked against
the ranks it gave."""
