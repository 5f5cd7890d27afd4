"""What the pages of the method say, at the borders of each sentence, and where they say that it is worked out."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.site import examples, pictures, render, words
from orchestration.site.editions import Editions
from orchestration.site.method_pages import QUESTIONS, Question
from orchestration.site.rows import (
    Change,
    Context,
    Measure,
    Measured,
    Pair,
    PatientPlace,
    Peer,
    Point,
    Quality,
    Score,
    Waiting,
)
from orchestration.site.view import Series
from tests.site_rows import capped, league, member, row

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.slug)
def test_a_question_names_files_and_headings_that_are_there(question: Question) -> None:
    assert [path for path in question.code if not (ROOT / path).exists()] == []
    for file, heading in question.docs:
        headings = [line.lstrip("# ") for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
        assert heading in headings, file


def edition(*leagues: Any, **said: Any) -> Any:
    return SimpleNamespace(leagues=leagues, synthetic=False, state="approved", **said)


def test_the_middle_is_never_one_that_the_finance_rule_holds_down() -> None:
    three = league(member("R1", 1), capped("R2", 2, 1), member("R3", 3))
    assert [one.code for one in examples.from_the_middle(three)] == ["R1", "R3"]
    assert examples.from_the_middle(league(capped("R2", 1, 1), member("R3", None))) == []
    ten = league(*(member(f"R{place}", place) for place in range(1, 11)))
    assert examples.from_the_middle(ten)[0].code == "R5"


def test_an_edition_without_places_has_no_example_of_one() -> None:
    empty = edition(league(member("R1", None)), patients={}, specialties={})
    assert [question.slug for question in QUESTIONS if question.example(empty)] == []


def test_examples_come_from_the_newest_that_has_places_of_trusts_and_never_from_a_withdrawn_one() -> None:
    trusts = league(member("R1", 1))
    boards = league(member("QHL", 1, organisation_type="icb"), framework_status="experimental")
    old, new = edition(trusts, name="old"), edition(trusts, name="new")
    last, withdrawn = edition(boards, name="boards"), edition(trusts, name="withdrawn")
    withdrawn.state = "withdrawn"
    for number, one in enumerate((old, new, last, withdrawn), 1):
        one.quarter = f"2025-26-Q{number}"
    found = examples.newest_first(Editions((old, new, last, withdrawn)))
    assert [one.name for one in found] == ["new", "old", "boards"]  # type: ignore[attr-defined]


def test_who_is_capped_carries_the_sentence_of_the_rule() -> None:
    one, two = capped("R5", 5, 1, rank_low=4, rank_high=6), capped("R3", 3, 1)
    found = examples.finance_rule(edition(league(member("R1", 1), member("R2", 2), two, member("R4", 4), one)))
    assert found and found.member is one
    assert found.said == (
        "Its average score is 2.00. By that alone it would be in segment 1. The finance rule puts it in segment 3.",
        "NHS England’s finance rule moved it from joint 1st to 5th of 5. With the rule, its place is very likely"
        " between 4th and 6th.",
        "The range looks narrow because the rule fixes the segment, not because more is known.",
    )
    assert examples.finance_rule(edition(league(member("R1", 1)))) is None


def test_a_likely_range_carries_that_of_the_score() -> None:
    one = member("R1", 1, average_score_low=Decimal("1.445"), average_score_high=Decimal("2.5"))
    assert examples.of_likely_score(one) == (
        "Its average score is 2.00. In 19 of 20 draws of measures like its own it is between 1.45 and 2.50."
    )


@pytest.mark.parametrize(
    ("place", "said", "formula"),
    [
        (1, "None of the others has a better figure than it.", "1 + 3 \N{MULTIPLICATION SIGN} 0 ÷ 60, which is 1.00."),
        (2, "1 of the others has a better figure than it.", "1 + 3 \N{MULTIPLICATION SIGN} 1 ÷ 60, which is 1.05."),
        (61, "60 of the others have a better figure than it.", "1 + 3 \N{MULTIPLICATION SIGN} 60 ÷ 60, which is 4.00."),
    ],
)
def test_a_score_counts_who_is_better(place: int, said: str, formula: str) -> None:
    exact = 1 + 3 * Decimal(place - 1) / 60
    scored = row(Score, score=round(exact, 2), population_size=61, rank_in_population=place)
    first, second, _ = examples.of_score(scored, row(Measure, plain_name="Help in a crisis"), member("R1", place))
    assert first == f"On “Help in a crisis”, 61 are scored together. {said}"
    assert second == f"So its score is {formula}"


def test_agreement_of_measures_is_between_0_and_1() -> None:
    figures = {"metrics": Decimal(11), "mean_correlation": Decimal("-0.0049"), "effective_dimensions": Decimal("9.5")}
    one = league(member("R1", 1), figures={("agreement", "league", name): number for name, number in figures.items()})
    first, second = examples.of_agreement(one)
    assert first.startswith("The average correlation of these 11 measures is 0.00. At 1 they would all say the same.")
    assert second == "They say as much as about 10 measures that have nothing in common."
    assert examples.agreement(edition(league(member("R1", 1)))) is None


@pytest.mark.parametrize(
    ("before", "now", "change", "went", "by"),
    [
        ("2.13", "1.97", "-0.16", "went from 2.13 to 1.97", "\N{MINUS SIGN}0.16"),
        ("2.00", "2.00", "0.000", "stayed at 2.00", "0.00"),
        ("1.00", "4.00", "3", "went from 1.00 to 4.00", "+3.00"),
        ("2.00", "2.00", "-0.004", "stayed at 2.00", "0.00"),
    ],
)
def test_a_change_has_a_sign_and_a_range(before: str, now: str, change: str, went: str, by: str) -> None:
    moved = row(
        Change,
        previous_average_score=Decimal(before),
        average_score=Decimal(now),
        metrics_compared=1,
        change=Decimal(change),
        change_low=Decimal(-1),
        change_high=Decimal(1),
        verdict="no change shown",
    )
    assert examples.of_change(member("R1", 1, change=moved)) == (
        f"Its average score {went}. Lower is better.",
        f"We can compare 1 measure. On these the score changed by {by}. With other measures of the same kind it could"
        " be anything from \N{MINUS SIGN}1.00 to +1.00.",
        "Chance alone could show that, so we say that no change is shown.",
    )


@pytest.mark.parametrize(("first", "times"), [("R1", "about 70 times in 100"), ("R2", "about 20 times in 100")])
def test_a_pair_is_read_from_the_side_of_the_first(first: str, times: str) -> None:
    row_of_pair = row(
        Pair,
        code_a="R1",
        code_b="R2",
        ahead_share=Decimal("0.7"),
        level_share=Decimal("0.1"),
        score_difference=Decimal("-0.02"),
        told_apart_alone=True,
        told_apart_all=False,
    )
    pair = {code: member(code, place) for place, code in enumerate(("R1", "R2"), 1)}
    other = "R2" if first == "R1" else "R1"
    assert examples.of_pair(row_of_pair, pair[first], pair[other]) == (
        f"{first} comes out ahead of {other} {times}.",
        "Their average scores differ by 0.02. As one pair they can be told apart. In the strict test of all pairs at"
        " once they cannot.",
    )


def test_the_last_of_a_league_makes_no_pair() -> None:
    assert examples.pair(edition(league(member("R1", 1), pairs=()))) is None


def test_counts_are_whole_numbers() -> None:
    counted = row(
        Measured, value=Decimal("20.94"), unit="%", numerator=Decimal("174915.4"), denominator=Decimal(837483)
    )
    said = examples.of_counts(row(Measure, plain_name="Waits"), counted)
    assert said == "Its figure for “Waits” is 20.9%: 174,915 of 837,483."
    assert examples.of_counts(row(Measure, plain_name="Phone", publication="gpps"), counted) is None


def test_a_place_by_patients_questions_has_its_range_and_the_parts_that_are_there() -> None:
    place = row(
        PatientPlace,
        rank=1,
        rank_low=1,
        rank_high=7,
        average_score=Decimal("1.36"),
        metrics_counted=4,
        waits_score=Decimal("1.15"),
        experience_score=Decimal("2"),
    )
    first, second = examples.of_patients(league(), place, 30)
    assert "likely between 1st and 7th of 30" in first
    assert second == "Its average score on 4 measures is 1.36: 1.15 for waits and 2.00 for experience."


def test_context_names_who_is_alike_only_where_somebody_is() -> None:
    lives = row(Context, measure="imd", difference_from_england=Decimal("-8.26"), basis="ohid")
    alike = row(Peer, has_close_peers=True, measures="imd, size")
    first, second = examples.of_context(lives, [alike], ["One", "Two and Three"])
    assert first.startswith("Less deprived than England by 8.3 points") and "We know it by" in first
    assert second.endswith("the nearest first. First come: One; Two and Three.")
    assert len(examples.of_context(lives, [], [])) == 1


def test_badges_are_counted_and_one_says_why() -> None:
    found = [row(Quality, metric_id="M", badge=badge, reasons="it ends with 2025-01") for badge in ("good", "look")]
    of = league(member("R1", 1), measures={"M": row(Measure, plain_name="Waits")})
    assert examples.of_quality(found, of) == (
        "Of its 2 figures, 1 is good and 1 is worth a second look.",
        "A second look is worth “Waits”: it ends with January 2025.",
    )


@pytest.mark.parametrize(("low", "high", "between"), [(1, 1, "1st"), (11, 17, "between 11th and 17th")])
def test_a_specialty_has_its_range_too(low: int, high: int, between: str) -> None:
    waiting = row(
        Waiting,
        month=date(2026, 1, 1),
        treatment_function_name="Oral Surgery Service",
        pathways=5806,
        within_18_weeks=939,
        share_within_18_weeks=Decimal("16.17"),
        funnel="below 99.8% limit",
        funnel_centre=Decimal("52.02"),
        rank_low=low,
        rank_high=high,
    )
    assert examples.of_specialty(waiting, 106) == (
        "At the end of January 2026 it had 5,806 waits for “Oral Surgery Service”. Of these 939 were of 18 weeks or"
        " less. That is 16.2%.",
        "Of all who are ranked with it, the figure is 52.0%. That is far below the usual spread.",
        f"Its place is very likely {between} of 106.",
    )


def test_a_series_of_few_months_is_a_sketch() -> None:
    def months(limits: str) -> Series:
        point = row(
            Point,
            metric_title="A&E",
            month=date(2025, 6, 1),
            value=Decimal("75.5"),
            unit="%",
            points=3,
            limits=limits,
            lower_limit=Decimal(74),
            upper_limit=Decimal(76),
            variation="common cause",
        )
        return Series((point,))

    first, sketch = examples.of_series(months("trial"))
    assert first.startswith("Its measure “A&E”: In June 2025 it was 75.5%.") and "3 months" in sketch
    assert len(examples.of_series(months("full"))) == 1


def test_specialties_count_waits_of_which_one_person_may_have_several() -> None:
    (said,) = [question.answer for question in QUESTIONS if question.slug == "specialties"]
    assert "how many of the waits were of 18 weeks or less" in said and "people" not in said


def test_labels_are_counted_of_leagues_without_a_table_too() -> None:
    one = SimpleNamespace(path="method/unknown", title="", answer="", code=(), docs=())
    made = render.page("method/unknown", "method/unknown", "", question=one, example=None, labels=[], fictional=False)
    assert b"or of its newest quarter where it has no table" in made.content


def test_labels_are_told_in_one_order_and_count_a_measure_once() -> None:
    measures = {
        name: row(Measure, plain_name=name, label=label) for name, label in (("B", "unknown"), ("A", "unknown"))
    }
    two = [league(member("R1", 1), measures=measures), league(member("R1", 1), measures=measures)]
    found = {label.name: label.measures for label in examples.labels(two)}
    assert next(iter(found)) == "official" and found["official"] == () and found["unknown"] == ("A", "B")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        *[(1, "1 byte"), (999, "999 bytes"), (1000, "1 KB"), (999_499, "999 KB"), (999_500, "1.0 MB")],
        (16_681_666, "16.7 MB"),
    ],
)
def test_a_file_has_a_size(number: int, text: str) -> None:
    assert words.size(number) == text


def test_levels_that_a_page_names_or_draws_are_those_of_the_seed() -> None:
    with (ROOT / "dbt_project/seeds/decision_levels.csv").open(encoding="utf-8") as file:
        levels = {level["decision"]: level["value"] for level in csv.DictReader(file)}
    drawn = [float(levels[name]) for name in ("funnel_alert", "funnel_alarm")]
    assert [*pictures.FUNNEL_LIMITS] == drawn
    for page, said in LEVELS.items():
        text = (ROOT / "orchestration/site/templates/method" / f"{page}.html.j2").read_text(encoding="utf-8")
        assert {name: words for name, words in said.items() if words.format(levels[name]) not in text} == {}, page


LEVELS = {
    "change": {"false_discovery_rate": "1 in 20"},
    "context": {"model_q_squared": "Q² of {} or more"},
    "data-quality": {"steep_z": "above {}", "steep_odds_ratio": "{} times"},
    "specialties": {
        "specialty_least_pathways": "fewer than {} waits",
        "funnel_alert": "±{}",
        "funnel_alarm": "±{}",
    },
}


def test_mergers_of_boards_are_those_of_the_seed() -> None:
    def seed(name: str) -> list[dict[str, str]]:
        with (ROOT / f"dbt_project/seeds/{name}.csv").open(encoding="utf-8") as file:
            return [*csv.DictReader(file)]

    names = {
        one["icb_code"]: one["icb_name"].removeprefix("NHS ").removesuffix(" Integrated Care Board")
        for one in seed("icbs")
    }
    pairs = [(one["predecessor_code"], one["successor_code"]) for one in seed("icb_successions")]
    ended = Counter(old for old, _ in pairs)
    page = (ROOT / "orchestration/site/templates/method/boards.html.j2").read_text(encoding="utf-8")
    rows = {new: set(old.split("; ")) for new, old in re.findall(r'<th scope="row">(.+?)</th><td>(.+?)</td>', page)}
    assert rows == {
        names[new]: {("part of " if ended[old] > 1 else "") + names[old] for old, to in pairs if to == new}
        for _, new in pairs
    }
    still = [one for one in seed("icbs") if not one["closed_on"]]
    assert (len(ended), len(rows), len(still) - len(rows) + len(ended), len(still)) == (12, 6, 42, 36)


def test_each_wish_has_its_answer() -> None:
    page = (ROOT / "orchestration/site/templates/method/critics.html.j2").read_text(encoding="utf-8")
    wishes = re.findall(r'{% call demand\((\d+), ".+?", ".+?", "(.+?)"\) %}(.+?){% endcall %}', page)
    assert [int(number) for number, _, _ in wishes] == list(range(1, 18))
    assert {state for _, state, _ in wishes} == {"Answered", "In part", "Not yet"}
    assert [number for number, state, said in wishes if (state == "In part") != ("Not yet:" in said)] == []
