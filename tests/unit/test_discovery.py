"""Rules read from a release that hidden rules made: found again, or another that does as well is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration.discovery.release import COLUMNS, Discovered, discover
from orchestration.workspace.seeds import seed_rows
from tests.hidden_rules import HiddenMetric, HiddenRules, release

FORMS = ("rank", "rank_with_standard", "rank_with_floor")
RULES = HiddenRules(
    (
        HiddenMetric("OF0001", "Access", "rank", elsewhere=60),
        HiddenMetric("OF0002", "Access", "rank_with_standard", "lower", Fraction(1, 2)),
        HiddenMetric("OF0003", "Access", "rank", weight=Fraction(0)),
        HiddenMetric("OF0004", "Safety", "rank_with_floor", elsewhere=30, threshold=30),
        HiddenMetric("OF0005", "Safety", "published_score", weight=Fraction(1, 3), missing=0.5),
        HiddenMetric("OF0006", "Safety", "bands"),
        HiddenMetric("OF0007", "People", "rank", "lower"),
        HiddenMetric("OF0008", "People", "rank", elsewhere=20, rounded=True, missing=0.1),
    ),
    40,
)


@pytest.fixture(scope="module")
def figures() -> pd.DataFrame:
    return release(RULES)


@pytest.fixture(scope="module")
def found(figures: pd.DataFrame) -> Discovered:
    return discover(figures)


def of(table: pd.DataFrame, column: str, key: str = "metric_id") -> dict[str, object]:
    return dict(zip(table[key], table[column], strict=True))


def explained(found: Discovered, rule: str) -> dict[str, tuple[int, int]]:
    findings = found["findings"]
    rows = findings[findings["rule"] == rule]
    return {row.subject: (row.cells_explained, row.cells_unexplained) for row in rows.itertuples()}


def test_every_hidden_rule_is_found(found: Discovered) -> None:
    metrics = found["metrics"]
    assert of(metrics, "scoring_rule") == {metric.metric_id: metric.rule for metric in RULES.metrics}
    assert of(metrics, "weight") == {
        metric.metric_id: (Decimal(metric.weight.numerator) / metric.weight.denominator).quantize(Decimal("1e-12"))
        for metric in RULES.metrics
    }
    assert of(metrics, "polarity") == {
        metric.metric_id: {"bands": "lower", "published_score": None}.get(metric.rule, metric.polarity)
        for metric in RULES.metrics
    }
    assert of(metrics.dropna(subset="decimals"), "decimals") == {"OF0008": 2}
    populations = of(metrics.dropna(subset="population_size"), "population")
    assert populations == {
        metric.metric_id: "crosses_types" if metric.elsewhere else "made_up"
        for metric in RULES.metrics
        if metric.rule in FORMS
    }
    assert found["contradictions"].empty, found["contradictions"].to_string()


def test_thresholds_and_cut_points_are_bounded(found: Discovered) -> None:
    metrics = found["metrics"].set_index("metric_id")
    standard, floor = metrics.loc["OF0002"], metrics.loc["OF0004"]
    assert standard["standard"] == standard["threshold_low"] <= 50 < standard["threshold_high"]
    assert floor["threshold_low"] < 30 <= floor["threshold_high"] == floor["floor"]
    for row in found["cut_points"].itertuples():
        cut = Decimal(RULES.cut_points[row.better_segment - 1]) / 100
        assert row.largest_in_better is None or row.largest_in_better <= cut
        assert row.smallest_in_worse is None or cut < row.smallest_in_worse
    framework = found["frameworks"].iloc[0]
    assert (framework["override_segment"], framework["override_fits"]) == (3, "3")
    orders = found["findings"].query("rule == 'order'").set_index("subject")["found"]
    assert orders["league"] == "adjusted_segment, average_score"


def test_an_override_that_moves_nobody_leaves_its_segment_open(figures: pd.DataFrame) -> None:
    flag, before = (figures[figures["published_id"] == one].set_index("trust_code") for one in ("OF5004", "OF5003"))
    moved = flag.index[(flag["value"] == 1) & (before["value"] < 3)]
    found = discover(figures[~figures["trust_code"].isin(moved)])
    framework, findings = found["frameworks"].iloc[0], found["findings"].set_index("rule")
    assert (framework["override_segment"], framework["override_fits"]) == (None, "1, 2, 3")
    told = findings.loc["override"]
    assert (told["found"], told["alternatives"]) == ("at least segment 1 with OF5004", "segment 2 or 3")
    assert told["cells_unexplained"] == 0 < len(moved)


def test_every_cell_is_explained(found: Discovered) -> None:
    assert explained(found, "average_score") == {"overall": (40, 0)}
    assert explained(found, "domain_score") == {domain: (40, 0) for domain in ("Access", "Safety", "People")}
    assert explained(found, "order") == {"league": (40, 0), "overall": (40, 0)}
    assert explained(found, "override") == {"league": (40, 0)}
    cells = found["cells"]
    assert len(cells) == 160 and (cells["published"] == cells["found"]).all()


def test_one_left_out_is_foretold_where_the_others_say_it(found: Discovered) -> None:
    """An end of a band is not foretold by the others, nor is who alone has a segment."""
    findings = found["findings"].set_index(["rule", "subject"])
    rate = {key: (row.leave_one_out_agrees, row.leave_one_out_of) for key, row in findings.iterrows()}
    assert rate["average_score", "overall"] == (40, 40)
    assert rate["scoring_rule", "OF1007"] == (40, 40)
    agrees, of_them = rate["bands", "OF1006"]
    assert 30 <= agrees < of_them == 40


def test_tables_have_their_columns_and_the_order_of_rows_is_without_effect(
    figures: pd.DataFrame, found: Discovered
) -> None:
    again = discover(figures.sample(frac=1, random_state=1))
    assert {name: tuple(found[name].columns) for name in COLUMNS} == COLUMNS
    for name in COLUMNS:
        assert found[name].to_csv() == again[name].to_csv(), name


def test_ids_that_nobody_knows_are_placed_by_title_and_by_what_they_reproduce(
    figures: pd.DataFrame, found: Discovered
) -> None:
    renamed = {"OF0001": "QX1", "OF1001": "QX99", "OF1007": "OF1977", "OF4000": "DOM-A", "OF4101": "DOM-SEG"}
    renamed |= {"OF5002": "SUM-9", "OF5000": "SUM-1"}
    changed = figures.assign(
        published_id=figures["published_id"].replace(renamed),
        domain=figures["domain"].replace({"Access": "Reaching care"}),
        trust_code=figures["trust_code"].str.replace("Z", "Q"),
        league="icb_official",
    )
    again = discover(changed)
    for column in ("weight", "scoring_rule", "polarity", "standard", "floor"):
        expected = {renamed.get(key, key): value for key, value in of(found["metrics"], column).items()}
        assert of(again["metrics"], column) == expected, column
    assert of(again["domains"], "score_id", "title")["Reaching care"] == "DOM-A"
    assert of(again["summary_measures"], "published_id", "measure")["average_score"] == "SUM-9"
    assert again["contradictions"].empty
    assert sorted(again["cells"]["found"]) == sorted(found["cells"]["found"])


def test_averages_alone_say_what_counts(figures: pd.DataFrame, found: Discovered) -> None:
    bare = figures[~figures["published_id"].str.startswith("OF4")]
    again = discover(bare)
    assert of(again["metrics"], "weight") == of(found["metrics"], "weight")
    assert explained(again, "average_score") == {"overall": (40, 0)}


def test_one_set_of_cut_points_fits_two_quarters_or_not() -> None:
    first = release(RULES, 1)
    moved = HiddenRules(RULES.metrics, 40, (210, 230, 260), quarter="2026-27-Q2")
    same = HiddenRules(RULES.metrics, 40, quarter="2026-27-Q2")
    fixed = fixed_cuts(discover(pd.concat([first, release(same, 2)])))
    assert set(fixed["quarter"]) == {"2026-27-Q2"}
    assert not fixed["cells_unexplained"].any() and (fixed["cells_explained"] == 80).all()
    overall = fixed.set_index("subject").loc["overall", "found"]
    low, high = (Decimal(text) for text in overall.split(",")[0].split("/"))
    assert low <= 2 < high
    assert overall.endswith(", the same set, fits 2026-27-Q1 and 2026-27-Q2")
    by_scope = fixed_cuts(discover(pd.concat([first, release(moved, 2)]))).set_index("subject")
    assert by_scope.loc["overall", "found"] == "no set fits 2026-27-Q1 and 2026-27-Q2"
    assert by_scope.loc["overall", "cells_unexplained"] > 0


@pytest.mark.parametrize("quarter", ["2026-27-Q3", "2027-28-Q1", "2025-26-Q4"])
def test_cut_points_are_compared_with_the_quarter_before_in_the_same_year_alone(quarter: str) -> None:
    other = release(HiddenRules(RULES.metrics, 40, quarter=quarter), 2)
    assert fixed_cuts(discover(pd.concat([release(RULES, 1), other]))).empty


def fixed_cuts(found: Discovered) -> pd.DataFrame:
    return found["findings"][found["findings"]["rule"] == "fixed_cut_points"]


def test_a_grid_that_does_as_well_is_named() -> None:
    """One organisation below the floor is as well the last of a plain grid."""
    rules = HiddenRules((HiddenMetric("OF0001", "A", "rank_with_floor", threshold=3, elsewhere=30),), 12)
    for seed in range(60):
        made = release(rules, seed)
        scores = made.loc[made["published_id"] == "OF1001", "value"]
        if (scores == 4).sum() == 1:
            break
    findings = discover(made)["findings"].set_index("rule")
    assert findings.loc["scoring_rule", "found"] == "rank_with_floor"
    assert findings.loc["scoring_rule", "alternatives"].startswith("rank with ")


def test_bands_that_have_a_rank_each_are_bands() -> None:
    """They fit a grid, too, with organisations between the second band and the third that nobody knows of."""
    made = release(HiddenRules((HiddenMetric("OF0001", "A", "rank"),), 123)).sort_values("trust_code")
    bands = [(3, 1, 1)] * 14 + [(2, 2, 15)] * 101 + [(1, 4, 116)] * 8
    for published_id, column in (("OF0001", 0), ("OF1001", 1)):
        made.loc[made["published_id"] == published_id, "value"] = [Decimal(band[column]) for band in bands]
        made.loc[made["published_id"] == published_id, "published_rank"] = [band[2] for band in bands]
    assert list(discover(made)["metrics"]["scoring_rule"]) == ["bands"]


def test_a_count_and_a_rate_under_one_id() -> None:
    """The one whose order is that of the scores is the metric."""
    made = release(HiddenRules((HiddenMetric("OF0001", "A", "rank"), HiddenMetric("OF0002", "A", "rank")), 20))
    counts = made[made["published_id"] == "OF0001"].assign(
        unit="count", value=[Decimal(7 * i % 20) for i in range(20)], published_rank=None
    )
    metrics = discover(pd.concat([made, counts]))["metrics"].set_index("metric_id")
    assert (metrics.loc["OF0001", "unit"], metrics.loc["OF0001", "ignored_unit"]) == ("%", "count")


def test_leagues_that_are_scored_together_agree_on_the_size() -> None:
    """Few scores of a large population fit smaller sizes too; the larger league says which is right."""
    made = release(HiddenRules((HiddenMetric("OF0001", "A", "rank", elsewhere=140),), 60), 3)
    small = made["trust_code"].isin(sorted(set(made["trust_code"]))[:5])
    made = made.assign(league=small.map({True: "ambulance", False: "acute"}))
    made["published_rank"] = made.groupby(["league", "published_id"])["published_rank"].rank("min")
    alone = discover(made[small])["metrics"].iloc[0]["population_size"]
    assert alone < 200
    assert set(discover(made)["metrics"]["population_size"]) == {200}


def test_a_league_that_leaves_the_form_open_goes_by_one_that_shows_it() -> None:
    """One organisation that meets the standard is as well the first of a plain grid."""
    rules = HiddenRules((HiddenMetric("OF0001", "A", "rank_with_standard", threshold=70),), 40)
    large = release(rules).assign(league="acute")
    few = replace(rules, organisations=8, code="Y{:02}")
    for seed in range(60):
        small = release(few, seed).assign(league="ambulance")
        if (small.loc[small["published_id"] == "OF1001", "value"] == 1).sum() == 1:
            break
    assert discover(small)["metrics"].iloc[0]["scoring_rule"] == "rank"
    found = discover(pd.concat([large, small]))
    assert list(found["metrics"]["scoring_rule"]) == ["rank_with_standard"] * 2
    assert set(found["metrics"]["population"]) == {"acute", "ambulance"}
    findings = found["findings"].query("league == 'ambulance' and rule == 'scoring_rule'")
    assert findings.iloc[0]["alternatives"].startswith("rank with ")
    assert found["contradictions"].empty


# A file against itself


def cell(figures: pd.DataFrame, code: str, published_id: str) -> int:
    """Position of a row."""
    rows = figures[(figures["trust_code"] == code) & (figures["published_id"] == published_id)]
    return int(rows.index[0])


def set_value(published_id: str, by: str, column: str = "value") -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Change the figure of Z07 by so much."""

    def change(figures: pd.DataFrame) -> pd.DataFrame:
        at = cell(figures, "Z07", published_id)
        figures.loc[at, column] = figures.loc[at, column] + type(figures.loc[at, column])(by)
        return figures

    return change


def swap_scores(figures: pd.DataFrame) -> pd.DataFrame:
    scores = figures[figures["published_id"] == "OF1007"].sort_values("value")
    one, other = cell(figures, "Z07", "OF1007"), scores.index[0]
    figures.loc[[one, other], "value"] = figures.loc[[other, one], "value"].to_numpy()
    return figures


def wrong_rank(figures: pd.DataFrame) -> pd.DataFrame:
    at = cell(figures, "Z07", "OF0007")
    figures.loc[at, "published_rank"] = 41 - figures.loc[at, "published_rank"]
    return figures


def without_rank(figures: pd.DataFrame) -> pd.DataFrame:
    figures.loc[cell(figures, "Z07", "OF0007"), "published_rank"] = None
    return figures


def shifted_columns(figures: pd.DataFrame) -> pd.DataFrame:
    at = cell(figures, "Z07", "OF1007")
    figures.loc[at, ["unit", "domain"]] = [figures.loc[at, "domain"], figures.loc[at, "unit"]]
    return figures


def half_of_the_league(figures: pd.DataFrame) -> pd.DataFrame:
    return figures[figures["trust_code"] < "Z20"]


def twice(figures: pd.DataFrame) -> pd.DataFrame:
    row = figures.loc[[cell(figures, "Z07", "OF0007")]]
    return pd.concat([figures, row.assign(value=Decimal("12.34"), source_row=9_999)])


def without_score(figures: pd.DataFrame) -> pd.DataFrame:
    return figures.drop(index=cell(figures, "Z07", "OF1007"))


def other_segment(published_id: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(figures: pd.DataFrame) -> pd.DataFrame:
        at = cell(figures, "Z07", published_id)
        figures.loc[at, "value"] = Decimal(4 if figures.loc[at, "value"] < 3 else 1)
        return figures

    return change


def shuffled(figures: pd.DataFrame) -> pd.DataFrame:
    at = figures.index[figures["published_id"] == "OF4000"]
    figures.loc[at, "value"] = figures.loc[at, "value"].to_numpy()[::-1]
    return figures


CONTRADICTIONS = [
    ("rank_against_score", "OF1007", swap_scores),
    ("rank_against_value", "OF0007", wrong_rank),
    ("score_off_grid", "OF1001", set_value("OF1001", "0.01")),
    ("score_out_of_range", "OF1001", set_value("OF1001", "3.10")),
    ("score_against_band", "OF1006", other_segment("OF1006")),
    ("domain_score_not_reproduced", "OF4000", set_value("OF4000", "0.03")),
    ("domain_score_rounded_otherwise", "OF4000", set_value("OF4000", "0.01")),
    ("average_score_not_reproduced", "OF5002", set_value("OF5002", "-0.02")),
    ("average_score_rounded_otherwise", "OF5002", set_value("OF5002", "-0.01")),
    ("rank_missing", "OF0007", without_rank),
    ("segment_against_score", "OF5003", other_segment("OF5003")),
    ("segment_against_score", "OF4101", other_segment("OF4101")),
    ("override", "OF5000", other_segment("OF5000")),
    ("flag_out_of_range", "OF5004", set_value("OF5004", "7")),
    ("place_against_order", "OF5000", set_value("OF5000", "5", "published_rank")),
    ("unit_differs", "OF1007", shifted_columns),
    ("figure_twice", "OF0007", twice),
    ("score_missing", "OF0007", without_score),
]


@pytest.mark.parametrize(("kind", "published_id", "change"), CONTRADICTIONS)
def test_a_release_against_itself_is_named_with_its_place(
    figures: pd.DataFrame, kind: str, published_id: str, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    changed = change(figures.copy())
    said = discover(changed)["contradictions"]
    row = said[(said["kind"] == kind) & (said["metric_id"] == published_id) & (said["trust_code"] == "Z07")]
    assert len(row) == 1, said.to_string()
    assert set(said["kind"]) <= {one["kind"] for one in seed_rows("contradiction_kinds")}
    place = row.iloc[0]["source_row"]
    assert place in {figures.loc[cell(figures, "Z07", published_id), "source_row"], 9_999}
    assert row.iloc[0]["found"] and row.iloc[0]["expected"]
    assert set(said["trust_code"]) - {"Z07"} <= others_of(kind, figures), said.to_string()


def others_of(kind: str, figures: pd.DataFrame) -> set[str]:
    """Who is rightly named beside Z07: with whom it swapped, or whose place it took."""
    return set(figures["trust_code"]) if kind in {"rank_against_score", "place_against_order"} else set()


@pytest.mark.parametrize(
    ("kind", "change"), [("organisations_missing", half_of_the_league), ("domain_score_not_reproduced", shuffled)]
)
def test_what_is_wrong_with_a_whole_league_is_said_once(
    figures: pd.DataFrame, kind: str, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    said = discover(change(figures.copy()))["contradictions"]
    assert len(said[said["kind"] == kind]) == 1, said.to_string()
    assert said[said["kind"] == kind].iloc[0]["trust_code"] is None


def test_half_of_a_league_still_says_its_rules(figures: pd.DataFrame, found: Discovered) -> None:
    half = discover(half_of_the_league(figures.copy()))
    assert list(half["contradictions"]["kind"]) == ["organisations_missing"]
    assert of(half["metrics"], "weight") == of(found["metrics"], "weight")
    sized, sized_by_half = (one["metrics"].dropna(subset="population_size") for one in (found, half))
    assert of(sized_by_half, "population_size") == of(sized, "population_size")


# Rules drawn at random

WEIGHTS = st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(1), Fraction(1)])


@st.composite
def rules_drawn(draw: st.DrawFn) -> HiddenRules:
    metrics = []
    for n in range(draw(st.integers(2, 7))):
        metrics.append(
            HiddenMetric(
                f"OF0{n:03}",
                draw(st.sampled_from(["Access", "Safety", "People"])),
                draw(st.sampled_from([*FORMS, "published_score", "bands"])),
                draw(st.sampled_from(["higher", "lower"])),
                draw(WEIGHTS),
                draw(st.sampled_from([0, 0, 25, 70])),
                draw(st.integers(25, 75)),
                draw(st.booleans()),
                draw(st.sampled_from([0.0, 0.2])),
            )
        )
    assume(any(metric.weight == 1 for metric in metrics))
    cuts = draw(st.sampled_from([(200, 250, 300), (180, 230, 260), (210, 240, 310)]))
    return HiddenRules(tuple(metrics), draw(st.integers(25, 45)), cuts, draw(st.sampled_from([2, 3])))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(rules_drawn(), st.integers(0, 10_000))
def test_rules_drawn_are_found_again_or_others_do_as_well(rules: HiddenRules, seed: int) -> None:
    found = discover(release(rules, seed))
    assert found["contradictions"].empty, found["contradictions"].to_string()
    assert not (found["findings"]["cells_unexplained"] > 0).any()
    metrics, findings = found["metrics"].set_index("metric_id"), found["findings"].set_index(["rule", "subject"])
    for hidden in rules.metrics:
        row, subject = metrics.loc[hidden.metric_id], hidden.metric_id.replace("OF0", "OF1")
        also = findings.loc[("scoring_rule", subject), "alternatives"]
        assert row["scoring_rule"] == hidden.rule or hidden.rule in also, (hidden, row["scoring_rule"], also)
        if row["scoring_rule"] in FORMS and row["scoring_rule"] == hidden.rule:
            assert row["polarity"] == hidden.polarity
        if row["weight"] != (Decimal(hidden.weight.numerator) / hidden.weight.denominator).quantize(Decimal("1e-12")):
            assert otherwise_weighted(found, rules), (hidden, row["weight"])


def otherwise_weighted(found: Discovered, rules: HiddenRules) -> bool:
    """Whether what was found makes do with fewer metrics, or says that other weights do as well."""
    counted = int(found["metrics"]["counted"].sum())
    also = found["findings"].query("rule == 'domain_score'")["alternatives"]
    return counted < sum(metric.weight > 0 for metric in rules.metrics) or bool(also.str.len().gt(0).any())
