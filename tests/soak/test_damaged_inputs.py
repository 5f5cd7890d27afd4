"""Damaged files that are landed and stop a whole build at a later gate, which says where. Damage that shuts the land
gate is in the build lane."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.build.test_damage_at_the_gate import QUARTER, problems_of, released
from tests.damage import (
    AMBULANCE,
    COMMUNITY,
    COMMUNITY_TABLE,
    Case,
    again,
    assert_said,
    at,
    both,
    cell,
    damaged,
    everywhere,
    in_another_league,
    only_trusts,
    without_rows,
)

END_TO_END = [
    Case(
        "score of 4.7, segment 9, flag 2",
        both(
            *[
                cell(COMMUNITY, "Value", value, Metric_ID=metric)
                for metric, value in (("OF1082", "4.7"), ("OF5003", "9"), ("OF5004", "2"))
            ]
        ),
        (
            at(COMMUNITY, "Value", "'4.7'; expected a score from 1 to 4", "{OF1082}"),
            at(COMMUNITY, "Value", "'9'; expected a segment from 1 to 5", "{OF5003}"),
            at(COMMUNITY, "Value", "'2'; expected 0 or 1", "{OF5004}"),
        ),
    ),
    Case(
        "two names for one trust",
        cell(COMMUNITY, "Trust_name", "Another NHS Trust", 12),
        ("row 12: quarter", "organisation_code {code}, trust_name Another NHS Trust"),
    ),
    Case(
        "trust in two leagues, row twice with a space in the code",
        both(in_another_league, again(COMMUNITY, 12, Trust_code="ZB9 ")),
        (
            "trust_code ZB9, leagues mental_health_community, figures_repeated 1, such_as OF0005",
            "trust_code ZA2, leagues ambulance | mental_health_community",
        ),
    ),
    Case(
        "trust code that no reference knows, planned percentage of 6000",
        both(
            everywhere(COMMUNITY, "Trust_code", "ZA2", "ZQ9X9"),
            everywhere(COMMUNITY_TABLE, "Trust_code", "ZA2", "ZQ9X9"),
            cell(COMMUNITY, "Value", "6000", Metric_ID="OF0079", Rank="1.0"),
        ),
        (
            "metric.organisations.known-to-ods (critical): 1 unexpected",
            "organisation_code ZQ9X9",
            "expected a code in etr or in the trust list",
            "metric.metric_values.finance (critical): 1 unexpected",
            "organisation_code {code}, metric_id OF0079, value_basis published, column value: found",
            "expected -50 to 50",
        ),
    ),
    Case(
        "no OF5004 for a trust, no OF5002 for a league, a league table with a trust missing and one too many",
        both(
            without_rows(COMMUNITY, Metric_ID="OF5004", Trust_code="ZA2"),
            without_rows(AMBULANCE, Metric_ID="OF5002"),
            without_rows(COMMUNITY_TABLE, Trust_code="ZA2"),
            again(COMMUNITY_TABLE, 5, Trust_code="ZQ9X9"),
        ),
        (
            "summary_figures_complete (critical): 11 unexpected",
            "published_id OF5002",
            "league_table_lists_the_same_trusts (critical): 2 unexpected",
            "trust_code ZA2, found_in data file only",
            "trust_code ZQ9X9, found_in league table only",
        ),
    ),
    Case(
        "100 acute trusts only",
        only_trusts(100),
        ("leagues_have_their_known_size", "league acute", "organisations 100", "expected_organisations 134"),
    ),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in END_TO_END])
def test_damage_stops_the_run(case: Case, first_quarter: Path, run: Any, tmp_path: Path) -> None:
    says = damaged(case, first_quarter, tmp_path / "extracts")
    problems = problems_of(run, QUARTER, tmp_path / "extracts", tmp_path / "data")
    assert problems
    assert released(tmp_path / "data") == []
    assert_said("\n".join(problems), says)
