"""Who to learn from: for each weak metric of an organisation those who are surely better, and were better before.

Belongs here: how much of a metric's change is noise, who is better beyond it, and whom to name. Does not: who is a
peer, and what is said of those named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from orchestration.statistics.leagues import SCORE, weighted_averages
from orchestration.statistics.numbers import Real, decimals, in_units, levels_of, robust_deviation, table

VALUE = 10**6  # a value of 1 in whole numbers
CHANGES = "changes between the quarters"
ONE_PERIOD = "not known: one period in both quarters"
NO_CHANGES = "not known: most values did not change"
NO_VALUE_BEFORE = "no value in the previous quarter"
BETTER = "better now and was better the quarter before"  # surely, where it is known what chance does
NOBODY = f"nobody of the league is surely {BETTER}"
NO_DIRECTION = "its values are bands without a direction"  # the model `what_it_takes` says so, too
NAMED_FOR_OTHERS = "who is better is named for others"
NOTHING_BEFORE: dict[Any, Any] = {
    "previous_quarter": None,
    "comparable": False,
    "excluded_reason": "no ranked league of the previous quarter under the same framework",
}
KEY = ["quarter", "league", "organisation_code", "metric_id"]
WITHIN_TENTHS = 0.8238  # standard deviation of a normal law whose tenths are drawn in, of one of 1
COLUMNS = {
    "quarter": pa.string(),
    "league": pa.string(),
    "organisation_code": pa.string(),
    "metric_id": pa.string(),
    "place": pa.int32(),
    "previous_quarter": pa.string(),
    "noise_basis": pa.string(),
    "noise": pa.decimal128(18, 6),
    "difference_needed": pa.decimal128(18, 6),
    "basis": pa.string(),
    "candidates": pa.int32(),
    "candidate_code": pa.string(),
    "not_named_reason": pa.string(),
}


def noise_of(changes: Real) -> float:
    """How far chance moves one value, as a standard deviation, by how the values of a league changed. Where most
    lie at a bound the median knows nothing of the others: the spread between the tenths counts where it is larger."""
    if not changes.size:
        return 0.0
    between = np.clip(changes, *np.quantile(changes, [0.1, 0.9])).std() / WITHIN_TENTHS
    return max(robust_deviation(changes), float(between)) / sqrt(2)


def share_out(choices: Mapping[str, Sequence[str]], shown: int, at_most: int) -> dict[str, list[str]]:
    """Up to `shown` of everybody's choices, nobody more than `at_most` times. All have a first before any has a second;
    who comes first chooses first."""
    found: dict[str, list[str]] = {code: [] for code in choices}
    times: Counter[str] = Counter()
    for _ in range(shown):
        for code, wanted in choices.items():
            free = next((one for one in wanted if one not in found[code] and times[one] < at_most), None)
            if free is not None:
                found[code].append(free)
                times[free] += 1
    return found


def candidates(
    leagues_in_statistics: pd.DataFrame,
    scores: pd.DataFrame,
    compared: pd.DataFrame,
    levels: pd.DataFrame,
    peers: pd.DataFrame,
) -> pa.Table:
    """One row per weak metric and who is named for it, in COLUMNS, or one that says why nobody is.

    They are of the leagues asked for in `leagues_in_statistics`, by `scores_behind_ranks`, `metrics_compared` and
    `decision_levels`. Only metrics with a value count. Who has close `peers` may learn from them alone, nearest first,
    everybody else from the whole league, best first."""
    level = levels_of(levels)
    valued = scores[scores["value"].notna()]
    units = in_units(valued["score_exact"], SCORE)
    valued = valued.assign(hundredths=weighted_averages(units, np.ones_like(units)))
    held = valued[valued["polarity"].notna()]
    held = held.assign(
        badness=in_units(held["value"], VALUE) * held["polarity"].map({"lower": 1, "higher": -1}).astype(int)
    ).sort_values(["badness", "organisation_code"])
    of_metric = {
        key: rows.set_index("organisation_code")[["badness", "hundredths"]]
        for key, rows in held.groupby(["quarter", "league", "metric_id"])
    }
    how = compared.set_index(["quarter", "league", "metric_id"]).to_dict("index")
    close = peers[peers["has_close_peers"].astype(bool)].sort_values("place")
    near = close.groupby(["quarter", "league", "organisation_code"])["peer_code"].agg(list).to_dict()
    asked = leagues_in_statistics[leagues_in_statistics["role"] == "asked for"]
    of_league = set(zip(asked["quarter"], asked["league"], strict=True))
    bands = valued[valued["polarity"].isna() & (valued["hundredths"] >= level["metric_weak"] * 100)]
    rows: list[dict[Any, Any]] = [
        row | {"place": 0, "not_named_reason": NO_DIRECTION}
        for row in bands[KEY].to_dict("records")
        if (row["quarter"], row["league"]) in of_league
    ]
    for (quarter, league, metric), now in of_metric.items():
        if (quarter, league) in of_league:
            rule: Mapping[Any, Any] = how.get((quarter, league, metric), NOTHING_BEFORE)
            before = of_metric.get((rule["previous_quarter"], league, metric))
            of_peers = {code: near[quarter, league, code] for code in now.index if (quarter, league, code) in near}
            about = {"quarter": quarter, "league": league, "metric_id": metric}
            rows += [about | row for row in _rows(now, before, rule, level, of_peers)]
    return table(rows, COLUMNS)


def _rows(
    now: pd.DataFrame,
    before: pd.DataFrame | None,
    rule: Mapping[Any, Any],
    level: Mapping[str, float],
    peers: Mapping[str, list[str]],
) -> list[dict[str, Any]]:
    weak = now.index[now["hundredths"] >= level["metric_weak"] * 100][::-1]  # the worst first
    about: dict[str, Any] = {"previous_quarter": rule["previous_quarter"]}
    if before is None or not rule["comparable"]:
        reason = NO_VALUE_BEFORE if rule["comparable"] else rule["excluded_reason"]
        return [about | {"organisation_code": code, "place": 0, "not_named_reason": reason} for code in weak]
    both = now.join(before, rsuffix="_before", how="inner")
    noise = 0.0 if rule["carried_over"] else noise_of((both["badness"] - both["badness_before"]).to_numpy(float))
    needed = level["surely_better"] * sqrt(2) * noise
    about["noise_basis"] = ONE_PERIOD if rule["carried_over"] else CHANGES if noise else NO_CHANGES
    if noise:
        about |= {"noise": decimals(noise / VALUE, 6), "difference_needed": decimals(needed / VALUE, 6)}
    strong = both[both[["hundredths", "hundredths_before"]].max(axis=1) <= level["metric_strong"] * 100]
    codes, badness, badness_before = (
        column.to_numpy() for column in (strong.index, strong["badness"], strong["badness_before"])
    )
    held = both[["badness", "badness_before"]].T.to_dict("list")
    wanted: dict[str, list[str]] = {}
    for code in weak:
        if code in held:
            own, own_before = held[code]
            better = codes[(own - badness >= max(needed, 1)) & (own_before > badness_before)].tolist()
            wanted[code] = [one for one in peers[code] if one in better] if code in peers else better
    named = share_out(wanted, round(level["candidates_shown"]), round(level["named_at_most"]))
    rows = []
    for code in weak:
        own_row = about | {"organisation_code": code, "basis": "peers" if code in peers else "league"}
        if named.get(code):
            own_row["candidates"] = len(wanted[code])
            rows += [own_row | {"place": place, "candidate_code": one} for place, one in enumerate(named[code], 1)]
        else:
            who = f"none of its {len(peers[code])} peers" if code in peers else "nobody of the league"
            nobody = f"{who} is {'surely ' if noise else ''}{BETTER}"
            reason = NO_VALUE_BEFORE if code not in wanted else NAMED_FOR_OTHERS if wanted[code] else nobody
            rows.append(own_row | {"place": 0, "candidates": len(wanted.get(code, [])), "not_named_reason": reason})
    return rows
