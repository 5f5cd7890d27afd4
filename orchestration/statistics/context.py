"""Whether where patients live foretells a score, and what is left of the score where it does.

Belongs here: least squares of an outcome on context, with robust errors, and what a fit leaves to each organisation.
Does not: which outcomes pass (`context_models`), context itself (`context`). No result is a fair score or a cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from orchestration.statistics.leagues import SCORE, League
from orchestration.statistics.numbers import (
    Real,
    competition_ranks,
    decimals,
    false_discovery,
    generator,
    limits_around,
    table,
)

MEASURES = ("imd", "share_65_plus", "rural_share")  # in the order in which a small league may have them
AVERAGE = "average_score"
DRAWS = 2_000  # as in `measurement`, and the least p is 1 in 2,001. We chose it on 2026-11-26
BEST, WORST = 1.0, 4.0  # what a score can be: a fit to ranks foretells more at the ends, which nobody could meet
KEY = ["quarter", "league", "outcome", "basis"]
EFFECTS = {f"{part}_{name}": pa.decimal128(12, 6) for name in MEASURES for part in ("slope", "error")}
FITS = {
    "quarter": pa.string(),
    "league": pa.string(),
    "outcome_kind": pa.string(),
    "outcome": pa.string(),
    "basis": pa.string(),
    "organisations": pa.int32(),
    "covariates": pa.string(),
    "intercept": pa.decimal128(12, 6),
    **EFFECTS,
    "r_squared": pa.decimal128(9, 6),
    "q_squared": pa.decimal128(12, 6),
    "permutation_p": pa.decimal128(7, 6),
    "q_value": pa.decimal128(7, 6),
}
ADJUSTED = {
    "quarter": pa.string(),
    "league": pa.string(),
    "outcome": pa.string(),
    "organisation_code": pa.string(),
    "score": pa.decimal128(6, 3),
    "expected_score": pa.decimal128(6, 3),
    "difference": pa.decimal128(6, 3),
    "adjusted_score": pa.decimal128(6, 3),
    "adjusted_score_low": pa.decimal128(6, 3),
    "adjusted_score_high": pa.decimal128(6, 3),
    "rank": pa.int32(),
    "adjusted_rank": pa.int32(),
    "adjusted_rank_low": pa.int32(),
    "adjusted_rank_high": pa.int32(),
}


@dataclass(frozen=True)
class Fit:
    """Least squares of y (n,) on a constant and x (n, k). Errors are HC3: they allow for spreads that differ."""

    coefficients: Real
    errors: Real
    residuals: Real
    leverages: Real
    r_squared: float

    @property
    def left_out(self) -> Real:
        """How far each y is from what a fit to all others foretells."""
        return self.residuals / (1 - self.leverages)


def fit(x: Real, y: Real) -> Fit:
    """Fit independent covariates (`independent`)."""
    design = np.column_stack([np.ones(len(y)), x])
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ y
    residuals = y - design @ coefficients
    leverages = np.minimum((design @ inverse * design).sum(axis=1), 1 - 1e-9)
    left_out = residuals / (1 - leverages)
    errors = np.sqrt(np.diag(inverse @ (design.T * left_out**2) @ design @ inverse))
    return Fit(coefficients, errors, residuals, leverages, 1 - float((residuals**2).sum() / _squares(y)))


def q_squared(found: Fit, y: Real) -> float:
    """Leave-one-out R squared, 1 - PRESS/TSS. It is below zero where the mean foretells better."""
    return 1 - float((found.left_out**2).sum() / _squares(y))


def permutation_p(x: Real, y: Real, rng: np.random.Generator) -> float:
    """Share of shuffles of y that fit at least as well; the order found counts as one of them."""
    basis, _ = np.linalg.qr(x - x.mean(axis=0))
    shuffled = rng.permuted(np.tile(y - y.mean(), (DRAWS, 1)), axis=1)
    explained = ((np.vstack([y - y.mean(), shuffled]) @ basis) ** 2).sum(axis=1)
    return float((1 + (explained[1:] >= explained[0] * (1 - 1e-9)).sum()) / (1 + DRAWS))


def _squares(y: Real) -> float:
    return float(((y - y.mean()) ** 2).sum())


@dataclass(frozen=True)
class Outcome:
    """Scores (n,) and context (n, k), in the order of the codes, of those that have both."""

    quarter: str
    league: str
    kind: str
    name: str
    basis: str
    codes: tuple[str, ...]
    covariates: tuple[str, ...]
    x: Real
    y: Real


def outcomes(context: pd.DataFrame, scores: pd.DataFrame, each: int) -> Iterator[Outcome]:
    """Every outcome on the preferred basis of each organisation and, with deprivation alone, on that of its host ICB.
    A covariate needs `each` organisations. Specialists are left out: they differ by type, not by context."""
    general = context[~context["specialist"].astype(bool)].astype({"difference_from_england": float})
    host = general[(general["basis"] == "host_icb") & (general["measure"] == "imd")]
    member = ["quarter", "league", "organisation_code"]
    for basis, rows in (("preferred", general[general["preferred"].astype(bool)]), ("host_icb", host)):
        wide = rows.pivot(index=member, columns="measure", values="difference_from_england").reset_index()
        scored = scores.merge(wide, on=member).sort_values("organisation_code")
        for key, found in scored.groupby(["quarter", "league", "outcome_kind", "outcome"]):
            quarter, league, kind, name = (str(part) for part in key)
            held = [measure for measure in MEASURES if measure in found and found[measure].notna().any()]
            found = found.dropna(subset=held)
            used = independent(found[held].to_numpy(float), len(found) // each)
            x = found[held].to_numpy(float)[:, used]
            codes, covariates = tuple(found["organisation_code"]), tuple(held[column] for column in used)
            yield Outcome(quarter, league, kind, name, basis, codes, covariates, x, found["score"].to_numpy(float))


def independent(x: Real, most: int) -> list[int]:
    """The first columns, at most so many, that are not made of a constant and those before them."""
    used: list[int] = []
    for column in range(x.shape[1]):
        design = np.column_stack([np.ones(len(x)), x[:, [*used, column]]])
        if len(used) < most and np.linalg.matrix_rank(design) == design.shape[1]:
            used.append(column)
    return used


def scores_of(league_ranks: pd.DataFrame, domain_scores: pd.DataFrame, metric_scores: pd.DataFrame) -> pd.DataFrame:
    """Average score, domain scores and metric scores, one under another."""
    counted = metric_scores[metric_scores["counted"].fillna(False).astype(bool)]
    parts = [
        league_ranks.assign(outcome_kind="average", outcome=AVERAGE, score=league_ranks["average_score"]),
        domain_scores.assign(
            outcome_kind="domain", outcome=domain_scores["domain"], score=domain_scores["domain_score"]
        ),
        counted.assign(outcome_kind="metric", outcome=counted["metric_id"], score=counted["score_exact"]),
    ]
    columns = ["quarter", "league", "organisation_code", "outcome_kind", "outcome", "score"]
    found = pd.concat([part.loc[part["score"].notna(), columns] for part in parts], ignore_index=True)
    return found.astype({"score": float})


def context_fits(context: pd.DataFrame, scores: pd.DataFrame, each: int) -> pa.Table:
    """One row per outcome and basis, with the figures of its fit; without them where there are too few."""
    rows = [_fitted(outcome) for outcome in outcomes(context, scores, each)]
    families: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["permutation_p"] is not None:
            families.setdefault((row["quarter"], row["league"], row["basis"]), []).append(row)
    for family in families.values():
        found = false_discovery(np.array([float(row["permutation_p"]) for row in family]))
        for row, q in zip(family, found, strict=True):
            row["q_value"] = decimals(q, 6)
    return table(rows, FITS)


def _fitted(of: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(FITS)
    row |= dict(zip(KEY, (of.quarter, of.league, of.name, of.basis), strict=True))
    row |= {"outcome_kind": of.kind, "organisations": len(of.codes), "covariates": ", ".join(of.covariates)}
    if not of.covariates or np.ptp(of.y) == 0:
        return row
    found = fit(of.x, of.y)
    row["intercept"] = decimals(found.coefficients[0], 6)
    for nth, name in enumerate(of.covariates, 1):
        row[f"slope_{name}"] = decimals(found.coefficients[nth], 6)
        row[f"error_{name}"] = decimals(found.errors[nth], 6)
    p = permutation_p(of.x, of.y, generator(of.quarter, of.league, of.name, of.basis))
    return row | {
        "r_squared": decimals(found.r_squared, 6),
        "q_squared": decimals(q_squared(found, of.y), 6),
        "permutation_p": decimals(p, 6),
    }


def adjusted_scores(
    context: pd.DataFrame, scores: pd.DataFrame, passing: pd.DataFrame, leagues: list[League], each: int
) -> pa.Table:
    """One row per organisation of each outcome of `passing` (quarter, league, outcome)."""
    wanted = set(passing[KEY[:3]].itertuples(index=False, name=None))
    by_name = {(league.quarter, league.name): league for league in leagues}
    rows = []
    for of in outcomes(context, scores, each):
        if of.basis == "preferred" and (of.quarter, of.league, of.name) in wanted:
            rows += _adjusted(of, by_name.get((of.quarter, of.league)))
    return table(rows, ADJUSTED)


def _adjusted(of: Outcome, league: League | None) -> list[dict[str, Any]]:
    expected = np.clip(of.y - fit(of.x, of.y).left_out, BEST, WORST)
    adjusted = of.y.mean() + of.y - expected
    rank, adjusted_rank = (competition_ranks(np.round(one, 6)) for one in (of.y, adjusted))

    def thousandths(number: float) -> Decimal:
        return decimals(float(number), 3)

    rows: list[dict[str, Any]] = [
        {
            **dict(zip(KEY, (of.quarter, of.league, of.name), strict=False)),
            "organisation_code": code,
            "score": thousandths(of.y[i]),
            "expected_score": thousandths(expected[i]),
            "difference": thousandths(of.y[i]) - thousandths(expected[i]),
            "adjusted_score": thousandths(adjusted[i]),
            "rank": int(rank[i]),
            "adjusted_rank": int(adjusted_rank[i]),
        }
        for i, code in enumerate(of.codes)
    ]
    drawn = resampled_scores(of, league)
    if drawn is not None:
        draws = refitted(of, drawn)
        scores = limits_around(draws, adjusted)
        places = limits_around(competition_ranks(np.round(draws, 6)), adjusted_rank)
        for i, row in enumerate(rows):
            for end, score, place in zip(("low", "high"), scores, places, strict=True):
                row[f"adjusted_score_{end}"], row[f"adjusted_rank_{end}"] = thousandths(score[i]), int(place[i])
    return rows


def resampled_scores(of: Outcome, league: League | None) -> Real | None:
    """Draws of an average or domain score, (DRAWS, n): the metric scores of each organisation, with replacement,
    those of a group as one. None of a metric, whose own error is not known here, and of a league that is not ranked."""
    if of.kind == "metric" or league is None or not set(of.codes) <= set(league.codes):
        return None
    counted = np.array([of.kind == "average" or domain == of.name for domain in league.domains])
    totals, weights = league.by_group(np.where(counted, league.weights, 0))
    draws = np.empty((DRAWS, len(of.codes)))
    for i, code in enumerate(of.codes):
        row = league.codes.index(code)
        own = np.flatnonzero(weights[row])
        if not own.size:
            return None
        picked = own[(generator(of.quarter, of.league, of.name, code).random((DRAWS, own.size)) * own.size).astype(int)]
        draws[:, i] = totals[row, picked].sum(axis=1) / weights[row, picked].sum(axis=1) / SCORE
    return draws


def refitted(of: Outcome, drawn: Real) -> Real:
    """Adjusted scores of each draw, (DRAWS, n), by fits to organisations drawn with replacement, without itself."""
    n = len(of.codes)
    rng = generator(of.quarter, of.league, of.name, "organisations")
    times = rng.multinomial(n, np.full(n, 1 / n), DRAWS).astype(float)
    design = np.column_stack([np.ones(n), of.x])
    squares = np.einsum("bn,ni,nj->bij", times, design, design, optimize=True)
    products = np.einsum("bn,ni->bi", times * drawn, design)
    inverse = np.linalg.pinv(squares)
    residuals = drawn - np.einsum("bij,bj->bi", inverse, products) @ design.T
    leverages = np.minimum(times * np.einsum("ni,bij,nj->bn", design, inverse, design, optimize=True), 1 - 1e-9)
    expected = np.clip(drawn - residuals / (1 - leverages), BEST, WORST)
    adjusted: Real = drawn.mean(axis=1, keepdims=True) + drawn - expected
    return adjusted
