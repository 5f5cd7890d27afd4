"""A release of 2026/27 by rules that no seed has: each is found, and every cell is that of the publisher who has them.

What the rules are, the sample alone knows (`orchestration/sample/framework-2026-27.yml`)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from orchestration import cli
from orchestration.audit.proposal import propose
from orchestration.releases.published_tables import published_tables
from orchestration.releases.release import Release
from orchestration.sample import draw_year, expected_results, members_of, write_sample
from orchestration.sample.framework import MILLION, Framework, Metric, frameworks_of, known_years
from orchestration.sample.metric_scores import band_score, hundredths, meets_bound
from orchestration.sample.standings import by_league
from orchestration.warehouse import project
from orchestration.workspace.paths import DBT_PROJECT, SEEDS
from tests.oracle import half_up

YEAR = "2026-27"
FRAMEWORKS = frameworks_of(YEAR)
QUARTERS = {"2026-27-Q1": 0, "2026-27-Q2": 1}  # as published with the second quarter, and one before
THRESHOLDS = {"rank_with_standard": "standard", "rank_with_floor": "floor"}
Rules = dict[tuple[str, str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def made(once: Any, build_quarter: Any) -> Any:
    """The second quarter, built as a stranger would build it."""
    extracts, _ = once("sample-2026-27", lambda folder: write_sample(folder, framework_year=YEAR))
    return build_quarter("2026-27-Q2", extracts)


@pytest.fixture(scope="module")
def warehouse(made: Any) -> Path:
    assert made.release
    return Path(made.build.folder / "warehouse.duckdb")


def rows(warehouse: Path, query: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module", params=QUARTERS)
def quarter(request: Any) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def published(quarter: str) -> list[tuple[Framework, Any, Any]]:
    """The values that were drawn, and what the publisher who knows the rules makes of them."""
    number = QUARTERS[quarter]
    return [(one, draw_year(one)[number], expected_results(one)[number]) for one in FRAMEWORKS]


@pytest.fixture(scope="module")
def rules(warehouse: Path, quarter: str) -> Rules:
    found = rows(warehouse, f"select * from metric.framework_rules where quarter = '{quarter}'")
    return {(row["league"], row["subject"], row["rule"]): row for row in found}


MEMBERS = {member.code: member for framework in FRAMEWORKS for member in members_of(framework)}
METRICS = [metric for framework in FRAMEWORKS for metric in framework.metrics]
HELD = [(league, metric) for metric in METRICS for league in metric.populations]


def test_no_seed_speaks_and_no_cell_is_unexplained(warehouse: Path, rules: Rules) -> None:
    assert {(rule["origin"], rule["label"], rule["seeded"]) for rule in rules.values()} == {
        ("release", "discovered", None)
    }
    assert not [rule for rule in rules.values() if rule["cells_unexplained"]]
    assert rows(warehouse, "select * from metric.release_contradictions") == []
    statuses = {row["status"] for row in rows(warehouse, "select distinct status from rank.reconciliation")}
    assert statuses == {"agrees", "agrees_by_construction"}


def test_icb_of_two_leagues_has_each_row_once(made: Any) -> None:
    """Names are added to tables that have codes alone."""
    release = Release.read(made.release)
    assert release.table("organisation_guide")["leagues"].eq("icb icb_official").any()
    for table in published_tables():
        assert not release.table(table.name).duplicated(list(table.key)).any(), table.name


def test_each_rule_of_a_metric_is_found(rules: Rules, quarter: str, published: Any) -> None:
    """By kind of rule. A matrix is found where pairs come more than once."""
    expected = {
        (league, metric.score_id, rule): value
        for framework, drawn, _ in published
        for metric in framework.metrics
        for league in metric.populations
        for rule, value in rules_of(framework, metric, league, quarter, drawn).items()
    }
    found = {
        key: rule["found"].partition(",")[0]
        for key, rule in rules.items()
        if key[2] in ("scoring_rule", "polarity", "weight", "population_size", "precision")
    }
    assert found == expected


def rules_of(framework: Framework, metric: Metric, league: str, quarter: str, drawn: Any) -> dict[str, str]:
    told = {"scoring_rule": "published_score" if metric.rule == "matrix" else metric.rule, "weight": str(metric.weight)}
    if metric.rule.startswith("rank"):
        population = [
            value
            for code, value in drawn.values[metric.metric_id].items()
            if metric.populations[MEMBERS[code].league] == metric.populations[league]
            and (metric.rule == "rank" or meets_bound(metric, value) is (metric.rule == "rank_with_floor"))
        ]
        told["polarity"] = "higher" if metric.higher_is_better else "lower"
        told["population_size"] = str(len(population))
        rounded = metric.metric_id in framework.two_decimals.get(quarter, ())
        told["precision"] = "two decimals" if rounded else "unrounded"
    return told


def test_thresholds_lie_between_the_values_found(rules: Rules) -> None:
    bounds = {(league, metric.score_id, THRESHOLDS[m.rule]): metric for league, m in HELD if (metric := m).bound}
    found = {key: rule for key, rule in rules.items() if key[2] in THRESHOLDS.values()}
    assert set(found) == set(bounds)
    for key, metric in bounds.items():
        low, bound, high = found[key]["low"], Decimal(metric.bound) / MILLION, found[key]["high"]
        assert low < bound <= high if metric.higher_is_better else low <= bound < high, key


def test_bands_and_pairs_are_scored_as_the_publisher_scores_them(warehouse: Path, rules: Rules, quarter: str) -> None:
    banded = {(league, metric.score_id, "bands"): metric for league, metric in HELD if metric.rule == "bands"}
    assert {key for key in rules if key[2] == "bands"} == set(banded)
    for key, metric in banded.items():
        told = re.findall(r"(\d): (\S+) to ([^;]+)", rules[key]["found"])
        assert len(told) > 1
        for score, *ends in told:
            assert {band_score(metric, int(Decimal(end) * MILLION)) for end in ends} == {int(score)}, (key, score)
    (matrix,) = (metric for metric in METRICS if metric.rule == "matrix")
    pairs = rows(
        warehouse, f"select fields from metric.discovered where relation = 'score_matrix' and quarter = '{quarter}'"
    )
    for pair in (json.loads(row["fields"]) for row in pairs):
        assert (pair["metric_id"], pair["row_metric_id"], pair["column_metric_id"]) == ("OF0232", "OF0230", "OF0231")
        assert matrix.matrix[pair["row_score"] - 1][pair["column_score"] - 1] == pair["score"]
    assert len(pairs) > 16


LEAGUES = [(framework, league) for framework in FRAMEWORKS for league in framework.leagues]


@pytest.mark.parametrize(("framework", "league"), LEAGUES, ids=[league for _, league in LEAGUES])
def test_rules_of_averages_segments_and_places(rules: Rules, framework: Framework, league: str) -> None:
    of_it = {(subject, rule): row["found"] for (name, subject, rule), row in rules.items() if name == league}
    for metric in (metric for metric in framework.metrics if league in metric.populations):
        title = framework.domains[metric.domain][0]
        assert f"{metric.score_id} {metric.weight}" in of_it[title, "domain_score"].split(", ")
    scopes = {title for title, _ in framework.domains.values()} | {"overall"}
    assert {subject for subject, rule in of_it if rule == "cut_points"} == scopes
    for scope in scopes:
        cuts = [text.split("/") for text in of_it[scope, "cut_points"].split(", ")]
        for cut, (low, high) in zip(framework.cut_points, cuts, strict=True):
            assert low == "none" or Decimal(low) * 100 <= cut, scope
            assert high == "none" or cut < Decimal(high) * 100, scope
    assert of_it["league", "order"] == "adjusted_segment, average_score"
    if league == "acute":  # of ten ambulance trusts perhaps nobody has the flag and a segment that it could change
        assert of_it["league", "override"] == f"at least segment {framework.override_segment} with OF5004"


# Every cell


def test_every_metric_score(warehouse: Path, quarter: str, published: Any) -> None:
    """At two decimals, as it enters averages, and with the value it is of."""
    expected = {}
    for framework, drawn, result in published:
        rounded = framework.two_decimals.get(quarter, ())
        for metric_id, scores in result.scores.items():
            values = drawn.values.get(metric_id, {})
            for code, score in scores.items():
                value = Decimal(hundredths(values[code], MILLION)) / 100 if code in values else None
                entered = half_up(score, 2 if metric_id in rounded else 10)
                expected[code, metric_id] = (half_up(score, 2), entered, value)
    found = rows(
        warehouse,
        f"select * from score.metric_scores where quarter = '{quarter}' and score is not null and league <> 'icb'",
    )
    assert {
        (row["organisation_code"], row["metric_id"]): (row["score"], row["score_exact"], row["value"]) for row in found
    } == expected


def test_every_place_in_the_league_of_a_metric(warehouse: Path, quarter: str, published: Any) -> None:
    expected = {
        (metric.metric_id, code): rank
        for framework, drawn, _ in published
        for metric in framework.metrics
        if metric.metric_id in drawn.values
        for code, rank in by_league(MEMBERS, drawn.values[metric.metric_id], metric.higher_is_better).items()
    }
    found = rows(warehouse, f"select * from rank.metric_league_table where quarter = '{quarter}' and value is not null")
    assert {(row["metric_id"], row["organisation_code"]): row["rank"] for row in found} == expected


def test_every_domain_score_segment_and_place(warehouse: Path, quarter: str, published: Any) -> None:
    expected = {}
    for framework, _, result in published:
        for domain, (title, _) in framework.domains.items():
            scores, named = result.domain_scores[domain], title.lower().replace(" ", "_")
            ranks = by_league(MEMBERS, scores)
            for code, score in scores.items():
                expected[code, named] = (Decimal(score) / 100, result.domain_segments[domain][code], ranks[code])
    found = rows(warehouse, f"select * from rank.domain_league_table where quarter = '{quarter}' and ranked")
    assert {
        (row["organisation_code"], row["domain"]): (row["domain_score"], row["domain_segment"], row["rank"])
        for row in found
    } == expected


def test_every_average_segment_and_place(warehouse: Path, quarter: str, published: Any) -> None:
    expected = {
        code: (
            Decimal(average) / 100,
            result.unadjusted_segments[code],
            int(code in drawn.overridden),
            result.adjusted_segments[code],
            result.league_ranks[code],
            result.average_ranks[code],
        )
        for _, drawn, result in published
        for code, average in result.averages.items()
    }
    columns = "average_score, segment_unadjusted, financial_override, segment, rank, rank_without_override"
    found = rows(
        warehouse,
        f"select organisation_code, {columns} from rank.league_table where quarter = '{quarter}' and league <> 'icb'",
    )
    assert {row["organisation_code"]: tuple(row.values())[1:] for row in found} == expected
    counts = Counter(MEMBERS[code].league for code in expected)
    assert (counts["acute"], counts["mental_health_community"], counts["ambulance"]) == (134, 61, 10)


# What a person makes of it


def test_proposed_rows_say_all_of_it_and_the_release_stays(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Applied as a reviewer would, to a copy of the project: the same figures, and no rule but by the seeds."""
    proposal = propose(Release.read(made.release))
    assert proposal.notes == []
    bounds = {row["metric_id"]: row["standard"] or row["floor"] for row in proposal.rows["metrics"]}
    bounded = {metric.metric_id: metric.bound for metric in METRICS if metric.bound}
    assert {one: int(Decimal(bound) * MILLION) for one, bound in bounds.items() if bound} == bounded
    copied, target = tmp_path / "dbt_project", tmp_path / "target"
    shutil.copytree(DBT_PROJECT, copied, ignore=shutil.ignore_patterns("target"))
    subprocess.run(["patch", "-p1", "-s"], cwd=tmp_path, input=proposal.diff(SEEDS), text=True, check=True)
    before = made.build.folder / "warehouse.duckdb"
    after = Path(shutil.copy(before, tmp_path / "warehouse.duckdb"))
    project.ensure_manifest()
    target.mkdir()
    shutil.copy(project.PARSED, target)  # dbt parses the seeds that changed since, and nothing else
    monkeypatch.setattr(project, "DBT_PROJECT", copied)
    parsed = project.invoke(["parse"], target=target)
    compared = [f"+{name}" for name in ("league_table", "domain_league_table", "metric_scores")]
    build = ["build", "--select", "resource_type:seed", *compared, "+framework_rules", "+release_contradictions"]
    build += ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
    ran = project.invoke(build, after, made.build.folder / "landed", target, manifest=parsed).results
    assert {str(result.status) for result in ran} == {"success"}
    seeded = {name for name, proposed in proposal.rows.items() if proposed}
    assert {result.node.root_path for result in ran if result.node.name in seeded} == {str(copied)}
    for columns, table in (
        (
            "organisation_code, average_score, segment_unadjusted, segment, rank, rank_low, rank_high",
            "rank.league_table",
        ),
        ("organisation_code, domain, domain_score, domain_segment, rank", "rank.domain_league_table"),
        ("organisation_code, metric_id, score, score_exact", "score.metric_scores"),
    ):
        query = f"select {columns} from {table} where quarter = '2026-27-Q2' order by all"
        assert rows(after, query) == rows(before, query), table
    origins = rows(after, "select distinct rule, origin from metric.framework_rules where quarter = '2026-27-Q2'")
    assert {row["rule"] for row in origins if row["origin"] == "release"} <= UNSEEDED
    said = rows(after, "select role, published_id, found from metric.release_contradictions")
    assert {tuple(row.values()) for row in said} == {("previous", "OF1220", "precision 2 decimals")}  # of a quarter


UNSEEDED = {
    "average_score",
    "domain_score",
    "order",
    "override",
    "fixed_cut_points",
}  # they follow from rows of other rules


@pytest.mark.parametrize("arguments", [("show", "2026-27-Q2"), ("show", "2026-27-Q2", "--metric", "OF1251")])
def test_rules_are_shown_on_80_columns(made: Any, monkeypatch: Any, arguments: tuple[str, ...]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = CliRunner().invoke(cli.league, ["framework", *arguments, "--data-dir", str(made.workspace.data_dir)])
    assert shown.exit_code == 0, shown.output
    wide = [line for line in shown.output.splitlines() if len(line) > 80]
    assert all(line.startswith(("read from", str(made.workspace.data_dir))) for line in wide)
    found = [line.split() for line in shown.output.splitlines() if line.startswith("  scoring_rule")]
    of_it = [metric for metric in METRICS for _ in metric.populations]
    if "--metric" in arguments:
        of_it = [metric for metric in of_it if metric.score_id == "OF1251"]
    assert Counter(line[1] for line in found) == Counter(
        "published_score" if metric.rule == "matrix" else metric.rule for metric in of_it
    )


# The command


def test_a_year_without_a_framework_is_refused_by_name(league: Any, tmp_path: Path) -> None:
    code, said = league("sample", "--out", tmp_path, "--framework-year", "2031-32")
    assert code == 1 and "2031-32" in said and " or ".join(known_years()) in said
    assert list(tmp_path.iterdir()) == []
