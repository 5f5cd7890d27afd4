"""A dbt test holds several rules: each is a check of its own, with its rows. dbt itself does not run here."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

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
