"""Rules of two releases compared, and rules proposed as rows of seeds. On tables written out here, without a build."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.audit.framework import Change, compare, rules
from orchestration.audit.proposal import propose, roundest
from orchestration.discovery import wording
from orchestration.errors import LeagueError

Q1, Q2 = "2026-27-Q1", "2026-27-Q2"
FRAMEWORK = "nof-2026-27"


@dataclass
class Told:
    """A release as far as its rules go: what `Release` gives of its tables."""

    quarter: str
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    synthetic: bool = False
    since: None = None
    framework: None = None

    def require_intact(self) -> None:
        pass

    @property
    def columns(self) -> dict[str, list[str]]:
        return {name: list(rows[0]) if rows else ["metric_id"] for name, rows in self.tables.items()}

    def rows(self, name: str, **equal: object) -> list[dict[str, Any]]:
        return [row for row in self.tables.get(name, []) if all(row.get(key) == one for key, one in equal.items())]

    def files_in_use(self) -> pd.DataFrame:
        rows = [
            ("nof_data", self.quarter, "acute", "nof/acute.csv"),
            ("nof_data", "2020-21-Q1", "acute", "nof/old.csv"),
        ]
        return pd.DataFrame(rows, columns=["source_id", "quarter", "part", "file_name"])

    def marked(self, title: str) -> str:
        return title


def rule(subject: str, kind: str, found: str, **more: Any) -> dict[str, Any]:
    metric_id = subject.replace("OF1", "OF0") if subject.startswith("OF1") else None
    of_it = {"league": "acute", "subject": subject, "rule": kind, "metric_id": metric_id, "published_id": subject}
    counts = {"cells_explained": 20, "cells_unexplained": 0, "leave_one_out_agrees": 0, "leave_one_out_of": 0}
    said = {"found": found, "low": None, "high": None, "seeded": None, "origin": "release", "label": "discovered"}
    return {"quarter": Q1, **of_it, **said, "alternatives": None, **counts, **more}


def metric(number: str, form: str = "rank", size: str = "20, of the league", **more: Any) -> list[dict[str, Any]]:
    subject = f"OF1{number}"
    return [
        rule(subject, "scoring_rule", form, **more),
        rule(subject, "polarity", "higher", **more),
        rule(subject, "weight", "1", **more),
        rule(subject, "population_size", size, low=Decimal(size.partition(",")[0]), **more),
    ]


def release(quarter: str, *found: dict[str, Any]) -> Any:
    """Each metric with a score of one organisation, in the only domain."""
    leagues = sorted({row["league"] for row in found})
    metrics = sorted({(row["league"], row["metric_id"]) for row in found if row["metric_id"]})
    scored = {"quarter": quarter, "value_basis": "published", "domain": "access", "organisation_code": "ZA1"}
    scored |= {"score": Decimal("2.00"), "score_basis": "ranked", "rank_in_population": 3}
    covered = {"quarter": quarter, "framework": FRAMEWORK, "framework_status": "discovered", "organisations": 20}
    return Told(
        quarter,
        {
            "framework_rules": [row | {"quarter": quarter} for row in found],
            "metric_league_table": [{"metric_id": one, "metric_title": f"Title of {one}"} for _, one in metrics],
            "metric_values": [{"quarter": quarter, "league": of, "metric_id": one, "unit": "%"} for of, one in metrics],
            "metric_scores": [scored | {"league": of, "metric_id": one, "population": of} for of, one in metrics],
            "league_coverage": [
                covered | {"league": one, "title": f"League {one}", "value_basis": "published"} for one in leagues
            ],
        },
    )


def domain_score(*scores: str, **more: Any) -> dict[str, Any]:
    return rule("Access", "domain_score", ", ".join(scores), published_id="OF4000", **more)


def changes(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    found = compare(release(Q1, *one), release(Q2, *other))
    return [(change.about, change.rule, change.before, change.after) for change in found]


# What changed


@pytest.mark.parametrize(
    ("kind", "before", "after", "changed"),
    [
        ("cut_points", "2.04/2.08, 2.30/2.40, 2.60/none", "2.07/2.09, 2.20/2.31, 2.65/2.70", False),
        ("cut_points", "2.04/2.08, 2.30/2.40, 2.60/none", "2.08/2.09, 2.20/2.31, 2.65/2.70", True),  # at 2.08 is better
        ("bands", "2: -0.9 to -0.1; 1: 0 to 3", "2: -0.5 to -0.2; 1: 0.4 to 9", False),
        ("bands", "2: -0.9 to -0.1; 1: 0 to 3", "2: -0.5 to 0.2; 1: 0.4 to 9", True),
        ("weight", "1/2", "1", True),
        ("population_size", "120, of more than the league", "121, of more than the league", True),
    ],
)
def test_findings_that_one_rule_fits_are_no_change(kind: str, before: str, after: str, changed: bool) -> None:
    subject = "overall" if kind == "cut_points" else "OF1001"
    found = changes([rule(subject, kind, before)], [rule(subject, kind, after)])
    about = "overall" if kind == "cut_points" else "OF0001"
    assert found == ([(about, kind, before, after)] if changed else [])


@pytest.mark.parametrize(("low", "high", "changed"), [("79", "81", False), ("80", "82", True), (None, "79", False)])
def test_a_standard_lies_between_what_misses_and_what_meets_it(low: str | None, high: str, changed: bool) -> None:
    """The text of a finding names the nearest values of the quarter, which differ where the standard is the same."""
    was = rule("OF1001", "standard", "80 meets it, 78 does not", low=Decimal(78), high=Decimal(80))
    now = rule("OF1001", "standard", "other", low=None if low is None else Decimal(low), high=Decimal(high))
    expected = [("OF0001", "standard", "78 to 80", f"{low} to {high}")] if changed else []
    assert changes([was], [now]) == expected


def test_what_came_and_what_went_stands_first() -> None:
    before = [*metric("001"), *metric("002"), domain_score("OF1001 1", "OF1002 1")]
    after = [*metric("002", "rank_with_floor"), *metric("003"), domain_score("OF1002 1", "OF1003 1/2")]
    assert changes(before, after) == [
        ("OF0003", "", "", "Title of OF0003: Access, rank, weight 1"),
        ("OF0001", "", "Title of OF0001: Access, rank, weight 1", ""),
        ("OF0002", "scoring_rule", "rank", "rank_with_floor"),
    ]


def test_a_finding_that_compares_quarters_is_no_change() -> None:
    fixed = rule("overall", "fixed_cut_points", "no set fits 2026-27-Q1 and 2026-27-Q2")
    assert changes(metric("001"), [*metric("001"), fixed]) == []


def test_a_league_that_only_one_has_is_one_change() -> None:
    before = release(Q1, *metric("001"))
    after = release(Q2, *metric("001"), *metric("001", league="ambulance"))
    assert compare(before, after) == [Change("ambulance", "", "", "", "the league")]
    assert compare(before, before) == []


def test_a_fictional_release_is_not_compared_with_a_real_one() -> None:
    real = release(Q1, *metric("001"))
    with pytest.raises(LeagueError, match="fictional and the other is real"):
        compare(real, replace(real, synthetic=True))


def test_rules_of_one_metric_with_the_files_of_its_quarter() -> None:
    told = release(Q1, rule("overall", "average_score", "mean"), *metric("001"), *metric("002"))
    assert [row["subject"] for row in rules(told)][:2] == ["overall", "OF1001"]
    of_it = rules(told, "OF1002")
    assert {row["metric_id"] for row in of_it} == {"OF0002"} and of_it == rules(told, "OF0002")
    assert of_it[0]["files"] == ["nof/acute.csv"] and of_it[0]["title"] == "Title of OF0002"
    with pytest.raises(LeagueError, match="has no rule of OF0009: its metrics are OF0001, OF0002"):
        rules(told, "OF0009")
    with pytest.raises(LeagueError, match="without an oversight release"):
        rules(Told(Q1, {"framework_rules": []}))  # type: ignore[arg-type]
    with pytest.raises(LeagueError, match="does not say its rules"):
        rules(Told(Q1))  # type: ignore[arg-type]


# What is written and read again

CUTS = [(Decimal("2.06"), Decimal("2.10")), (None, Decimal("2.35")), (Decimal("2.64"), None)]
BANDS = [(4, Decimal("-3.260000"), Decimal("-2.520000")), (1, Decimal("0E-6"), Decimal("100.000000"))]
WEIGHTS = [("OF1001", Fraction(1, 2)), ("OF1003", Fraction(1))]


@pytest.mark.parametrize(
    ("text", "read", "written"),
    [
        (wording.cuts_text(CUTS), wording.read_cuts, CUTS),
        (wording.bands_text(BANDS), wording.read_bands, BANDS),
        (wording.weights_text(WEIGHTS), wording.read_weights, WEIGHTS),
        (wording.matrix_text(8, "OF1079", "OF1081"), wording.read_matrix, ("OF1079", "OF1081")),
        (wording.imposed_text(3, "OF5004"), wording.read_imposed, (3, "OF5004")),
    ],
)
def test_what_a_finding_says_is_read_again_or_refused(text: str, read: Any, written: Any) -> None:
    """Read as less than it says, it would drop a rule from a proposal without a note."""
    assert read(text) == written
    with pytest.raises(LeagueError, match=r"cannot be read here: .*Build the quarter again"):
        read(f"so {text} or so")


def test_a_flag_that_changes_nothing_and_one_said_otherwise(seeds: Path) -> None:
    assert wording.read_imposed(wording.UNCHANGED) is None
    with pytest.raises(LeagueError, match="cannot be read here: 'segment 3 or worse, where OF5004 is set'"):
        propose(release(Q1, *KNOWN[:-1], OVERRIDE | {"found": "segment 3 or worse, where OF5004 is set"}))


# What the seeds should say

SEEDED = {
    "metrics": [
        "framework,metric_id,score_id,title,domain,sub_domain,unit,ignored_unit,polarity,weight,metric_group,counted,"
        "value_basis,basis,scoring_rule,standard,floor,label,source",
        f'{FRAMEWORK},OF0001,OF1001,"Ours, once",access,Waits,%,,higher,1,,true,published,quarter,rank_with_floor,,70,'
        "verified,A manual",
        "nof-2025-26,OF0001,OF1001,Theirs,access,Waits,%,,higher,1,,true,published,quarter,rank,,,verified,A manual",
    ],
    "league_metrics": [
        "framework,league,metric_id,population,label,source",
        f"{FRAMEWORK},acute,OF0001,acute,verified,x",
    ],
}


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    for name in ("frameworks", "quarter_frameworks", "leagues", "domains", "summary_measures"):
        (tmp_path / f"{name}.csv").write_text(HEADINGS[name] + "\n" + "\n".join(THERE[name]) + "\n")
    for name, lines in SEEDED.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


HEADINGS = {
    "frameworks": "framework,title,status,organisation_type,value_basis,segment_method,override_segment,"
    "programme_segment,metrics_needed,coverage_needed,label,source",
    "quarter_frameworks": "quarter,framework",
    "leagues": "framework,league,title,expected_organisations,label,source",
    "domains": "framework,domain,title,score_id,segment_id,label",
    "summary_measures": "framework,measure,published_id,title,label",
}
THERE = {
    "frameworks": [f"{FRAMEWORK},A title,reconstructed,trust,published,quartiles_of_all_providers,3,,1,0.5,official,x"],
    "quarter_frameworks": [f"{Q1},{FRAMEWORK}"],
    "leagues": [f"{FRAMEWORK},acute,Acute trusts,134,verified,x"],
    "domains": [f"{FRAMEWORK},access,Access,OF4000,,verified"],
    "summary_measures": [
        f"{FRAMEWORK},adjusted_segment,OF5000,A title,verified",
        f"{FRAMEWORK},financial_override,OF5004,A title,verified",
    ],
}
OVERRIDE = rule("league", "override", "at least segment 3 with OF5004", published_id="OF5000")
KNOWN = [
    *metric("001", "rank_with_floor", origin="seed", seeded="rank_with_floor"),
    rule(
        "OF1001", "floor", "71 meets it, 69 does not", low=Decimal(69), high=Decimal(71), origin="seed", seeded="70.0"
    ),
    domain_score("OF1001 1"),
    OVERRIDE,
]


def diff_of(told: Any, seeds: Path) -> list[str]:
    return [
        line for line in propose(told).diff(seeds).splitlines() if line[0] in "+-" and line[:3] not in ("---", "+++")
    ]


def test_what_the_seeds_say_is_not_proposed(seeds: Path) -> None:
    assert propose(release(Q1, *KNOWN)).diff(seeds) == ""


def test_a_row_that_is_wrong_is_proposed_with_what_was_found(seeds: Path) -> None:
    """What a release does not show stays: titles, basis, which other numbers count."""
    wrong = [
        row | {"origin": "release", "low": Decimal(74), "high": Decimal("75.20")} if row["rule"] == "floor" else row
        for row in KNOWN
    ]
    said = wrong[:2] + [row | {"seeded": "1.0"} for row in wrong[2:3]] + wrong[3:]
    polarity = [row | {"seeded": "higher"} if row["rule"] == "polarity" else row for row in said]
    gone, new = diff_of(release(Q1, *polarity), seeds)
    assert gone == f"-{SEEDED['metrics'][1]}"
    kept = f'{FRAMEWORK},OF0001,OF1001,"Ours, once",access,Waits,%,,higher,1,,true,published,quarter,rank_with_floor'
    assert new.startswith(f"+{kept},,75,inferred,")
    assert "the roundest number from 74 to 75.2, which score the same" in new


@pytest.mark.parametrize(
    ("low", "high", "low_belongs", "round_number"),
    [
        ("64.1", "71.43", False, "70"),
        ("69.99", "70", False, "70"),
        ("70", "70.01", False, "70.01"),
        ("0.8", "0.82", True, "0.8"),
        ("1.78", "1.8", True, "1.78"),
        ("-1.12", "-0.99", False, "-1"),
        ("-0.6", "-0.22", False, "-0.5"),
        ("-0.01", "0.02", False, "0"),
        ("61", "88", False, "80"),
        ("61", "88", True, "70"),
    ],
)
def test_the_roundest_number_between_two(low: str, high: str, low_belongs: bool, round_number: str) -> None:
    assert roundest(Decimal(low), Decimal(high), low_belongs) == Decimal(round_number)


def test_an_override_to_another_segment(seeds: Path) -> None:
    moved = OVERRIDE | {"found": "at least segment 2 with OF5004"}
    gone, new = diff_of(release(Q1, *KNOWN[:-1], moved), seeds)
    assert gone == f"-{THERE['frameworks'][0]}"
    assert new.startswith(f"+{FRAMEWORK},A title,reconstructed,trust,published,quartiles_of_all_providers,2,,1,0.5,")


def test_no_text_of_a_release_is_a_line_of_the_diff(seeds: Path) -> None:
    told = release(Q1, *KNOWN[:-2], *metric("002"), domain_score("OF1001 1", "OF1002 1"), OVERRIDE)
    for row in told.tables["metric_league_table"]:
        row["metric_title"] = "One\n--- a/Makefile\r\n+++ b/Makefile\x1b[2J"
    lines = propose(told).diff(seeds).splitlines()
    assert [line for line in lines if line.startswith("---")] == [
        "--- a/dbt_project/seeds/metrics.csv",
        "--- a/dbt_project/seeds/league_metrics.csv",
    ]
    (new,) = (line for line in lines if line.startswith(f"+{FRAMEWORK},OF0002,OF1002"))
    assert ",One --- a/Makefile +++ b/Makefile\\x1b[2J," in new


def test_a_new_metric_follows_those_of_its_framework(seeds: Path) -> None:
    told = release(Q1, *KNOWN[:-2], *metric("002"), domain_score("OF1001 1", "OF1002 1"), OVERRIDE)
    text = propose(told).diff(seeds)
    lines = text.splitlines()
    (new,) = (line for line in lines if line.startswith(f"+{FRAMEWORK},OF0002,OF1002"))
    assert lines[lines.index(new) - 1] == f" {SEEDED['metrics'][1]}"
    assert f"+{FRAMEWORK},acute,OF0002,acute,verified,Read from the {Q1} release: 20 of 20 figures come out" in lines
    assert text.startswith("--- a/dbt_project/seeds/metrics.csv\n+++ b/dbt_project/seeds/metrics.csv\n")


@pytest.mark.parametrize(
    ("more", "label"),
    [
        ({}, "verified"),
        ({"cells_unexplained": 1}, "inferred"),
        ({"alternatives": "rank_with_floor with 9"}, "inferred"),
    ],
)
def test_a_row_is_verified_where_all_figures_come_out_and_nothing_else_fits(
    seeds: Path, more: dict[str, Any], label: str
) -> None:
    scored, *others = metric("002")
    told = release(Q1, *KNOWN[:-2], scored | more, *others, domain_score("OF1001 1", "OF1002 1"), OVERRIDE)
    (row,) = propose(told).rows["metrics"]
    assert (row["metric_id"], row["label"]) == ("OF0002", label)


def test_leagues_that_say_two_things_are_left_to_a_person(seeds: Path) -> None:
    small = metric("002", "rank_with_standard", cells_explained=5, league="ambulance")
    cuts = rule("overall", "cut_points", "2.10/2.20, 2.30/2.40, 2.50/2.60")
    other = rule("overall", "cut_points", "2.15/2.18, 2.30/2.40, 2.65/2.70", league="ambulance")
    told = release(Q1, *metric("002"), domain_score("OF1002 1"), *small, cuts, other)
    told.tables["framework_rules"].append(domain_score("OF1002 1", league="ambulance", quarter=Q1))
    proposal = propose(told)
    assert proposal.notes == [
        "OF0002: scoring_rule rank in acute, rank_with_standard in ambulance; a seed holds one: we propose the first",
        "cut point overall 3: 2.50/2.60 in acute, 2.65/2.70 in ambulance; no seed can hold both",
    ]
    assert [row["scoring_rule"] for row in proposal.rows["metrics"]] == ["rank"]
    assert [(row["largest_in_better"], row["smallest_in_worse"]) for row in proposal.rows["cut_points"]] == [
        ("2.15", "2.18"),
        ("2.30", "2.40"),
    ]
