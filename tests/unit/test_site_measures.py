"""What the pages of measures say, and what scripts are given to compare and to weigh, at the borders of every
sentence."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.site import compare_pages, measure_pages, own_pages, pictures, sentences
from orchestration.site.rows import Change, Domain, EnglandFigure, Measure, Measured, Pair, rows_of
from orchestration.site.view import League, Member
from tests.site_rows import league, measure, member, row

LOWER, HIGHER = "lower_better", "higher_better"


def with_values(*values: str | None, unit: str = "%", quartiles: tuple[str, str, str] | None = None) -> League:
    """A league whose members have these values on one measure, or only a score."""
    lower, middle, upper = map(Decimal, quartiles) if quartiles else (None, None, None)
    return league(
        *(
            member(
                f"R{number}",
                measured={
                    "OF0082": row(
                        Measured,
                        value=value and Decimal(value),
                        unit=unit,
                        score=Decimal(2),
                        direction=LOWER,
                        median=middle,
                        lower_quartile=lower,
                        upper_quartile=upper,
                    )
                },
            )
            for number, value in enumerate(values)
        )
    )


# A measure


def test_releases_of_before_a_column_are_read_and_one_that_lost_another_is_not() -> None:
    rows = [asdict(measure("OF0082", metric_group="A survey"))]
    release: Any = SimpleNamespace(rows=lambda table: rows)
    assert [one.metric_group for one in rows_of(release, Measure)] == ["A survey"]
    del rows[0]["metric_group"]
    assert [one.metric_group for one in rows_of(release, Measure)] == [None]
    del rows[0]["label"]
    with pytest.raises(TypeError, match="label"):
        rows_of(release, Measure)


@pytest.mark.parametrize(
    ("values", "quartiles", "said"),
    [
        (["4", "5", "6", "7.02"], ("4.749", "5.5", "6.25"), "The middle trust: 5.5%. Middle half: 4.7% to 6.3%."),
        (["0", "0", "0", "0"], ("0", "0", "0"), "The middle trust: 0.0%. Middle half: 0.0%."),
        (["4", "5", "6"], ("4.5", "5", "5.5"), "Only 3 trusts have a figure: 4.0% to 6.0%."),
        (["4.04"], ("4.04", "4.04", "4.04"), "Only 1 trust has a figure: 4.0%."),
        ([], None, "No figure of these trusts is at hand."),
    ],
)
def test_lead_says_which_end_is_better_and_where_the_middle_is(
    values: list[str], quartiles: tuple[str, str, str] | None, said: str
) -> None:
    found = with_values(*values, quartiles=quartiles)
    assert " ".join(sentences.measure_lead(found, measure())) == f"Lower is better. {said}"
    assert sentences.measure_lead(found, measure(direction=HIGHER))[0] == "Higher is better."


def test_of_scores_alone_no_middle_is_said() -> None:
    said = sentences.measure_lead(with_values(None, None, unit="score"), measure(direction=None))
    assert said == ["Only scores are published, of 2 trusts. A lower score is better."]


def test_of_bands_no_end_is_called_better() -> None:
    found = with_values("1", "2", "2", "3", unit="band", quartiles=("2", "2", "2"))
    said = sentences.measure_lead(found, measure(direction=None, unit="band"))
    assert said == ["The middle trust: band 2.", "Middle half: band 2."]


@pytest.mark.parametrize(
    ("among", "said"),
    [
        ("acute", "Acute and specialist trusts are scored among themselves."),
        ("acute ambulance", "Acute and specialist trusts and ambulance trusts are scored together."),
        ("ambulance acute icb", "Ambulance trusts, acute and specialist trusts and boards are scored together."),
        ("maternity_units", "maternity units are scored among themselves."),
    ],
)
def test_who_is_scored_together(among: str, said: str) -> None:
    titles = {"acute": "Acute and specialist trusts", "ambulance": "Ambulance trusts", "icb": "Boards (experimental)"}
    assert sentences.scored_among(measure(scored_among=among), titles) == said


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({}, "The trust with the lowest value scores 1.00, the one with the highest 4.00."),
        ({"direction": HIGHER}, "The trust with the highest value scores 1.00, the one with the lowest 4.00."),
        ({"scoring_rule": "rank_with_standard", "standard": Decimal(1)}, "The standard is 1.0% or less. Who meets it"),
        (
            {"scoring_rule": "rank_with_standard", "standard": Decimal(78), "direction": HIGHER},
            "The standard is 78.0% or more. Who meets it scores 1.00. The others score from 2.00 to 4.00",
        ),
        (
            {"scoring_rule": "rank_with_standard", "standard": Decimal(0), "unit": "count"},
            "The standard is none at all. Who meets it scores 1.00.",
        ),
        (
            {"scoring_rule": "rank_with_floor", "floor": Decimal(70), "direction": HIGHER},
            "Below 70.0% the score is 4.00. The others score from 1.00 to 3.00",
        ),
        ({"scoring_rule": "bands"}, "The value falls in a band."),
        ({"scoring_rule": "of next year"}, "We have no words for this rule yet."),
    ],
)
def test_how_a_value_becomes_a_score(about: dict[str, Any], said: str) -> None:
    assert sentences.scoring_rule(league(member("R1")), measure(**about)).startswith(said)


@pytest.mark.parametrize(
    ("periods", "ended", "said"),
    [
        ([], None, "No figure is at hand."),
        (["2025/26 plan"], None, "2025/26 plan."),
        (["July to September 2025"], date(2025, 9, 30), "July to September 2025."),
        (["July 2025"], date(2025, 7, 1), "July 2025."),
        (["April to June 2025"], date(2025, 6, 30), "April to June 2025. That is before the quarter began."),
        (["June 2025", "July 2025"], date(2025, 7, 31), "June 2025; July 2025."),
    ],
)
def test_figures_of_an_earlier_time_say_so(periods: list[str], ended: date | None, said: str) -> None:
    assert sentences.period_of_figures(periods, ended, date(2025, 7, 1)) == said


@pytest.mark.parametrize(("number", "said"), [(1, "1 of 2 trusts has no figure"), (2, "2 of 2 trusts have no figure")])
def test_who_has_no_figure_is_counted(number: int, said: str) -> None:
    found = sentences.without_figure(league(member("R1"), member("R2")), number)
    assert found == f"{said}: the measure does not apply to them, or none was sent. That is neither good nor bad."


def test_hubs_and_regions_are_no_boards_without_a_figure() -> None:
    boards = [member(code, organisation_type="icb") for code in ("QHL", "QOP")]
    found = league(*boards, member("13Q", None, organisation_type="commissioning_hub"))
    assert measure_pages._without(found, measure()) == [*boards]
    assert sentences.without_figure(found, 2).startswith("2 of 2 boards have no figure: ")  # type: ignore[union-attr]


def test_where_all_have_a_figure_nothing_is_said() -> None:
    assert sentences.without_figure(league(member("R1")), 0) is None


@pytest.mark.parametrize(
    ("reasons", "counts", "said"),
    [
        ({"counts not known"}, False, "we do not have the counts behind them"),
        ({"another unit"}, True, "they are published in another unit than our counts give"),
        (
            {"score alone", "no law of chance"},
            False,
            "we have no counts that they are shares of and only scores are published",
        ),
        ({"no law of chance"}, True, "their counts follow no law of chance that we know"),
        ({None}, False, "the reason is not known"),
    ],
)
def test_figures_without_limits_say_why_nobody_has_a_place(reasons: set[str | None], counts: bool, said: str) -> None:
    found = sentences.without_limits(reasons, counts)
    assert found == (f"How far chance alone would move these figures is not known: {said}. So nobody has a place here.")


@pytest.mark.parametrize(
    ("label", "source", "said"),
    [
        ("verified", "Data file of the league", None),
        ("verified", None, None),
        ("unknown", None, "We do not know the rule, and had to choose."),
        (
            "unknown",
            "Metric id not seen.",
            "We do not know the rule, and had to choose. What we know: Metric id not seen.",
        ),
        (
            "verified",
            "Score of one trust; the unit was not seen",
            "No file that we have shows all of this measure. What we know: Score of one trust; the unit was not seen.",
        ),
    ],
)
def test_what_nobody_has_seen_carries_a_warning(label: str, source: str | None, said: str | None) -> None:
    assert sentences.not_seen(measure(label=label, source=source)) == said


@pytest.mark.parametrize(
    ("attributed", "said"), [("1000", False), ("999.1", False), ("999", True), ("0", True), (None, False)]
)
def test_a_thousandth_of_england_that_is_nobodys_is_told(attributed: str | None, said: bool) -> None:
    england = row(EnglandFigure, denominator=Decimal(1000), denominator_attributed=attributed and Decimal(attributed))
    assert england.counts_others is said


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        ("1", None),
        ("0.5", "Counts as half of a measure."),
        ("0.333333333333", "Counts as a third of a measure."),
        ("0.125", "Counts as an eighth of a measure."),
        ("0.01", "Counts as a part of a measure."),
    ],
)
def test_measures_that_weigh_as_one_together_say_so(weight: str, said: str | None) -> None:
    assert sentences.counts_as(Decimal(weight)) == said


def test_picture_of_a_value_turns_with_what_is_better() -> None:
    def dot(lower_is_better: bool, own: int, likely: tuple[Decimal, Decimal] | None = None) -> str:
        scale = pictures.Scale.of([Decimal(number) for number in range(11)], lower_is_better)
        return str(pictures.value_range(scale, Decimal(own), likely))

    assert 'cx="3%"' in dot(True, 0) and 'cx="97%"' in dot(False, 0) and "range" not in dot(True, 0)
    assert 'x="31.2%"' in dot(True, 4, (Decimal(3), Decimal(5))) and 'width="18.8%"' in dot(
        True, 4, (Decimal(3), Decimal(5))
    )
    assert 'x="50%" y="8" width="18.8%"' in dot(False, 4, (Decimal(3), Decimal(5)))


# A ranking of one's own


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([member("R1", segment=1)], None),
        (
            [member("R1", segment=1), member("R2", segment=2), member("R3", segment=3, financial_override=1)],
            "The finance rule applies to 1 trust. With it, this trust comes after the 2 that it leaves in segment 1"
            " or 2.",
        ),
        (
            [
                member("R1", segment=1),
                member("R2", segment=3, financial_override=1),
                member("R3", segment=4, financial_override=1),
            ],
            "The finance rule applies to 2 trusts. With it, these trusts come after the 1 that it leaves in segment 1"
            " or 2.",
        ),
        (
            [member("R1", segment=3, financial_override=1)],
            "The finance rule applies to 1 trust. It moves nobody here: no trust is in segment 1 or 2.",
        ),
    ],
)
def test_switch_of_the_finance_rule_says_what_it_does(members: list[Member], said: str | None) -> None:
    assert sentences.own_rule(league(*members)) == said
    assert sentences.own_rule(league(*members, override_segment=None)) is None


def weighed(*measures: Measure, scored: list[str] | None = None) -> League:
    """A league with a domain for each that its measures name, and scores on those measures."""
    held = [one.metric_id for one in measures] if scored is None else scored
    return league(
        member("R1", scores={metric: Decimal("2.5") for metric in held}),
        member("R2", rank=None, scores={}),
        measures={one.metric_id: one for one in measures},
        domains=tuple(
            row(Domain, domain=one, title=one.capitalize()) for one in dict.fromkeys(one.domain for one in measures)
        ),
    )


def presets(found: League) -> dict[str, dict[str, float]]:
    offered = own_pages.presets(own_pages._domains(found))
    return {one["key"]: one["weights"] for one in offered}


def test_presets_are_changes_of_the_official_weights() -> None:
    third = Decimal("0.333333333333")
    found = weighed(
        measure("OF0003", domain="access"),
        measure("OF0041", domain="access"),
        measure("OF0080", domain="finance"),
        measure("OF0084", domain="people", unit="out of 10"),
        *(measure(metric, domain="safety", weight=third) for metric in ("OF0020", "OF0048", "OF0088")),
        measure("OF0061", domain="safety", unit="out of 10"),
    )
    assert presets(found) == {
        "official": {},
        "no-money": {"finance": 0},
        "waits": {"of0041": 0, "finance": 0, "people": 0, "safety": 0},
        "experience": {"access": 0, "finance": 0, "of0020": 0, "of0048": 0, "of0088": 0},
        "same": {"access": 0.75, "finance": 1.5, "people": 1.5, "safety": 0.75},
    }


def test_presets_that_change_nothing_or_leave_nothing_are_not_offered() -> None:
    assert presets(weighed(measure("OF0003", domain="access"))) == {"official": {}}
    assert presets(weighed(measure("OF0080", domain="finance"))) == {"official": {}}
    two = weighed(measure("OF0080", domain="finance"), measure("OF0067", domain="safety"))
    assert presets(two) == {"official": {}, "no-money": {"finance": 0}}


def test_measures_that_nobody_has_a_score_on_are_not_weighed() -> None:
    found = weighed(measure("OF0003", domain="access"), measure("OF0061", domain="safety"), scored=["OF0061"])
    assert [domain for domain, _ in own_pages._domains(found)] == ["safety"]


# Side by side


def pair(ahead: str, level: str = "0", alone: bool | None = False, among_all: bool | None = False) -> Pair:
    return row(
        Pair,
        code_a="R1",
        code_b="R2",
        ahead_share=Decimal(ahead),
        level_share=Decimal(level),
        told_apart_alone=alone,
        told_apart_all=among_all,
    )


@pytest.mark.parametrize(
    ("known", "often", "apart"),
    [
        (pair("0.880", "0.010"), 88, "0"),
        (pair("0.500"), 50, "0"),
        (pair("0.115", "0.005", alone=True), -88, "1"),
        (pair("1.000", alone=True, among_all=True), 100, "2"),
        (pair("0.000", alone=None), -100, "-"),
        (pair("0.995", alone=True, among_all=None), 100, "1"),
    ],
)
def test_pair_is_written_by_who_is_ahead_more_often(known: Pair, often: int, apart: str) -> None:
    found = league(member("R2"), member("R1"), pairs=(known,))
    given = compare_pages.compared(found)
    assert [one["code"] for one in given["members"]] == ["R1", "R2"]
    assert int(given["pairs"]["ahead"], 16) - 100 == often
    assert given["pairs"]["apart"] == apart


def test_without_pairs_none_are_given_and_one_that_is_missing_is_told() -> None:
    assert compare_pages.compared(league(member("R1"), member("R2"), pairs=()))["pairs"] is None
    three = compare_pages.compared(league(member("R1"), member("R2"), member("R3"), pairs=(pair("0.5"),)))
    assert three["pairs"] == {"ahead": "96ffff", "apart": "0--"}


def test_facts_carry_ranges_and_what_is_not_known_is_empty() -> None:
    one = member(
        "R1",
        26,
        rank_low=23,
        rank_high=34,
        joint=True,
        rank_without_override=12,
        rank_low_without_override=4,
        rank_high_without_override=28,
        segment=3,
        final_segment=5,
        segment_unadjusted=1,
        average_score=Decimal("1.97"),
        average_score_low=Decimal("1.70"),
        average_score_high=Decimal("2.235"),
        change=row(Change, verdict="not compared"),
    )
    found = league(one, member("R2"), pairs=())
    assert dict(compare_pages.facts(found, one)) == {
        "Likely places": "23 to 34",
        "Published place": "joint 26th",
        "Segment": "3, 5",
        "Place by score alone": "12th (likely 4 to 28)",
        "Place without money": None,
        "Average score": "1.97 (likely 1.70 to 2.24)",
        "Since the quarter before": None,
        "Measures": "9 of 12",
    }
    first, second = compare_pages.compared(found)["members"]
    assert first["answer"].startswith("NHS England’s finance rule moved it from 12th to joint 26th of 2.")
    assert first["alone"] == 12 and second["answer"] is None and second["alone"] is None


def test_values_carry_the_mark_of_their_quarter_and_money_comes_last() -> None:
    def of(value: str | None, direction: str | None = LOWER) -> Measured:
        quartiles = {"lower_quartile": Decimal("4.00"), "median": Decimal("5.00"), "upper_quartile": Decimal("6.00")}
        return row(
            Measured, value=value and Decimal(value), unit="%", direction=direction, score=Decimal("2.5"), **quartiles
        )

    metrics = {f"M{number}": measure(f"M{number}", domain="people") for number in range(6)}
    held = {"M0": of("4"), "M1": of("5"), "M2": of("6"), "M3": of("6", HIGHER), "M4": of(None, None), "F1": of("5")}
    found = league(
        member("R1", measured=held),
        member("R2", measured={"M5": of("5")}),
        measures={"F1": measure("F1", domain="finance"), **metrics},
        domains=tuple(row(Domain, domain=one, title=one) for one in ("finance", "people")),
        pairs=(),
    )
    given = compare_pages.compared(found)
    assert [(one["title"], one["money"], len(one["measures"])) for one in given["domains"]] == [
        ("people", False, 6),
        ("finance", True, 1),
    ]
    assert given["members"][0]["values"] == ["b4.0%", "m5.0%", "w6.0%", "b6.0%", "-score 2.50", None, "m5.0%"]
