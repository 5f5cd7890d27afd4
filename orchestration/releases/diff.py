"""What differs between two releases, and why each organisation is placed differently: of two versions of a quarter, or
of two quarters on the metrics that both have. It reads the two releases and nothing else.

Belongs here: comparing the tables and descriptors of releases, the evidence for each cause. Does not: the arithmetic of
causes (`statistics/causes.py`), how it is shown (`terminal/diff.py`)."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from orchestration.releases import shelf
from orchestration.releases.release import Release
from orchestration.statistics import leagues, numbers
from orchestration.statistics.causes import OF_PLACES, OF_SCORES, TwoRankings, side_by_side
from orchestration.statistics.leagues import League

ORGANISATION = ["league", "organisation_code"]
SUBJECT = ["source_id", "quarter", "period", "part"]
PLACE = ["rank", "average_score", "segment_unadjusted", "financial_override", "segment", "not_ranked_reason"]
VALUE = ["status", "value", "numerator", "denominator", "published_score", "published_rank"]
OWN = VALUE[:4]
SCORE = ["score_exact", "score_basis", "weight", "counted", "population", "population_size", "label"]
INPUT, RULE, POPULATION, UNEXPLAINED, OVERRIDE, CUT_POINTS, OTHERS = OF_PLACES
NEW_QUARTER = "new quarter"  # what `input revised` is called between two quarters
NEW, GONE, NEW_LEAGUE, LEAGUE_GONE = "new organisation", "organisation gone", "new league", "league gone"
EARLIER = "the version before is of an earlier contract"
CHANGES = [
    *ORGANISATION,
    "organisation_name",
    *(f"{column}_{when}" for column in PLACE for when in ("before", "after")),
    "cause_number",
    "cause",
    "rank_with_cause",
    "average_score_with_cause",
    "segment_with_cause",
    "places",
    "interaction",
    "metrics",
    "files",
    "passed_by",
    "passed",
]
WHOLE_NUMBERS = [
    column
    for column in CHANGES
    if column.startswith(("rank_", "segment_", "financial_override_")) or column in ("places", "interaction")
]


@dataclass(frozen=True)
class Difference:
    """What differs between two releases. What was compared has two columns, `_before` and `_after`."""

    # a row per source, quarter, period and part. `change` is revised, new or gone. No file that two quarters share
    inputs: pd.DataFrame
    rules: pd.DataFrame  # per rule file, code, contract and framework of a league. `change` is changed, new or gone
    values: pd.DataFrame  # per organisation, metric and basis
    scores: pd.DataFrame  # per organisation and metric, with a `cause` where the score or its weight is another
    cut_points: pd.DataFrame  # overall, per framework and better segment
    changes: pd.DataFrame  # as `changes` has it

    def as_rows(self) -> dict[str, Any]:
        """A list of rows a section, as JSON has them."""
        sections = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: json.loads(table.to_json(orient="records")) for name, table in sections.items()}


def difference(before: Release, after: Release) -> Difference:
    """Everything that differs between two releases. Raises LeagueError where one is damaged or of an earlier
    contract, where one is fictional and the other real, and where its ranks do not follow from its own scores."""
    shelf.require_same_kind(before, after)
    before.require_intact()
    after.require_intact()
    inputs, scored = _inputs(before, after), _scored(before, after)
    key = ["organisation_code", "metric_id", "value_basis"]
    told = scored.assign(cause=scored["cause"].mask(scored["cause"].isna() & scored["weighs_differently"], RULE))
    values = _outer(before.table("metric_values"), after.table("metric_values"), key, ["league", *VALUE])
    cuts = _outer(_cut_points(before), _cut_points(after), ["framework", "better_segment"], ["cut_point"])
    found = Difference(
        inputs=inputs,
        rules=_rules(before, after),
        values=values.assign(league=_either(values, "league"))[_any_differs(values, VALUE)][
            ["league", *key, *_pairs(VALUE)]
        ],
        scores=told[_any_differs(told, SCORE)][[*ORGANISATION, "metric_id", *_pairs(SCORE), "cause"]],
        cut_points=cuts[_differs(cuts, "cut_point")].drop(columns="_merge"),
        changes=_changes(before, after, scored, inputs),
    )
    if before.quarter != after.quarter:  # then every value is of another period, and nobody revised any
        found.inputs.drop(index=inputs.index[_of_files_in_both(before, after, inputs)], inplace=True)
        for table in (found.scores, found.changes):
            table["cause"] = table["cause"].replace(INPUT, NEW_QUARTER)
    return found


def changes(before: Release, after: Release) -> pd.DataFrame:
    """One row per organisation placed differently and cause, the largest first, in CHANGES.

    `rank_with_cause`, `average_score_with_cause` and `segment_with_cause` are as before but for this one cause, as
    `TwoRankings.place` defines it; `places` is what it gains; `interaction` is what the change of rank has beyond the
    sum of `places`. All are empty for who is not ranked in both. `passed_by` and `passed` are the codes of those that
    `others moved` alone puts ahead of it and behind it.
    """
    if not before.is_current():
        now = after.table("league_table").rename(columns={column: f"{column}_after" for column in PLACE})
        return now.assign(cause_number=1, cause=EARLIER).reindex(columns=CHANGES)
    return _changes(before, after, _scored(before, after), _inputs(before, after))


# What is compared


def _scores(release: Release) -> pd.DataFrame:
    """`metric_scores`; beside each score the value it counts on, and the files (sha256) that this comes from."""
    key = ["organisation_code", "metric_id", "value_basis"]
    values = release.table("metric_values")[[*key, *(column for column in VALUE if column != "value")]]
    sources = release.table("metric_sources").groupby(key)["source_sha256"]
    files = sources.agg(lambda found: " ".join(sorted({*found}))).rename("files")
    return release.table("metric_scores").merge(values, on=key, how="left").join(files, on=key)


def _cut_points(release: Release) -> pd.DataFrame:
    cuts = release.table("segment_cut_points")
    return cuts[cuts["scope"] == "overall"]


# What differs


def _outer(old: pd.DataFrame, new: pd.DataFrame, key: list[str], columns: list[str]) -> pd.DataFrame:
    sides = [table[[*key, *columns]] for table in (old, new)]
    both = sides[0].merge(sides[1], on=key, how="outer", suffixes=("_before", "_after"), indicator=True)
    return both.sort_values(key, ignore_index=True)


def _pairs(columns: list[str]) -> list[str]:
    return [f"{column}_{when}" for column in columns for when in ("before", "after")]


def _differs(both: pd.DataFrame, column: str) -> pd.Series[bool]:
    old, new = both[f"{column}_before"], both[f"{column}_after"]
    found: pd.Series[bool] = ~((old == new).fillna(False) | (old.isna() & new.isna()))
    return found


def _any_differs(both: pd.DataFrame, columns: list[str]) -> pd.Series[bool]:
    return pd.concat([_differs(both, column) for column in columns], axis=1).any(axis=1)


def _either(both: pd.DataFrame, column: str) -> pd.Series[Any]:
    return both[f"{column}_after"].fillna(both[f"{column}_before"])


def _inputs(before: Release, after: Release) -> pd.DataFrame:
    both = _outer(before.files_in_use(), after.files_in_use(), SUBJECT, ["file_name", "source_sha256"])
    both["change"] = both["_merge"].astype(str).map({"both": "revised", "left_only": "gone", "right_only": "new"})
    return both[_differs(both, "source_sha256")][[*SUBJECT, "change", *_pairs(["file_name", "source_sha256"])]]


def _of_files_in_both(before: Release, after: Release, inputs: pd.DataFrame) -> pd.Series[bool]:
    """Which rows name no file that one of the releases alone uses: their subject differs, by its quarter."""
    in_both = {*before.files_in_use()["source_sha256"]} & {*after.files_in_use()["source_sha256"]}
    named = inputs[_pairs(["source_sha256"])]
    found: pd.Series[bool] = (named.isna() | named.isin(in_both)).all(axis=1)
    return found


def _rules(before: Release, after: Release) -> pd.DataFrame:
    def told(release: Release) -> pd.DataFrame:
        frameworks = release.table("league_coverage").set_index("league")["framework"]
        rows = {
            **release.rules,
            "code_version": release.package["code_version"],
            "contract_version": release.package["contract_version"],
            **{f"framework of {league}": framework for league, framework in frameworks.items()},
        }
        return pd.DataFrame({"rule": list(rows), "content": list(rows.values())})

    both = _outer(told(before), told(after), ["rule"], ["content"])
    both["change"] = both["_merge"].astype(str).map({"both": "changed", "left_only": "gone", "right_only": "new"})
    return both[_differs(both, "content")][["rule", "change", *_pairs(["content"])]]


# Why scores differ


def _scored(before: Release, after: Release) -> pd.DataFrame:
    """Every score of either release beside that of the other: `cause` where another score enters the average,
    `evidence` where what it is made from differs, and anybody has a score of it. The first that applies:

    1. a rule changed, where one release has not the metric in the league at all;
    2. its own value changed (value, numerator, denominator, status; the published score where the score is recovered
       from it): input revised, where either its file changed or no rule did; else a rule changed. A score without a
       value is looked up from the uncounted scores of its domain, and differs as they do;
    3. a rule changed, where its population is another;
    4. population moved, where anything that counts of anybody in its population differs;
    5. a rule changed, where any rule or the code differs.

    Rules have rows by quarter: between two quarters they differ, and every value counts as of another file.
    """
    both = _outer(_scores(before), _scores(after), [*ORGANISATION, "metric_id"], ["domain", "files", *VALUE, *SCORE])
    other_files = _differs(both, "files") | (before.quarter != after.quarter)
    other_rules = _rules_differ(before, after)
    score, basis, counted, value = (
        both[_pairs([column])] for column in ("score_exact", "score_basis", "counted", "value")
    )
    recovered = basis.isin(["recovered", "published"]).any(axis=1)
    own = _any_differs(both, OWN) | (recovered & _differs(both, "published_score"))

    looked_up = ((basis == "computed").to_numpy() & value.isna().to_numpy()).any(axis=1)
    part = own & score.notna().any(axis=1) & ~counted.eq(True).any(axis=1)
    whole = [both["league"], both["organisation_code"], _either(both, "domain")]
    other_files |= looked_up & (part & other_files).groupby(whole).transform("any")
    own |= looked_up & part.groupby(whole).transform("any")

    differs = own | _any_differs(both, ["published_score", "published_rank"])
    moved = differs.groupby([both["metric_id"], _either(both, "population")]).transform("any")
    in_both_leagues = both["_merge"].eq("both").groupby([both["league"], both["metric_id"]]).transform("any")
    cause = pd.Series(RULE if other_rules else UNEXPLAINED, index=both.index).mask(moved, POPULATION)
    cause = cause.mask(_differs(both, "population"), RULE).mask(own, RULE if other_rules else INPUT)
    cause = cause.mask(own & other_files, INPUT).mask(~in_both_leagues, RULE)

    scored = score.notna().any(axis=1).groupby([both["league"], both["metric_id"]]).transform("any")
    for when in ("before", "after"):
        both[f"entering_{when}"] = both[f"score_exact_{when}"].where(both[f"counted_{when}"].eq(True))
    return both.assign(
        cause=cause.where(_differs(both, "entering")),
        evidence=cause.where(own & scored),
        weighs_differently=counted.eq(True).all(axis=1) & _differs(both, "weight"),
    )


def _rules_differ(before: Release, after: Release) -> bool:
    return before.rules != after.rules or before.quarter != after.quarter


# Why organisations are placed differently


def _placed_differently(before: Release, after: Release) -> pd.DataFrame:
    old, new = before.table("league_table"), after.table("league_table")
    both = _outer(old, new, ORGANISATION, ["organisation_name", *PLACE])
    both["organisation_name"] = _either(both, "organisation_name")
    both["in_both"] = both["league"].isin(old["league"]) & both["league"].isin(new["league"])
    return both[_any_differs(both, PLACE) | (both["_merge"] != "both")]


def _changes(before: Release, after: Release, scored: pd.DataFrame, inputs: pd.DataFrame) -> pd.DataFrame:
    old, new = _leagues(before), _leagues(after)
    other_rules = _rules_differ(before, after)
    found: list[dict[Any, Any]] = []
    for league, rows in _placed_differently(before, after).groupby("league"):
        of_league = scored[scored["league"] == league]
        explained = _by_arithmetic(old[league], new[league], of_league) if league in old and league in new else {}
        for row in rows.to_dict("records"):
            own = of_league[of_league["organisation_code"] == row["organisation_code"]]
            causes = explained.get(row["organisation_code"]) or [
                {"cause": cause} for cause in _by_evidence(row, own, of_league, other_rules)
            ]
            for number, cause in enumerate(causes, 1):
                found.append({**row, "cause_number": number, **cause})
                found[-1] |= _made_from(cause["cause"], own, of_league, inputs)
    return pd.DataFrame(found, columns=CHANGES).astype(dict.fromkeys(WHOLE_NUMBERS, "Int64"))


def _leagues(release: Release) -> dict[Any, League]:
    """The leagues of a release in which anybody is ranked, by name. Raises LeagueError where its ranks do not follow
    from its own scores."""
    coverage = release.table("league_coverage").set_index("league")
    placed = release.table("league_table").assign(quarter=release.quarter)
    placed["override_segment"] = placed["league"].map(coverage["override_segment"])
    ranked = placed[placed["rank"].notna()]
    cuts = (
        _cut_points(release).pivot(index="framework", columns="better_segment", values="cut_point").add_prefix("cut_")
    )
    leagues_in_statistics = coverage.reset_index()[["quarter", "league", "framework"]].join(cuts, on="framework")
    scores = release.table("metric_scores").assign(polarity="lower", metric_group=None)  # which nothing here reads
    scores = scores[scores["counted"]].merge(ranked[ORGANISATION])
    found = leagues.read(leagues_in_statistics[leagues_in_statistics["league"].isin(ranked["league"])], ranked, scores)
    return {league.name: league for league in found}


def _by_arithmetic(before: League, after: League, scored: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """The causes of each organisation ranked twice, by code: what changes its rank, average, segment or flag, alone or
    after the causes that stand before it in OF_PLACES are in place."""
    weights = scored.groupby("metric_id")[_pairs(["weight"])].first().astype(float)
    causes = scored.dropna(subset="cause").set_index(["organisation_code", "metric_id"])["cause"]
    two = side_by_side(before, after, weights.set_axis(["before", "after"], axis=1), causes)
    alone = {cause: two.place({cause}) for cause in OF_PLACES}
    in_turn = [two.place(OF_PLACES[:number]) for number in range(len(OF_PLACES) + 1)]
    first, last = in_turn[0], in_turn[-1]
    found: dict[str, list[dict[str, Any]]] = {}
    for i, code in enumerate(two.codes):
        if not two.in_both[i]:
            continue
        named = [
            cause
            for number, cause in enumerate(OF_PLACES)
            if alone[cause].of(i) != first.of(i)
            or in_turn[number].of(i) != in_turn[number + 1].of(i)
            or (cause == OVERRIDE and two.floors[0, i] != two.floors[1, i])
        ]
        places = {cause: first.ranks[i] - alone[cause].ranks[i] for cause in named if alone[cause].ranks[i]}
        together = first.ranks[i] - last.ranks[i] - sum(places.values())
        found[code] = []
        for cause in sorted(named, key=lambda cause: -abs(places.get(cause, 0))):
            row: dict[str, Any] = {"cause": cause, "interaction": together}
            if cause in places:  # else it would hold no score with this cause alone
                row["rank_with_cause"] = alone[cause].ranks[i]
                row["average_score_with_cause"] = numbers.two_decimals(alone[cause].averages[i])
                row["segment_with_cause"] = alone[cause].segments[i]
                row["places"] = places[cause]
            if cause == OTHERS:
                row |= _passing(two, first.ahead[i], alone[cause].ahead[i])
            found[code].append(row)
    return found


def _passing(two: TwoRankings, before: Any, after: Any) -> dict[str, str]:
    """Who is ahead and was not, and who was and is not."""
    return {
        column: " ".join(code for code, found in zip(two.codes, passing, strict=True) if found)
        for column, passing in (("passed_by", after & ~before), ("passed", before & ~after))
    }


def _by_evidence(row: dict[Any, Any], own: pd.DataFrame, of_league: pd.DataFrame, other_rules: bool) -> list[str]:
    """The causes of who is not ranked in both: what differs of its own; else of others; else of the rules."""
    if row["_merge"] == "right_only":
        return [NEW if row["in_both"] else NEW_LEAGUE]
    if row["_merge"] == "left_only":
        return [GONE if row["in_both"] else LEAGUE_GONE]
    found = {*own["cause"].dropna(), *own["evidence"].dropna()}
    if not _same(row, "financial_override"):
        found.add(OVERRIDE)
    if not _same(row, "segment_unadjusted") and _same(row, "average_score"):
        found.add(CUT_POINTS)
    if not found:
        others = of_league[["cause", "evidence"]].notna().any(axis=None)
        found.add(OTHERS if others else RULE if other_rules else UNEXPLAINED)
    return [cause for cause in OF_PLACES if cause in found]


def _same(row: dict[Any, Any], column: str) -> bool:
    old, new = row[f"{column}_before"], row[f"{column}_after"]
    return bool(old == new or (pd.isna(old) and pd.isna(new)))


def _made_from(cause: str, own: pd.DataFrame, of_league: pd.DataFrame, inputs: pd.DataFrame) -> dict[str, str]:
    """The metrics that a cause of scores is about, and the files that differ behind a revised input: of its values, or
    else the references. A rule is about everybody's scores."""
    if cause not in OF_SCORES:
        return {}
    scores = of_league if cause == RULE else own
    about = (scores["cause"] == cause) | (scores["evidence"] == cause)
    metrics = " ".join(sorted({*scores.loc[about | (scores["weighs_differently"] & (cause == RULE)), "metric_id"]}))
    if cause != INPUT:
        return {"metrics": metrics}
    before, after = ({*" ".join(own.loc[about, f"files_{when}"].dropna()).split()} for when in ("before", "after"))
    files = inputs[inputs["source_sha256_before"].isin(before) | inputs["source_sha256_after"].isin(after)]
    files = files if len(files) else inputs[inputs["quarter"].isna()]
    return {"metrics": metrics, "files": "; ".join(dict.fromkeys(_either(files, "file_name")))}
