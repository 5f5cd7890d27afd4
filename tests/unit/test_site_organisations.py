"""What the page of an organisation says, at the borders of every sentence, and where its pictures put a mark."""

from __future__ import annotations

import csv
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.quarters import Quarter
from orchestration.site import league_pages, measure_pages, pictures, render, sentences, version_pages, words
from orchestration.site import organisation_sentences as ours
from orchestration.site.organisation_pages import _ways, pages
from orchestration.site.pictures import Scale
from orchestration.site.rows import (
    Band,
    Change,
    Context,
    Domain,
    DomainPlace,
    InContext,
    Lever,
    Measured,
    Origin,
    PatientPlace,
    Peer,
    Point,
    QuarterGuide,
    Support,
    Teacher,
    Value,
)
from orchestration.site.view import Edition, Member
from orchestration.workspace.paths import SEEDS
from tests.site_rows import capped, league, measure, member, row

D = Decimal


def hertfordshire(**said: Any) -> Member:
    """Hertfordshire Partnership in July to September 2025."""
    without_finance = {"rank_without_finance": 5, "rank_low_without_finance": 2, "rank_high_without_finance": 21}
    without_override = {"rank_low_without_override": 4, "rank_high_without_override": 28}
    return capped("RWR", **{"rank_low": 23, "rank_high": 34, **without_override, **without_finance, **said})


def measured(value: str | None, **said: Any) -> Measured:
    """A value among others with quartiles of 4 and 6, and 5 in the middle."""
    found = {"lower_quartile": D("4.00"), "median": D("5.00"), "upper_quartile": D("6.00"), "unit": "%"}
    return row(Measured, value=value and D(value), **{"direction": "lower_better", **found, **said})


# Answer, segment, money


def test_a_capped_trust_that_the_rule_does_not_move_still_carries_it() -> None:
    one = hertfordshire(rank_without_override=26, places_lost_to_override=0)
    first, second = sentences.answer(league(one), one)
    assert first.startswith("NHS England’s finance rule put it in segment 3. It stays 26th of 1. With the rule,")
    assert second == "The range looks narrow because the rule fixes the segment, not because more is known."


def test_the_segment_of_a_capped_trust_never_looks_sure() -> None:
    said = ours.segment_fact(league(hertfordshire()), hertfordshire())
    assert said == [
        "Segment 3 of 4.",
        "NHS England gives 1 for the narrowest range of challenges and 4 for the broadest.",
        "While the finance rule applies it cannot be in segment 1 or 2, whatever its scores.",
    ]


def test_the_segment_says_how_often_it_would_be_the_same() -> None:
    def fact(**said: Any) -> list[str]:
        one = member("RXT", 51, **said)
        return ours.segment_fact(league(one), one)

    assert fact(same_segment_share=D("0.626"))[-1].endswith("it would be in the same segment about 63 times in 100.")
    assert fact(same_segment_share=D("0.99"))[-1].endswith("in the same segment almost every time.")
    five = fact(segment=4, final_segment=5, segment_unadjusted=4, financial_override=1)
    assert five[1] == "It is also in segment 5: it gets NHS England’s most intensive support."
    assert five[3] == "While the finance rule applies it cannot be in segment 1 or 2, whatever its scores."
    assert len(five) == 5
    assert fact(segment=None) == ["It has no segment this quarter."]
    board = member("QHL", 35, segment=4)
    assert ours.segment_fact(league(board, framework_status="experimental"), board)[:2] == [
        "Segment 4 of 4 by our method.",
        "1 is the better end.",
    ]


def test_money_costs_a_place_or_gives_one_or_does_neither() -> None:
    assert ours.money_fact(hertfordshire()) == [
        "The finance rule costs it 14 places: by score alone it would be 12th (likely 4 to 28), not 26th.",
        "Without any money measures it would be 5th (likely 2 to 21).",
    ]
    assert ours.money_fact(hertfordshire(places_lost_to_override=1))[0].startswith(
        "The finance rule costs it 1 place: "
    )
    gained = member("R1", 7, places_lost_to_override=-2)
    assert ours.money_fact(gained) == [
        "The finance rule does not apply to it, but it gains 2 places because the rule moves others down."
    ]
    flagged = member("R1", 7, places_lost_to_override=-1, financial_override=1)
    assert "does not change its segment, but it gains 1 place because" in ours.money_fact(flagged)[0]
    assert ours.money_fact(member("RXT", 51)) == ["The finance rule does not change its place."]
    assert ours.money_fact(member("R0A", None)) == []


# Change


def change(**said: Any) -> Change:
    found = {
        "verdict": "no change shown",
        "metrics_compared": 8,
        **{"previous_average_score": D("2.13"), "average_score": D("1.97")},
        **{"change": D("-0.260"), "change_low": D("-0.662"), "change_high": D("0.143")},
    }
    return row(Change, **found | said)


def test_a_change_within_chance_is_none() -> None:
    assert ours.change_fact(member("RWR", 26, change=change())) == [
        "No change shown since the quarter before.",
        "Its average score went from 2.13 to 1.97 (lower is better).",
        "On the 8 measures that can be compared, the change is within what chance would show.",
    ]


@pytest.mark.parametrize(
    ("said", "last"),
    [
        (
            {"verdict": "improved", "change_high": D("-0.110")},
            "On the 8 measures that can be compared, its scores fell by 0.26 (likely 0.11 to 0.66), more than chance"
            " would show.",
        ),
        (
            {"verdict": "worsened", "change": D("0.5"), "change_low": D("0.1"), "change_high": D("0.9")},
            "On the 8 measures that can be compared, its scores rose by 0.50 (likely 0.10 to 0.90), more than chance"
            " would show.",
        ),
    ],
)
def test_a_change_beyond_chance_says_how_large(said: dict[str, Any], last: str) -> None:
    found = ours.change_fact(member("R1", 1, change=change(**said)))
    assert found[0] == f"{said['verdict'].capitalize()} since the quarter before." and found[-1] == last


def test_no_change_is_said_where_nothing_can_be_compared() -> None:
    def fact(**said: Any) -> list[str]:
        return ours.change_fact(member("R1", 1, change=change(**said)))

    assert fact(average_score=D("2.13"))[1] == "Its average score stayed at 2.13 (lower is better)."
    assert fact(previous_average_score=None)[1].startswith("On the 8 measures")
    assert fact(change=None, not_compared_reason="not ranked in the previous quarter") == [
        "Not compared with the quarter before: it had no place then."
    ]
    assert "fewer than 3" in fact(change=None, not_compared_reason="fewer than three metrics in common")[0]
    merged = fact(change=None, not_compared_reason="an ICB of the previous quarter is gone")
    assert "a board of its table is gone" in merged[0]
    assert "made by the same rules" in fact(change=None, not_compared_reason="something new")[0]
    assert ours.change_fact(member("R1", 1)) == []


def test_what_moved_a_place_is_in_places() -> None:
    one = member(
        "R1", 1, change=change(places_own_scores=D("2.00"), places_others=D("-1.04"), places_override=D("0.04"))
    )
    assert ours.moves(one) == [
        ("Its own scores", "2.0 places up"),
        ("The scores of others", "1.0 place down"),
        ("The finance rule", "no place"),
    ]
    assert ours.moves(member("R1", 1)) == []


def test_a_measure_that_cannot_be_compared_says_why() -> None:
    reason = (
        "definition changed (inferred): two windows of 13 months (Jun 24 - Jun 25) became two of 12 (Oct 24 - Sep 25)"
    )
    one = league(measures={"OF0041": measure("OF0041", "Growth")})
    assert ours.left_out(f"OF0041 ({reason}); OF9999 (gone)", one) == [f"Growth: {reason}"]
    assert ours.left_out(None, one) == []


# Measures


@pytest.mark.parametrize(
    ("value", "direction", "where"),
    [
        *[("4.004", "lower_better", "better_quarter"), ("4.005", "lower_better", "middle_half")],
        *[("5.99", "lower_better", "middle_half"), ("6", "lower_better", "worse_quarter")],
        *[
            ("4", "higher_better", "worse_quarter"),
            ("6", "higher_better", "better_quarter"),
            ("5", "higher_better", "middle_half"),
        ],
    ],
)
def test_a_value_at_a_quartile_is_in_the_quarter(value: str, direction: str, where: str) -> None:
    assert sentences.standing_of(measured(value, direction=direction)) == where


def test_no_quarter_is_said_of_a_score_or_where_half_have_the_same() -> None:
    assert sentences.standing_of(measured(None)) is None
    assert sentences.standing_of(measured("5", direction=None)) is None
    assert sentences.standing_of(measured("5", lower_quartile=None)) is None
    same = {"lower_quartile": D("0.00"), "median": D("0.00"), "upper_quartile": D("0.00")}
    assert sentences.standing_of(measured("0", **same)) == "middle_half"
    assert sentences.standing_of(measured("1", **same)) == "worse_quarter"


def test_the_measures_are_named_where_they_are_few_and_money_is_not_among_them() -> None:
    names = {f"M{n}": measure(f"M{n}", f"Measure {n}") for n in range(8)}
    money = {"F1": measure("F1", "Costs", domain="finance"), "B1": measure("B1", "Background", counted=False)}
    better = {f"M{n}": measured("1") for n in range(5)} | {"F1": measured("1"), "B1": measured("1")}
    one = member("R1", 1, measured=better | {"M5": measured("9")})
    assert ours.measures_fact(league(one, measures=names | money), one) == [
        "Among the better quarter of trusts on: Measure 0; Measure 1; Measure 2; Measure 3; Measure 4.",
        "Among the worse quarter of trusts on: Measure 5.",
        "Based on 9 of the 12 measures for this kind of trust.",
    ]
    many = member("R1", 1, measured={f"M{n}": measured("9") for n in range(6)})
    assert ours.measures_fact(league(many, measures=names), many)[0] == (
        "Among the worse quarter of trusts on 6 measures."
    )
    none = member("R1", 1)
    assert len(ours.measures_fact(league(none, measures=names), none)) == 1


@pytest.mark.parametrize(
    ("unit", "said"), [("%", "middle 5.0%"), ("percentage points", "middle 5.0"), ("out of 10", "middle 5.00")]
)
def test_the_middle_says_no_unit_twice(unit: str, said: str) -> None:
    assert ours.middle(measured("1", unit=unit)) == said
    assert ours.middle(measured("1", median=None)) is None


def test_a_value_is_told_from_the_middle() -> None:
    assert words.value(D("-0.01"), "%", D("0.00")) == "-0.01%"
    assert ours.middle(measured("-0.01", median=D("0.00"))) == "middle 0.00%"
    assert words.value(D("0.00"), "%", D("0.00")) == "0.0%" and words.value(D("0.00"), "%", D("0.05")) == "0.0%"


def test_counts_are_said_in_words_of_what_is_counted() -> None:
    one = measured("61.7", numerator=D("96483"), denominator=D("156401.4"))
    assert ours.in_counts(measure("A", "Waiting", publication="rtt"), one) == "96,483 of 156,401 waits"
    for metric, of in (("OF0010", "people told"), ("ICB-CANCER-62D", "treatments"), ("OF9", "")):
        said = ours.in_counts(measure(metric, "Cancer", publication="cancer"), one)
        assert said == f"96,483 of 156,401 {of}".rstrip()
    assert ours.in_counts(measure("A", "Waiting", publication="new"), one) == "96,483 of 156,401"
    assert ours.in_counts(measure("A", "Waiting", publication="rtt"), measured("61.7")) is None


def test_counts_of_every_publication_are_of_something() -> None:
    with (SEEDS / "computed_metrics.csv").open(encoding="utf-8", newline="") as file:
        shares = [rule for rule in csv.DictReader(file) if rule["multiplier"] == "100"]
    one = measured("61.7", numerator=D("96483"), denominator=D("156401"))
    for rule in shares:
        of = measure(rule["metric_id"], publication=rule["publication"])
        counts = ours.in_counts(of, one)
        assert counts != "96,483 of 156,401" and (counts is not None or rule["publication"] in ours.WEIGHTED), rule


def test_a_figure_by_footprint_says_so_and_gives_its_trust_no_visits_of_others() -> None:
    """Surrey and Sussex saw 31,087 people in that quarter."""
    with (SEEDS / "computed_metrics.csv").open(encoding="utf-8", newline="") as file:
        notes = {rule["measure"]: rule["note"] for rule in csv.DictReader(file)}
    assert notes[sentences.OF_FOOTPRINT] == sentences.BY_FOOTPRINT
    about = {"organisation_code": "RTP", "metric_id": "OF0013", "league": "acute", "value_basis": "computed"}
    value = {name: None for name in Value.__dataclass_fields__} | about | {"status": "reported"}
    measures = {"OF0013": measure("OF0013", "A&E", domain="access", publication="ae", value_basis="computed")}
    one = member("RTP", measured={"OF0013": measured("81.6", numerator=D("54766.8"), denominator=D("67122.7"))})
    nearby = "its own visits and a share of those to walk-in centres nearby"
    of_trust, of_measure = "2025-26-q2/v1/acute/rtp/index.html", "2025-26-q2/v1/acute/measures/of0013/index.html"
    for reason, counts in ((None, "visits"), (notes[sentences.OF_FOOTPRINT], f"in its footprint: {nearby}")):
        about = {"release": Bare(metric_values=[{**value, "status_reason": reason}]), "measures": measures}
        assert f">54,767 of 67,123 {counts}<" in made(one, **about)[of_trust]
        page = made(one, maker=measure_pages.pages, **about)[of_measure]
        assert (f"That of the footprint of each trust: {nearby}." in page) is (reason is not None)


def test_a_figure_of_an_area_says_who_is_left_out() -> None:
    with (SEEDS / "computed_metrics.csv").open(encoding="utf-8", newline="") as file:
        rules = {rule["measure"]: rule["note"] for rule in csv.DictReader(file) if rule["metric_id"] == "ICB-AE-4H"}
    assert rules == {sentences.OF_AREA: "", "ae_within_4_hours": sentences.BY_PROVIDER}
    of, one = measure("ICB-AE-4H", publication="ae"), measured("60.7", numerator=D("43403"), denominator=D("71502"))
    assert ours.in_counts(of, one) == "43,403 of 71,502 visits"
    without = "visits, without walk-in centres whose area no list knows"
    assert ours.in_counts(of, one, sentences.BY_PROVIDER) == f"43,403 of 71,502 {without}"
    values: Any = [SimpleNamespace(status_reason=reason) for reason in (None, sentences.BY_PROVIDER)]
    assert sentences.whose_figure(values[:1]) is None
    assert (sentences.whose_figure(values) or "").startswith("That of the departments in each area, without walk-in")


def test_a_weighted_survey_has_no_counts_to_say() -> None:
    """Those of the table are of an effective sample size: nobody gave so many answers."""
    one = measured("44.6", numerator=D("6452"), denominator=D("14467"))
    assert ours.in_counts(measure("ICB-GP-PHONE", "Phone", publication="gpps"), one) is None


@pytest.mark.parametrize(
    ("reason", "start"),
    [
        ("not in the release: not applicable or not submitted", "NHS England’s file has no figure: the measure does"),
        (None, "NHS England’s file has no figure"),
        ("no NHS Oversight Framework file of the league for the quarter", "No data file of NHS England"),
        ("no dm01 file of the quarter", "No data file of the quarter"),
        ("suppressed in the release", "NHS England does not show the figure"),
        ("only 1 of 2 metrics is known", "The reason: only 1 of 2 measures is known."),
    ],
)
def test_a_measure_without_a_figure_says_why(reason: str | None, start: str) -> None:
    assert ours.not_counted(reason).startswith(start)


def test_many_measures_are_counted_and_not_named() -> None:
    assert ours.named(["A", "B"]) == "A; B" and ours.named(["A"] * 11) == "11 measures"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ((2025, 9, 1), (2025, 9, 30), "September 2025"),
        ((2025, 7, 1), (2025, 9, 30), "July to September 2025"),
        ((2024, 1, 1), (2024, 12, 31), "2024"),
        ((2024, 4, 1), (2025, 3, 31), "April 2024 to March 2025"),
        ((2024, 1, 1), (2025, 12, 31), "January 2024 to December 2025"),
    ],
)
def test_a_period_is_said_in_months(first: tuple[int, int, int], last: tuple[int, int, int], text: str) -> None:
    assert words.months(date(*first), date(*last)) == text
    value = row(Value, reporting_date="Q9", period_start=date(*first), period_end=date(*last))
    assert sentences.period(value) == text
    assert sentences.period(row(Value, reporting_date="Q9")) == "Q9" and sentences.period(None) is None


@pytest.mark.parametrize(
    ("unit", "text"), [("count", "5"), ("rate", "5.06"), ("band", "band 5"), ("minutes", "5.1 minutes")]
)
def test_counts_and_bands_are_whole(unit: str, text: str) -> None:
    assert words.value(D("5.06"), unit) == text


def test_how_many_figures_could_be_checked() -> None:
    assert ours.checked({"good": 2}, 9) == "We could check 2 of these 9 figures."
    assert ours.checked({"good": 1, "look": 1}, 9).endswith(
        "1 of them deserves a question, which does not make it wrong."
    )
    assert " 3 of them deserve a question, which does not make them wrong." in ours.checked({"look": 3}, 9)
    assert ours.checked({"good": 9}, 9) == "We could check all 9 of these figures."
    assert ours.checked({"good": 1}, 1) == "We could check this figure."
    assert ours.checked({"look": 1}, 1).endswith(" this figure. It deserves a question, which does not make it wrong.")
    assert ours.checked({"none": 2}, 2) == "We could check none of these 2 figures."


def test_a_domain_never_says_a_place_without_its_range() -> None:
    assert ours.of_domain(row(DomainPlace, domain_segment=2, rank=26), 61) == "segment 2"
    placed = row(DomainPlace, domain_segment=1, rank=3, rank_low=3, rank_high=10, metrics_counted=5)
    assert ours.of_domain(placed, 61) == "segment 1, likely places 3 to 10"
    few = replace(placed, metrics_counted=4)
    assert ours.of_domain(few, 61) == "segment 1, likely places 3 to 10 or beyond"
    assert ours.of_domain(few, 10) == "segment 1, likely places 3 to 10 or before"
    assert ours.of_domain(replace(few, rank_low=1), 10) == "segment 1, likely places 1 to 10"
    assert ours.of_domain(row(DomainPlace), 61) is None and ours.of_domain(None, 61) is None


def test_a_place_on_a_measure_says_how_far_chance_moves_it() -> None:
    assert ours.place_of(measured("5", rank=22), False, 49) == "22nd of 49"
    assert (
        ours.place_of(measured("5", rank=22, rank_low=15, rank_high=30), True, 49)
        == "joint 22nd of 49, likely 15 to 30"
    )
    assert ours.place_of(measured("5"), False, 49) is None


# Another way to rank


def test_a_place_is_joint_by_each_way_in_which_others_have_it() -> None:
    one = hertfordshire()
    ways = {way.name: way.joint for way in _ways(league(one, hertfordshire(rank_without_override=11)), one)}
    assert ways["Without any money measures"] and not ways["By average score alone"]


def test_ways_that_a_release_does_not_know_are_left_out() -> None:
    unknown = {"rank_low_without_override": None, "measurement_rank_low": None}
    one = hertfordshire(left_out_rank_low=20, left_out_rank_high=31, left_out_metric="OF0080", **unknown)
    names = [(way.name, way.note, way.rank, way.low, way.high) for way in _ways(league(one), one)]
    assert names == [
        ("NHS England’s method", "", 26, 23, 34),
        ("Without any money measures", "", 5, 2, 21),
        ("With any 1 measure left out", "moves most without “OF0080”", None, 20, 31),
        ("What a strict test cannot rule out", "all pairs at once", None, 1, 9),
    ]
    board = member("QHL", 35, metrics_measured=12, measurement_rank_low=34, measurement_rank_high=35)
    of_boards = [way.name for way in _ways(league(board, framework_status="experimental", official=False), board)]
    assert of_boards == ["Our method", "If chance moves the counts", "What a strict test cannot rule out"]
    assert next(_ways(league(one, official=False), one)).name == "The method"
    assert list(_ways(league(), member("R0A", None))) == []


@pytest.mark.parametrize(
    ("count", "told", "text"),
    [
        (61, 0, "it cannot be told apart from any of the other 60."),
        (61, 3, "it can be told apart from 3 of the other 60."),
        (2, 0, "it cannot be told apart from the other one."),
        (1, 0, None),
    ],
)
def test_a_strict_test_of_one(count: int, told: int, text: str | None) -> None:
    one = member("R1", 1, told_apart_from=told)
    others = [member(f"S{n}", n) for n in range(2, count + 1)]
    said = ours.told_apart(league(one, *others), one)
    assert said == (text and f"In a strict test of all pairs at once {text}")
    assert isinstance(one.band, Band) and ours.told_apart(league(), member("R0A", None)) is None


# For boards


def test_the_gap_to_the_next_segment() -> None:
    assert ours.gap(member("R1", 1, segment=4, gap_to_next_segment=D("0.10")).place) == (
        "Its average would have to fall by 0.10 to be in segment 3."
    )
    assert ours.gap(member("R1", 1, segment=1, gap_to_next_segment=D("0.10")).place) is None
    assert ours.gap(hertfordshire().place) is None


def test_what_it_takes_is_arithmetic() -> None:
    one = league(measures={"A": measure("A", "Waiting"), "B": measure("B", "Staff")})

    def said(needed: int | None, can: bool = True) -> str | None:
        rows = [
            row(Lever, segment_can_change=can, metrics_needed=needed, place=place, metric_id=metric)
            for metric, place in (("B", 1), ("A", 2), ("C", None))
        ]
        return ours.levers(one, rows)

    assert said(1) == (
        "1 measure at the value of the middle trust would be enough for a better segment, if all else stayed as it is:"
        " Staff. This is arithmetic, no forecast and no target: this one may not matter most to patients."
    )
    assert (said(2) or "").startswith("2 measures at the value") and "Staff; Waiting." in (said(2) or "")
    assert (said(None) or "").startswith("Even with each measure")
    assert said(1, can=False) == "While the finance rule applies, no score gives it a better segment."
    assert ours.levers(one, []) is None


def test_support_is_said_with_what_it_rests_on() -> None:
    found = {"bottom_quarter_share": D("0.54"), "previous_bottom_quarter_share": D("0.59"), "domains": "access new"}
    said = ours.support(row(Support, status="needs_support", **found), league(domains=()))
    assert said[0] == "It meets all four of our conditions for who needs support."
    assert said[-1] == "In segment 4: access and new."
    unknown = row(Support, status="not_yet", not_yet_reason="fewer than three metrics in common", **found)
    assert ours.support(unknown, league(domains=()))[0] == (
        "It meets our conditions but one, which cannot be judged: fewer than three measures in common."
    )


# Beside its figures


def test_why_somebody_has_no_place() -> None:
    trust = member("R0A", None, not_ranked_reason="no metric has a score")
    absent = league(trust, published=False, absent_reason="only 3 of the 24 metrics of the league are at hand")
    assert sentences.answer(absent, trust) == [
        "It has no place this quarter: only 3 of the 24 measures of the league are at hand."
    ]
    hub = member(
        "13Q",
        None,
        organisation_type="commissioning_hub",
        not_ranked_reason="commissions for NHS England, is no Integrated Care Board",
    )
    assert sentences.answer(absent, hub) == [
        "It has no place this quarter: it commissions for NHS England and is no Integrated Care Board."
    ]
    assert ours.kind(hub) == "hub" and ours.kind(trust) == "trust"


def test_a_patients_place_has_its_range_or_a_reason() -> None:
    ranked = row(PatientPlace, rank=1, rank_low=1, rank_high=7, metrics_counted=5)
    said = "By waits, patients’ experience and outcomes alone, its place is likely between 1st and 7th of 30. "
    assert ours.of_patients(league(), ranked, 30) == f"{said}Money and staff do not count here."
    few = replace(ranked, metrics_counted=4)
    assert ours.of_patients(league(), few, 30).startswith(f"{said}So few measures make its likely range too narrow. ")
    survey = [measure(f"GP{i}", metric_group="GP Patient Survey") for i in range(8)]
    asked = replace(ranked, metrics_counted=11, metrics=" ".join(one.metric_id for one in survey))
    of_a_survey = league(measures={one.metric_id: one for one in survey})
    assert ours.of_patients(of_a_survey, replace(asked, metrics_counted=12), 30) == ours.of_patients(
        league(), ranked, 30
    )
    assert ours.of_patients(of_a_survey, asked, 30) == ours.of_patients(league(), few, 30)
    listed = row(PatientPlace, not_ranked_reason="has 2 of the 4 metrics for patients at hand")
    assert ours.of_patients(league(), listed, 30) == (
        "It has no place in this table: it has 2 of the 4 measures for patients at hand."
    )


@pytest.mark.parametrize(
    ("what", "difference", "text"),
    [
        ("imd", "13.04", "More deprived than England by 13.0 points on the Index of Multiple Deprivation"),
        ("imd", "-5.5", "Less deprived than England by 5.5 points on the Index of Multiple Deprivation"),
        ("imd", "0.04", "On the Index of Multiple Deprivation: as in England"),
        ("share_65_plus", "0.031", "More are 65 or over than in England, by 3.1 percentage points"),
        ("rural_share", "-0.146", "Fewer live in rural areas than in England, by 14.6 percentage points"),
        ("rural_share", "0.0004", "As many live in rural areas as in England"),
    ],
)
def test_where_people_live_is_said_against_england(what: str, difference: str, text: str) -> None:
    assert ours.context(row(Context, measure=what, difference_from_england=D(difference))) == text


def test_a_basis_that_may_be_of_others_says_so() -> None:
    one = row(Context, basis="ohid", diluted=False)
    assert ours.basis([one, one]) == "We know it by the districts that its patients in hospital come from."
    careful = ours.basis([one, row(Context, basis="host_icb", diluted=True)])
    assert "come from and the area of the board" in careful and "these may be other people" in careful


def test_every_basis_of_the_seed_has_words() -> None:
    with (SEEDS / "context_bases.csv").open(encoding="utf-8", newline="") as file:
        assert set(ours.BASES) == {row["basis"] for row in csv.DictReader(file)}


def test_peers_that_are_not_close_are_only_the_least_unlike() -> None:
    close = row(Peer, measures="imd, share_65_plus, size", has_close_peers=True)
    assert ours.peers([close]) == "These are most like it by deprivation, age and size, the nearest first."
    far = row(Peer, measures="imd, type", has_close_peers=False)
    assert ours.peers([far]) == ("None is close to it. These are only the least unlike by deprivation and type.")


def test_who_is_named_to_ask_has_a_value() -> None:
    assert ours.teacher(row(Teacher, candidate_value=D("88.67"), unit="%")) == "88.7%"
    assert ours.teacher(row(Teacher, candidate_value=D("0"), unit="%", at_bound=True)) == "0.0% (the limit)"
    untested = row(Teacher, candidate_code="RXT", noise_basis="not known: one period in both quarters")
    assert ours.by_scores_alone(untested) == "yearly survey, by scores alone: chance is not known"
    some_moved = replace(untested, noise_basis="not known: most values did not change")
    assert ours.by_scores_alone(some_moved) == "by scores alone: chance is not known"
    assert ours.by_scores_alone(replace(untested, noise_basis="changes between the quarters")) is None
    assert ours.by_scores_alone(replace(untested, candidate_code=None)) is None
    nobody = row(Teacher, not_named_reason="no value in the previous quarter", unit="%")
    assert ours.teacher(nobody) == "Nobody is named: no value in the previous quarter"


@pytest.mark.parametrize(
    ("variation", "end"),
    [
        ("common cause", " Chance would show as much."),
        ("improvement", " The last month is better by more than chance would show."),
        ("concern", " The last month is worse by more than chance would show."),
        ("too short", " There are too few months to say what is usual."),
    ],
)
def test_months_say_whether_chance_explains_them(variation: str, end: str) -> None:
    points = [
        row(Point, month=date(2026, month, 1), value=D(value), unit="%", variation=variation)
        for month, value in ((1, "71.6"), (3, "77.2"))
    ]
    assert ours.series(points) == f"January to March 2026: from 71.6% to 77.2%.{end}"


def test_a_figure_is_traced_to_its_rows() -> None:
    def rows(first: int | None, last: int | None) -> str:
        return ours.rows_of(row(Origin, first_row=first, last_row=last, rows_counted=2))

    assert (rows(12, 12), rows(14, 29)) == ("row 12", "rows 14 to 29 (2 counted)")
    assert rows(None, None) == "row not known"
    one = row(Origin, first_row=12, last_row=12)
    assert ours.rows_of(one, 40) == "row 12, score in row 40" and ours.rows_of(one, 12) == "row 12"
    assert ours.traced(measured("59.720000"), [row(Origin, period="Q2 2025/26")]) == "59.72 %, Q2 2025/26"
    assert ours.traced(measured("100.000000"), [row(Origin)]) == "100 %"
    assert ours.traced(measured("67.0"), [row(Origin, period="2026-01")], 3) == "part of 67 %, 2026-01"
    assert ours.traced(measured(None, score=D("2.00")), [row(Origin)]) == "score 2.00"
    quarter = [row(Origin, period=f"2025-0{month}") for month in (5, 4, 6)]
    assert ours.traced(measured("20.54"), quarter) == "20.54 %, 2025-04 to 2025-06"


# Pictures


def test_left_is_better_whatever_the_polarity() -> None:
    values = [D(n) for n in range(10)]
    lower, higher = Scale.of(values, True), Scale.of(values, False)
    assert lower.share(D(0)) == higher.share(D(9)) == pytest.approx(0.03)
    assert lower.share(D(9)) == higher.share(D(0)) == pytest.approx(0.97)


def test_an_odd_value_does_not_press_all_others_together() -> None:
    scale = Scale.of([D(n) for n in range(99)] + [D(10_000)], True)
    assert scale.right == D(97) and scale.share(D(10_000)) == pytest.approx(0.97)
    assert Scale.of([D(3), D(3)], True).share(D(3)) == pytest.approx(0.5)


def test_a_value_strip_has_box_line_ticks_and_dot() -> None:
    scale = Scale.of([D(0), D(50), D(100)], True)
    strip = pictures.value_strip(scale, (D(25), D(75)), D(50), D(0))
    assert 'class="box" x="26.5%" y="4" width="47%"' in strip and 'class="middle" x1="50%"' in strip
    assert 'cx="3%"' in strip and 'd="M30 6v12M500 6v12M970 6v12"' in strip
    assert "box" not in pictures.value_strip(scale, None, None, D(0))


# The page as a whole


class Bare:
    """A release whose tables of ours are empty."""

    def __init__(self, **tables: list[dict[str, Any]]) -> None:
        self.found, self.sources, self.since = tables, {}, None
        self.version, self.synthetic, self.quarter = 1, False, "2025-26-Q2"

    def rows(self, name: str, **equal: object) -> list[dict[str, Any]]:
        return [row for row in self.found.get(name, []) if all(row.get(key) == value for key, value in equal.items())]

    def package_sha256(self) -> str:
        return "0" * 64


def made(*members: Member, release: Any = None, maker: Any = pages, **said: Any) -> dict[str, str]:
    """The pages of a league, by path."""
    guide = row(QuarterGuide, published_label="Q2 2025/26", months="July to September 2025", first_day=date(2025, 7, 1))
    of = league(*members, **{"domains": (row(Domain, domain="access", title="Access"),), **said})
    edition = Edition(release or Bare(), Quarter("2025-26-Q2"), guide, "approved", "", (of,), {})
    return {file.path: file.content.decode() for file in maker(edition, of)}


def test_a_league_of_two_with_hostile_names_and_no_table_of_ours_has_its_pages() -> None:
    bad = '<script>alert("1")</script> & Co'
    found = made(
        hertfordshire(organisation_name=bad, short_name=bad), member("R2", 2, organisation_name=bad, short_name=bad)
    )
    assert sorted(found) == [
        f"2025-26-q2/v1/acute/{code}/{page}index.html" for code in ("r2", "rwr") for page in ("card/", "")
    ]
    for page in found.values():
        assert "<script" not in page and "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; Co" in page
        assert len(page) < 20_000
    page = found["2025-26-q2/v1/acute/rwr/index.html"]
    for title in (
        "Measure by measure",
        "What patients would ask",
        "patients live",
        "Others like it",
        "Whom it could ask",
    ):
        assert title not in page
    assert "The range looks narrow because" in found["2025-26-q2/v1/acute/rwr/card/index.html"]


def test_a_file_says_how_mature_it_is() -> None:
    value = {name: None for name in Value.__dataclass_fields__} | {"league": "acute", "value_basis": "published"}
    about = {**value, "organisation_code": "R0A", "metric_id": "A", "status": "reported", "source_sha256": "f" * 64}
    origin = {name: None for name in Origin.__dataclass_fields__} | {**about, "first_row": 2, "last_row": 2}
    release = Bare(metric_values=[about], metric_sources=[origin])
    release.sources = {"f" * 64: {"file_name": "rtt.zip", "maturity": "provisional"}}
    measures = {"A": measure("A", "Waiting", value_basis="published", domain="access")}
    found = made(member("R0A", 1, measured={"A": measured("5", rank=2)}), release=release, measures=measures)
    assert "rtt.zip (provisional)</caption>" in found["2025-26-q2/v1/acute/r0a/index.html"]
    assert ours.file_name({"file_name": "etr.csv", "maturity": "not stated"}) == "etr.csv (maturity not stated)"


def test_a_segment_beside_that_of_a_programme_sorts_after_the_segment_alone() -> None:
    alone = {"rank_low_without_override": 1, "rank_high_without_override": 3}
    segments = enumerate(((3, 3), (3, 5), (4, None)), 1)
    members = [member(f"R{n}", n, segment=one, final_segment=final, **alone) for n, (one, final) in segments]
    page = made(*members, maker=league_pages.pages)["2025-26-q2/v1/acute/ranked/index.html"]
    for shown in ('"33">3</td>', '"35">3, 5</td>', '"44">4</td>'):
        assert f"<td data-sort-value={shown}" in page


def test_a_league_says_that_likely_ranges_are_too_narrow() -> None:
    """With six to twelve measures they hold 82 to 87% of places (docs/methodology.md), and not 19 of 20."""
    page = made(member("R1", 1), maker=league_pages.pages)["2025-26-q2/v1/acute/index.html"]
    assert "is in 19 of 20 draws of measures like its own. It is somewhat too narrow: places lie in it eight or" in page
    assert "times in 20" not in page


def test_whom_to_ask_is_explained_only_where_somebody_is_named_and_as_far_as_chance_is_known() -> None:
    one = member("R1")
    measures = {"OF0082": measure("OF0082", "Sickness")}
    for learn_from in ((), (("OF0082", (one,), "by scores alone: chance is not known"),)):
        row_of_one = row(Support, status="needs_support", bottom_quarter_share=D("0.54"))
        found = [version_pages.Supported(row_of_one, one, ("Access",), learn_from)]

        def maker(edition: Edition, of: Any, found: Any = found) -> Any:
            return [render.page("support", "list", "Who may need support", (), edition, leagues=[(of, found)])]

        (shown,) = made(one, maker=maker, measures=measures).values()
        assert ("by more than chance, where chance is known, and" in shown) is bool(learn_from)
        assert ("Whom to ask" in shown) is bool(learn_from)


def test_a_range_of_few_measures_seen_with_its_context_says_of_how_many_before_what_it_leaves_open() -> None:
    lives = row(Context, measure="imd", basis="ohid", preferred=True, difference_from_england=D(1), diluted=False)
    seen = row(InContext, outcome="overall", score=D(2), expected_score=D(2), adjusted_rank_low=2, adjusted_rank_high=2)
    one, other = member("R1", metrics_counted=4), member("R2", metrics_counted=4)
    tables: dict[str, list[dict[str, Any]]] = {}
    for kind, found in (("context", lives), ("context_view", seen)):
        tables[kind] = [asdict(found) | {"league": "acute", "organisation_code": code} for code in ("R1", "R2")]
    shown = made(one, other, release=Bare(**tables))["2025-26-q2/v1/acute/r1/index.html"]
    assert "</span>2 of 2 or before</td>" in shown


def test_a_segment_beside_another_is_explained_where_a_table_shows_one() -> None:
    said = "Segment 5 beside another is for trusts that get NHS England’s most intensive support. They keep their place"
    ranges = {"rank_low_without_override": 1, "rank_high_without_override": 2}
    for final in (3, 5):
        found = made(member("R1", segment=3, final_segment=final, **ranges), maker=league_pages.pages)
        assert len(found) == 2 and all((said in page) is (final == 5) for page in found.values())


def test_only_regions_and_kinds_of_who_has_a_place_can_be_chosen_where_there_are_places() -> None:
    placed = [member(f"R{n}", n, region="London" if n % 2 else "Midlands") for n in range(1, 42)]
    found = {}
    for published in (True, False):
        of = made(*placed, member("HUB", None), maker=league_pages.pages, published=published)
        found[published] = "<option>Region not known</option>" in of["2025-26-q2/v1/acute/index.html"]
    assert found == {True: False, False: True}


def test_a_league_says_why_a_measure_is_missing_and_which_are_of_an_earlier_month() -> None:
    """What most members are told, of the values that count: B has another reason, the other basis is of no league."""
    value = {name: None for name in Value.__dataclass_fields__} | {"league": "acute", "value_basis": "computed"}
    three, late = "three months are needed; found: 2026-01", "latest month at hand is 2026-01, not 2026-03"
    values = [
        *({**value, "metric_id": "CANCER", "organisation_code": code, "status_reason": three} for code in "AC"),
        {**value, "metric_id": "CANCER", "organisation_code": "B", "status_reason": "nobody counted"},
        *3 * [{**value, "metric_id": "CANCER", "value_basis": "published", "status_reason": "suppressed"}],
        {**value, "metric_id": "RTT", "organisation_code": "A", "status_reason": late},
    ]
    cancer = measure("CANCER", "Cancer treated in time", value_basis="computed")
    rtt = measure("RTT", "Waits of 18 weeks", value_basis="computed")
    found = made(
        member("A", 1),
        release=Bare(metric_values=values),
        maker=league_pages.pages,
        **{"measures": {"CANCER": cancer, "RTT": rtt}, "metrics_missing": "CANCER"},
        metrics_of_an_earlier_month="RTT",
    )
    assert len(found) == 2
    for page in found.values():
        assert "“Cancer treated in time”: three months are needed; found: January 2026</li>" in page
        assert "“Waits of 18 weeks”: latest month at hand is January 2026, not March 2026</li>" in page


def test_a_measure_names_the_form_of_a_publication_that_its_values_are_from() -> None:
    """A&E of Q2 2025/26 is read from the workbook by provider, though the monthly file is there, too."""
    titles = {"ae": "monthly", "ae_provider": "by provider", "nof_data": "data file"}
    sources = {one: {"source_id": one, "publisher": "NHS England", "title": said} for one, said in titles.items()}
    value = {name: None for name in Value.__dataclass_fields__} | {"league": "acute", "status": "reported"}
    about = {**value, "organisation_code": "R1", "metric_id": "OF0013"}
    values = [
        {**about, "value_basis": "computed", "source_sha256": "ae_provider"},
        {**about, "value_basis": "published", "source_sha256": "nof_data"},
        {**about, "value_basis": "computed", "source_sha256": "ae", "status": "missing"},
    ]
    release = Bare(metric_values=values)
    release.sources = sources
    for basis, title in (("computed", "by provider"), ("published", "data file")):
        measures = {"OF0013": measure("OF0013", "A&E", domain="access", publication="ae", value_basis=basis)}
        found = made(member("R1"), maker=measure_pages.pages, release=release, measures=measures)
        assert f">NHS England, {title}</dd>" in found["2025-26-q2/v1/acute/measures/of0013/index.html"]


@pytest.mark.parametrize(("metric_id", "folder"), [("OF0206.A", "of0206-a"), ("INDEX.HTML", "index-html")])
def test_a_measure_whose_id_has_a_dot_has_a_page_of_its_own(metric_id: str, folder: str) -> None:
    """Its name would end as that of a file of another kind, which no browser shows as a page."""
    one = measure(metric_id, "Waits", domain="access")
    found = made(member("R1", 1), maker=measure_pages.pages, measures={metric_id: one})
    assert [*found] == [f"2025-26-q2/v1/acute/measures/{below}index.html" for below in ("", f"{folder}/")]
    assert f'href="{folder}/index.html"' in found["2025-26-q2/v1/acute/measures/index.html"]


def test_a_board_has_no_published_place_and_no_money() -> None:
    board = member("QHL", 1, organisation_type="icb", organisation_name="NHS Here Integrated Care Board")
    for page in made(board, framework_status="experimental", override_segment=None, official=False).values():
        assert "our place, 1st" in page and "published place" not in page and "Money" not in page
        assert "We have no ranking of these boards by NHS England. The method is ours." in page


def test_a_measure_is_shown_where_its_only_value_is_of_the_other_basis() -> None:
    """A league that is not published has values that we count, where its guide expects published ones."""
    value = {
        **{name: None for name in Value.__dataclass_fields__},
        **{"organisation_code": "R0A", "metric_id": "A", "league": "acute", "source_sha256": "f" * 64},
    }
    published = {**value, "value_basis": "published", "status": "missing"}
    counted = {
        **value,
        **{"value_basis": "computed", "status": "reported"},
        **{"period_start": date(2025, 5, 1), "period_end": date(2025, 6, 30)},
    }
    one = member("R0A", None, measured={"A": measured("5", rank=2)})
    other = member("R0B", None, measured={"A": measured("4", rank=1)})
    measures = {"A": measure("A", "Waiting", direction="lower_better", value_basis="published", domain="access")}
    found = made(
        *(one, other),
        release=Bare(metric_values=[published, counted]),
        **{"published": False, "absent_reason": "few metrics", "measures": measures},
    )
    page = found["2025-26-q2/v1/acute/r0a/index.html"]
    assert "It has no place this quarter: few measures." in page
    assert "May to June 2025, before this quarter" in page and "2nd of 2" in page
