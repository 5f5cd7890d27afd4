"""One mutant at least for each data test on the publications: a landed table damaged so that those tests fail and no
other does, and so that what they return names the place. Rules of the land gate, which come first, are not here."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
import pytest

from orchestration.text import in_sql
from orchestration.warehouse import manifest
from orchestration.workspace.paths import Build
from tests.build.test_rules_of_dbt import CHANGES, PROVED_ELSEWHERE

Row = dict[str, Any]
Expected = dict[str, list[Row]]  # by test, the rows that it must return, in the columns that matter
Mutant = Callable[["Part"], Expected]

MONTH = dt.date(2026, 3, 1)
QUARTER = "2025-26-Q4"
SURVEY = "2025-01"
STAGED = {  # publication: its model
    "rtt": "rtt_pathways",
    "dm01": "dm01_waits",
    "ae": "ae_attendances",
    "ambsys": "ambulance_responses",
    "cancer": "cancer_waits",
    "csds": "csds_counts",
    "sickness": "sickness_days",
    "community_waits": "community_waiters",
    "gpps": "gpps_results",
    "staff_survey": "survey_scores",
    "shmi": "shmi_bands",
    "fft": "fft_answers",
    "talking_therapies_monthly": "talking_therapies_months",
    "dementia": "dementia_diagnoses",
}
FORMS = {  # other form of a publication: its model
    "ae_provider": "ae_provider_attendances",
    "ambsys_series": "ambulance_responses",
    "cancer_combined": "cancer_cuts",
    "cancer_csv": "cancer_cuts",
    "cancer_extract": "cancer_cuts",
    "dm01_provider": "dm01_provider_waits",
    "staff_survey_benchmark": "survey_scores",
}
MODEL_OF = STAGED | FORMS
# Two are in arrears.
PERIOD = f"case source_id when 'sickness' then '2025-12' when 'shmi' then '2025-10' else '{MONTH:%Y-%m}' end"
MODELS = [*dict.fromkeys(MODEL_OF.values())]
# Computed again from the landed tables; every other relation is that of the build.
AGAIN = ["months_available", *MODELS, "rtt_counts", "dm01_counts", "counts", "organisations_in_files"]
AGAIN += ["organisations", "organisation_sources", "forms_at_hand", "measures_not_found", "rules_in_force"]
AGAIN += ["forms_compared", "source_counts", "months_used", "metric_parts", "computed_values", "metric_values"]
AGAIN += ["publication_sizes", "sizes_compared"]
SHARED = ["counts", "forms_at_hand", "source_counts"]  # read by many tests, so made once
CHANGED = ["publication_bounds", "quarters_in_scope", "successions", "reconciliation", "reference_icbs"]
CHANGED += ["reference_trusts", "trust_leagues", "nof_figures"]
KEYED = [*MODELS, "source_counts"]
ICBS_ADD_UP = "icbs_of_surveys_and_diagnoses_add_up"
FIRST_WEEK, WEEK_19, WEEK_53 = "gt_00_to_01_weeks_sum_1", "gt_18_to_19_weeks_sum_1", "gt_52_to_53_weeks_sum_1"


def _tests() -> dict[str, Any]:
    """The data tests on publications, by name; a key as `<model>.key`."""
    nodes = manifest.raw()["nodes"].values()
    tests = [node for node in nodes if node["resource_type"] == "test"]
    singular = {
        node["name"]: node
        for node in tests
        if not node.get("test_metadata") and node["name"] not in CHANGES.keys() | PROVED_ELSEWHERE
    }
    keys = {f"{model}.key": node for node in tests for model in KEYED if node["name"] == f"rules_of_{model}"}
    return singular | keys


class Part:
    """A month of each publication of the shared build, as tables to damage."""

    def __init__(self, build: Build) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("attach ':memory:' as warehouse; use warehouse; create schema landed")
        self.connection.execute(f"attach {in_sql(build.warehouse)} as built (read_only)")
        files = f"from '{build.parquet('files')}' where quarter is null or quarter = '{QUARTER}'"
        files += (
            f" and (source_id = 'ambsys' or period in ({PERIOD}, '{QUARTER}', '{SURVEY}'))"  # ambsys: all months a file
        )
        self.connection.execute(f"create table landed.files as {files}")
        for source in MODEL_OF:
            self.connection.execute(
                f"""
                create table landed.{source} as from read_parquet({[str(path) for path in build.parts(source)]})
                where _source_sha256 in (
                    select source_sha256 from landed.files
                    where source_id = '{source}' and status = 'used' and period in ({PERIOD}, '{SURVEY}')
                )
                """
            )
        look_up = [str(path) for path in build.parts("ods_sub_icbs")]
        self.connection.execute(f"create table landed.ods_sub_icbs as from read_parquet({look_up})")
        nodes = [node for node in manifest.raw()["nodes"].values() if node["resource_type"] in ("model", "seed")]
        for schema in sorted({node["schema"] for node in nodes}):
            self.connection.execute(f"create schema {schema}")
        self.relations = {node["name"]: f"{node['schema']}.{node['name']}" for node in nodes}
        for name, relation in self.relations.items():
            if name not in AGAIN:
                kind = "table" if name in CHANGED else "view"
                self.connection.execute(f"create {kind} {relation} as from built.{relation}")
        by_name = {node["name"]: node for node in nodes}
        for name in AGAIN:
            self.connection.execute(f"create view {self.relations[name]} as {_on_part(by_name[name])}")
        self.staged = {model: _on_part(by_name[model]) for model in MODELS}
        self.shared = {name: _on_part(by_name[name]) for name in SHARED}
        tests = _tests()
        self.tests = {name: _on_part(node) for name, node in tests.items()}
        self.reading = {
            model: {
                name for name, node in tests.items() if f"model.league_tables.{model}" in node["depends_on"]["nodes"]
            }
            for model in MODELS
        }
        self.behind = {name: _behind(node["unique_id"]) for name, node in tests.items()}
        self.damaged: set[str] = set()
        for model in MODELS:  # as views they were typed anew for every test that reads them
            self._type(model, "view")
        self.members = self._members({name: _on_part(by_name[name]) for name in AGAIN if name not in MODELS})

    def _type(self, model: str, before: str) -> None:
        relation = self.relations[model]
        self.connection.execute(f"drop {before} {relation}; create table {relation} as {self.staged[model]}")

    def _members(self, made: dict[str, str]) -> list[Row]:
        """Who of a league has a value, metric by metric. Each model is made once: as views they take a minute."""
        self.connection.execute("begin")
        for name, sql in made.items():
            relation = self.relations[name]
            self.connection.execute(f"drop view {relation}; create table {relation} as {sql}")
        found = self.rows(
            f"""
            select metric_id, metric_values.organisation_code, league, status, members_needed
            from metric.metric_values
            inner join rules.league_metrics using (metric_id, league)
            inner join metric.rules_in_force using (framework, quarter, metric_id)
            where quarter = '{QUARTER}' and value_basis = 'computed' and status <> 'not_applicable'
            order by organisation_code
            """
        )
        self.connection.execute("rollback")
        return found

    def failing(self, named: set[str]) -> Expected:
        """What the tests named, and those that read the model of a damaged publication, return, if anything."""
        models = sorted({MODEL_OF[source] for source in self.damaged})
        run = named.union(*[self.reading[model] for model in models])
        read = set().union(*[self.behind[name] for name in run])
        # Where nothing landed is damaged, what all of them read may be.
        for model in models or [model for model in MODELS if model in read]:
            self._type(model, "table")
        for name in [name for name in SHARED if name in read]:
            relation = self.relations[name]
            self.connection.execute(f"drop view {relation}; create table {relation} as {self.shared[name]}")
        found = {name: self.rows(self.tests[name]) for name in sorted(run)}
        return {name: rows for name, rows in found.items() if rows}

    def rows(self, sql: str) -> list[Row]:
        result = self.connection.execute(sql)
        names = [column[0] for column in result.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        return [_found(row["row"]) for row in rows] if names == ["rule", "row"] else rows

    def row(self, source: str, where: str) -> Row:
        """The first landed row of which that holds."""
        order = "order by cast(_source_row as integer)"
        return self.rows(f"select rowid, * from landed.{source} where {where} {order} limit 1")[0]

    def put(self, source: str, row: Row, **cells: object) -> None:
        """Other cells in a landed row."""
        changed = ", ".join(f"{column} = '{value}'" for column, value in cells.items())
        self.damaged.add(source)
        self.connection.execute(f"update landed.{source} set {changed} where rowid = {row['rowid']}")

    def add(self, source: str, row: Row, *columns: str, amount: float = 1) -> None:
        """An amount more in some cells of a landed row."""
        self.put(source, row, **{column: Decimal(row[column] or 0) + Decimal(amount) for column in columns})

    def lose(self, source: str, where: str) -> None:
        before = self.connection.execute(f"select count(*) from landed.{source} where {where}").fetchall()
        assert before != [(0,)]
        self.damaged.add(source)
        self.connection.execute(f"delete from landed.{source} where {where}")

    def again(self, source: str, row: Row, **cells: str) -> None:
        """A landed row once more, further down, with some other cells."""
        cells = {"_source_row": "99999", **cells}
        changed = ", ".join(f"'{value}' as {column}" for column, value in cells.items())
        values = f"select * replace ({changed}) from landed.{source} where rowid = {row['rowid']}"
        self.damaged.add(source)
        self.connection.execute(f"insert into landed.{source} {values}")

    def publish(self, source: str, side: str, rows: list[Row]) -> None:
        """A file of another form, of a month of the quarter that no other publication has."""
        self.damaged.add(source)
        about = f"'{source}' as source_id, '2026-02' as period, '{side}' as part, '{source}' as source_sha256"
        about += f", '{source}.file' as file_name, 'used' as status, 'provisional' as maturity, '{QUARTER}' as quarter"
        self.connection.execute(f"insert into landed.files select * replace ({about}) from landed.files limit 1")
        for number, row in enumerate(rows, 2):
            landed = {**row, "_source_row": number, "_source_sha256": source}
            cells = ", ".join(f"${column} as {column}" for column in landed)
            self.connection.execute(f"insert into landed.{source} by name select {cells}", landed)

    def file(self, row: Row) -> str:
        (found,) = self.rows(
            f"select distinct file_name from landed.files where source_sha256 = '{row['_source_sha256']}'"
        )
        return str(found["file_name"])


def _found(by_a_rule: str) -> Row:
    row: Row = json.loads(by_a_rule)
    return row | ({"month": dt.date.fromisoformat(row["month"])} if "month" in row else {})


@cache
def _behind(unique_id: str) -> frozenset[str]:
    """What is computed again of all that a test or a model reads, directly or by others."""
    nodes = manifest.raw()["nodes"]
    read = {one: nodes[one]["name"] for one in nodes[unique_id]["depends_on"]["nodes"] if one in nodes}
    again = {one: name for one, name in read.items() if name in AGAIN}
    return frozenset(again.values()).union(*[_behind(one) for one in again])


def _on_part(node: Any) -> str:
    return re.sub(r"read_parquet\('(\w+)\.\*?parquet'\)", r"landed.\1", node["compiled_code"])


@pytest.fixture(scope="module")
def whole(built: Any) -> Part:
    return Part(built.build)


@pytest.fixture
def part(whole: Part) -> Iterator[Part]:
    """As it was again after each test."""
    whole.damaged.clear()
    whole.connection.execute("begin")
    yield whole
    whole.connection.execute("rollback")


MUTANTS: dict[str, Mutant] = {}
CAUGHT: dict[str, set[str]] = {}  # by mutant, the tests that catch it


def mutant(damage: Mutant) -> Mutant:
    MUTANTS[damage.__name__] = damage
    return damage


# Referral to treatment

FUNCTION = "treatment_function_code <> 'C_999' and total_all <> '0'"
ROLL_UP = "treatment_function_code = 'C_999' and total_all <> '0'"


def group(row: Row) -> str:
    """The rows of the provider, commissioner and part of a row."""
    keys = ("provider_org_code", "commissioner_org_code", "rtt_part_type")
    return " and ".join(f"{key} = '{row[key]}'" for key in keys)


def functions(row: Row, rolled_up: int | None, functions: int | None, roll_ups: int = 1) -> Row:
    """What rtt_functions_add_up must say of the provider, commissioner and part of a row."""
    return {
        "month": MONTH,
        "provider_code": row["provider_org_code"],
        "commissioner_code": row["commissioner_org_code"],
        "part": row["rtt_part_type"],
        "roll_ups": roll_ups,
        "rolled_up": rolled_up,
        "sum_of_functions": functions,
    }


def pathways(part: Part, part_type: str = "Part_2") -> tuple[Row, Row, int]:
    """A row of a treatment function of several, its roll-up, and the sum of all."""
    several = "provider_org_code || commissioner_org_code in (select provider_org_code || commissioner_org_code"
    several += f" from landed.rtt where rtt_part_type = '{part_type}' group by all having count(*) > 2)"
    row = part.row("rtt", f"{FUNCTION} and rtt_part_type = '{part_type}' and {several}")
    roll_up = part.row("rtt", f"{ROLL_UP} and {group(row)}")
    return row, roll_up, int(roll_up["total_all"])


@mutant
def rtt_half_a_pathway(part: Part) -> Expected:
    row, _, total = pathways(part)
    part.put("rtt", row, **{FIRST_WEEK: "12.5"})
    found = {"file_name": part.file(row), "source_row": int(row["_source_row"]), "found": f"{FIRST_WEEK}: '12.5'"}
    within = sum(int(row[week] or 0) for week in [name for name in row if name.startswith("gt_")][:18])
    lost = {**functions(row, total, total), "functions_less_roll_up_within_18_weeks": -within}
    return {"rtt_counts_are_counts": [found], "rtt_functions_add_up": [lost]}


@mutant
def rtt_negative_and_padded_counts_in_one_row(part: Part) -> Expected:
    row, _, total = pathways(part)
    part.put("rtt", row, **{WEEK_19: "-1", "total_all": " 5"})
    found = {"source_row": int(row["_source_row"]), "found": f"{WEEK_19}: '-1', total_all: ' 5'"}
    return {
        "rtt_counts_are_counts": [found],
        "rtt_functions_add_up": [functions(row, total, total - int(row["total_all"]))],
    }


@mutant
def rtt_pathway_of_another_provider(part: Part) -> Expected:
    """Every row adds up, and England does."""
    row, _, total = pathways(part)
    other = part.row(
        "rtt", f"{FUNCTION} and rtt_part_type = 'Part_2' and provider_org_code <> '{row['provider_org_code']}'"
    )
    others = int(part.row("rtt", f"{ROLL_UP} and {group(other)}")["total_all"])
    part.add("rtt", row, FIRST_WEEK, "total_all")
    part.add("rtt", other, FIRST_WEEK, "total_all", amount=-1)
    gained = {**functions(row, total, total + 1), "functions_less_roll_up_within_18_weeks": 1}
    lost = {**functions(other, others, others - 1), "functions_less_roll_up_within_18_weeks": -1}
    return {"rtt_functions_add_up": [gained, lost]}


@mutant
def rtt_pathways_in_the_roll_up_only(part: Part) -> Expected:
    row, roll_up, total = pathways(part)
    part.add("rtt", roll_up, WEEK_53, "total_all", amount=100)
    return {
        "rtt_functions_add_up": [{**functions(row, total + 100, total), "functions_less_roll_up_over_52_weeks": -100}]
    }


@mutant
def rtt_total_without_its_weeks(part: Part) -> Expected:
    row, roll_up, _ = pathways(part)
    for each in (row, roll_up):
        part.add("rtt", each, "total_all")
    return {
        "rtt_weeks_add_up": [
            {"source_row": int(each["_source_row"]), "weeks": total, "total_all": total + 1}
            for each, total in ((each, int(each["total_all"])) for each in (row, roll_up))
        ]
    }


@mutant
def rtt_pathway_longer_in_its_function_only(part: Part) -> Expected:
    row, roll_up, total = pathways(part)
    for each, week in ((row, WEEK_53), (roll_up, WEEK_19)):
        part.add("rtt", each, week, "total_all")
    longer = {"functions_less_roll_up_over_52_weeks": 1, "functions_less_roll_up_over_18_to_52_weeks": -1}
    return {"rtt_functions_add_up": [{**functions(row, total + 1, total + 1), **longer}]}


@mutant
def rtt_completed_pathways_with_more_unknown_clock_starts_than_total(part: Part) -> Expected:
    row, roll_up, _ = pathways(part, "Part_1B")
    for each in (row, roll_up):
        part.add("rtt", each, "patients_with_unknown_clock_start_date")
    return {
        "rtt_weeks_add_up": [{"part": "Part_1B", "source_row": int(each["_source_row"])} for each in (row, roll_up)]
    }


@mutant
def rtt_total_and_unknown_clock_starts_of_a_roll_up(part: Part) -> Expected:
    """Total All holds in every row, and as the sum of the functions."""
    row, roll_up, total = pathways(part, "Part_1B")
    part.add("rtt", roll_up, "total", amount=-1)
    part.add("rtt", roll_up, "patients_with_unknown_clock_start_date")
    same = functions(row, total, total)
    return {
        "rtt_functions_add_up": [same],
        "rtt_weeks_add_up": [{"part": "Part_1B", "source_row": int(roll_up["_source_row"]), "total_all": total}],
    }


@mutant
def rtt_new_periods_with_weeks(part: Part) -> Expected:
    row, roll_up, _ = pathways(part, "Part_3")
    for each in (row, roll_up):
        part.put("rtt", each, **{FIRST_WEEK: "1"})
    return {
        "rtt_weeks_add_up": [
            {"part": "Part_3", "source_row": int(each["_source_row"]), "weeks": 1} for each in (row, roll_up)
        ]
    }


@mutant
def rtt_lost_row(part: Part) -> Expected:
    row, _, total = pathways(part)
    part.lose("rtt", f"rowid = {row['rowid']}")
    return {"rtt_functions_add_up": [functions(row, total, total - int(row["total_all"]))]}


@mutant
def rtt_lost_roll_up(part: Part) -> Expected:
    row, roll_up, total = pathways(part)
    part.lose("rtt", f"rowid = {roll_up['rowid']}")
    return {"rtt_functions_add_up": [functions(row, None, total, roll_ups=0)]}


@mutant
def rtt_row_twice(part: Part) -> Expected:
    row, _, total = pathways(part)
    part.again("rtt", row)
    key = {
        "provider_code": row["provider_org_code"],
        "treatment_function": row["treatment_function_code"],
        "rows_found": 2,
    }
    return {
        "rtt_functions_add_up": [functions(row, total, total + int(row["total_all"]))],
        "rtt_pathways.key": [key],
    }


def sizes(part: Part) -> dict[str, int]:
    """The sizes of the file that has the incomplete pathways of providers."""
    where = "measure = 'rtt_within_18_weeks' and part = 'provider'"
    (found,) = part.rows(
        f"select organisations, other_organisations, total from metric.publication_sizes where {where}"
    )
    return {size: int(number) for size, number in found.items()}


def bounded(part: Part, size: str, compared_with: str = "known figures", **bounds: object) -> None:
    """Makes one bound the only one, and the files those of real organisations."""
    row = {"measure": "rtt_within_18_weeks", "part": "provider", "size": size, "compared_with": compared_with}
    values = ", ".join(f"'{value}' as {name}" for name, value in {**row, **bounds}.items())
    part.connection.execute(
        "update stage.quarters_in_scope set is_fictional = false; delete from rules.publication_bounds;"
        f" insert into rules.publication_bounds by name select {values}"
    )


def with_other_months(part: Part, **totals: int) -> None:
    """Other months of the publication, by name `m2026_02`, each with its total."""
    others = " union all ".join(
        f"select * replace ('{month[1:].replace('_', '-')}' as period, {total} as total) from kept"
        f" where measure = 'rtt_within_18_weeks' and part = 'provider'"
        for month, total in totals.items()
    )
    part.connection.execute(
        "create table kept as from metric.publication_sizes;"
        f" create or replace view metric.publication_sizes as from kept union all {others}"
    )


def of_providers(size: str, number: int, expected: str, compared_with: str = "known figures") -> Row:
    """What a test on sizes must say of the file."""
    return {
        "period": "2026-03",
        "counted": "rtt_within_18_weeks by provider",
        "size": size,
        "found": str(number),
        "expected": expected,
        "compared_with": compared_with,
    }


def another_provider(part: Part) -> str:
    """One that is no NHS trust, and whose incomplete pathways count."""
    known = "select trust_code from stage.reference_trusts"
    where = f"{ROLL_UP} and rtt_part_type = 'Part_2' and provider_org_code not in ({known})"
    return str(part.row("rtt", where)["provider_org_code"])


@mutant
def rtt_pathways_everywhere_but_in_the_known_total(part: Part) -> Expected:
    """All sums of the file hold."""
    row, roll_up, _ = pathways(part)
    known = sizes(part)["total"]
    bounded(part, "total", refuse_below=known, refuse_above=known)
    for each in (row, roll_up):
        part.add("rtt", each, FIRST_WEEK, "total_all", amount=7)
    expected = f"at least {known} and at most {known}"
    return {"publications_are_whole": [of_providers("total", known + 7, expected)]}


@mutant
def rtt_without_one_of_the_independent_providers(part: Part) -> Expected:
    others = sizes(part)["other_organisations"]
    bounded(part, "other_organisations", refuse_below=others)
    part.lose("rtt", f"provider_org_code = '{another_provider(part)}'")
    found = of_providers("other_organisations", others - 1, f"at least {others}")
    return {"publications_are_whole": [found]}


@mutant
def rtt_with_fewer_providers_than_is_usual(part: Part) -> Expected:
    every = sizes(part)["organisations"]
    bounded(part, "organisations", refuse_below=every - 1, warn_below=every)
    part.lose("rtt", f"provider_org_code = '{another_provider(part)}'")
    return {"publications_are_as_usual": [of_providers("organisations", every - 1, f"at least {every}")]}


@mutant
def rtt_with_fewer_pathways_than_the_month_before(part: Part) -> Expected:
    """The nearest on each side counts, and none that is four months away."""
    total = sizes(part)["total"]
    bounded(part, "total", "nearest month", refuse_below=0.5, warn_below=1)
    with_other_months(part, m2026_02=total * 2, m2026_01=total * 9, m2025_11=total * 99, m2026_05=total)
    return {"publications_are_as_usual": [of_providers("total", total, f"at least {total * 2}", "2026-02")]}


@mutant
def rtt_with_a_part_of_the_pathways_of_the_months_around_it(part: Part) -> Expected:
    """Two months apart the share counts twice. A later quarter has no say: a build of the quarter alone reads none."""
    total = sizes(part)["total"]
    bounded(part, "total", "nearest month", refuse_below=0.5)
    with_other_months(part, m2026_01=total * 8, m2026_05=total * 80)
    return {"publications_are_whole": [of_providers("total", total, f"at least {total * 2}", "2026-01")]}


@mutant
def rtt_rows_of_another_icb(part: Part) -> Expected:
    """Every sum of the file holds."""
    row = part.row("rtt", f"{ROLL_UP} and commissioner_parent_org_code <> ''")
    parents = f"commissioner_parent_org_code not in ('', '{row['commissioner_parent_org_code']}')"
    other = part.row("rtt", parents)["commissioner_parent_org_code"]
    for each in part.rows(f"select rowid from landed.rtt where {group(row)}"):
        part.put("rtt", each, commissioner_parent_org_code=other)
    one, another = sorted([other, row["commissioner_parent_org_code"]])
    found = {
        "source_sha256": row["_source_sha256"],
        "source_id": "rtt",
        "commissioner_code": row["commissioner_org_code"],
        "one_icb": one,
        "another_icb": another,
    }
    return {"commissioners_have_one_icb": [found]}


def of_another_icb(part: Part, source: str, other: str | None) -> Expected:
    """All rows of a commissioner have another parent. Each commissioner has one, and every sum of the file holds."""
    row = part.row(source, "commissioner_parent_org_code <> ''")
    code, parent = row["commissioner_org_code"], row["commissioner_parent_org_code"]
    part.damaged.add(source)
    part.connection.execute(
        f"update landed.{source} set commissioner_parent_org_code = ? where commissioner_org_code = ?",
        [other or "", code],
    )
    found = {"source_id": source, "month": MONTH, "commissioner_code": code, "icb_code": other}
    return {"commissioners_lie_in_their_icb": [{**found, "icb_expected": parent}]}


@mutant
def rtt_commissioner_without_its_icb(part: Part) -> Expected:
    return of_another_icb(part, "rtt", None)


@mutant
def dm01_commissioner_of_another_icb_throughout(part: Part) -> Expected:
    return of_another_icb(part, "dm01", "QZZ")


@mutant
def rtt_commissioner_without_its_icb_and_no_look_up(part: Part) -> Expected:
    part.connection.execute("delete from landed.ods_sub_icbs")
    (found,) = of_another_icb(part, "rtt", None)["commissioners_lie_in_their_icb"]
    return {"commissioners_lie_in_their_icb": [{**found, "icb_expected": None}]}


@mutant
def rtt_no_incomplete_pathways_at_all(part: Part) -> Expected:
    part.lose("rtt", "rtt_part_type = 'Part_2'")
    return {"months_are_counted": [{"month": MONTH}]}


@mutant
def rtt_count_of_twenty_digits(part: Part) -> Expected:
    row, _, total = pathways(part)
    part.put("rtt", row, total_all="9" * 20)
    found = {"source_row": int(row["_source_row"]), "found": f"total_all: '{'9' * 20}'"}
    lost = functions(row, total, total - int(row["total_all"]))
    return {"rtt_counts_are_counts": [found], "rtt_functions_add_up": [lost]}


@mutant
def rtt_block_lost_whole(part: Part) -> Expected:
    """A provider and commissioner gone with their roll-up: nothing but the known total can see it."""
    row, _, total = pathways(part)
    known = sizes(part)["total"]
    bounded(part, "total", refuse_below=known)
    part.lose("rtt", group(row))
    return {"publications_are_whole": [of_providers("total", known - total, f"at least {known}")]}


def members(part: Part, metric_id: str) -> tuple[list[str], Row]:
    """Who of a league has a value before any damage, and what members_have_values would say of them."""
    assert not part.damaged
    rows = [row for row in part.members if row["metric_id"] == metric_id]
    (place,) = {(row["league"], row["members_needed"]) for row in rows}
    with_a_value = [str(row["organisation_code"]) for row in rows if row["status"] == "reported"]
    said = {"quarter": QUARTER, "league": place[0], "metric_id": metric_id, "members_needed": place[1]}
    return with_a_value, {**said, "members_with_a_value": len(with_a_value), "members": len(rows)}


def trusts_too_few(part: Part) -> list[str]:
    """So many trusts that without them there are just too few of their league with a value."""
    codes, said = members(part, "OF0023")
    needed = said["members_needed"] * said["members"]
    return codes[: next(n for n in range(len(codes)) if len(codes) - n < needed)]


def lose_trusts(part: Part, codes: list[str]) -> None:
    part.lose("rtt", f"provider_org_code in ({', '.join(repr(code) for code in codes)})")


@mutant
def rtt_providers_lost_whole(part: Part) -> Expected:
    """Some trusts gone with all their commissioners and roll-ups: what is left adds up, and no total is known."""
    lost = trusts_too_few(part)
    said = [members(part, metric_id)[1] for metric_id in ("OF0023", "OF0003")]
    lose_trusts(part, lost)
    return {
        "members_have_values": [
            {**row, "members_with_a_value": row["members_with_a_value"] - len(lost)} for row in said
        ]
    }


# Diagnostics

TEST, TOTAL = "diagnostic_tests <> 'TOTAL' and total_wl <> '0'", "diagnostic_tests = 'TOTAL' and total_wl <> '0'"


def waits(part: Part) -> tuple[Row, Row, Row]:
    """A row of a test, that of all tests, and what dm01_tests_add_up says where only the sum is another."""
    row = part.row("dm01", f"{TEST} and weeks_05_06 <> '0' and weeks_06_07 <> '0'")
    codes = {"provider_code": row["provider_org_code"], "commissioner_code": row["commissioner_org_code"]}
    where = (
        f"provider_org_code = '{row['provider_org_code']}' and commissioner_org_code = '{row['commissioner_org_code']}'"
    )
    total = part.row("dm01", f"{TOTAL} and {where}")
    waiting, over = int(total["total_wl"]), sum(int(total[f"weeks_{n:02}_{n + 1:02}"]) for n in range(6, 13))
    over += int(total["weeks_13_or_more"])
    same = {"month": MONTH, **codes, "totals": 1, "total_waiting": waiting, "sum_of_waiting": waiting}
    return row, total, {**same, "total_over_6_weeks": over, "sum_of_over_6_weeks": over}


@mutant
def dm01_half_a_wait(part: Part) -> Expected:
    row, _, same = waits(part)
    part.put("dm01", row, weeks_05_06="12.5", weeks_13_or_more="-1", total_wl=" 5")
    found = "weeks_05_06: '12.5', weeks_13_or_more: '-1', total_wl: ' 5'"
    place = {"file_name": part.file(row), "source_row": int(row["_source_row"]), "found": found}
    lost = {**same, "sum_of_waiting": same["sum_of_waiting"] - int(row["total_wl"])}
    del lost["sum_of_over_6_weeks"]
    return {"dm01_counts_are_counts": [place], "dm01_tests_add_up": [lost]}


@mutant
def dm01_wait_in_all_tests_only(part: Part) -> Expected:
    _, total, same = waits(part)
    part.add("dm01", total, "weeks_00_01", "total_wl")
    return {"dm01_tests_add_up": [{**same, "total_waiting": same["total_waiting"] + 1}]}


@mutant
def dm01_wait_over_six_weeks_in_one_place_only(part: Part) -> Expected:
    row, _, same = waits(part)
    part.add("dm01", row, "weeks_05_06", amount=-1)
    part.add("dm01", row, "weeks_06_07")
    return {"dm01_tests_add_up": [{**same, "sum_of_over_6_weeks": same["sum_of_over_6_weeks"] + 1}]}


@mutant
def dm01_weeks_without_their_waiting_list(part: Part) -> Expected:
    row, _, same = waits(part)
    part.add("dm01", row, "weeks_00_01")
    return {"dm01_tests_add_up": [{**same, "rows_whose_weeks_do_not_add_up": 1}]}


@mutant
def dm01_lost_row(part: Part) -> Expected:
    row, _, same = waits(part)
    part.lose("dm01", f"rowid = {row['rowid']}")
    lost = {**same, "sum_of_waiting": same["sum_of_waiting"] - int(row["total_wl"])}
    del lost["sum_of_over_6_weeks"]
    return {"dm01_tests_add_up": [lost]}


@mutant
def dm01_lost_row_of_all_tests(part: Part) -> Expected:
    _, total, same = waits(part)
    part.lose("dm01", f"rowid = {total['rowid']}")
    return {"dm01_tests_add_up": [{**same, "totals": 0, "total_waiting": None, "total_over_6_weeks": None}]}


@mutant
def dm01_row_twice(part: Part) -> Expected:
    row, _, same = waits(part)
    part.again("dm01", row)
    twice = {**same, "sum_of_waiting": same["sum_of_waiting"] + int(row["total_wl"])}
    del twice["sum_of_over_6_weeks"]
    key = {"month": MONTH, "provider_code": row["provider_org_code"], "test": row["diagnostic_tests"], "rows_found": 2}
    return {"dm01_tests_add_up": [twice], "dm01_waits.key": [key]}


@mutant
def dm01_icb_lost_whole(part: Part) -> Expected:
    """Every ICB must have a value; another publication still names it."""
    (code, *_), said = members(part, "ICB-DM01-6W")
    part.lose("dm01", f"commissioner_parent_org_code = '{code}'")
    return {"members_have_values": [{**said, "members_with_a_value": said["members"] - 1}]}


# Accident and emergency

ORGANISATION, ENGLAND = "upper(trim(org_code)) <> 'TOTAL'", "upper(trim(org_code)) = 'TOTAL'"
MAJOR = "a_e_attendances_type_1"


def counts_of_ae(part: Part) -> list[str]:
    names = part.rows("select column_name from (describe landed.ae)")
    return [str(name["column_name"]) for name in names][4:16]


@mutant
def ae_attendance_of_nobody(part: Part) -> Expected:
    row, total = part.row("ae", f"{ORGANISATION} and {MAJOR} <> '0'"), int(part.row("ae", ENGLAND)[MAJOR])
    part.add("ae", row, MAJOR)
    return {
        "ae_organisations_add_up": [
            {
                "month": MONTH,
                "file_name": "ae/Monthly-AE-March-2026.csv",
                "england_rows": 1,
                "counted": MAJOR,
                "england": total,
                "sum_of_organisations": total + 1,
            }
        ]
    }


@mutant
def ae_lost_organisation(part: Part) -> Expected:
    row, total = part.row("ae", f"{ORGANISATION} and {MAJOR} <> '0'"), part.row("ae", ENGLAND)
    part.lose("ae", f"rowid = {row['rowid']}")
    return {
        "ae_organisations_add_up": [
            {
                "month": MONTH,
                "counted": name,
                "england": int(total[name]),
                "sum_of_organisations": int(total[name]) - int(row[name]),
            }
            for name in counts_of_ae(part)
            if row[name] != "0"
        ]
    }


@mutant
def ae_lost_england(part: Part) -> Expected:
    total = part.row("ae", ENGLAND)
    part.lose("ae", ENGLAND)
    return {
        "ae_organisations_add_up": [
            {"england_rows": 0, "counted": name, "england": None, "sum_of_organisations": int(total[name])}
            for name in counts_of_ae(part)
        ]
    }


@mutant
def ae_row_twice_with_a_space_in_its_code(part: Part) -> Expected:
    """Two codes for the land gate, one for the model."""
    row = part.row("ae", f"{ORGANISATION} and {MAJOR} <> '0'")
    part.again("ae", row, org_code=f"{row['org_code']} ")
    total = part.row("ae", ENGLAND)
    sums = [
        {"counted": name, "england": int(total[name]), "sum_of_organisations": int(total[name]) + int(row[name])}
        for name in counts_of_ae(part)
        if row[name] != "0"
    ]
    key = {"month": MONTH, "organisation_code": row["org_code"], "rows_found": 2}
    return {"ae_organisations_add_up": sums, "ae_attendances.key": [key]}


@mutant
def ae_month_from_two_files(part: Part) -> Expected:
    """England and the organisations are both there twice, and still add up."""
    files = "landed.files where source_id = 'ae' and period = '2026-03'"
    part.connection.execute(f"insert into landed.files select * replace ('another' as source_sha256) from {files}")
    codes = part.rows("select trim(org_code) as code from landed.ae")
    part.damaged.add("ae")
    part.connection.execute("insert into landed.ae select * replace ('another' as _source_sha256) from landed.ae")
    return {"ae_attendances.key": [{"organisation_code": row["code"], "rows_found": 2} for row in codes]}


@mutant
def ae_codes_of_new_trusts(part: Part) -> Expected:
    """Two shaped as those of trusts, one with the name of a trust, and one of an independent provider."""
    names = {
        "RZZ": ("NEW RZZ", "New RZZ"),
        "TAZ": ("NEW TAZ", "New Taz"),
        "H4X7T": ("NEW NHS FOUNDATION TRUST", "New NHS Foundation Trust"),
        "Y99999": ("NEW CLINIC", None),
    }
    new = []
    for code, (name, readable) in names.items():
        row = part.row("ae", f"{ORGANISATION} and org_code not in {tuple(names)}")
        part.put("ae", row, org_code=code, org_name=name)
        place = {"source_sha256": row["_source_sha256"], "source_row": int(row["_source_row"])}
        if readable:
            new.append({**place, "quarter": QUARTER, "organisation_code": code, "organisation_name": readable})
    in_files = [{**row, "organisation_name": names[row["organisation_code"]][0]} for row in new]
    return {"trusts_are_known": new, "trusts_in_files_are_known": in_files}


@mutant
def ae_name_of_another_trust(part: Part) -> Expected:
    (row, other) = part.rows(
        f"select rowid, * from landed.ae where {ORGANISATION} and org_name like '%NHS%TRUST' order by org_code limit 2"
    )
    part.put("ae", row, org_name=other["org_name"])
    code, code_of_that_name = row["org_code"].strip(), other["org_code"].strip()
    return {"names_go_with_codes": [{"organisation_code": code, "code_of_that_name": code_of_that_name}]}


@mutant
def ae_file_of_a_month_as_that_of_the_month_before(part: Part) -> Expected:
    rows = part.rows("from landed.ae")
    written = {name for name in rows[0] if not name.startswith("_")}
    part.publish("ae", "", [{name: row[name] for name in written} for row in rows])
    part.connection.execute("update landed.files set part = null where source_id = 'ae'")
    return {"months_are_not_copies": [{"measure": "ae_within_4_hours", "month": MONTH, "same_as": FEBRUARY}]}


def without_a_trust_of_the_month_before(part: Part, take: Callable[[Row], object]) -> Expected:
    """With its figures, so that England adds up. The month before is a copy, as its own test says."""
    copied = ae_file_of_a_month_as_that_of_the_month_before(part)
    later = "_source_sha256 <> 'ae'"
    row = part.row("ae", f"{ORGANISATION} and {MAJOR} <> '0' and {later}")
    total = part.row("ae", f"{ENGLAND} and {later}")
    part.put("ae", total, **{name: int(total[name]) - int(row[name]) for name in counts_of_ae(part)})
    take(row)
    lost = {"measure": "ae_within_4_hours", "month": MONTH, "trust_code": row["org_code"].strip()}
    return {**copied, "trusts_are_in_every_month": [{**lost, "counted_in": FEBRUARY, "file_name": part.file(total)}]}


@mutant
def ae_trust_of_the_month_before_lost(part: Part) -> Expected:
    return without_a_trust_of_the_month_before(part, lambda row: part.lose("ae", f"rowid = {row['rowid']}"))


@mutant
def ae_trust_of_the_month_before_with_zeros(part: Part) -> Expected:
    return without_a_trust_of_the_month_before(
        part, lambda row: part.put("ae", row, **dict.fromkeys(counts_of_ae(part), 0))
    )


@mutant
def ae_longer_waits_than_attendances(part: Part) -> Expected:
    """Of booked appointments, in all organisations and England: the counts add up."""
    booked, waited = "a_e_attendances_booked_appointments_type_1", "attendances_over_4hrs_booked_appointments_type_1"
    part.damaged.add("ae")
    part.connection.execute(f"update landed.ae set {waited} = cast({booked} as integer) + 1 where {ORGANISATION}")
    total = part.row("ae", ENGLAND)
    (sums,) = part.rows(f"select sum(cast({waited} as integer)) as waited from landed.ae where {ORGANISATION}")
    part.put("ae", total, **{waited: int(sums["waited"])})
    return {
        "ae_attendances.key": [
            {"is_england": row["org_code"] == total["org_code"]} for row in part.rows("from landed.ae")
        ]
    }


# Other forms of a publication

FEBRUARY = dt.date(2026, 2, 1)


def attendances(total: int, within: int, **where: str) -> Row:
    return {
        **where,
        **{"period": "February 2026", "attendances_type_1": total, "attendances_total": total},
        **{"within_4_hours_type_1": within, "within_4_hours_total": within},
        **{"over_4_hours_type_1": total - within, "over_4_hours_total": total - within},
    }


SCOPES = ("footprint", "provider", "system")


def by_provider(part: Part, england: tuple[int, int]) -> None:
    """The three sheets of a workbook, with one organisation in each."""
    rows = []
    sheets = {"Provider Level Data": "RAA", "Acute Trust Footprint Data": "RAA", "System Level Data": "QAA"}
    for sheet, code in sheets.items():
        rows += [attendances(*england, _source_member=sheet, org_code="-", org_name="England")]
        rows += [attendances(100, 60, _source_member=sheet, org_code=code, org_name="AN ORGANISATION")]
    part.publish("ae_provider", "", rows)
    part.connection.execute("update landed.files set part = null where source_id = 'ae_provider'")


@mutant
def ae_provider_attendance_of_nobody(part: Part) -> Expected:
    by_provider(part, (101, 61))
    said = {"month": FEBRUARY, "england": 101, "sum_of_organisations": 100, "england_within": 61, "sum_of_within": 60}
    return {"ae_provider_organisations_add_up": [{**said, "scope": scope} for scope in SCOPES]}


@mutant
def ae_provider_row_twice(part: Part) -> Expected:
    by_provider(part, (100, 60))
    part.again("ae_provider", part.row("ae_provider", "org_code = 'RAA'"))
    return {
        "ae_provider_organisations_add_up": [{"scope": "provider", "england": 100, "sum_of_organisations": 200}],
        "ae_provider_attendances.key": [{"organisation_code": "RAA", "scope": "provider", "rows_found": 2}],
    }


@mutant
def ae_provider_with_a_department_that_does_not_tell(part: Part) -> Expected:
    by_provider(part, (100, 60))
    marks = {f"{of}_4_hours_{kind}": "-" for of in ("within", "over") for kind in ("type_1", "total")}
    for sheet in ("Provider Level Data", "Acute Trust Footprint Data"):
        trust = part.row("ae_provider", f"_source_member = '{sheet}' and org_code = 'RAA'")
        england = part.row("ae_provider", f"_source_member = '{sheet}' and org_code = '-'")
        part.again("ae_provider", trust, org_code="RBB", org_name="OTHER", **marks)
        part.put("ae_provider", england, attendances_type_1="200", attendances_total="200")
    part.add("ae_provider", england, "over_4_hours_type_1", "over_4_hours_total")
    found = {"scope": "footprint", "england_over": 41, "sum_of_over": 40, "rows_that_do_not_add_up": 0}
    return {"ae_provider_organisations_add_up": [found]}


@mutant
def ae_provider_with_another_share(part: Part) -> Expected:
    by_provider(part, (100, 60))
    row = part.row("ae_provider", "org_code = 'RAA' and _source_member = 'Acute Trust Footprint Data'")
    part.put("ae_provider", row, percentage_all_with_mapping="0.4")
    return {"ae_provider_attendances.key": [{"organisation_code": "RAA", "scope": "footprint", "rate_agrees": False}]}


def web_file(part: Part, of_test: int) -> None:
    def waits(sheet: str, code: str, test: str, waiting: int) -> Row:
        return {
            **{"_source_member": sheet, "period": "February 2026", "provider_code": code, "provider_name": "ONE"},
            **{"diagnostic_test_name": test, "total_waiting_list": waiting, "waiting_6_or_more_weeks": 4},
        }

    rows = [waits("Provider", "", "", 10), waits("Provider", "RAA", "", 10)]
    part.publish("dm01_provider", "", [*rows, waits("Provider by Test", "RAA", "Gastroscopy", of_test)])
    part.connection.execute("update landed.files set part = null where source_id = 'dm01_provider'")


@mutant
def dm01_provider_with_a_test_too_small(part: Part) -> Expected:
    web_file(part, 9)
    return {
        "dm01_providers_add_up": [{"month": FEBRUARY, "organisation_code": "RAA", "waiting": 10, "sum_of_tests": 9}]
    }


@mutant
def dm01_provider_twice(part: Part) -> Expected:
    web_file(part, 10)
    part.again("dm01_provider", part.row("dm01_provider", "provider_code = 'RAA'"))
    return {
        "dm01_providers_add_up": [
            {"organisation_code": "RAA", "waiting": 20, "sum_of_tests": 10},
            {"organisation_code": "England", "waiting": 10, "sum_of_tests": 20},
        ],
        "dm01_provider_waits.key": [{"organisation_code": "RAA", "test": "ALL TESTS", "rows_found": 2}],
    }


@mutant
def dm01_provider_with_the_waits_of_13_weeks(part: Part) -> Expected:
    """The heading of the share is right, and so are those of the weeks."""
    web_file(part, 10)
    weeks = {"weeks_00_01": 3, "weeks_06_07": 3, "weeks_13_or_more": 4}
    weeks |= {f"weeks_{week:02}_{week + 1:02}": 0 for week in (1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12)}
    part.put("dm01_provider", part.row("dm01_provider", "provider_code = ''"), **weeks)
    part.put(
        "dm01_provider",
        part.row("dm01_provider", "provider_code = 'RAA' and _source_member = 'Provider'"),
        percentage_waiting_6_or_more_weeks="0.7",
    )
    return {
        "dm01_provider_waits.key": [
            {"organisation_code": None, "sum_of_weeks": 10, "sum_of_late_weeks": 7, "rate_agrees": True},
            {"organisation_code": "RAA", "sum_of_weeks": None, "sum_of_late_weeks": None, "rate_agrees": False},
        ]
    }


def cuts(part: Part, source: str, period: str, **totals: int) -> None:
    """All cancers of the 28-day standard by provider: organisation and total, and half of it within."""
    where = {"period": period, "basis": "Provider", "standard": "FDS", "treatment_modality": ""}
    where |= {"cancer_type": "ALL CANCERS", "referral_route_or_stage": "ALL ROUTES"}
    counted = [
        {**where, "org_code": code, "org_name": code, "total": total, "within": total / 2, "after": total / 2}
        for code, total in totals.items()
    ]
    part.publish(source, "provider", counted)


def both_combined(part: Part, **of_csv: int) -> None:
    cuts(part, "cancer_combined", "February 2026", Total=1100, RAA=1000, RBB=100)
    cuts(part, "cancer_csv", "01/02/2026", **of_csv)


@mutant
def cancer_patient_of_nobody_in_the_combined_form(part: Part) -> Expected:
    cuts(part, "cancer_combined", "February 2026", Total=101, RAA=100)
    return {"cancer_cuts_add_up": [{"source_id": "cancer_combined", "england": 101, "sum_of_organisations": 100}]}


@mutant
def cancer_organisation_twice_in_the_combined_form(part: Part) -> Expected:
    cuts(part, "cancer_combined", "February 2026", Total=100, RAA=100)
    part.again("cancer_combined", part.row("cancer_combined", "org_code = 'RAA'"))
    return {
        "cancer_cuts_add_up": [{"england": 100, "sum_of_organisations": 200}],
        "cancer_cuts.key": [{"organisation_code": "RAA", "standard": "28-day", "rows_found": 2}],
    }


@mutant
def cancer_performance_of_other_patients(part: Part) -> Expected:
    cuts(part, "cancer_combined", "February 2026", Total=100, RAA=100)
    part.put("cancer_combined", part.row("cancer_combined", "org_code = 'RAA'"), performance="0.77")
    return {"cancer_cuts.key": [{"organisation_code": "RAA", "rate_agrees": False}]}


@mutant
def cancer_extract_whose_modalities_are_not_its_cancers(part: Part) -> Expected:
    where = {"period": "2026-02-01", "basis": "Provider", "standard": "62-day Combined", "org_code": "RAA"}
    where |= {"referral_route_or_stage": "Screening", "within": "1"}
    lung = {"cancer_type": "Lung", "treatment_modality": "ALL MODALITIES", "total": "2.5", "after": "1.5"}
    surgery = {"cancer_type": "ALL CANCERS", "treatment_modality": "Surgery", "total": "3.5", "after": "2.5"}
    part.publish("cancer_extract", "provider", [where | lung, where | surgery])
    found = {"sum_of_organisations": Decimal("2.5"), "sum_of_modalities": Decimal("3.5")}
    return {"cancer_cuts_add_up": [{"source_id": "cancer_extract", **found}]}


@mutant
def patients_with_another_organisation_in_another_form(part: Part) -> Expected:
    both_combined(part, Total=1100, RAA=1040, RBB=60)
    found = {"organisation_code": "RBB", "denominator": 100, "other_denominator": 60}
    return {"forms_agree": [{**found, "file_name": "cancer_combined.file", "other_file_name": "cancer_csv.file"}]}


@mutant
def another_england_in_another_form(part: Part) -> Expected:
    both_combined(part, Total=1300, RAA=1200, RBB=100)
    return {
        "forms_agree": [{"organisation_code": "RAA", "denominator": 1000, "other_denominator": 1200}],
        "forms_agree_on_england": [{"month": FEBRUARY, "denominator": 1100, "other_denominator": 1300}],
    }


# References


def in_an_icb(part: Part, change: str) -> tuple[list[Row], list[Row]]:
    """Makes a change to an ICB of the reference list. Returns its own rows, and those of who lies in it."""
    (trust, *_) = part.rows("from metric.organisations where league = 'acute' and icb_code is not null")
    code = trust["icb_code"]
    part.connection.execute(f"{change} where icb_code = '{code}'")
    placed = part.rows(f"from metric.organisations where icb_code = '{code}'")
    about = [(row["league"] == "icb", {key: row[key] for key in ("quarter", "organisation_code")}) for row in placed]
    return [row for is_icb, row in about if is_icb], [row for is_icb, row in about if not is_icb]


@mutant
def icb_that_opened_after_the_quarter(part: Part) -> Expected:
    """As where a file of the quarter names an ICB of another time, or seed `trust_changes` does not know a trust."""
    own, trusts = in_an_icb(part, "update stage.reference_icbs set opened_on = '2099-01-01'")
    return {"icbs_are_of_the_quarter": own, "trusts_lie_in_icbs_of_the_quarter": trusts}


@mutant
def icb_that_no_list_knows(part: Part) -> Expected:
    """As where etr has the code of an ICB that opens later than our seeds know."""
    _, trusts = in_an_icb(part, "delete from stage.reference_icbs")
    return {"trusts_lie_in_icbs_of_the_quarter": [{**row, "icb_name": None} for row in trusts]}


@mutant
def trust_of_which_nothing_says_the_league(part: Part) -> Expected:
    where = f"quarter = '{QUARTER}' and league = 'acute' and close_date is null"
    (trust, *_) = part.rows(f"from stage.reference_trusts where {where}")
    code = trust["trust_code"]
    part.connection.execute(
        f"update stage.reference_trusts set league = null where trust_code = '{code}' and quarter = '{QUARTER}'"
    )
    return {"open_trusts_have_a_league": [{"quarter": QUARTER, "trust_code": code}]}


@mutant
def trust_that_two_sources_put_into_different_leagues(part: Part) -> Expected:
    (trust, *_) = part.rows(f"from stage.listed_trusts where quarter = '{QUARTER}' and league = 'acute'")
    about = {"quarter": QUARTER, "trust_code": trust["trust_code"]}
    where = " and ".join(f"{column} = '{value}'" for column, value in about.items())
    part.connection.execute(f"update stage.trust_leagues set league = 'ambulance' where {where}")
    return {"trust_leagues_agree": [{**about, "league": "ambulance", "league_by_list": "acute"}]}


@mutant
def trust_whose_type_is_that_of_another_league(part: Part) -> Expected:
    (trust, *_) = part.rows(f"from stage.trust_leagues where quarter = '{QUARTER}' and league_by_type = 'acute'")
    about = {"quarter": QUARTER, "trust_code": trust["trust_code"]}
    where = " and ".join(f"{column} = '{value}'" for column, value in about.items())
    part.connection.execute(f"update stage.trust_leagues set league_by_type = 'ambulance' where {where}")
    return {"trust_leagues_agree": [{**about, "league": "acute", "league_by_type": "ambulance"}]}


# Sickness absence and community waiting lists


@mutant
def sickness_employer_twice(part: Part) -> Expected:
    row = part.row("sickness", "org_type = 'Acute'")
    part.again("sickness", row)
    return {"sickness_days.key": [{"organisation_code": row["org_code"], "rows_found": 2}]}


@mutant
def sickness_with_its_columns_moved(part: Part) -> Expected:
    row = part.row("sickness", "org_type = 'Acute'")
    moved = {"fte_days_lost": row["fte_days_available"], "fte_days_available": row["fte_days_lost"]}
    part.put("sickness", row, **moved, sickness_absence_rate="")
    return {"sickness_days.key": [{"organisation_code": row["org_code"], "organisation_type": "acute"}]}


@mutant
def sickness_of_a_tenth_more_days_than_its_rate_says(part: Part) -> Expected:
    row = part.row("sickness", "org_type = 'Acute'")
    part.put("sickness", row, fte_days_lost=round(Decimal(row["fte_days_lost"]) * Decimal("1.1"), 5))
    return {"sickness_days.key": [{"organisation_code": row["org_code"], "rate_agrees": False}]}


WITH_SERVICE = "_source_member = 'Table 4' and organisation_type = 'Provider'"


def added_up(part: Part, row: Row, more: int) -> Row:
    """What must be said of the table and service of a row that has grown."""
    where = "_source_member = 'Table 4' and organisation_type = 'National'"
    england = part.row("community_waits", f"{where} and service = '{row['service']}'")
    total = int(england["patients"])
    return {"sheet": "table 4", "service": row["service"], "england": total, "sum_of_providers": total + more}


@mutant
def community_provider_with_one_more(part: Part) -> Expected:
    row = part.row("community_waits", WITH_SERVICE)
    part.add("community_waits", row, "patients")
    return {"community_waiters_add_up": [added_up(part, row, 1)]}


@mutant
def community_providers_with_more_than_england_beside_a_hidden_one(part: Part) -> Expected:
    hidden = part.row("community_waits", f"{WITH_SERVICE} and patients <> '0'")
    other = f"service = '{hidden['service']}' and organisation_code <> '{hidden['organisation_code']}'"
    part.put("community_waits", hidden, patients="*")
    part.add("community_waits", part.row("community_waits", f"{WITH_SERVICE} and {other}"), "patients", amount=100_000)
    return {"community_waiters_add_up": [added_up(part, hidden, 100_000 - int(hidden["patients"]))]}


@mutant
def community_service_lost_from_a_table(part: Part) -> Expected:
    service = part.row("community_waits", WITH_SERVICE)["service"]
    part.lose("community_waits", f"_source_member = 'Table 4g' and service = '{service}'")
    return {"community_services_are_in_every_table": [{"service": service, "only_in": "table 4, table 4h"}]}


@mutant
def community_provider_twice(part: Part) -> Expected:
    row = part.row("community_waits", f"{WITH_SERVICE} and patients <> '0'")
    part.again("community_waits", row)
    key = {"sheet": "table 4", "organisation_code": row["organisation_code"], "rows_found": 2}
    return {
        "community_waiters_add_up": [added_up(part, row, int(row["patients"]))],
        "community_waiters.key": [key],
    }


# Ambulances

A_MONTH = "year = '2026' and cast(month as integer) = 3"
AMBULANCE = {  # rows of a level: the region of a trust is a code, that of a region its name
    "England": "org_code = 'Eng'",
    "region": "org_code like 'Y__' and region not like 'Y__'",
    "trust": "org_code <> 'Eng' and region like 'Y__'",
}
INDICATORS = {
    "a0": "calls",
    "a7": "incidents",
    "a8": "category_1_incidents",
    "a24": "category_1_seconds",
    "a10": "category_2_incidents",
    "a30": "category_2_seconds",
}


def ambulances(part: Part, level: str) -> tuple[Row, Row]:
    """A row of a level that month, and England's."""
    return part.row("ambsys", f"{A_MONTH} and {AMBULANCE[level]} and a10 <> '0'"), part.row(
        "ambsys", f"{A_MONTH} and {AMBULANCE['England']}"
    )


def responses(column: str, england: object, trusts: object, regions: object) -> Row:
    figures = {"england": england, "sum_of_trusts": trusts, "sum_of_regions": regions}
    return {"month": MONTH, "counted": INDICATORS[column], **figures}


@mutant
def ambulance_incident_of_a_trust_only(part: Part) -> Expected:
    row, total = ambulances(part, "trust")
    part.add("ambsys", row, "a10")
    known = int(total["a10"])
    return {"ambulance_trusts_add_up": [responses("a10", known, known + 1, known)]}


@mutant
def ambulance_region_that_does_not_add_up(part: Part) -> Expected:
    row, total = ambulances(part, "region")
    part.add("ambsys", row, "a30", amount=60)
    known = int(total["a30"])
    return {"ambulance_trusts_add_up": [responses("a30", known, known, known + 60)]}


@mutant
def ambulance_lost_trust(part: Part) -> Expected:
    row, total = ambulances(part, "trust")
    part.lose("ambsys", f"rowid = {row['rowid']}")
    known = {column: int(total[column]) for column in INDICATORS}
    return {
        "ambulance_trusts_add_up": [
            responses(column, known[column], known[column] - int(row[column]), known[column]) for column in INDICATORS
        ]
    }


@mutant
def ambulance_lost_england(part: Part) -> Expected:
    _, total = ambulances(part, "trust")
    part.lose("ambsys", f"rowid = {total['rowid']}")
    return {
        "ambulance_trusts_add_up": [
            responses(column, None, int(total[column]), int(total[column])) for column in INDICATORS
        ]
    }


@mutant
def ambulance_figure_missing_or_no_count(part: Part) -> Expected:
    """A full stop where there was a figure, and half a call in a column that no gate looks at."""
    row, total = ambulances(part, "trust")
    part.put("ambsys", row, a10=".", a0="12.5")
    expected = []
    for column in ("a0", "a10"):
        known = int(total[column])
        expected.append(responses(column, known, known - int(row[column]), known))
    return {"ambulance_trusts_add_up": expected}


@mutant
def ambulance_row_twice(part: Part) -> Expected:
    row, total = ambulances(part, "region")
    part.again("ambsys", row)
    known = {column: int(total[column]) for column in INDICATORS}
    sums = [responses(name, known[name], known[name], known[name] + int(row[name])) for name in INDICATORS]
    key = {"month": MONTH, "organisation_code": row["org_code"], "rows_found": 2}
    return {"ambulance_trusts_add_up": sums, "ambulance_responses.key": [key]}


@mutant
def ambulance_totals_that_are_in_minutes(part: Part) -> Expected:
    """All of them, so that they add up."""
    part.damaged.add("ambsys")
    timed = f"{A_MONTH} and a30 <> '.'"
    part.connection.execute(f"update landed.ambsys set a30 = cast(cast(a30 as bigint) // 60 as string) where {timed}")
    sums = {
        level: sum(int(row["a30"]) for row in part.rows(f"from landed.ambsys where {timed} and {where}"))
        for level, where in AMBULANCE.items()
    }
    wrong = part.rows(f"from landed.ambsys where {timed} and a31 <> '.'")
    return {
        "ambulance_trusts_add_up": [responses("a30", sums["England"], sums["trust"], sums["region"])],
        "ambulance_responses.key": [{"organisation_code": row["org_code"], "rate_agrees": False} for row in wrong],
    }


# Cancer

PROVIDERS, COMMISSIONERS = "basis like '%PROVIDER%'", "basis like '%COMMISSIONER%'"
TOLD = "_source_member = '28-DAY FDS (ALL ROUTES)'"
TREATED = "_source_member = '62-DAY (ALL CANCER)'"


def cancer(basis: str, standard: str, block: str, england: object, organisations: object, odd: int = 0) -> Row:
    """What cancer_organisations_add_up must say of a table."""
    table = {"month": MONTH, "basis": basis, "standard": standard, "block": block}
    return {**table, "england": england, "sum_of_organisations": organisations, "rows_that_do_not_add_up": odd}


def told(part: Part, where: str = "") -> tuple[Row, float]:
    """A row of the 28-day sheet by provider, and England's total."""
    here = f"{PROVIDERS} and {TOLD}"
    row = part.row("cancer", f"{here} and ods_code <> '' and within_14_days <> '0' and after_28_days <> '0' {where}")
    return row, float(part.row("cancer", f"{here} and ods_code = ''")["total"])


def treated(part: Part, block: str) -> tuple[Row, float]:
    """A row of a table of the 62-day sheet by commissioner, and England's total."""
    here = f"{COMMISSIONERS} and {TREATED} and block like '{block}'"
    row = part.row("cancer", f"{here} and ods_code <> '' and within_31_days not in ('', '0') and after_62_days <> '0'")
    return row, float(part.row("cancer", f"{here} and ods_code = ''")["total"])


def unrated(part: Part, *rows: Row) -> None:
    """The counts of a row are wrong together with its share, or it would be found by that."""
    for row in rows:
        part.put("cancer", row, told_within_28_days="", treated_within_62_days="")


@mutant
def cancer_share_of_other_patients(part: Part) -> Expected:
    """Within and after have changed places, everywhere."""
    part.damaged.add("cancer")
    changed = "within_28_days = after_28_days, after_28_days = within_28_days"
    part.connection.execute(f"update landed.cancer set {changed} where {TOLD}")
    rows = part.rows(f"select *, {PROVIDERS} as by_provider from landed.cancer where {TOLD}")
    wrong = [row for row in rows if row["within_28_days"] != row["after_28_days"]]
    return {
        "cancer_waits.key": [
            {"basis": "provider" if row["by_provider"] else "commissioner", "source_row": int(row["_source_row"])}
            for row in wrong
        ]
    }


@mutant
def cancer_half_a_patient_in_a_band(part: Part) -> Expected:
    row, total = told(part)
    part.add("cancer", row, "within_14_days", amount=0.5)
    said = cancer("provider", "28-day", "ALL ROUTES", total, total, odd=1)
    return {"cancer_organisations_add_up": [{**said, "first_such_row": int(row["_source_row"])}]}


@mutant
def cancer_patient_of_nobody(part: Part) -> Expected:
    row, total = told(part)
    part.add("cancer", row, "within_14_days", "within_28_days", "total")
    unrated(part, row)
    return {"cancer_organisations_add_up": [cancer("provider", "28-day", "ALL ROUTES", total, total + 1)]}


@mutant
def cancer_patient_late_in_england_only(part: Part) -> Expected:
    """Every row adds up, and so do the totals."""
    row, total = told(part)
    part.add("cancer", row, "within_28_days", "within_14_days", amount=-1)
    part.add("cancer", row, "after_28_days", "after_62_days")
    unrated(part, row)
    return {"cancer_organisations_add_up": [cancer("provider", "28-day", "ALL ROUTES", total, total)]}


@mutant
def cancer_patient_of_another_route(part: Part) -> Expected:
    """Moved between two organisations in the table of all routes: the routes of both know better."""
    row, _ = treated(part, "PART A%")
    here = f"{COMMISSIONERS} and {TREATED} and block like 'PART A%'"
    other = part.row(
        "cancer", f"{here} and ods_code not in ('', '{row['ods_code']}') and within_31_days not in ('', '0')"
    )
    columns = "within_31_days", "within_62_days", "total"
    part.add("cancer", row, *columns)
    part.add("cancer", other, *columns, amount=-1)
    unrated(part, row, other)
    return {"cancer_routes_add_up": [routes(row, 1), routes(other, -1)]}


@mutant
def cancer_patient_late_on_all_routes_only(part: Part) -> Expected:
    row, total = treated(part, "PART A%")
    part.add("cancer", row, "within_31_days", "within_62_days", amount=-1)
    part.add("cancer", row, "after_104_days", "after_62_days")
    unrated(part, row)
    return {
        "cancer_organisations_add_up": [cancer("commissioner", "62-day", row["block"], total, total)],
        "cancer_routes_add_up": [routes(row, 0)],
    }


def routes(row: Row, more: float) -> Row:
    """What cancer_routes_add_up must say of a row of all routes that has more than its routes."""
    total = float(row["total"])
    place = {"month": MONTH, "basis": "commissioner", "organisation_name": row["organisation_name"]}
    return {**place, "all_routes": total + more, "sum_of_routes": total}


@mutant
def cancer_block_lost_whole(part: Part) -> Expected:
    """The organisations and England of a route are gone together."""
    here = f"{COMMISSIONERS} and {TREATED} and block like 'PART B%'"
    gone = part.rows(f"select * from landed.cancer where {here} and total <> '0'")
    names = {row["organisation_name"]: float(row["total"]) for row in gone}
    part.lose("cancer", here)
    return {
        "cancer_routes_add_up": [
            {"basis": "commissioner", "organisation_name": row["organisation_name"], "all_routes": row["total"]}
            | {"sum_of_routes": row["total"] - names[row["organisation_name"]]}
            for row in part.rows(
                f"""
                select organisation_name, cast(total as double) as total from landed.cancer
                where {COMMISSIONERS} and {TREATED} and block like 'PART A%'
                """
            )
            if row["organisation_name"] in names
        ]
    }


@mutant
def cancer_lost_organisation(part: Part) -> Expected:
    row, total = treated(part, "PART A%")
    part.lose("cancer", f"rowid = {row['rowid']}")
    lost = float(row["total"])
    return {
        "cancer_organisations_add_up": [cancer("commissioner", "62-day", row["block"], total, total - lost)],
        "cancer_routes_add_up": [{**routes(row, 0), "all_routes": None}],
    }


@mutant
def cancer_lost_england(part: Part) -> Expected:
    _, total = told(part)
    part.lose("cancer", f"{PROVIDERS} and {TOLD} and ods_code = ''")
    return {"cancer_organisations_add_up": [cancer("provider", "28-day", "ALL ROUTES", None, total)]}


@mutant
def cancer_row_twice(part: Part) -> Expected:
    row, total = told(part)
    part.again("cancer", row)
    twice = cancer("provider", "28-day", "ALL ROUTES", total, total + float(row["total"]))
    key = {"basis": "provider", "standard": "28-day", "organisation_code": row["ods_code"], "rows_found": 2}
    return {"cancer_organisations_add_up": [twice], "cancer_waits.key": [key]}


# Community services

CONTACTS = "dimension = 'TotalCareContacts'"


def submitted(part: Part) -> tuple[Row, Row, float]:
    """A provider's and England's contacts, and how far off the sum of the providers may be."""
    rows = f"landed.csds where {CONTACTS} and org_level = 'Provider'"
    (found,) = part.rows(f"select count(*) as n, sum(cast(measure_value as double)) as total from {rows}")
    england = part.row("csds", f"{CONTACTS} and org_level = 'All Submitters'")
    part.put("csds", england, measure_value=found["total"])
    england = part.row("csds", f"{CONTACTS} and org_level = 'All Submitters'")
    return part.row("csds", f"{CONTACTS} and org_level = 'Provider'"), england, 2.5 * (found["n"] + 1)


def contacts(england: object, providers: object, count: int) -> Row:
    figures = {"england": england, "sum_of_providers": providers, "providers": count}
    return {"month": MONTH, "dimension": "TotalCareContacts", **figures}


@mutant
def csds_off_by_more_than_rounding(part: Part) -> Expected:
    row, england, most = submitted(part)
    part.add("csds", row, "measure_value", amount=most + 2.5)
    total, count = float(england["measure_value"]), int(most / 2.5) - 1
    return {"csds_providers_add_up": [contacts(total, total + most + 2.5, count)]}


@mutant
def csds_lost_provider_and_england(part: Part) -> Expected:
    row, england, most = submitted(part)
    part.lose("csds", f"rowid = {england['rowid']}")
    part.lose("csds", f"rowid = {row['rowid']}")
    total = float(england["measure_value"]) - float(row["measure_value"])
    return {"csds_providers_add_up": [contacts(None, total, int(most / 2.5) - 2)]}


@mutant
def csds_lost_providers(part: Part) -> Expected:
    _, england, _ = submitted(part)
    part.lose("csds", f"{CONTACTS} and org_level = 'Provider'")
    return {"csds_providers_add_up": [contacts(float(england["measure_value"]), None, 0)]}


@mutant
def csds_dimension_lost_whole(part: Part) -> Expected:
    part.lose("csds", CONTACTS)
    return {"csds_providers_add_up": [contacts(None, None, 0)]}


@mutant
def csds_row_twice(part: Part) -> Expected:
    row, england, most = submitted(part)
    part.again("csds", row)
    total = float(england["measure_value"])
    twice = contacts(total, total + float(row["measure_value"]), int(most / 2.5))
    key = {"month": MONTH, "level": "Provider", "organisation_code": row["org_code"], "rows_found": 2}
    return {"csds_providers_add_up": [twice], "csds_counts.key": [key]}


# Staff survey


@mutant
def staff_score_twice(part: Part) -> Expected:
    row = part.row("staff_survey", "heading like 'PP3_2%'")
    part.again("staff_survey", row)
    key = {"survey_code": row["organisation_code"], "measure": "survey_raising_concerns", "rows_found": 2}
    return {"survey_scores.key": [key]}


@mutant
def staff_score_in_the_column_of_a_percentage(part: Part) -> Expected:
    row = part.row("staff_survey", "heading like 'Staff%'")
    part.put("staff_survey", row, score="73.5")
    return {"survey_scores.key": [{"survey_code": row["organisation_code"], "measure": "survey_engagement"}]}


# Mortality


@mutant
def shmi_band_twice(part: Part) -> Expected:
    row = part.row("shmi", "shmi_banding = '2.0' and time_period = 'NOV24_OCT25'")
    part.again("shmi", row)
    return {"shmi_bands.key": [{"organisation_code": row["provider_code"], "rows_found": 2}]}


@mutant
def shmi_with_its_columns_moved(part: Part) -> Expected:
    row = part.row("shmi", "shmi_banding = '1.0' and time_period = 'NOV24_OCT25'")
    part.put("shmi", row, observed=row["expected"], expected=row["observed"])
    return {"shmi_bands.key": [{"organisation_code": row["provider_code"], "shmi_value": float(row["shmi_value"])}]}


@mutant
def shmi_bands_of_another_order(part: Part) -> Expected:
    row = part.row("shmi", "shmi_banding = '1.0' and time_period = 'NOV24_OCT25'")
    part.put("shmi", row, shmi_banding="3.0")
    return {"shmi_bands.key": [{"organisation_code": row["provider_code"], "numerator": 3}]}


# Friends and Family Test

ENGLAND_OF_A_SETTING = "trust_name like 'England (including%'"


def answers(row: Row, **found: object) -> Expected:
    return {"fft_answers.key": [{"organisation_code": row["trust_code"] or None, **found}]}


@mutant
def answers_of_a_trust_twice(part: Part) -> Expected:
    row = part.row("fft", "trust_code <> ''")
    part.again("fft", row, responses="*", very_good="*", percentage_positive="*")
    return answers(row, rows_found=2)


@mutant
def answers_that_do_not_add_up(part: Part) -> Expected:
    row = part.row("fft", "trust_code <> ''")
    part.add("fft", row, "dont_know")
    return answers(row, answers=int(row["responses"]) + 1)


@mutant
def answers_whose_percentage_is_another(part: Part) -> Expected:
    row = part.row("fft", "trust_code <> ''")
    part.put("fft", row, percentage_positive=row["percentage_negative"])
    return answers(row, denominator=int(row["responses"]))


@mutant
def england_with_fewer_answers_than_its_trusts(part: Part) -> Expected:
    row = part.row("fft", ENGLAND_OF_A_SETTING)
    shown = part.row("fft", "trust_name like 'England (excluding%'")  # without those that are hidden
    figures = {name: shown[name] for name in ("good", "neither", "poor", "very_poor", "dont_know")}
    fewer = {name: int(shown[name]) - 1 for name in ("responses", "very_good")}
    part.put("fft", row, **figures, **fewer, percentage_positive=shown["percentage_positive"])
    return answers(row, is_england=True, trusts_hidden=1)


# Talking therapies


@mutant
def more_people_improved_than_finished(part: Part) -> Expected:
    about = {"reporting_period_start": "2026-02-01", "group_type": "Provider", "org_code1": "all", "org_code2": "ZB1"}
    measures = {"Count_FinishedCourseTreatment": 40, "Count_ReliableImprovement": 50}
    rows = [{**about, "measure_name": name, "measure_value": value} for name, value in measures.items()]
    part.publish("talking_therapies_monthly", "", rows)
    return {"talking_therapies_months.key": [{"provider_code": "ZB1", "numerator": 50, "denominator": 40}]}


# General practice


def asked(part: Part, sent: int, returned: int) -> tuple[Row, Row]:
    """An ICB's answers to a question, and the totals of the question where the ICBs have so many more."""
    row = part.row("gpps", "type = 'ICB'")
    england = part.row("gpps", f"type = 'National' and measure = '{row['measure']}'")
    sums = {"sum_of_icbs": int(england["distributed"]) + sent * int(row["distributed"])}
    sums |= {"sum_of_within": int(england["received"]) + returned * int(row["received"])}
    totals = {"england": int(england["distributed"]), "england_within": int(england["received"])}
    about = {"source_id": "gpps", "month": dt.date(2025, 1, 1), "counted": row["measure"].replace("-", "_")}
    return row, {**about, **totals, **sums}


@mutant
def survey_lost_icb(part: Part) -> Expected:
    row, totals = asked(part, -1, -1)
    part.lose("gpps", f"rowid = {row['rowid']}")
    return {ICBS_ADD_UP: [totals]}


@mutant
def survey_lost_england(part: Part) -> Expected:
    row, totals = asked(part, 0, 0)
    part.lose("gpps", f"type = 'National' and measure = '{row['measure']}'")
    return {ICBS_ADD_UP: [{**totals, "england": None, "england_within": None}]}


@mutant
def survey_question_lost_whole(part: Part) -> Expected:
    row, totals = asked(part, 0, 0)
    part.lose("gpps", f"measure = '{row['measure']}'")
    (file,) = part.rows("select file_name from landed.files where source_id = 'gpps'")
    return {"measures_are_in_their_files": [{**file, "month": totals["month"], "measure": totals["counted"]}]}


@mutant
def survey_row_twice(part: Part) -> Expected:
    row, totals = asked(part, 1, 1)
    part.again("gpps", row)
    key = {"organisation_code": row["code"], "measure": totals["counted"], "rows_found": 2}
    return {ICBS_ADD_UP: [totals], "gpps_results.key": [key]}


def diagnosed(part: Part) -> tuple[Row, Row]:
    row, england = part.row("dementia", "type = 'ICB'"), part.row("dementia", "type = 'National'")
    recorded, estimated = int(england["recorded"]), Decimal(england["estimated"])
    about = {"source_id": "dementia", "month": MONTH, "counted": "dementia_diagnosed"}
    totals = {"england": estimated, "sum_of_icbs": estimated, "england_within": recorded, "sum_of_within": recorded}
    return row, {**about, **totals}


@mutant
def dementia_recorded_once_more(part: Part) -> Expected:
    row, totals = diagnosed(part)
    part.add("dementia", row, "recorded")
    return {ICBS_ADD_UP: [{**totals, "sum_of_within": totals["sum_of_within"] + 1}]}


@mutant
def dementia_estimates_off_by_more_than_rounding(part: Part) -> Expected:
    row, totals = diagnosed(part)
    part.add("dementia", row, "estimated", amount=2.5)
    return {ICBS_ADD_UP: [{**totals, "sum_of_icbs": totals["sum_of_icbs"] + Decimal("2.5")}]}


@mutant
def dementia_with_its_columns_moved(part: Part) -> Expected:
    """For everybody, so that they add up."""
    part.damaged.add("dementia")
    part.connection.execute("update landed.dementia set recorded = estimated, estimated = recorded")
    rows = part.rows("select trim(coalesce(nullif(ods_code, ''), ons_code)) as code from landed.dementia")
    return {"dementia_diagnoses.key": [{"organisation_code": row["code"]} for row in rows]}


@mutant
def dementia_row_twice(part: Part) -> Expected:
    row, totals = diagnosed(part)
    part.again("dementia", row)
    sums = {"sum_of_icbs": totals["sum_of_icbs"] + Decimal(row["estimated"])}
    sums |= {"sum_of_within": totals["sum_of_within"] + int(row["recorded"])}
    key = {"level": "ICB", "organisation_code": row["ods_code"], "rows_found": 2}
    return {ICBS_ADD_UP: [{**totals, **sums}], "dementia_diagnoses.key": [key]}


# All publications together


@mutant
def ambulances_of_two_files(part: Part) -> Expected:
    """The counts of an organisation from a second file of the same month, all else as it was."""
    files = "landed.files where source_id = 'ambsys' and period = '2026-03'"
    part.connection.execute(f"insert into landed.files select * replace ('another' as source_sha256) from {files}")
    row, total = ambulances(part, "trust")
    part.again("ambsys", row, _source_sha256="another")
    code = {"organisation_code": row["org_code"], "rows_found": 2}
    known = {column: int(total[column]) for column in INDICATORS}
    sums = [responses(name, known[name], known[name] + int(row[name]), known[name]) for name in INDICATORS]
    return {
        "ambulance_trusts_add_up": sums,
        "ambulance_responses.key": [code],
    }


@mutant
def ambulances_two_rows_of_one_number(part: Part) -> Expected:
    """No count can be traced to a row that two share."""
    (first, second) = part.rows(f"select rowid, * from landed.ambsys where {A_MONTH} and {AMBULANCE['trust']} limit 2")
    part.put("ambsys", second, _source_row=first["_source_row"])
    number = int(first["_source_row"])
    key = {"measure": "ambulance_category_2", "side": "provider", "source_row": number, "rows_found": 2}
    return {"source_counts.key": [key]}


@mutant
def organisation_whose_region_no_row_says(part: Part) -> Expected:
    """As where the sources of another quarter were kept."""
    (icb, *_) = part.rows("from built.metric.organisations where organisation_type = 'icb' and quarter = '2025-26-Q4'")
    held = {"organisation_code": icb["organisation_code"], "quarter": icb["quarter"], "attribute": "region"}
    where = " and ".join(f"{column} = '{value}'" for column, value in held.items())
    part.connection.execute(
        f"create table said as select * replace (case when {where} then 'Elsewhere' else value end as value)"
        " from built.metric.organisation_sources"
    )
    part.connection.execute("create or replace view metric.organisation_sources as from said")
    return {"organisations_have_sources": [{**held, "value": icb["region"]}]}


def of_the_quarter(part: Part, row: Row) -> tuple[int, int]:
    """Category 2 of an organisation: seconds and incidents."""
    where = f"org_code = '{row['org_code']}' and year = '2026' and cast(month as integer) <= 3"
    sums = "sum(cast(a30 as bigint)) as seconds, sum(cast(a10 as bigint)) as incidents"
    (found,) = part.rows(f"select {sums} from landed.ambsys where {where}")
    return int(found["seconds"]), int(found["incidents"])


def counts(part: Part, total: Row, more: Row, times: int) -> Row:
    """What every_count_is_somebodys must say where the counts of an organisation are in the values too often."""
    (seconds, incidents), (others, other) = of_the_quarter(part, total), of_the_quarter(part, more)
    counted = {"quarter": QUARTER, "metric_id": "OF0017", "numerator": seconds, "denominator": incidents}
    values = {"numerator_of_values": seconds + times * others, "denominator_of_values": incidents + times * other}
    return {**counted, **values}


@mutant
def counts_of_an_organisation_that_is_not_listed(part: Part) -> Expected:
    row, total = ambulances(part, "trust")
    for other in ("sickness", "staff_survey"):  # they count ambulance trusts, too
        part.connection.execute(f"delete from landed.{other}")
    part.connection.execute(
        f"create table listed as from metric.organisations where organisation_code <> '{row['org_code']}'"
    )
    part.connection.execute("create or replace view metric.organisations as from listed")
    return {"every_count_is_somebodys": [counts(part, total, row, times=-1)]}


@mutant
def predecessor_with_two_successors(part: Part) -> Expected:
    """Its counts would be added twice."""
    _, total = ambulances(part, "trust")
    part.connection.execute("delete from landed.sickness")
    row, *successors = part.rows(
        f"from landed.ambsys where {A_MONTH} and {AMBULANCE['trust']} order by org_code limit 3"
    )
    for successor in successors:
        part.connection.execute(
            "insert into stage.successions by name select ? as quarter, ? as predecessor_code, ? as successor_code,"
            " date '2025-04-01' as merger_date",
            [QUARTER, row["org_code"], successor["org_code"]],
        )
    return {"every_count_is_somebodys": [counts(part, total, row, times=1)]}


@mutant
def file_with_a_remark(part: Part) -> Expected:
    """Only the one in use is told of."""
    part.connection.execute("update landed.files set remarks = 'odd' where source_id = 'ae' and period = '2026-03'")
    part.connection.execute("update landed.files set status = 'superseded', remarks = 'odder' where source_id = 'rtt'")
    (file,) = part.rows("select file_name from landed.files where remarks = 'odd'")
    return {"files_read_with_remarks": [{"file_name": file["file_name"], "remarks": "odd"}]}


@mutant
def league_that_is_not_compared(part: Part) -> Expected:
    codes = "select organisation_code from built.metric.organisations where league = 'ambulance'"
    part.connection.execute(
        f"delete from rank.reconciliation where quarter = '{QUARTER}' and organisation_code in ({codes})"
    )
    return {"official_figures_are_compared": [{"quarter": QUARTER, "league": "ambulance", "figures": 0}]}


# What no sum can see, and what is no damage


UNSEEN: dict[str, Callable[[Part], None]] = {}


def unseen(damage: Callable[[Part], None]) -> Callable[[Part], None]:
    UNSEEN[damage.__name__] = damage
    return damage


@unseen
def rtt_pathway_moved_with_its_roll_up(part: Part) -> None:
    row, roll_up, _ = pathways(part)
    other = part.row(
        "rtt", f"{FUNCTION} and rtt_part_type = 'Part_2' and provider_org_code <> '{row['provider_org_code']}'"
    )
    others = part.row("rtt", f"{ROLL_UP} and {group(other)}")
    known = sizes(part)["total"]
    bounded(part, "total", refuse_below=known, refuse_above=known)
    for each, amount in ((row, 1), (roll_up, 1), (other, -1), (others, -1)):
        part.add("rtt", each, FIRST_WEEK, "total_all", amount=amount)


@unseen
def rtt_of_a_size_at_its_bound(part: Part) -> None:
    row, roll_up, _ = pathways(part)
    most = sizes(part)["total"] + 7
    bounded(part, "total", refuse_below=most, warn_below=most, refuse_above=most)
    for each in (row, roll_up):
        part.add("rtt", each, WEEK_53, "total_all", amount=7)


@unseen
def rtt_of_fictional_providers_below_what_is_known_of_real_ones(part: Part) -> None:
    row, _, _ = pathways(part)
    part.lose("rtt", group(row))
    bounded(part, "total", refuse_below=10**9)
    part.connection.execute("update stage.quarters_in_scope set is_fictional = true")


@unseen
def rtt_providers_lost_whole_but_not_too_many(part: Part) -> None:
    lose_trusts(part, trusts_too_few(part)[1:])


@unseen
def rtt_blank_for_nobody(part: Part) -> None:
    row = part.row("rtt", f"{FUNCTION} and {WEEK_53} = '0'")
    part.put("rtt", row, **{WEEK_53: ""})


@unseen
def dm01_block_lost_whole(part: Part) -> None:
    row, _, _ = waits(part)
    codes = "provider_org_code", "commissioner_org_code"
    part.lose("dm01", " and ".join(f"{code} = '{row[code]}'" for code in codes))


@unseen
def ae_attendance_moved(part: Part) -> None:
    row = part.row("ae", f"{ORGANISATION} and {MAJOR} <> '0'")
    other = part.row("ae", f"{ORGANISATION} and {MAJOR} <> '0' and org_code <> '{row['org_code']}'")
    part.add("ae", row, MAJOR)
    part.add("ae", other, MAJOR, amount=-1)


@unseen
def ambulance_incident_moved_to_another_region(part: Part) -> None:
    row, _ = ambulances(part, "trust")
    other = part.row("ambsys", f"{A_MONTH} and {AMBULANCE['trust']} and region <> '{row['region']}'")
    part.add("ambsys", row, "a10")
    part.add("ambsys", other, "a10", amount=-1)


@unseen
def ambulance_file_without_regions(part: Part) -> None:
    part.lose("ambsys", AMBULANCE["region"])


@unseen
def cancer_patient_moved(part: Part) -> None:
    row, _ = told(part)
    other, _ = told(part, f"and ods_code <> '{row['ods_code']}'")
    columns = "within_14_days", "within_28_days", "total"
    part.add("cancer", row, *columns)
    part.add("cancer", other, *columns, amount=-1)
    unrated(part, row, other)


# Figures of the NHS Oversight Framework

LEAGUE = f"quarter = '{QUARTER}' and league = 'mental_health_community'"


def changed(part: Part, published_id: str, change: str) -> list[Row]:
    where = f"{LEAGUE} and published_id = '{published_id}'"
    part.connection.execute(f"update stage.nof_figures set {change} where {where}")
    return part.rows(f"from stage.nof_figures where {where}")


@mutant
def segments_of_the_quarter_before(part: Part) -> Expected:
    rows = changed(part, "OF5000", "reporting_date = 'Q3 2025/26'")
    return {"summaries_are_of_their_quarter": [{"trust_code": row["trust_code"]} for row in rows]}


@mutant
def figures_described_as_another_metric(part: Part) -> Expected:
    (other,) = part.rows(
        f"select distinct description from stage.nof_figures where {LEAGUE} and published_id = 'OF0084'"
    )
    rows = changed(part, "OF0061", f"description = '{other['description']}'")
    said = {"published_id": "OF0061", "id_of_that_description": "OF0084", "figures": len(rows)}
    return {"descriptions_are_of_their_metrics": [said]}


@mutant
def figures_in_another_unit(part: Part) -> Expected:
    earlier = {row["quarter"] for row in part.rows(f"from stage.nof_figures where quarter < '{QUARTER}'")}
    changed(part, "OF0082", "value = value / 100")
    said = {"published_id": "OF0082", "quarter": QUARTER}
    return {"official_figures_keep_their_size": [{**said, "other_quarter": other} for other in earlier]}


@unseen
def community_provider_that_is_hidden(part: Part) -> None:
    part.put("community_waits", part.row("community_waits", WITH_SERVICE), patients="*")


@unseen
def csds_off_by_what_rounding_allows(part: Part) -> None:
    row, _, most = submitted(part)
    part.add("csds", row, "measure_value", amount=most)


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught(part: Part, name: str) -> None:
    expected = MUTANTS[name](part)
    CAUGHT[name] = set(expected)
    found = part.failing(set(expected))
    assert set(found) == set(expected)
    for test, rows in expected.items():
        shown = [{column: row[column] for column in rows[0]} for row in found[test]]
        assert [row for row in shown if row not in rows] == [], test
        assert [row for row in rows if row not in shown] == [], test
        assert len(shown) == len(rows), test


@pytest.mark.parametrize("name", UNSEEN)
def test_what_adds_up_passes(part: Part, name: str) -> None:
    UNSEEN[name](part)
    assert part.damaged
    tests = {"publications_are_whole", "publications_are_as_usual", "months_are_counted", "members_have_values"}
    assert part.failing(tests) == {}


def test_good_data_passes(part: Part) -> None:
    assert part.failing(set(part.tests)) == {}


def test_every_test_on_a_publication_has_a_mutant(whole: Part) -> None:
    """A new singular test needs one too, or a change in `test_rules_of_dbt.py`."""
    for name in MUTANTS.keys() - CAUGHT.keys():  # where this test is run alone, all
        whole.connection.execute("begin")
        CAUGHT[name] = set(MUTANTS[name](whole))
        whole.connection.execute("rollback")
        whole.damaged.clear()
    caught = set().union(*CAUGHT.values())
    assert caught == set(whole.tests)
    assert {name for name in caught if name.endswith(".key")} == {f"{model}.key" for model in KEYED}
