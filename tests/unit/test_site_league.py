"""What the pages of a league say, at the borders of every sentence."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from orchestration.site import sentences, words
from orchestration.site.pictures import range_strip
from orchestration.site.render import link
from orchestration.site.view import Member
from tests.site_rows import capped, league, measure, member
from tests.unit.test_site_living import edition


@pytest.mark.parametrize(
    ("number", "text"),
    [
        *[(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st")],
        *[(61, "61st"), (101, "101st"), (111, "111th"), (112, "112th"), (122, "122nd"), (1003, "1,003rd")],
    ],
)
def test_a_place_is_an_ordinal(number: int, text: str) -> None:
    assert words.ordinal(number) == text
    assert words.placed(number, joint=True) == f"joint {text}"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        *[("0", "almost never"), ("0.004", "almost never"), ("0.005", "about once in 100 times")],
        *[("0.63", "about 63 times in 100"), ("0.985", "almost every time"), ("1", "almost every time")],
    ],
)
def test_a_share_is_counted_in_hundreds(share: str, text: str) -> None:
    assert words.times_in_100(Decimal(share)) == text


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [("2.345", 2, "2.35"), ("2.5", 0, "3"), ("-0.04", 1, "0.0"), ("-0.05", 1, "-0.1"), ("1234.5", 0, "1,235")],
)
def test_halves_are_rounded_away_from_zero(number: str, decimals: int, text: str) -> None:
    assert words.rounded(Decimal(number), decimals) == text


@pytest.mark.parametrize(
    ("unit", "text"), [("%", "5.1%"), ("score", "5.06"), ("days", "5.1 days"), ("out of 10", "5.06 out of 10")]
)
def test_a_value_carries_its_unit(unit: str, text: str) -> None:
    assert words.value(Decimal("5.06"), unit) == text


def test_months_of_a_release_are_written_out() -> None:
    assert words.dated("its counts end with 2026-01; not counted: 2025-12, 2026-03.") == (
        "its counts end with January 2026; not counted: December 2025, March 2026."
    )
    for text in ("2025-26", "2025-26-Q2", "2025-09-30", "X2026-0112"):
        assert words.dated(text) == text


def test_leagues_with_a_table_come_first_and_ours_after_those_of_nhs_england() -> None:
    none = league(league="acute", published=False)
    ours, theirs = league(league="icb", framework_status="experimental"), league(league="mental_health_community")
    assert sorted([none, ours, theirs], key=lambda one: one.order) == [theirs, ours, none]


def of_positions(*positions: str) -> list[Member]:
    return [member(f"R{n}", n + 1, position=position, rank_low=1, rank_high=3) for n, position in enumerate(positions)]


@pytest.mark.parametrize(
    ("positions", "first"),
    [
        (["either_half"] * 3, "Most of these 3 trusts could be in either half of the table."),
        (["either_half", "better_half"], "1 of these 2 trusts could be in either half of the table."),
        (["better_half", "worse_half"], "None of these 2 trusts could be in either half of the table."),
    ],
)
def test_the_lead_says_how_many_could_be_anywhere(positions: list[str], first: str) -> None:
    said = sentences.lead(league(*of_positions(*positions)))
    assert said == f"{first} For a typical trust, the likely range covers 3 of the {len(positions)} places."


def test_a_league_of_icbs_is_of_boards() -> None:
    icb = league(member("QHL", 1, organisation_type="icb"), member("QH8", 2, organisation_type="icb"))
    assert sentences.lead(icb).startswith("Most of these 2 boards")


def test_a_table_of_boards_is_ours_whether_or_not_nhs_england_ranks_them() -> None:
    """Another league of ours is no ranking of theirs, nor is one of trusts by NHS England."""
    board = member("QHL", 1, organisation_type="icb")
    experiment = league(board, framework_status="experimental")
    for others, said in (
        ((experiment, league(member("R1"))), "We have no ranking of these boards by NHS England. The method is ours."),
        ((experiment, league(board)), "NHS England ranks these boards as well. The method here is ours."),
    ):
        assert sentences.ours(edition(leagues=others)) == said


def test_money_counts_who_was_put_down_and_who_moved() -> None:
    gained = member("RA2", 12, places_lost_to_override=-1)
    one = sentences.money(league(capped(), gained, member("RA3", 61)))
    assert one == (
        "NHS England’s finance rule put 1 trust in segment 3 that scores alone would put in segment 1 or 2. This one is"
        " marked below, with a ring where it would be by score alone. In all the rule changed the place of 2 trusts."
    )
    two = sentences.money(league(capped(), capped("RA9")))
    assert "put 2 trusts" in two and "These are marked below, with a ring where they would be" in two
    assert sentences.money(league(member("RA3", 61))) == "The finance rule moved no trust this quarter."
    assert "segment 1. This" in sentences.money(league(capped(), override_segment=2))


def test_a_strict_test_counts_each_pair_once() -> None:
    apart = league(member("R1", 1, told_apart_from=1), member("R2", 2), member("R3", 3, told_apart_from=1))
    assert sentences.strict_test(apart) == "A strict test of all 3 pairs at once tells 1 pair apart."
    assert sentences.strict_test(league(member("R1", 1), member("R2", 2))).endswith("tells no 2 apart.")


def test_segment_of_a_programme_stands_beside_the_segment_of_the_league() -> None:
    assert sentences.segments(member("RW1", 60, segment=4, final_segment=5)) == "4, 5"
    assert sentences.segments(member("RW2", 60, segment=4, final_segment=4)) == "4"
    assert sentences.segments(member("RW3", None)) == "none"
    assert sentences.segments(member("RW4", 60, segment=2, final_segment=4)) == "2, 4"


@pytest.mark.parametrize(
    ("position", "half"),
    [
        ("better_half", "All of that is in the better half."),
        ("either_half", "It could be in either half of the table."),
        ("worse_half", "All of that is in the worse half."),
    ],
)
def test_the_answer_is_a_range(position: str, half: str) -> None:
    one = member("RXT", 2, position=position, rank_low=1, rank_high=3)
    assert sentences.answer(league(one, member("R2", 1), member("R3", 3)), one) == [
        f"Its place is very likely between 1st and 3rd of 3. {half}"
    ]


def test_a_range_of_few_measures_is_likely_and_no_more() -> None:
    one = member("RXT", 2, position="either_half", rank_low=1, rank_high=3)
    few = replace(one, place=replace(one.place, metrics_counted=4))
    assert sentences.answer(league(few), few)[0].startswith("Its place is likely between 1st and 3rd of 1.")
    survey = {f"GP{i}": measure(f"GP{i}", metric_group="GP Patient Survey") for i in range(8)}
    asked = replace(one, scores=dict.fromkeys(survey, Decimal(1)), place=replace(one.place, metrics_counted=11))
    assert sentences.answer(league(asked, measures=survey), asked)[0].startswith("Its place is likely between")


def test_a_capped_trust_always_carries_what_the_rule_did() -> None:
    one = capped(rank_low=23, rank_high=34, joint=True)
    assert sentences.answer(league(one), one) == [
        "NHS England’s finance rule moved it from 12th to joint 26th of 1. With the rule, its place is very likely"
        " between 23rd and 34th.",
        "The range looks narrow because the rule fixes the segment, not because more is known.",
    ]
    shared = league(one, member("RA2", 12))
    assert sentences.answer(shared, one)[0].startswith(
        "NHS England’s finance rule moved it from joint 12th to joint 26th"
    )
    assert sentences.alone(one) == "12th by score alone"
    known = capped(rank_low_without_override=4, rank_high_without_override=28)
    assert sentences.alone(known) == "12th by score alone (likely 4 to 28)"


def test_who_has_no_place_hears_why() -> None:
    one = member("R0A", None, not_ranked_reason="no metric has a score")
    assert sentences.answer(league(one, published=False), one) == [
        "It has no place this quarter: no measure has a score."
    ]


def test_a_place_is_published_only_where_all_agree() -> None:
    assert sentences.whose_place(league(member("R1"), official=True)) == "published place"
    assert sentences.whose_place(league(member("QHL"), official=False)) == "our place"


def test_a_strip_has_its_range_in_percent_and_a_ring_only_where_it_differs() -> None:
    drawn = range_strip(4, 1, 2, 2, 2)
    assert 'x="0%" y="6" width="50%"' in drawn and 'cx="37.5%"' in drawn and "ring" not in drawn
    assert 'class="ring" cx="12.5%"' in range_strip(4, 1, 2, 2, 1)


@pytest.mark.parametrize(
    ("path", "target", "address"),
    [
        ("", "find", "find/index.html"),
        ("find", "", "../index.html"),
        ("2025-26-q2/v1/acute", "org/RWR#series", "../../../org/RWR/index.html#series"),
        ("2025-26-q2/v1/acute", "2025-26-q2/v1/acute/ranked", "ranked/index.html"),
        ("find", "assets/site.css", "../assets/site.css"),
    ],
)
def test_links_work_from_any_folder(path: str, target: str, address: str) -> None:
    assert link(path, target) == address
