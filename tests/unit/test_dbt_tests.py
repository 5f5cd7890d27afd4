"""A dbt test holds several rules: each is a check of its own, with its rows. dbt itself does not run here."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from jinja2 import Template

from orchestration.quality import dbt_tests
from orchestration.quality.checks import NOT_RUN, Check
from orchestration.warehouse import manifest
from orchestration.warehouse.manifest import Rule
from orchestration.workspace.paths import DBT_PROJECT, Build, Workspace

FOUND = """
select 'share_is_a_share' as rule, cast(to_json(t) as varchar) as row
from (values ('A', 1.50), ('B', 2.25), ('C', 3.00), ('D', 4.00), ('E', 5.00), ('F', 6.00)) as t (code, share)
union all
select 'key', cast(to_json(t) as varchar) from (values ('A', 2)) as t (code, rows_found)
"""
RULES = tuple(
    Rule(f"t.{name}", "rules_of_t", kind, "t", "critical", reason, f"select row from ({FOUND}) where rule = '{name}'")
    for name, kind, reason in (
        ("key", "key", "A key twice would count twice."),
        ("share_is_a_share", "holds", "A share is at most 1."),
        ("all_named", "holds", "Everybody has a name."),
    )
)


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    monkeypatch.setattr(manifest, "rules", lambda: RULES)
    build = Workspace(tmp_path).build("2025-26-Q1")
    build.folder.mkdir(parents=True)
    duckdb.connect(str(build.warehouse)).close()
    return build


def checks(build: Build, status: str, **result: Any) -> dict[str, Check]:
    results = [SimpleNamespace(node=SimpleNamespace(name="rules_of_t"), status=status, **result)]
    return {check.id: check for check in dbt_tests.checks_of_results(build, "score_rank", results)}


def test_each_rule_fails_with_its_own_rows(build: Build) -> None:
    found = checks(build, "fail")
    assert {name: (check.passed, check.unexpected) for name, check in found.items()} == {
        "dbt.t.key": (False, 1),
        "dbt.t.share_is_a_share": (False, 6),
        "dbt.t.all_named": (True, 0),
    }
    assert found["dbt.t.key"].examples == ("code A, rows_found 2",)
    assert found["dbt.t.share_is_a_share"].examples[:2] == ("code A, share 1.5", "code B, share 2.25")
    assert len(found["dbt.t.share_is_a_share"].examples) == 5


@pytest.mark.parametrize("rows", ["select quarter, n", "select cast(to_json(t) as varchar) as row"])
def test_rows_named_are_of_every_quarter(build: Build, monkeypatch: pytest.MonkeyPatch, rows: str) -> None:
    sql = (
        f"{rows} from (select case when n < 29 then 'Q1' else 'Q2' end as quarter, n from range(20, 32) as r (n)) as t"
    )
    rule = Rule("t.of_quarters", "rules_of_t", "holds", "t", "warning", "Why.", sql)
    monkeypatch.setattr(manifest, "rules", lambda: (rule,))
    (found,) = checks(build, "warn").values()
    assert found.unexpected == 12
    assert found.examples == tuple(
        f"quarter {place}" for place in ("Q2, n 29", "Q1, n 20", "Q2, n 30", "Q1, n 21", "Q2, n 31")
    )


def test_rows_of_a_repeated_key_say_which_rows_of_which_file_they_are(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect(str(build.warehouse)) as connection:
        connection.execute("create schema stage")
        connection.execute(
            "create table stage.cancer_cuts as select null as month, code as organisation_code, 's' as source_sha256,"
            " 'Sheet' as source_member, row as source_row"
            " from (values ('RAA\t', 7), ('RBB', 8), ('RAA\t', 9)) as cuts (code, row)"
        )
    build.landed.mkdir()
    with duckdb.connect() as connection:
        path = str(build.landed / "files.parquet")
        connection.sql(
            "select 's' as source_sha256, 'may.xlsx' as file_name, 'cancer_combined' as source_id, 'used' as status"
        ).write_parquet(path)
    sql = "select month, organisation_code from stage.cancer_cuts group by all having count(*) > 1"
    key = ("month", "organisation_code")
    rule = Rule("cancer_cuts.key", "rules_of_t", "key", "cancer_cuts", "critical", "Twice.", sql, key)
    monkeypatch.setattr(manifest, "rules", lambda: (rule,))
    (found,) = checks(build, "fail").values()
    assert found.unexpected == 1
    assert found.examples == tuple(
        f"may.xlsx, sheet Sheet, row {row}: month nothing, organisation_code RAA\\t" for row in (7, 9)
    )


def test_no_rule_passes_where_its_test_did_not_run(build: Build) -> None:
    skipped = checks(build, "skipped", message="skipped").values()
    assert {(check.kind, check.passed) for check in skipped} == {(NOT_RUN, False)}
    broken = checks(build, "error", message="no such column").values()
    assert {(check.passed, check.examples) for check in broken} == {(False, ("no such column",))}
    assert all(check.passed for check in checks(build, "pass").values())


def test_dagster_shows_a_test_that_fails_where_a_rule_does(build: Build) -> None:
    found = checks(build, "fail")
    (summed,) = dbt_tests.summed_up(found.values()).values()
    assert not summed.passed and summed.severity == "critical"
    assert [example.split(" ")[0] for example in summed.examples] == ["dbt.t.key", "dbt.t.share_is_a_share"]


def test_waiver_of_a_rule_is_of_its_test(build: Build) -> None:
    assert dbt_tests.tests_of({"dbt.t.key", "land.rtt.key"}) == {"rules_of_t"}
    assert dbt_tests.tests_of({"dbt.t.kez"}) == set()


PAIRS = """
select 'q' as quarter, 'acute' as league, * from (values
    ('A', 'B', -0.1, false), ('A', 'C', -2.0, true), ('B', 'C', -1.9, true)
) as pairs (code_a, code_b, score_difference, told_apart_all)
"""
BANDS = """
select 'q' as quarter, 'acute' as league, * from (values ('A', 1, 2, 1), ('B', 1, 2, 1), ('C', 3, 3, 2))
    as bands (organisation_code, best_rank, worst_rank, told_apart_from)
"""


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (None, []),
        ("delete from rank_pairs where code_b = 'C' and code_a = 'A'", ["A", "C"]),
        ("delete from rank_pairs where code_b = 'B'", ["A", "B"]),
        ("update rank_pairs set told_apart_all = true where code_b = 'B'", ["A", "B"]),
        ("update rank_pairs set score_difference = -score_difference where code_a = 'B'", ["B", "C"]),
    ],
)
def test_pairs_that_do_not_make_the_rank_sets_are_found(change: str | None, named: list[str]) -> None:
    sql = (DBT_PROJECT / "tests" / "pairs_told_apart_are_those_of_the_bands.sql").read_text(encoding="utf-8")
    sql = re.sub(r"{{ ref\('(\w+)'\) }}", r"\1", sql.partition("\n")[2])
    with duckdb.connect() as connection:
        connection.execute(f"create table rank_pairs as {PAIRS}; create table rank_bands as {BANDS}")
        if change:
            connection.execute(change)
        assert sorted(row[2] for row in connection.execute(sql).fetchall()) == named


def joined(text: str, separator: str, distinct: bool) -> str:
    assert distinct
    return f"string_agg(distinct {text}, '{separator}' order by {text})"


def found_by(name: str, tables: dict[str, str]) -> list[dict[str, Any]]:
    """What a singular test returns on made-up tables, in order."""
    sql = (DBT_PROJECT / "tests" / f"{name}.sql").read_text(encoding="utf-8")
    sql = Template(sql.partition("\n")[2]).render(ref=str, joined=joined)
    with duckdb.connect() as connection:
        for table, rows in tables.items():
            connection.execute(f"create table {table} as {rows}")
        result = connection.execute(f"from ({sql}) order by all")
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def test_trust_in_one_of_data_file_and_league_table_is_named_by_its_row() -> None:
    figures = "('data', 'A', 2), ('data', 'A', 3), ('data', 'B', 4), ('data', 'B', 5)"
    listed = (
        "select 'q' as quarter, 'acute' as league, sha as source_sha256, null as source_member, code as trust_code,"
    )
    listed += " n as source_row from (values"
    found = found_by(
        "league_table_lists_the_same_trusts",
        {
            "nof_figures": f"{listed} {figures}) as t (sha, code, n)",
            "nof_league_rows": f"{listed} ('league', 'A', 2), ('league', 'C', 3)) as t (sha, code, n)",
            "organisations": "select 'q' as quarter, 'acute' as league, unnest(['A', 'B']) as organisation_code",
        },
    )
    shown = ("source_sha256", "source_row", "trust_code", "found_in")
    assert [tuple(row[name] for name in shown) for row in found] == [
        ("data", 4, "B", "data file only"),
        ("league", 3, "C", "league table only"),
    ]


def test_reporting_date_not_understood_is_named_by_its_first_row() -> None:
    dates = "('Sep-25', 2), ('autumn', 9), ('autumn', 8), ('Latest published rating', 5)"
    found = found_by(
        "reporting_dates_are_understood",
        {
            "nof_figures": "select 'q' as quarter, 'acute' as league, 'OF0010' as published_id, 'f' as source_sha256,"
            f" null as source_member, d as reporting_date, n as source_row from (values {dates}) as t (d, n)",
            "reporting_periods": "select unnest(['Sep-25', 'autumn', 'Latest published rating']) as reporting_date,"
            " unnest([date '2025-09-30', null, null]) as period_end",
        },
    )
    assert [(row["reporting_date"], row["source_row"], row["figures"]) for row in found] == [("autumn", 8, 2)]


def test_metric_whose_scores_no_population_explains_is_named_once() -> None:
    scores = "('A', 'OF0010', 'published'), ('B', 'OF0010', 'published'), ('A', 'OF0013', 'recovered')"
    found = found_by(
        "scores_are_recovered",
        {
            "recovered_scores": "select 'q' as quarter, *"
            f" from (values {scores}) as t (organisation_code, metric_id, score_basis)",
            "scoring_inputs": "select 'q' as quarter, 'acute' as league, unnest(['A', 'B', 'A']) as organisation_code,"
            " unnest(['OF0010', 'OF0010', 'OF0013']) as metric_id",
        },
    )
    assert [(row["metric_id"], row["such_as"], row["scores"]) for row in found] == [("OF0010", "A", 2)]


END = "date '2025-09-30'"
SIZES = "('acute', 3, 2), ('ambulance', 1, 1), ('icb', 1, 2), ('none', 0, 9), ('other', 1, 2)"
TRUSTS = "('A', 'acute', true), ('NOT OPEN', 'acute', false), ('MERGED', 'acute', true), ('L', 'acute', true)"


def test_organisations_missing_from_a_league_or_too_many_are_named() -> None:
    found = found_by(
        "leagues_have_every_known_organisation",
        {
            "league_coverage": "select 'q' as quarter, *, case league when 'none' then null else 'published' end as"
            f" value_basis from (values {SIZES}) as t (league, organisations, expected_organisations)",
            "quarters_in_scope": f"select 'q' as quarter, {END} as period_end",
            "reference_trusts": "select 'q' as quarter, *, trust_code as trust_name from"
            f" (values {TRUSTS}) as t (trust_code, league, is_open)",
            "successions": "select 'q' as quarter, 'MERGED' as predecessor_code",
            "reference_icbs": "select *, 'An ICB' as icb_name from (values ('QAA', null, null), ('QBB', null, null),"
            f" ('QCC', {END} + 1, null)) as t (icb_code, opened_on, closed_on)",
            "organisations": "select 'q' as quarter, *, organisation_code as organisation_name from (values"
            " ('A', 'acute'), ('N1', 'acute'), ('N2', 'acute'), ('X', 'ambulance'), ('QAA', 'icb'))"
            " as t (organisation_code, league)",
        },
    )
    assert [(row["league"], row["organisation_code"], row["found"]) for row in found] == [
        ("acute", "L", "missing"),
        ("acute", "N1", "not of it by the reference lists"),
        ("acute", "N2", "not of it by the reference lists"),
        ("icb", "QBB", "missing"),
        ("other", None, "all those of the reference lists"),
    ]


QUARTERS = "('Q1', date '2026-04-01', date '2026-06-30'), ('Q2', date '2026-07-01', date '2026-09-30')"
IN_SCOPE = f"from (values {QUARTERS}) as t (quarter, period_start, period_end)"


def counted(rows: str) -> str:
    return (
        "select quarter, code_in_file, denominator, cast(day as date) as month, 'ae' as source_id, 'provider' as side"
        f" from (values {rows}) as t (quarter, code_in_file, denominator, day)"
    )


def test_trust_that_still_reports_after_its_merger_is_named_whether_in_a_release_or_in_counts() -> None:
    """Its counts are those of its successor in `organisations`, which has it no more."""
    counts = "('Q1', 'MERGED', 5, '2026-06-01'), ('Q2', 'MERGED', 5, '2026-07-01'), ('Q2', 'MERGED', 5, '2026-08-01')"
    counts += ", ('Q2', 'EMPTY', 0, '2026-08-01'), ('Q2', 'OTHER', 5, '2026-08-01')"
    counts += ", ('Q2', 'IN ARREARS', 5, '2026-06-01'), ('Q2', 'IN ARREARS', 5, '2026-07-01')"
    found = found_by(
        "merged_trusts_are_gone",
        {
            "nof_figures": "select unnest(['Q1', 'Q2', 'Q2']) as quarter, unnest(['IN', 'IN', 'OTHER']) as trust_code",
            "quarters_in_scope": IN_SCOPE,
            "source_counts": counted(counts),
            "successions": "select quarter, code as predecessor_code, 'S' as successor_code, day as merger_date from"
            " (values ('Q1', 'MERGED', date '2026-06-01'), ('Q2', 'MERGED', date '2026-06-01'),"
            " ('Q2', 'EMPTY', date '2026-07-01'), ('Q2', 'IN ARREARS', date '2026-07-01'),"
            " ('Q2', 'IN', date '2026-07-01')) as t (quarter, code, day)",
        },
    )
    assert [(row["quarter"], row["organisation_code"], row["reported_in"]) for row in found] == [
        ("Q2", "IN", "nof_data Q2"),
        ("Q2", "MERGED", "ae 2026-07-01, ae 2026-08-01"),
    ]


def test_trust_that_closed_is_named_where_any_month_read_counts_it_and_nobody_takes_it_over() -> None:
    """It may have closed on the last day of the quarter before, and have no month since."""
    counts = "('Q1', 'ENDED', 5, '2026-05-01'), ('Q1', 'ENDED', 5, '2026-06-01'), ('Q1', 'MERGED', 5, '2026-06-01')"
    counts += ", ('Q1', 'EMPTY', 0, '2026-06-01'), ('Q1', 'OPEN', 5, '2026-06-01'), ('Q0', 'LONG AGO', 5, '2026-01-01')"
    ended = "date '2026-06-30'"
    trusts = f"('ENDED', {ended}), ('MERGED', {ended}), ('EMPTY', {ended}), ('LONG AGO', {ended}), ('OPEN', null)"
    found = found_by(
        "closed_trusts_have_a_successor",
        {
            "reference_trusts": "select unnest(['Q1', 'Q2']) as quarter, *, trust_code as trust_name from"
            f" (values {trusts}) as t (trust_code, close_date)",
            "quarters_in_scope": IN_SCOPE,
            "quarters_read": "select unnest(['Q1', 'Q2', 'Q2']) as quarter, unnest(['Q1', 'Q1', 'Q2']) as reads",
            "source_counts": counted(counts),
            "successions": "select 'Q2' as quarter, 'MERGED' as predecessor_code",
        },
    )
    assert [(row["quarter"], row["trust_code"], row["counted_in"]) for row in found] == [
        ("Q2", "ENDED", "ae 2026-05-01, ae 2026-06-01")
    ]
