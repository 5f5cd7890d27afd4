"""Real published files of mental health and community trusts tie out cell by cell, by our SQL and by pandas again."""

from __future__ import annotations

import shutil
from collections import Counter
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from statistics import median_low
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import median_abs_deviation

from orchestration.errors import LeagueError
from orchestration.releases import diff, search
from orchestration.releases.release import Release, table_hashes
from tests.oracle import half_up
from tests.unit.test_inventory import rows_of

LEAGUE = "mental_health_community"  # the league whose release is among the files
QUARTERS = {"2025-26-Q1": "Q1 2025/26", "2025-26-Q2": "Q2 2025/26"}
DOMAIN_CELLS = {"2025-26-Q1": 300, "2025-26-Q2": 301}
ROWS = {"Q1 2025/26": 2242, "Q2 2025/26": 2260}
SUMMARY = (
    "average_score",
    "unadjusted_segment",
    "adjusted_segment",
    "financial_override",
    "final_segment",
    "league_rank",
    "rank_without_override",
)
BASIS = {
    "computed": {"OF0061", "OF0084", "OF0079", "OF0080", "OF0081"},
    "recovered": {"OF0005", "OF0016", "OF0041", "OF0057", "OF0063", "OF0082", "OF0086"},
    "published": {"OF0035", "OF0067"},
}
COMPUTED = {  # scores of leagues without a release, from what the primary publications count
    "2025-26-Q1": {"acute": {"OF0010", "OF0011", "OF0013"}, "icb": {"ICB-AE-4H"}},
    "2025-26-Q2": {},
}
NOTHING = "no metric of this league is at hand for the quarter"
NOT_ENOUGH = "no metric of the league has the figures of all its months"  # cancer of one month of three
ABSENT = {
    "2025-26-Q1": {
        "acute": "only 3 of the 24 metrics of the league are at hand",
        "ambulance": NOTHING,
        "icb": "only 1 of the 6 metrics of the league is at hand",
    },
    "2025-26-Q2": {"acute": NOT_ENOUGH, "ambulance": NOTHING, "icb": NOT_ENOUGH},
}
REVISED = {  # of trust RRE: value and rank by it; those that it falls behind are one place better
    "OF0082": ("5.7", 43),
    "OF1082": ("3.4", 43),
    "OF4004": ("2.25", 19),
    "OF5002": ("1.83", 5),
    "OF5000": ("1.0", 5),
}
MEMBERS = {"acute": 134, "ambulance": 10, "icb": 42}


@pytest.fixture(scope="module")
def published(shared_extracts: Path) -> pd.DataFrame:
    """The file as published, read by pandas alone."""
    (path,) = (shared_extracts / "nof").glob("*-data-q2.csv")
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


@pytest.fixture(scope="module")
def real(real_quarters: dict[str, Any]) -> dict[str, Any]:
    return {quarter: real_quarters[quarter] for quarter in QUARTERS}


def table(built: Any, name: str) -> pd.DataFrame:
    return pd.read_parquet(built.release / f"{name}.parquet")


@pytest.mark.parametrize("quarter", QUARTERS)
def test_every_official_figure_is_reproduced(real: dict[str, Any], quarter: str) -> None:
    rows = table(real[quarter], "reconciliation")
    assert rows[rows["status"] == "unexplained"].empty
    cells = Counter(rows["measure"])
    assert {measure: cells[measure] for measure in SUMMARY} == dict.fromkeys(SUMMARY, 61)
    assert cells["domain_score"] == cells["domain_segment"] == cells["domain_rank"] == DOMAIN_CELLS[quarter]
    averages = rows[rows["measure"] == "average_score"]
    assert set(averages["status"]) == {"agrees"}


@pytest.mark.parametrize("quarter", QUARTERS)
def test_basis_of_every_score(real: dict[str, Any], quarter: str) -> None:
    scores = table(real[quarter], "metric_scores").dropna(subset="score")
    released = scores[scores["league"] == LEAGUE]
    assert {basis: set(rows["metric_id"]) for basis, rows in released.groupby("score_basis")} == BASIS
    assert set(released["value_basis"]) == {"published"}
    others = scores[scores["league"] != LEAGUE]
    assert {league: set(rows["metric_id"]) for league, rows in others.groupby("league")} == COMPUTED[quarter]
    assert set(others["value_basis"]) | set(others["score_basis"]) <= {"computed"}


@pytest.mark.parametrize("quarter", QUARTERS)
def test_averages_segments_and_ranks_again_from_the_csv(
    real: dict[str, Any], published: pd.DataFrame, quarter: str
) -> None:
    """Published cells beside released ones, without the reconciliation model."""
    rows = published[published["Quarter"] == QUARTERS[quarter]]
    ours = table(real[quarter], "trust_league_table").set_index("organisation_code")
    ours = ours[ours["league"] == LEAGUE]
    for published_id, cell, column in (
        ("OF5002", "Value", "average_score"),
        ("OF5003", "Value", "segment_unadjusted"),
        ("OF5004", "Value", "financial_override"),
        ("OF5000", "Value", "segment"),
        ("OF5005", "Value", "final_segment"),
        ("OF5000", "Rank", "rank"),
        ("OF5002", "Rank", "rank_without_override"),
    ):
        official = rows[rows["Metric_ID"] == published_id].set_index("Trust_code")[cell].astype(float)
        assert len(official) == 61
        differs = official.ne(ours[column].astype(float).reindex(official.index))
        assert list(official.index[differs]) == [], column
    assert set(ours.index) == set(rows["Trust_code"])


@pytest.mark.parametrize("quarter", QUARTERS)
def test_average_is_the_weighted_mean_of_the_released_scores(real: dict[str, Any], quarter: str) -> None:
    scores = table(real[quarter], "metric_scores")
    scores = scores[scores["counted"] & (scores["league"] == LEAGUE)].astype({"score_exact": float, "weight": float})
    weighted = (scores["score_exact"] * scores["weight"]).groupby(scores["organisation_code"]).sum()
    mean = weighted / scores.groupby("organisation_code")["weight"].sum()
    ours = table(real[quarter], "trust_league_table").set_index("organisation_code")
    ours = ours.loc[ours["league"] == LEAGUE, "average_score"].astype(float)
    assert ours.notna().all() and set(ours.index) == set(mean.index)
    assert (ours - mean.reindex(ours.index)).abs().max() <= 0.005 + 1e-9


def test_control_totals_of_rows(real: dict[str, Any], published: pd.DataFrame) -> None:
    assert len(published) == 4502
    assert Counter(published["Quarter"]) == ROWS
    build = real["2025-26-Q2"].build
    assert len(rows_of(build, "nof_data")) == 4502
    with duckdb.connect(str(build.warehouse), read_only=True) as connection:
        staged = connection.sql("select quarter, count(*) from stage.nof_figures group by quarter").fetchall()
    assert dict(staged) == {quarter: ROWS[named] for quarter, named in QUARTERS.items()}


@pytest.mark.parametrize("quarter", QUARTERS)
def test_every_value_is_traced_to_its_row(real: dict[str, Any], published: pd.DataFrame, quarter: str) -> None:
    """The named row of the named file holds that trust, metric and value."""
    values = table(real[quarter], "metric_values").dropna(subset="value")
    computed, values = values[values["value_basis"] == "computed"], values[values["value_basis"] == "published"]
    assert set(values["league"]) == {LEAGUE}
    rows = published.iloc[values["source_row"].astype(int) - 2].reset_index(drop=True)
    assert list(rows["Trust_code"].str.strip()) == list(values["organisation_code"])
    assert list(rows["Metric_ID"]) == list(values["metric_id"])
    assert list(rows["Value"].astype(float)) == list(values["value"].astype(float))
    assert set(rows["Quarter"]) == {QUARTERS[quarter]}
    # A computed value is no single row: it names the publication, and metric_sources the rows.
    files = pd.read_parquet(real[quarter].build.parquet("files"))
    used = files[(files["status"] == "used") & (files["quarter"] == quarter)]
    assert computed["source_row"].isna().all()
    assert set(zip(computed["source_id"], computed["source_sha256"], strict=True)) <= set(
        zip(used["source_id"], used["source_sha256"], strict=True)
    )
    assert computed.empty == (quarter == "2025-26-Q2")


@pytest.mark.parametrize("quarter", QUARTERS)
def test_leagues_without_a_release_are_not_ranked_and_say_why(real: dict[str, Any], quarter: str) -> None:
    leagues = table(real[quarter], "league_coverage").set_index("league")
    ours = leagues.loc[LEAGUE]
    assert bool(ours["published"])
    assert (ours["value_basis"], ours["coverage"]) == ("published", "full")
    assert ours["organisations"] == ours["expected_organisations"] == 61
    assert set(leagues.index) == {LEAGUE, *ABSENT[quarter]}
    readme = (real[quarter].release / "README.md").read_text()
    for absent, reason in ABSENT[quarter].items():
        league = leagues.loc[absent]
        assert not league["published"]
        assert league["absent_reason"] == reason
        assert f"| {league['title']} | not ranked: {reason} |" in readme
        assert league["organisations"] == league["expected_organisations"] == MEMBERS[absent]
        scored = COMPUTED[quarter].get(absent, set())
        assert league["metrics_scored"] == len(scored)
        assert (league["value_basis"] == "computed", league["coverage"] == "partial") == (bool(scored), bool(scored))
        assert pd.isna(league["metrics_of_an_earlier_month"])


@pytest.mark.parametrize("quarter", QUARTERS)
def test_only_the_league_with_a_release_is_ranked(real: dict[str, Any], quarter: str) -> None:
    trusts = table(real[quarter], "trust_league_table")
    assert set(trusts.loc[trusts["ranked"], "league"]) == {LEAGUE}
    others = trusts[trusts["league"] != LEAGUE]
    assert Counter(others["league"]) == {league: n for league, n in MEMBERS.items() if league != "icb"}
    figures = ["rank", "average_score", "segment", "segment_unadjusted", "rank_without_override", "final_segment"]
    assert others[figures].isna().all(axis=None)
    assert not others["ranked"].any()
    icbs = table(real[quarter], "icb_league_table")
    assert not icbs["ranked"].any()
    assert icbs[["rank", "average_score", "segment"]].isna().all(axis=None)
    rows = pd.concat([others, icbs[icbs["organisation_type"] == "icb"].assign(league="icb")])
    reasons = rows.groupby("league")["not_ranked_reason"].agg(set).to_dict()
    assert reasons == {
        league: {"no metric has a score" if reason in (NOTHING, NOT_ENOUGH) else reason}
        for league, reason in ABSENT[quarter].items()
    }


def test_previous_rank_is_that_of_the_first_quarter(real: dict[str, Any]) -> None:
    first, second = (table(real[q], "trust_league_table").set_index("organisation_code") for q in QUARTERS)
    assert first["previous_rank"].isna().all()
    assert second["previous_rank"].astype(float).equals(first["rank"].astype(float).reindex(second.index))


def test_files_not_used_are_listed_with_a_reason(real: dict[str, Any], shared_extracts: Path) -> None:
    files = pd.read_parquet(real["2025-26-Q2"].build.inventory("2025-26-Q2"))
    assert set(files["file_name"]) == {
        path.relative_to(shared_extracts).as_posix() for path in shared_extracts.rglob("*") if path.is_file()
    }
    assert files.loc[files["status"] != "used", "reason"].notna().all()


def test_quarter_without_a_publication_is_refused(shared_extracts: Path, run: Any, tmp_path: Path) -> None:
    try:
        message = "\n".join(run("2025-26-Q3", shared_extracts, tmp_path).problems)
    except LeagueError as error:
        message = str(error)
    assert "no publication of 2025-26-Q3 is among the files" in message
    assert "quarters found: 2024-25-Q2, 2025-26-Q1, 2025-26-Q2, 2025-26-Q4, 2026-27-Q1" in message
    assert not (tmp_path / "releases").exists()


HOW_SURE = {  # of the league as a whole; every change of these figures needs a reason
    "2025-26-Q1": {
        ("likely_range", "median_width"): 35,
        ("likely_range", "segments_uncertain"): 55,
        ("override", "segments_changed"): 7,
        ("override", "organisations_moved"): 29,
        ("override", "largest_loss"): 23,
        ("left_out", "median_width"): 10,
        ("rank_sets", "bands"): 1,
        ("improvement", "not compared"): 61,
    },
    "2025-26-Q2": {
        ("likely_range", "median_width"): 36,
        ("likely_range", "segments_uncertain"): 57,
        ("override", "segments_changed"): 6,
        ("override", "organisations_moved"): 20,
        ("override", "largest_loss"): 14,
        ("left_out", "median_width"): 12,
        ("rank_sets", "bands"): 1,
        ("improvement", "no change shown"): 61,
    },
}


HALVES = {
    "2025-26-Q1": {"either_half": 47, "worse_half": 7, "better_half": 7},
    "2025-26-Q2": {"either_half": 50, "worse_half": 5, "better_half": 6},
}


@pytest.mark.parametrize("quarter", QUARTERS)
def test_how_sure_the_ranks_are(real: dict[str, Any], quarter: str) -> None:
    facts = table(real[quarter], "method_sensitivity").set_index(["league", "item", "assessment", "measure"])["value"]
    found = {key: float(facts[LEAGUE, "league", *key]) for key in HOW_SURE[quarter]}
    assert found == HOW_SURE[quarter]


@pytest.mark.parametrize("quarter", QUARTERS)
def test_likely_ranges_again_by_a_plain_loop(real: dict[str, Any], quarter: str) -> None:
    """Other random numbers, more of them, in floats and pandas: as near as the draws of the release allow."""
    trusts = table(real[quarter], "trust_league_table")
    trusts = trusts[trusts["ranked"]].set_index("organisation_code").sort_index()
    assert len(trusts) == 61 and trusts[["rank_low", "average_score_low"]].notna().all(axis=None)
    scores = table(real[quarter], "metric_scores")
    scores = scores[scores["counted"] & (scores["league"] == LEAGUE)]
    cuts = table(real[quarter], "segment_cut_points").query("scope == 'overall' and framework == 'nof-2025-26'")
    chance = np.random.RandomState(1)
    averages = pd.DataFrame(
        {
            code: np.floor(
                chance.choice(scores.loc[scores["organisation_code"] == code, "score_exact"].astype(float), (40_000, n))
                .mean(axis=1) * 100 + 0.5 + 1e-7
            ) / 100
            for code, n in scores["organisation_code"].value_counts().sort_index().items()
        }
    )  # fmt: skip
    segments = 1 + sum((averages > float(cut) + 1e-9).astype(int) for cut in cuts["cut_point"])
    capped = segments.clip(lower=trusts["financial_override"].map({1: 3, 0: 1}), axis=1)
    ranks = (capped * 10 + averages).rank(axis=1, method="min")
    for column, draws, step in (("average_score", averages, 0.01), ("rank", ranks, 1)):  # what is published
        for end, percentile in (("low", 0.025), ("high", 0.975)):
            published = trusts[f"{column}_{end}"].astype(float)
            apart = (draws.quantile(percentile) - published).abs()
            assert apart.max() <= 3 * step + 1e-9 and apart.mean() <= step, (column, end)


@pytest.mark.parametrize("quarter", QUARTERS)
def test_pairs_and_halves_again_from_the_ranges(real: dict[str, Any], quarter: str) -> None:
    """Every two once; who is mostly ahead has the better place, but for a few neighbours; halves counted by hand."""
    pairs, sure = table(real[quarter], "rank_pairs"), table(real[quarter], "rank_robustness")
    assert len(pairs) == 61 * 60 // 2 and not pairs["told_apart_all"].any()
    assert sure["position"].value_counts().to_dict() == HALVES[quarter]
    ranks = sure.set_index("organisation_code")["rank"].astype(int)
    ahead = pairs["ahead_share"].astype(float) + pairs["level_share"].astype(float) / 2
    apart = pairs["code_b"].map(ranks) - pairs["code_a"].map(ranks)
    clear = apart.abs() > 20
    assert clear.sum() > 500 and ((ahead > 0.5) == (apart > 0))[clear].mean() > 0.99


@pytest.mark.parametrize("quarter", QUARTERS)
def test_every_metric_is_told_of_in_plain_words(real: dict[str, Any], quarter: str) -> None:
    guide = table(real[quarter], "metric_guide")
    assert set(guide["words_status"]) == {"drafted"}
    assert set(table(real[quarter], "metric_league_table")["metric_id"]) <= set(guide["metric_id"])


def test_change_of_definition_is_left_out_and_named(real: dict[str, Any]) -> None:
    changes = table(real["2025-26-Q2"], "improvement")
    window = (
        "OF0041 (definition changed (inferred): two windows of 13 months (Jun 24 - Jun 25 and Jun 23 - Jun 24) "
        "became two of 12 (Oct 24 - Sep 25))"
    )
    excluded = changes.set_index("organisation_code")["metrics_excluded"]
    new = "(not scored the quarter before)"
    assert excluded[excluded != window].to_dict() == {
        **dict.fromkeys(("RYV", "TAH", "TAJ"), f"OF0016 {new}; {window}"),
        "RYW": f"{window}; OF0057 {new}",
        "RNK": f"{window}; OF0086 {new}",
    }
    assert set(changes["metrics_carried_over"]) == {"OF0035 OF0061 OF0084"}  # annual: both quarters show 2024


def test_a_name_is_one_in_a_release_and_does_not_go_back_in_time(real_quarters: dict[str, Any]) -> None:
    for built in real_quarters.values():
        guide = table(built, "organisation_guide").set_index("organisation_code")
        assert guide[["organisation_name", "short_name"]].notna().all(axis=None)
        series = table(built, "metric_series").drop_duplicates("organisation_code").set_index("organisation_code")
        both = guide.join(series["organisation_name"], rsuffix="_of_series", how="inner")
        assert both[both["organisation_name"] != both["organisation_name_of_series"]].empty
        assert guide.loc["RXY", "organisation_name"] == "Kent and Medway Mental Health NHS Trust"


# Tables of our own


def test_search_says_in_which_quarters_an_organisation_is(real_quarters: dict[str, Any]) -> None:
    first, last = (Release.read(real_quarters[quarter].release) for quarter in ("2025-26-Q1", "2025-26-Q4"))
    for column in ("organisation_code", "organisation_name"):
        there, here = (set(release.table("league_table")[column]) for release in (last, first))
        said = min(there - here)
        with pytest.raises(LeagueError, match=f"the name {said};.* it is in .*2025-26-Q4: say --quarter"):
            search.search(first, said)


def test_search_looks_beside_no_release_that_lies_elsewhere(real_quarters: dict[str, Any], tmp_path: Path) -> None:
    shutil.copytree(real_quarters["2025-26-Q1"].release, tmp_path / "mine" / "v1")
    (tmp_path / "other" / "v3").mkdir(parents=True)
    with pytest.raises(LeagueError, match=r"v1 has the code or the name ZZZ9$"):
        search.search(Release.read(tmp_path / "mine" / "v1"), "ZZZ9")


def test_what_it_takes_again_by_trying_every_set_of_metrics(real: dict[str, Any]) -> None:
    """The median is statistics.median_low; all sets of one, two and three metrics are tried, not the best alone."""
    found = table(real["2025-26-Q2"], "what_it_takes")
    whole = found.drop_duplicates("organisation_code").set_index("organisation_code")
    below = whole[whole["segment_unadjusted"] > 1]
    assert below["metrics_needed"].fillna(0).value_counts().to_dict() == {1: 23, 2: 14, 3: 5, 0: 1}
    trusts = table(real["2025-26-Q2"], "trust_league_table").query("ranked").set_index("organisation_code")
    override = trusts[trusts["financial_override"] == 1]
    assert len(override) == 18 and set(override.index) <= set(whole.index)
    held = whole.index[~whole["segment_can_change"]]
    assert set(held) == set(override.index[override["segment"] == 3]) and len(held) == 8
    assert set(found["organisation_code"].drop_duplicates()[:8]) == set(held)  # they are said first

    scores = table(real["2025-26-Q2"], "metric_scores").query("counted and league == @LEAGUE")
    exact = {
        code: {row.metric_id: (row.score_exact, row.weight, pd.notna(row.value)) for row in rows.itertuples()}
        for code, rows in scores.groupby("organisation_code")
    }
    valued = scores[scores["value"].notna()].groupby("metric_id")["score_exact"].agg(list)
    medians = {metric: median_low(held) for metric, held in valued.items()}
    cuts = table(real["2025-26-Q2"], "segment_cut_points").query("scope == 'overall' and framework == 'nof-2025-26'")

    def segment(metrics: dict[str, Any], changed: dict[str, Any]) -> int:
        total = sum(changed.get(m, score) * weight for m, (score, weight, _) in metrics.items())
        average = half_up(Fraction(total) / Fraction(sum(weight for _, weight, _ in metrics.values())), 2)
        return 1 + sum(average > cut for cut in cuts["cut_point"])

    for code, trust in below.iterrows():
        weak = [m for m, (score, _, has_value) in exact[code].items() if has_value and score > medians[m]]
        enough = (
            n
            for n in (1, 2, 3)
            for some in combinations(weak, n)
            if segment(exact[code], {m: medians[m] for m in some}) < trust["segment_unadjusted"]
        )
        assert next(enough, 0) == (0 if pd.isna(trust["metrics_needed"]) else trust["metrics_needed"]), code
    of_value = scores.groupby(["metric_id", "value"])["score_exact"].max()
    higher = {"OF0016", "OF0041", "OF0057", "OF0061", "OF0084"}
    for row in found[found["value"].notna() & (found["segment_unadjusted"] > 1)].itertuples():
        sign = -1 if row.metric_id in higher else 1
        enough_alone = [
            value
            for value, score in of_value[row.metric_id].items()
            if value * sign < row.value * sign
            and segment(exact[row.organisation_code], {row.metric_id: score}) < row.segment_unadjusted
        ]
        needed = max(enough_alone, key=lambda value: value * sign, default=None)
        assert needed == (None if pd.isna(row.value_needed) else row.value_needed), (
            row.organisation_code,
            row.metric_id,
        )


def test_support_again_from_the_tables_of_two_quarters(real: dict[str, Any]) -> None:
    tables = {
        name: [table(real[quarter], name).query("league == @LEAGUE") for quarter in QUARTERS]
        for name in ("rank_robustness", "domain_league_table", "improvement", "needs_support")
    }
    last = [
        set(of.loc[of["bottom_quarter_share"].astype(float) >= 0.5, "organisation_code"])
        for of in tables["rank_robustness"]
    ]
    fourth = [Counter(of.loc[of["domain_segment"] == 4, "organisation_code"]) for of in tables["domain_league_table"]]
    several = [{code for code, domains in of.items() if domains >= 2} for of in fourth]
    improved = set(tables["improvement"][1].query("verdict == 'improved'")["organisation_code"])
    first, second = tables["needs_support"]
    assert set(second["organisation_code"]) == (last[0] & last[1] & several[1]) - improved
    assert " ".join(sorted(second["organisation_code"])) == "RHA RJ8 RMY RW5 RWV RX2 RXT RXV RY6 RYG RYW TAD"
    assert set(second["status"]) == {"needs_support"} and second["weak_metrics"].notna().all()
    assert set(first["organisation_code"]) == last[0] & several[0] and set(first["status"]) == {"not_yet"}


def test_whom_to_learn_from_again_by_pandas(real: dict[str, Any]) -> None:
    first, second = (
        table(real[quarter], "metric_scores").query("counted and league == @LEAGUE") for quarter in QUARTERS
    )
    keys = ["organisation_code", "metric_id"]
    found = table(real["2025-26-Q2"], "learn_from")
    weak = second[(second["score"].astype(float) >= 3) & second["value"].notna()].set_index(keys).index
    assert set(found.set_index(keys).index) == set(weak) and len(weak) == 152
    assert found["organisation_code"].nunique() == 55
    named = found[found["place"] > 0]
    assert named.groupby(["metric_id", "candidate_code"]).size().max() == 5
    both = second.merge(first, on=keys, suffixes=("", "_before"))[[*keys, "value", "value_before"]].astype(
        {"value": float, "value_before": float}
    )
    for metric, rows in named[named["noise"].notna()].groupby("metric_id"):
        own = both[both["metric_id"] == metric].set_index("organisation_code").dropna()
        changes = own["value"] - own["value_before"]
        between = changes.clip(*changes.quantile([0.1, 0.9])).std(ddof=0) / 0.8238
        noise = max(median_abs_deviation(changes, scale="normal"), between) / 2**0.5
        assert abs(float(rows["noise"].iloc[0]) / noise - 1) < 1e-4, metric  # 1.4826 has four decimals
        ahead = (rows["value"] - rows["candidate_value"]).astype(float).abs()
        assert (ahead >= 1.96 * 2**0.5 * noise * 0.9999).all(), metric
    assert set(named.loc[named["noise"].isna(), "metric_id"]) == {"OF0061", "OF0084"}  # one survey in both quarters
    assert set(found.loc[found["metric_id"] == "OF0041", "place"]) == {0}  # its definition changed
    assert named[["candidate_score", "candidate_previous_score"]].astype(float).max(axis=None) <= 2
    none = table(real["2025-26-Q1"], "learn_from")
    assert len(none) and set(none["place"]) == {0}


# What differs between releases


def test_every_place_of_two_real_quarters_is_explained(real: dict[str, Any]) -> None:
    found = diff.difference(*(Release.read(real[quarter].release) for quarter in QUARTERS)).changes
    found = found[found["league"] == LEAGUE]
    before, after = (table(real[quarter], "trust_league_table").set_index("organisation_code") for quarter in QUARTERS)
    before, after = (of[of["league"] == LEAGUE] for of in (before, after))
    columns = ["rank", "average_score", "segment_unadjusted", "financial_override", "segment"]
    differs = (before[columns] != after.loc[before.index, columns]).any(axis=1)
    assert set(found["organisation_code"]) == set(before.index[differs])
    codes = found.groupby("cause")["organisation_code"].agg(set)
    assert codes.map(len).to_dict() == {"new quarter": 59, "override": 7, "cut points": 14, "others moved": 56}
    flags = before["financial_override"] != after.loc[before.index, "financial_override"]
    assert codes["override"] == set(before.index[flags])
    averages = before["average_score"] != after.loc[before.index, "average_score"]
    assert codes["new quarter"] >= set(before.index[averages])


@pytest.fixture(scope="module")
def revised(real: dict[str, Any], shared_extracts: Path, run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Q2 2025/26 released, then released again with a revised file: one trust's sickness absence, and what follows from
    it in the file."""
    folder = tmp_path_factory.mktemp("revised")
    for name in ("nof", "ods", "cancer", "ae"):
        shutil.copytree(shared_extracts / name, folder / "extracts" / name)
    shutil.copytree(real["2025-26-Q2"].release, folder / "data" / "releases" / "2025-26-Q2" / "v1")
    [path] = (folder / "extracts" / "nof").iterdir()
    rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    ranks = pd.to_numeric(rows["Rank"], errors="coerce")
    for published_id, (value, place) in REVISED.items():
        of = (rows["Quarter"] == "Q2 2025/26") & (rows["Metric_ID"] == published_id)
        own = of & (rows["Trust_code"] == "RRE")
        before = ranks[own].item()
        ranks[of & (ranks > before) & (ranks <= place)] -= 1
        ranks[own] = place
        rows.loc[own, "Value"] = value
    rows["Rank"] = ranks.map("{:.1f}".format, na_action="ignore").fillna("")
    rows.to_csv(path.with_name(f"{path.stem}-v2.csv"), index=False, encoding="utf-8-sig", lineterminator="\r\n")
    outcome = run("2025-26-Q2", folder / "extracts", folder / "data")
    assert outcome.problems == () and outcome.created
    return Path(outcome.release)


def test_revised_real_file_makes_a_version_that_explains_who_moved(real: dict[str, Any], revised: Path) -> None:
    first = revised.with_name("v1")
    assert revised.name == "v2"
    assert list(Release.read(first).damage()) == [] and table_hashes(first) == table_hashes(real["2025-26-Q2"].release)
    changes = pd.read_csv(revised / "changes.csv").set_index(["organisation_code", "cause"])
    ranks = changes[["rank_before", "rank_after", "rank_with_cause", "interaction"]].T.to_dict("list")
    assert ranks == {
        ("RRE", "input revised"): [3, 5, 5, 0],
        ("RKL", "others moved"): [4, 3, 3, 0],
        ("RXG", "others moved"): [4, 3, 3, 0],
    }
    own = changes.loc["RRE", "input revised"]
    assert (own["metrics"], own["average_score_before"], own["average_score_with_cause"]) == ("OF0082", 1.81, 1.83)
    assert own["files"].endswith("-data-q2-v2.csv")
    assert set(changes["passed"].dropna()) == {"RRE"}
    found = diff.difference(Release.read(first), Release.read(revised))
    assert found.rules.empty and len(found.scores) == 1
    values = found.values.set_index("organisation_code")
    assert list(values.index[values["value_before"] != values["value_after"]]) == ["RRE"]
    places = (values["published_rank_after"] - values["published_rank_before"]).drop("RRE")
    assert len(places) == 6 and set(places) == {-1}  # those that it falls behind
    assert found.inputs["file_name_after"].str.endswith("-v2.csv").all() and set(found.inputs["part"]) == {LEAGUE}
