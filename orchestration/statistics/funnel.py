"""Who differs from the rest by more than chance: proportions on a funnel whose limits widen with over-dispersion, and
how far a rank hangs on chance in the counts.

Belongs here: Spiegelhalter's funnel (2005) of arcsine square roots, and ranks drawn from it. Does not: who is compared
with whom, and which limits count; `specialty_counts` and seed `decision_levels` say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from orchestration.statistics.numbers import (
    Real,
    Whole,
    competition_ranks,
    decimals,
    generator,
    levels_of,
    limits_around,
    table,
)

DRAWS = 2_000  # as in `measurement`: 50 lie beyond each 95% limit. We chose it on 2026-11-26
KEY = ("quarter", "side", "treatment_function")
COLUMNS = {
    "quarter": pa.string(),
    "side": pa.string(),
    "treatment_function": pa.string(),
    "organisation_code": pa.string(),
    "rank": pa.int32(),
    "rank_low": pa.int32(),
    "rank_high": pa.int32(),
    "z": pa.decimal128(12, 3),
    "z_sampling_only": pa.decimal128(12, 3),
    "centre": pa.decimal128(9, 6),
    "phi": pa.decimal128(12, 3),
    "tau": pa.decimal128(9, 6),
}


@dataclass(frozen=True)
class Funnel:
    """n proportions around the proportion of all together: z with sampling error alone, and with what they differ
    by besides, tau on the scale of arcsine square roots."""

    centre: float
    phi: float
    tau: float
    z_sampling_only: Real
    z: Real


def scaled(events: Real, totals: Real) -> tuple[Real, Real]:
    """Arcsine square roots of proportions and their standard errors, which the proportion does not change."""
    return np.arcsin(np.sqrt(events / totals)), 1 / (2 * np.sqrt(totals))


def funnel(events: Real, totals: Real, winsorised: float) -> Funnel:
    """The funnel of proportions; `winsorised` of them at each end are drawn in before their spread is measured."""
    values, errors = scaled(events, totals)
    centre = events.sum() / totals.sum()
    distance = values - np.arcsin(np.sqrt(centre))
    z = distance / errors
    phi = float((np.clip(z, *np.quantile(z, [winsorised, 1 - winsorised])) ** 2).mean())
    weights = errors**-2
    excess, scale = z.size * phi - (z.size - 1), weights.sum() - (weights**2).sum() / weights.sum()
    tau_squared = excess / scale if excess > 0 and scale > 0 else 0.0
    return Funnel(float(centre), phi, float(np.sqrt(tau_squared)), z, distance / np.sqrt(errors**2 + tau_squared))


def ranks_by_chance(events: Real, totals: Real, chance: Real) -> tuple[Whole, Whole, Whole]:
    """Rank of each proportion, largest first, and the limits of 95% of ranks when each moves by its own standard error
    times a row of `chance`, (draws, n). Limits are widened to the rank where the draws miss it."""
    values, errors = scaled(events, totals)
    order = np.argsort(-(values + errors * chance), axis=1)
    drawn = np.empty_like(order)
    np.put_along_axis(drawn, order, np.arange(1, values.size + 1)[None], axis=1)
    ranks = competition_ranks(-events / totals)
    return ranks, *limits_around(drawn, ranks)


def specialty_funnels(counts: pd.DataFrame, levels: pd.DataFrame) -> pa.Table:
    """One row per row of `specialty_counts` that is ranked. An organisation has the same draws in all functions."""
    winsorised = levels_of(levels)["funnel_winsorised"]
    ranked = counts[counts["not_ranked_reason"].isna()].sort_values([*KEY, "organisation_code"])
    chance = {
        code: generator("specialty", code).standard_normal(DRAWS) for code in ranked["organisation_code"].unique()
    }
    rows: list[dict[str, Any]] = []
    for key, group in ranked.groupby([*KEY]):
        codes = group["organisation_code"].to_list()
        events, totals = group["within_18_weeks"].to_numpy(float), group["pathways"].to_numpy(float)
        found = funnel(events, totals, winsorised)
        ranks, low, high = ranks_by_chance(events, totals, np.column_stack([chance[code] for code in codes]))
        rows += [
            dict(zip(KEY, key, strict=True))
            | {
                "organisation_code": code,
                "rank": int(ranks[i]),
                "rank_low": int(low[i]),
                "rank_high": int(high[i]),
                "z": decimals(found.z[i]),
                "z_sampling_only": decimals(found.z_sampling_only[i]),
                "centre": decimals(100 * found.centre, 6),
                "phi": decimals(found.phi),
                "tau": decimals(found.tau, 6),
            }
            for i, code in enumerate(codes)
        ]
    return table(rows, COLUMNS)
