"""How far a rank hangs on the method: every choice its makers made, made otherwise at random, and what each explains.

OECD/JRC Handbook on Constructing Composite Indicators (2008); Saisana, Saltelli and Tarantola (2005). A run is a row of
a Sobol' design, one column a choice; which league members' scores are at stake never changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.statistics.leagues import SCORE, League, weighted_averages
from orchestration.statistics.numbers import SEED, Real, Whole, competition_ranks, decimals, limits, table

BASE_RUNS = 1024  # a power of two, as the design needs; times the number of choices plus two
UNIT = 10**6  # weights as whole numbers: no sum depends on its order
WORST = 400  # hundredths
CHOICES = {
    "normalisation": ("official scores", "ranks in the league", "distance from best to worst", "z-scores"),
    "weights": ("official", "every domain the same", "at random"),
    "aggregation": ("arithmetic mean", "geometric mean"),
    "metric_left_out": ("none", "one at random"),
    "segments": ("official shares", "quarters of the league", "none"),
    "override": ("on", "off"),
}
RANDOM_WEIGHTS = 64
RUNS_AT_ONCE = 128
COLUMNS = {
    "quarter": pa.string(),
    "league": pa.string(),
    "organisation_code": pa.string(),
    "rank_low": pa.int32(),
    "rank_median": pa.int32(),
    "rank_high": pa.int32(),
    "mean_shift": pa.decimal128(8, 3),
    "rank_variance": pa.decimal128(12, 3),
    **{f"{order}_{choice}": pa.decimal128(8, 3) for order in ("first", "total") for choice in CHOICES},
}


def normalised(league: League) -> list[Real]:
    """The scores, (n, M), lower is better, under each normalisation; where no value is published the official score.

    All on the scale 1 to 4. A z-score keeps mean and spread of the official scores of its metric in the league.
    """
    official = league.scores / SCORE
    found = [official, official.copy(), official.copy(), official.copy()]
    for m in range(len(league.metrics)):
        valued = league.held[:, m] & ~np.isnan(league.values[:, m])
        values = league.values[valued, m]
        if values.size < 2 or np.ptp(values) == 0:
            continue
        scores = official[valued, m]
        found[1][valued, m] = 1 + 3 * (competition_ranks(values) - 1) / (values.size - 1)
        found[2][valued, m] = 1 + 3 * (values - values.min()) / np.ptp(values)
        z = scores.mean() + scores.std() * (values - values.mean()) / values.std()
        found[3][valued, m] = np.clip(z, 1, 4)
    return found


def weightings(league: League) -> Whole:
    """Weights, (2 + RANDOM_WEIGHTS, n, M), whole numbers, 0 where not held: official; every domain that an organisation
    has metrics of the same; at random (Dirichlet), the same for all, and within a group as officially."""
    same = (np.array(league.domains)[:, None] == np.array(league.domains)).astype(np.int64)
    in_domain = np.maximum((league.held * league.weights) @ same, 1)
    groups = np.random.default_rng(SEED).dirichlet(np.ones(len(league.groups)), RANDOM_WEIGHTS)
    random = groups @ league.of_group.T * (league.weights / (league.of_group @ (league.weights @ league.of_group)))
    shares = np.concatenate([(league.weights / in_domain)[None], np.repeat(random[:, None], len(league.codes), axis=1)])
    scaled = np.maximum(np.rint(shares * UNIT), 1).astype(np.int64)
    return np.concatenate([np.broadcast_to(league.weights, league.held.shape)[None], scaled]) * league.held


def averaged(scores: Real, weights: Whole, geometric: bool) -> Whole:
    """Averages in hundredths, (runs, n), of scores (n, M) under weights (runs, n, M); lower is better. Who holds no
    metric with a weight gets the worst."""
    terms = np.rint((np.log(np.maximum(scores, 1)) if geometric else scores) * SCORE).astype(np.int64)
    totals, divisors = (weights * terms).sum(axis=-1), weights.sum(axis=-1)
    if geometric:
        means = np.rint(np.exp(totals / np.maximum(divisors, 1) / SCORE) * SCORE).astype(np.int64)
        return np.where(divisors > 0, weighted_averages(means, np.ones_like(means)), WORST)
    return np.where(divisors > 0, weighted_averages(totals, np.maximum(divisors, 1)), WORST)


def placed(league: League, averages: Whole, segments: str, override: Any) -> Whole:
    """Ranks, (runs, n), of averages in hundredths under a way of making segments; override: (runs, 1), on or off."""
    count = averages.shape[-1]
    if segments == "none":
        return competition_ranks(averages)
    if segments == "official shares":
        shares = [int((league.averages <= cut).sum()) for cut in league.cuts]
    else:
        shares = [round(count * share) for share in (0.25, 0.5, 0.75)]
    ordered = np.sort(averages, axis=-1)
    found = np.ones(averages.shape, np.int64)
    for share in shares:
        found += averages > (ordered[:, share - 1 : share] if share else -1)
    return competition_ranks(np.where(override, np.maximum(found, league.floors), found) * 1000 + averages)


def ranks_under(league: League, design: Real) -> Whole:
    """Ranks, (runs, n), under a design, (runs, choices) of numbers from 0 to 1 in the order of CHOICES."""
    options = [len(found) for found in CHOICES.values()]
    picked = np.minimum((design * options).astype(int), np.array(options) - 1)
    normalisation, weighting, aggregation, left_out, segments, override = picked.T
    fraction = design * options - picked
    drawn = np.minimum((fraction[:, 1] * RANDOM_WEIGHTS).astype(int), RANDOM_WEIGHTS - 1)
    rows = np.where(weighting < 2, weighting, 2 + drawn)
    gone = np.minimum((fraction[:, 3] * len(league.groups)).astype(int), len(league.groups) - 1)
    kept = (league.of_group.T[gone] == 0) | (left_out == 0)[:, None]
    known = weightings(league)
    averages = np.zeros((len(design), len(league.codes)), np.int64)
    for kind, scores in enumerate(normalised(league)):
        for geometric in (False, True):
            for runs in in_parts((normalisation == kind) & (aggregation == geometric)):
                averages[runs] = averaged(scores, known[rows[runs]] * kept[runs, None], bool(geometric))
    ranks = np.zeros_like(averages)
    for kind, name in enumerate(CHOICES["segments"]):
        runs = segments == kind
        ranks[runs] = placed(league, averages[runs], name, override[runs, None] == 0)
    return ranks


def in_parts(chosen: NDArray[np.bool_]) -> list[Whole]:
    """The runs chosen, so many at a time that their weights fit into little memory."""
    runs = np.flatnonzero(chosen)
    return np.array_split(runs, max(len(runs) // RUNS_AT_ONCE, 1))


def shares_explained(outputs: Real, choices: int) -> tuple[Real, Real]:
    """First and total order Sobol' indices, (choices, n) each, of outputs (runs, n) of a Sobol' design."""
    from SALib.analyze.sobol import first_order, total_order

    spread = outputs.std(axis=0)
    scaled = (outputs - outputs.mean(axis=0)) / np.where(spread > 0, spread, 1)
    blocks = scaled.reshape(-1, choices + 2, outputs.shape[1])
    one, other = blocks[:, 0], blocks[:, -1]
    first = [first_order(one, blocks[:, 1 + choice], other) for choice in range(choices)]
    total = [total_order(one, blocks[:, 1 + choice], other) for choice in range(choices)]
    return np.array(first), np.array(total)


def method_choices(leagues: list[League]) -> pa.Table:
    """One row per league and organisation: its ranks over all methods (5th to 95th percentile), the mean distance from
    its rank, and the first and total share of the variance of its rank that each choice explains."""
    from SALib.sample import sobol

    problem = {"num_vars": len(CHOICES), "names": list(CHOICES), "bounds": [[0, 1]] * len(CHOICES)}
    design = sobol.sample(problem, BASE_RUNS, calc_second_order=False, seed=SEED)
    return table([row for league in leagues for row in _rows(league, design)], COLUMNS)


def _rows(league: League, design: Real) -> list[dict[str, Any]]:
    ranks = ranks_under(league, design)
    first, total = shares_explained(ranks.astype(float), len(CHOICES))
    low, high = limits(ranks, 0.9)
    median = np.quantile(ranks, 0.5, axis=0, method="inverted_cdf")
    return [
        {
            "quarter": league.quarter,
            "league": league.name,
            "organisation_code": code,
            "rank_low": int(low[i]),
            "rank_median": int(median[i]),
            "rank_high": int(high[i]),
            "mean_shift": decimals(float(np.abs(ranks[:, i] - league.ranks[i]).mean())),
            "rank_variance": decimals(float(ranks[:, i].var())),
            **{f"first_{choice}": decimals(float(first[c, i])) for c, choice in enumerate(CHOICES)},
            **{f"total_{choice}": decimals(float(total[c, i])) for c, choice in enumerate(CHOICES)},
        }
        for i, code in enumerate(league.codes)
    ]
