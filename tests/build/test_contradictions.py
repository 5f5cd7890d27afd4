"""Releases that go against themselves, kind by kind: which test names them, with file, row, trust, metric and reason.

A published file of the sample is damaged after it was landed; models and tests are those of a build. Files that the
land gate stops before, such as columns exchanged throughout or rows that occur twice, are in
`test_damage_at_the_gate.py`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from orchestration.discovery.conventions import Conventions
from orchestration.discovery.release import discover
from orchestration.text import in_sql
from orchestration.warehouse import manifest
from tests.conftest import COMMUNITY

AGAIN = ["nof_figures", "leagues_in_force", "domains_in_force", "seeded_metrics", "seed_agreement"]
AGAIN += ["metrics_in_force", "cut_points_in_force", "release_contradictions"]
STOPS, WARNS = "releases_go_with_themselves", "releases_and_seeds_agree"
AVERAGE, SEGMENT, UNADJUSTED, FLAG = "OF5002", "OF5000", "OF5003", "OF5004"
VALUE, SCORE, DOMAIN_SCORE = "OF0061", "OF1061", "OF4002"  # scored within the league
VALUES = ["value", "median_value", "lower_quartile", "upper_quartile", "rank"]


class File:
    """The rows of a published file, in the columns of its landed table."""

    def __init__(self, rows: pd.DataFrame, next_quarter: Path) -> None:
        self.rows = rows
        self.next_quarter = next_quarter

    def at(self, code: str, published_id: str) -> Any:
        (found,) = self.rows.index[(self.rows["trust_code"] == code) & (self.rows["metric_id"] == published_id)]
        return found

    def placed(self, place: int, by: str = VALUE) -> str:
        """The trust that is in a place by a figure."""
        rows = self.rows[self.rows["metric_id"] == by]
        return str(rows["trust_code"].iloc[rows["rank"].astype(float).argsort(kind="stable").iloc[place - 1]])

    def get(self, code: str, published_id: str, column: str = "value") -> str:
        return f"{float(self.rows.loc[self.at(code, published_id), column]):g}"

    def put(self, code: str, published_id: str, text: str, column: str = "value") -> str:
        """Write other text into a cell; returns what was there."""
        before = self.get(code, published_id, column)
        self.rows.loc[self.at(code, published_id), column] = text
        return before

    def lose(self, code: str, published_id: str) -> str:
        before = self.get(code, published_id)
        self.rows = self.rows.drop(index=self.at(code, published_id))
        return before

    def exchange(self, ids: str, one: str, other: str) -> None:
        """Give the rows of some ids of one trust to another, and the other way round."""
        rows = self.rows["metric_id"].str.fullmatch(ids)
        self.rows.loc[rows, "trust_code"] = self.rows.loc[rows, "trust_code"].replace({one: other, other: one})


class Tests:
    """The two tests on a file, by the models of a build."""

    def __init__(self, built: Any) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("attach ':memory:' as warehouse; use warehouse; create schema landed")
        self.connection.execute(f"attach {in_sql(built.build.warehouse)} as built (read_only)")
        for table in ("files", "nof_data"):
            parts = [str(path) for path in built.build.parts(table)]
            self.connection.execute(f"create table landed.{table} as from read_parquet({parts})")
        nodes = {node["name"]: node for node in manifest.raw()["nodes"].values()}
        landed = r"read_parquet\('(\w+)\.\*?parquet'\)", r"landed.\1"
        self.sql = {name: re.sub(*landed, nodes[name]["compiled_code"]) for name in (*AGAIN, STOPS, WARNS)}
        self.relations = {
            name: f"{node['schema']}.{name}"
            for name, node in nodes.items()
            if node["resource_type"] in ("model", "seed")
        }
        for schema in sorted({relation.partition(".")[0] for relation in self.relations.values()}):
            self.connection.execute(f"create schema {schema}")
        for name, relation in self.relations.items():
            if name not in (*AGAIN, "discovered"):
                self.connection.execute(f"create view {relation} as from built.{relation}")
        known = self.connection.execute("select score_id, metric_id from rules.metrics").fetchall()
        self.conventions = Conventions(names=dict(known))
        self.rows = self.connection.execute("from landed.nof_data where trust_type = 'Non-acute hospital trust'").df()

    def say(self, rows: pd.DataFrame) -> list[dict[str, Any]]:
        """What they return. Seeds, which are of real releases, are left out."""
        self.connection.register("rows", rows.assign(_code=rows["trust_code"]))
        self.connection.execute("begin; create or replace table landed.nof_data as from rows")
        for name in AGAIN:
            self.connection.execute(f"create table {self.relations[name]} as {self.sql[name]}")
            if name == "nof_figures":
                figures = self.connection.execute("from stage.nof_figures").df()
                self.connection.register("found", discover(figures, self.conventions).in_long_form())
                self.connection.execute("create table metric.discovered as from found")
        said = []
        for name in (STOPS, WARNS):
            result = self.connection.execute(self.sql[name])
            columns = [column[0] for column in result.description or ()]
            said += [{"test": name, **dict(zip(columns, row, strict=True))} for row in result.fetchall()]
        self.connection.execute("rollback")
        return [row for row in said if row["kind"] != "seed_contradicted"]


@pytest.fixture(scope="module")
def tests(built_first: Any) -> Tests:
    return Tests(built_first)


@pytest.fixture
def file(tests: Tests, sample: Path) -> File:
    (next_quarter,) = (sample / "nof" / "2025-12").glob("*community-trust-data*")
    return File(tests.rows.copy(), next_quarter)


# Each damage returns what must be said: test, trust, published id, kind, what is found, what the rest asks for.

Said = tuple[str, str | None, str, str, str, str]
DAMAGES: dict[str, Callable[[File], list[Said]]] = {}
RISE = "scores rise with ranks"


def damage(function: Callable[[File], list[Said]]) -> Callable[[File], list[Said]]:
    DAMAGES[function.__name__] = function
    return function


@damage
def two_scores_swapped(file: File) -> list[Said]:
    one, other = file.placed(11), file.placed(41)
    scores = file.get(one, SCORE), file.get(other, SCORE)
    file.put(one, SCORE, scores[1])
    file.put(other, SCORE, scores[0])
    return [
        (STOPS, one, SCORE, "rank_against_score", f"{scores[1]} of rank 11", RISE),
        (STOPS, other, SCORE, "rank_against_score", f"{scores[0]} of rank 41", RISE),
    ]


@damage
def a_wrong_score(file: File) -> list[Said]:
    code = file.placed(31)
    file.put(code, SCORE, "4.0")
    return [(STOPS, code, SCORE, "rank_against_score", "4 of rank 31", RISE)]


@damage
def a_wrong_rank(file: File) -> list[Said]:
    code = file.placed(31)
    file.put(code, VALUE, "3.0", "rank")
    told = f"rank 3 of value {file.get(code, VALUE)}"
    return [(STOPS, code, VALUE, "rank_against_value", told, "ranks by value, higher is better")]


@damage
def a_rank_beyond_the_last(file: File) -> list[Said]:
    code = file.placed(61)
    file.put(code, VALUE, "65.0", "rank")
    return [(STOPS, code, VALUE, "rank_leaves_a_gap", "65", "61")]


@damage
def ranks_that_go_against_their_values(file: File) -> list[Said]:
    rows = file.rows["metric_id"] == VALUE
    file.rows.loc[rows, "rank"] = (62 - file.rows.loc[rows, "rank"].astype(float)).astype(str)
    told = "61 of 61 ranks are out of the order of the values"
    return [(STOPS, None, VALUE, "ranks_follow_no_order", told, "ranks by value, higher is better")]


@damage
def scores_of_another_metric(file: File) -> list[Said]:
    others = file.rows[file.rows["metric_id"] == "OF1084"].set_index("trust_code")["value"]
    rows = file.rows["metric_id"] == SCORE
    file.rows.loc[rows, "value"] = file.rows.loc[rows, "trust_code"].map(others)
    return [
        (STOPS, None, SCORE, "scores_follow_no_rule", "55 of 61 scores fit none", "a grid by rank, or whole scores")
    ]


@damage
def a_domain_score_that_does_not_follow(file: File) -> list[Said]:
    code = file.placed(31, AVERAGE)
    before = file.get(code, DOMAIN_SCORE)
    file.put(code, DOMAIN_SCORE, f"{float(before) + 0.25:.2f}")
    now = file.get(code, DOMAIN_SCORE)
    return [(STOPS, code, DOMAIN_SCORE, "domain_score_not_reproduced", now, f"{float(before):.2f}")]


@damage
def an_average_that_does_not_follow(file: File) -> list[Said]:
    code = file.placed(61, AVERAGE)
    before = file.get(code, AVERAGE)
    file.put(code, AVERAGE, f"{float(before) + 0.15:.2f}")
    return [(STOPS, code, AVERAGE, "average_score_not_reproduced", file.get(code, AVERAGE), f"{float(before):.2f}")]


@damage
def a_wrong_segment(file: File) -> list[Said]:
    code = file.placed(1, AVERAGE)
    file.put(code, UNADJUSTED, "4")
    told = f"4 of score {float(file.get(code, AVERAGE)):.2f}"
    return [(STOPS, code, UNADJUSTED, "segment_against_score", told, "segment 1")]


@damage
def a_wrong_segment_of_a_domain(file: File) -> list[Said]:
    code = file.placed(1, DOMAIN_SCORE)
    file.put(code, "OF4102", "4")
    told = f"4 of score {float(file.get(code, DOMAIN_SCORE)):.2f}"
    return [(STOPS, code, "OF4102", "segment_against_score", told, "segment 1")]


@damage
def an_override_without_its_flag(file: File) -> list[Said]:
    code = file.placed(1, AVERAGE)
    assert (file.get(code, FLAG), file.put(code, SEGMENT, "3")) == ("0", "1")
    return [(STOPS, code, SEGMENT, "override", "3 after 1", "segment 1")]


@damage
def a_flag_without_its_override(file: File) -> list[Said]:
    code = file.placed(1, AVERAGE)
    assert file.put(code, FLAG, "1") == "0"
    return [(STOPS, code, SEGMENT, "override", "1 after 1 with the flag", "segment 3")]


@damage
def a_wrong_place(file: File) -> list[Said]:
    code = file.placed(31, SEGMENT)
    before = file.put(code, SEGMENT, "3.0", "rank")
    told = f"{before} by adjusted_segment, average_score"
    return [(STOPS, code, SEGMENT, "place_against_order", "3", told)]


@damage
def two_trusts_exchanged_in_a_metric(file: File) -> list[Said]:
    """Value, rank and score go with each other; only the means do not follow."""
    codes = file.placed(11), file.placed(41)
    file.exchange("OF[01]061", *codes)
    return [
        (STOPS, code, mean, kind, file.get(code, mean), "")
        for code in codes
        for mean, kind in ((DOMAIN_SCORE, "domain_score_not_reproduced"), (AVERAGE, "average_score_not_reproduced"))
    ]


@damage
def two_trusts_exchanged_in_all_metrics(file: File) -> list[Said]:
    codes = file.placed(5, AVERAGE), file.placed(41, AVERAGE)
    averages = [file.get(code, AVERAGE) for code in codes]
    file.exchange("OF[01].*|X-.*", *codes)
    return [
        (STOPS, code, AVERAGE, "average_score_not_reproduced", own, f"{float(other):.2f}")
        for code, own, other in zip(codes, averages, averages[::-1], strict=True)
    ]


@damage
def half_of_the_trusts(file: File) -> list[Said]:
    kept = {file.placed(place, SEGMENT) for place in range(1, 62, 2)}
    file.rows = file.rows[file.rows["trust_code"].isin(kept)]
    last = file.rows.loc[file.rows["metric_id"] == SEGMENT, "rank"].astype(float).max()
    told = f"31 organisations, the last in place {last:g}"
    return [(STOPS, None, SEGMENT, "organisations_missing", told, "every place, or a tie before it")]


@damage
def a_trust_twice(file: File) -> list[Said]:
    """The rows of another trust are there under its code, too."""
    code, other = file.placed(11), file.placed(41)
    again = file.rows[file.rows["trust_code"] == other].assign(trust_code=code)
    figures, row = [file.get(each, VALUE) for each in (other, code)], file.rows.loc[file.at(code, VALUE), "_source_row"]
    file.rows = pd.concat([file.rows, again], ignore_index=True)
    return [(STOPS, code, VALUE, "figure_twice", figures[0], f"{figures[1]}, as in row {row}")]


@damage
def rows_of_the_next_quarter(file: File) -> list[Said]:
    code = file.placed(31)
    other = pd.read_csv(file.next_quarter, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    other = other[(other["Quarter"] == "Q2 2025/26") & (other["Trust_code"] == code)].set_index("Metric_ID")
    rows = file.rows.index[(file.rows["trust_code"] == code) & file.rows["metric_id"].str.match("OF[01]")]
    for row in rows:
        published_id = file.rows.loc[row, "metric_id"]
        if published_id in other.index:
            file.rows.loc[row, ["value", "rank"]] = other.loc[published_id, ["Value", "Rank"]].tolist()
    return [(STOPS, code, AVERAGE, "average_score_not_reproduced", file.get(code, AVERAGE), "")]


@damage
def cells_of_a_row_shifted(file: File) -> list[Said]:
    code = file.placed(6)
    row = file.at(code, VALUE)
    file.rows.loc[row, VALUES] = [*file.rows.loc[row, VALUES].tolist()[1:], ""]
    return [(WARNS, code, VALUE, "rank_missing", file.get(code, VALUE), "a rank, as others have")]


@damage
def a_score_between_two_steps(file: File) -> list[Said]:
    code = file.placed(31)
    file.put(code, SCORE, "2.51")
    return [(WARNS, code, SCORE, "score_off_grid", "2.51", "a score that rank gives with 61 organisations")]


@damage
def an_average_rounded_otherwise(file: File) -> list[Said]:
    code = file.placed(61, AVERAGE)
    before = float(file.get(code, AVERAGE))
    file.put(code, AVERAGE, f"{before + 0.01:.2f}")
    return [(WARNS, code, AVERAGE, "average_score_rounded_otherwise", f"{before + 0.01:g}", f"{before:.2f}")]


@damage
def a_score_against_its_band(file: File) -> list[Said]:
    rows = file.rows[(file.rows["metric_id"] == "OF1079") & (file.rows["value"].astype(float) == 1)]
    code = str(rows["trust_code"].iloc[0])
    file.put(code, "OF1079", "4")
    told = f"4 of value {file.get(code, 'OF0079')}"
    return [(WARNS, code, "OF1079", "score_against_band", told, "the score of the values around it")]


@damage
def a_score_missing(file: File) -> list[Said]:
    """The means count it, so they do not follow."""
    code = file.placed(31)
    file.lose(code, SCORE)
    return [
        (WARNS, code, VALUE, "score_missing", file.get(code, VALUE), f"a row {SCORE}"),
        (STOPS, code, DOMAIN_SCORE, "domain_score_not_reproduced", file.get(code, DOMAIN_SCORE), ""),
    ]


@damage
def a_segment_missing(file: File) -> list[Said]:
    code = file.placed(31)
    file.lose(code, UNADJUSTED)
    return [(WARNS, code, AVERAGE, "segment_missing", file.get(code, AVERAGE), f"a row {UNADJUSTED}")]


@damage
def another_unit(file: File) -> list[Said]:
    code = file.placed(31)
    file.rows.loc[file.at(code, SCORE), "units"] = "%"
    return [(WARNS, code, SCORE, "unit_differs", "%", f"'score', as on the other rows of {SCORE}")]


def test_the_file_as_published_goes_with_itself(tests: Tests, file: File) -> None:
    assert tests.say(file.rows) == []


@pytest.mark.parametrize("change", DAMAGES.values())
def test_a_release_against_itself_stops_or_warns_and_says_where(
    change: Callable[[File], list[Said]], tests: Tests, file: File
) -> None:
    expected = change(file)
    said = tests.say(file.rows)
    for test, code, published_id, kind, found, asked in expected:
        place = kind, code, published_id
        (row,) = [r for r in said if (r["kind"], r["organisation_code"], r["published_id"]) == place]
        assert (row["test"], row["found"], row["file_name"]) == (test, found, COMMUNITY)
        assert row["expected"] == asked if asked else row["expected"]
        cells = file.rows[(file.rows["trust_code"] == code) & (file.rows["metric_id"] == published_id)]
        assert str(row["source_row"]) in set(cells["_source_row"].astype(str)) if code else row["source_row"] is None
    stops = any(test == STOPS for test, *_ in expected)
    assert stops == any(row["test"] == STOPS for row in said)
