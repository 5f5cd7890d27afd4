"""Every model is SQL that DuckDB and Spark read alike. What is DuckDB's own, or means another thing on Spark, stands in
`macros/engines.sql` alone, in `macros/spark.sql` as Spark writes it. That both then make the same tables is shown in
`tests/parity`, where Spark is installed."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment

from orchestration.workspace.paths import DBT_PROJECT

OF_AN_ENGINE = ("engines.sql", "spark.sql", "materialization.sql")
FILES = sorted(path for path in DBT_PROJECT.rglob("*.sql") if "target" not in path.parts)
NOT_PORTABLE = {
    r"\bvarchar\b": "string",
    r"\bregexp_(full_match|matches|replace|extract_all|like)\b": "macros matches, has, replaced, each_part",
    r"\bregexp_extract\((?!.*, (\d+|\{\{ group \}\})\))": "regexp_extract with the number of the group",
    r"\b(string_agg|listagg|group_concat)\b": "macro joined",
    r"\b(strftime|strptime|try_strptime)\b": "macros date_of, year_and_month, month_name",
    r"\b(to_months|to_days|to_years|date_diff|datediff|date_add)\b": "macro months_after, or year() and month()",
    r"\b(hugeint|uhugeint)\b": "macro as_whole",
    r"(?<!:)//": "macro whole_quotient",
    r"\*\*": "power",
    r"\b(unnest|explode|inline|generate_series|range)\b(?=\()(?!.*-%\})": "macro a_row_each",
    r"\b(list|list_\w+|array_\w+|collect_\w+|string_split)\b(?=\()(?<!list_of_sums)": "plain aggregates, macro as_list",
    r"\blambda\b": "macro each_part",
    r"\b(arg_max|arg_min)\b": "max_by, min_by, without NULLs",
    r"\*\s+(replace|exclude|except)\b": "the columns, written out",
    r"\b(anti|semi|asof|positional) join\b": "exists, or a left join",
    r"\bwith recursive\b": "digits that are joined",
    r"\b(to_json|json_(?!field)\w+|get_json_object)\(": "macros json_field, row_as_json",
    r"\b(rtrim|ltrim)\(": "trim(trailing ... from ...): Spark takes the two texts the other way round",
    r"\bmedian\((?!\{\{ as_double)": "median of as_double: DuckDB cuts off the median of decimals",
    r"\bread_parquet\b": "source()",
    r"\b(any_value|first|last|starts_with|strpos|contains)\(": "min, like, position",
    r"\w::\w": "cast",
    r"\w\[-?\d*:?-?\d*\]": "left, right, substr",
}


def odd(sql: str) -> list[str]:
    """What of a query is not portable, each with what to write in its place."""
    code = re.sub(r"\{#.*?#\}|--[^\n]*", "", sql, flags=re.DOTALL)
    return [
        f"{found[0]}: write {instead}" for form, instead in NOT_PORTABLE.items() for found in re.finditer(form, code)
    ]


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in OF_AN_ENGINE], ids=lambda path: path.stem)
def test_model_is_read_alike_by_both_engines(path: Path) -> None:
    assert odd(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "sql",
    [
        "cast(x as varchar)",
        "regexp_matches(x, 'a')",
        "regexp_extract(x, 'a')",
        "string_agg(x, ',' order by x)",
        "strftime(month, '%Y-%m')",
        "month + to_months(3)",
        "cast(x as hugeint)",
        "x // 2",
        "x ** 2",
        "unnest([1, 2])",
        "list(x)",
        "list_sum(x)",
        "arg_max(x, y)",
        "select * exclude (x)",
        "select t.* replace (1 as x)",
        "from a anti join b",
        "with recursive a as",
        "json_extract_string(x, '$.a')",
        "rtrim(x, '0')",
        "median(share)",
        "x::integer",
        "quarter[:4]",
        "word[1]",
    ],
)
def test_what_one_engine_alone_reads_is_found(sql: str) -> None:
    assert odd(sql)


def test_every_form_of_duckdb_has_one_of_spark() -> None:
    ours, theirs = (
        set(re.findall(rf"macro {engine}__(\w+)\(", (DBT_PROJECT / "macros" / file).read_text(encoding="utf-8")))
        for engine, file in (("default", "engines.sql"), ("spark", "spark.sql"))
    )
    assert ours == theirs


def test_digits_are_told_as_a_pattern_tells_them() -> None:
    engines = (DBT_PROJECT / "macros" / "engines.sql").read_text(encoding="utf-8")
    told = Environment().from_string(engines + "{{ default__is_digits('text') }}").render().strip()
    signs = [chr(code) for code in (*range(1, 256), 0x661, 0xFF11, 0x2010)]
    texts = ["", *signs, *map("".join, product(["0", "7", ".", "e", "-", " "], repeat=4))]
    texts += [sign * length for sign in ("1", "0", "x") for length in range(1, 20)] + [f"1{sign}2" for sign in signs]
    with duckdb.connect() as connection:
        query = f"select text, {told}, regexp_full_match(text, '[0-9]{{0,15}}') from (select unnest($texts) as text)"
        rows = connection.execute(query, {"texts": [None, *texts]}).fetchall()
    assert [row for row in rows if row[1] is not row[2]] == []
    assert {row[1] for row in rows} == {None, True, False}
