"""Every cell of the published tables of a real quarter goes back to the files, by the auditor's evidence. Then
`league trace` itself, on the sample."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from orchestration import cli
from orchestration.audit.trace import _other_sizes, trace
from orchestration.errors import LeagueError
from orchestration.releases.release import Release
from orchestration.sources.store import Store
from orchestration.workspace.paths import Workspace
from tests.auditor import COUNTED, EVIDENCE, MONTHS, TABLES, Audit, Extracts, Place, amount, label, same, table

CELLS = {  # by kind of evidence; every change of these figures needs a reason
    ("2025-26-Q2", "trust_league_table"): {
        "row": 1573,
        "worked out": 714,
        "rule": 411,
        "simulated": 244,
        "absence": 2327,
        "by definition": 61,
    },
    ("2025-26-Q2", "icb_league_table"): {
        "row": 195,
        "worked out": 144,
        "rule": 162,
        "absence": 417,
        "by definition": 153,
    },
    ("2025-26-Q2", "metric_values"): {
        "row": 32646,
        "parts": 1970,
        "rule": 21927,
        "absence": 53477,
        "by definition": 19194,
    },
    ("2025-26-Q4", "trust_league_table"): {"row": 1021, "worked out": 749, "rule": 414, "absence": 3146},
    ("2025-26-Q4", "icb_league_table"): {
        "row": 238,
        "parts": 1,
        "worked out": 366,
        "rule": 222,
        "simulated": 168,
        "absence": 319,
        "by definition": 72,
    },
    ("2025-26-Q4", "metric_values"): {
        "row": 31379,
        "parts": 9870,
        "rule": 26849,
        "absence": 61218,
        "by definition": 24554,
    },
}
PARTS = {"2025-26-Q2": 394, "2025-26-Q4": 70278}


@pytest.fixture(scope="module", params=MONTHS)
def audit(request: pytest.FixtureRequest, shared_extracts: Path, real_quarters: Any) -> Audit:
    return Audit(request.param, real_quarters[request.param].release, shared_extracts)


@pytest.mark.parametrize("name", TABLES)
def test_every_cell_traces(audit: Audit, name: str) -> None:
    """Every column has one kind of evidence, and every cell is what its evidence says."""
    rows, kinds, wrong = audit.tables[name], Counter[str](), []
    assigned = [(column, evidence) for evidence, columns in EVIDENCE[name] for column in columns.split()]
    assert sorted(column for column, _ in assigned) == sorted(rows[0])
    for line, row in enumerate(rows, 2):
        for column, evidence in assigned:
            try:
                kind, expected = evidence(audit, row, column)
                kinds[kind] += 1
                assert same(row[column], expected), f"by its evidence ({kind}) {expected!r}"
            except (LookupError, AssertionError, ArithmeticError) as error:
                wrong.append(f"row {line}, {column}: {row[column]!r}; {error!r}")
    assert wrong[:20] == []
    assert kinds.total() == len(rows) * len(rows[0])
    assert dict(kinds) == CELLS[audit.quarter, name]


def test_every_part_is_its_row_and_no_row_is_left_out(audit: Audit) -> None:
    """Each part has the figures, month and code of its row; each row that counts for a metric is one part of it."""
    named: dict[str, list[tuple[str, str, Place]]] = defaultdict(list)
    for part in audit.parts:
        *_, headings, whole = COUNTED[part["metric_id"]]
        row, code = audit.row(part), part["code_in_file"]
        assert Decimal(part["numerator"]) == amount(row, headings), part
        assert Decimal(part["denominator"]) == amount(row, [whole]), part
        assert part["organisation_code"] == audit.organisation(part["metric_id"], row), part
        assert part["organisation_code"] == audit.successors.get(code, code) and code in row.values(), part
        place = part["source_member"], int(part["source_row"])
        named[part["metric_id"]].append((part["month"][:7], part["source_sha256"], place))
    for metric_id in COUNTED:
        rows = [place for *place, row in audit.whole_rows(metric_id) if audit.organisation(metric_id, row) is not None]
        assert sorted(named[metric_id]) == sorted(map(tuple, rows)), metric_id
    assert len(audit.parts) == PARTS[audit.quarter]


def test_no_official_figure_is_left_out(audit: Audit) -> None:
    """Every row of a metric or its score in the official file is named by `metric_values`."""
    ids = {metric[column] for metric in audit.metrics.values() for column in ("metric_id", "score_id")}
    official = {
        line
        for (quarter, _, published_id), (_, line, _) in audit.official.items()
        if quarter == label(audit.quarter) and published_id in ids
    }
    named = {row[column] for row in audit.tables["metric_values"] for column in ("source_row", "published_score_row")}
    assert {int(line) for line in named if line} == official
    assert bool(official) == (audit.quarter == "2025-26-Q2")


# `league trace`, on the sample

QUARTER = "2025-26-Q4"


@pytest.fixture(scope="module")
def traced(built: Any) -> dict[str, Any]:
    """Who is traced: the last of each league, so that a worse score moves nobody; a metric of its own; its store."""
    trusts, icbs = (table(built.release, name) for name in TABLES[:2])
    last = {row["league"]: row["organisation_code"] for row in trusts if row["rank"]}
    last["icb"] = [row["organisation_code"] for row in icbs if row["rank"]][-1]
    return {"store": Store(built.workspace), "data_dir": built.workspace.data_dir, "codes": last}


@pytest.fixture
def data_dir(built: Any, tmp_path: Path) -> Path:
    """A release that may be changed, and a store whose files may be replaced: they are links."""
    shutil.copytree(built.workspace.store, tmp_path / "store", copy_function=os.link)
    shutil.copytree(built.release, release_in(tmp_path))
    for path in (release_in(tmp_path), *release_in(tmp_path).iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return tmp_path


def release_in(data_dir: Path) -> Path:
    return data_dir / "releases" / QUARTER / "v1"


def change(release: Path, name: str, column: str, expression: str, where: str) -> None:
    """Changes the cells of a column in the Parquet of a table, which keeps its types."""
    path = release / f"{name}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table changed as from '{path}'")
        connection.execute(f"update changed set {column} = {expression} where {where}")
        assert connection.execute(f"from changed where {where}").fetchall()
        connection.execute(f"copy changed to '{path}' (format parquet)")
    describe_again(path)


def describe_again(path: Path) -> None:
    """As whoever changes a release would have to: the descriptor has the hash of the changed file."""
    descriptor = path.parent / "datapackage.json"
    package = json.loads(descriptor.read_text(encoding="utf-8"))
    (resource,) = [resource for resource in package["resources"] if resource["path"] == path.name]
    resource["hash"] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    descriptor.write_text(json.dumps(package), encoding="utf-8")


def league(*arguments: str, data_dir: Path) -> Any:
    options = ["--quarter", QUARTER, "--data-dir", str(data_dir)]
    return CliRunner(env={"COLUMNS": "250"}).invoke(cli.league, ["trace", *arguments, *options])


def as_published(rows: list[dict[str, Any]]) -> list[dict[str, str | None]]:
    """Rows of JSON as text without the zeros that only a decimal type shows."""
    return [{column: cell if cell is None else str(cell).lower() for column, cell in row.items()} for row in rows]


@pytest.mark.parametrize("of", ["acute", "mental_health_community", "ambulance", "icb"])
def test_json_names_the_places_that_the_tables_name(built: Any, traced: dict[str, Any], of: str) -> None:
    code = traced["codes"][of]
    outcome = league(code, "--json", data_dir=traced["data_dir"])
    assert outcome.exit_code == 0
    found = json.loads(outcome.output)

    def about(name: str, **equal: str) -> list[dict[str, str | None]]:
        rows = [row for row in table(built.release, name) if all(row[key] == text for key, text in equal.items())]
        return [{column: cell or None for column, cell in row.items()} for row in rows]

    values = about("metric_values", organisation_code=code)
    assert values and [
        {column: metric[column] for column in values[0]} for metric in as_published(found["metrics"])
    ] == as_published(values)
    for metric in found["metrics"]:
        key = {"organisation_code": code, "metric_id": metric["metric_id"], "value_basis": metric["value_basis"]}
        assert as_published(metric["sources"]) == as_published(about("metric_sources", **key))
    for name in ("reconciliation", "organisation_sources"):
        rows = about(name, organisation_code=code)
        assert as_published(found["tables"].get(name, [])) == as_published(rows)
        assert rows or (name, of) == ("reconciliation", "icb")
    used = {file["source_sha256"] for file in found["tables"]["metric_values"] if file["source_sha256"]}
    assert used <= set(found["files"])


@pytest.mark.parametrize(
    ("of", "metric_id"),
    [
        ("acute", "OF0003"),
        ("acute", "OF0011"),
        ("mental_health_community", "OF0080"),
        ("ambulance", "OF0017"),
        ("icb", "ICB-RTT-52W"),
        ("icb", "ICB-DM01-6W"),
        ("icb", "ICB-CANCER-62D"),
        ("icb", "ICB-AE-4H"),
    ],
)
def test_rows_of_a_metric_are_those_of_the_file(
    built: Any, traced: dict[str, Any], published_sample: Extracts, of: str, metric_id: str
) -> None:
    """The rows read from the store are the rows that the tables name, and hold what the published files hold."""
    code = traced["codes"][of]
    found = trace(Release.read(built.release), traced["store"], code, metric_id)
    of_it = {"OF0079", "OF0080", "OF0081"} if metric_id == "OF0080" else {metric_id}  # the score of a pair of scores
    assert {metric["metric_id"] for metric in found["metrics"]} == of_it
    places = set()
    for name in ("metric_parts", "metric_values"):
        for row in table(built.release, name):
            if row["organisation_code"] == code and row["metric_id"] in of_it:
                lines = {row["source_row"], row.get("published_score_row", "")} - {""}
                places |= {(row["source_sha256"], row["source_member"], int(line)) for line in lines}
    assert len(places) == len(found["rows"])
    for row in found["rows"]:
        place = row["source_member"] or "", row["source_row"]
        assert (row["source_sha256"], *place) in places
        published_sample.wanted[row["source_sha256"]].add(place)
    for row in found["rows"]:
        own = published_sample.rows(row["source_sha256"])[row["source_member"] or "", row["source_row"]]
        shared = set(own) & set(row["cells"])
        assert len(shared) >= 9
        assert [heading for heading in shared if not alike(row["cells"][heading], own[heading])] == []


@pytest.fixture(scope="module")
def published_sample(sample: Path) -> Extracts:
    return Extracts(sample)


def alike(cell: str, other: str) -> bool:
    """Workbooks have numbers, which are written as text in more than one way."""
    return cell == other or (cell.replace(".", "").isdigit() and same(other, Decimal(cell)))


@pytest.mark.parametrize(
    ("of", "name", "column", "expression", "where", "figure"),
    [
        ("acute", "league_table", "rank", "rank + 1", "organisation_code = '{code}'", "rank"),
        (
            "acute",
            "league_table",
            "average_score",
            "average_score + 0.01",
            "organisation_code = '{code}'",
            "average_score",
        ),
        (
            "icb",
            "league_table",
            "average_score",
            "average_score + 0.01",
            "organisation_code = '{code}'",
            "average_score",
        ),
        (
            "acute",
            "metric_scores",
            "weight",
            "9",
            "organisation_code = '{code}' and metric_id = '{far}'",
            "average_score",
        ),
        ("icb", "metric_scores", "score_exact", "score_exact / 2", "organisation_code = '{code}'", "average_score"),
        ("icb", "segment_cut_points", "cut_point", "cut_point + 3", "scope = 'overall'", "segment before the override"),
        ("acute", "metric_parts", "numerator", "numerator + 1", "organisation_code = '{code}'", "numerator of OF00"),
        ("icb", "metric_parts", "denominator", "0", "organisation_code = '{code}'", "denominator of ICB-"),
        ("icb", "metric_values", "numerator", "numerator + 1", "organisation_code = '{code}'", "numerator of ICB-"),
    ],
)
def test_release_that_does_not_add_up_is_refused(
    traced: dict[str, Any],
    data_dir: Path,
    of: str,
    name: str,
    column: str,
    expression: str,
    where: str,
    figure: str,
) -> None:
    release, code = release_in(data_dir), traced["codes"][of]
    assert trace(Release.read(release), traced["store"], code)["placings"][0]["rank"]
    own = [
        row for row in table(release, "metric_scores") if (row["organisation_code"], row["counted"]) == (code, "true")
    ]
    far = min(own, key=lambda row: Decimal(row["score_exact"]))["metric_id"]  # of the last of the league
    change(release, name, column, expression, where.format(code=code, far=far))
    with pytest.raises(LeagueError, match=f"^{figure}.*: the release has .*, its own figures give "):
        trace(Release.read(release), traced["store"], code)


def test_metric_has_its_title_where_nobody_has_a_figure(traced: dict[str, Any], data_dir: Path) -> None:
    release, of = release_in(data_dir), "metric_id = 'OF0003'"
    with duckdb.connect() as connection:
        [(title,), *_] = connection.execute(f"select title from '{release}/metric_guide.parquet' where {of}").fetchall()
    change(release, "metric_league_table", "metric_title", "null", of)
    found = trace(Release.read(release), traced["store"], traced["codes"]["acute"], "OF0003")
    assert {metric["title"] for metric in found["metrics"]} == {title}


def test_flag_of_a_framework_without_an_override_moves_nobody(traced: dict[str, Any], data_dir: Path) -> None:
    release, code = release_in(data_dir), traced["codes"]["icb"]
    change(release, "league_table", "financial_override", "1", f"organisation_code = '{code}'")
    (placing,) = trace(Release.read(release), traced["store"], code)["placings"]
    assert placing["segment"] == placing["segment_unadjusted"]


def test_half_that_ten_decimals_miss_is_rounded_up_as_in_the_release(traced: dict[str, Any], data_dir: Path) -> None:
    """Scores of 1 1/3 are stored as 1.3333333333: 1.255 as 1.25499999998, which the workflow publishes as 1.26."""
    release = release_in(data_dir)
    first = next(row["organisation_code"] for row in table(release, "icb_league_table") if row["rank"] == "1")
    scored = [row for row in table(release, "metric_scores") if row["organisation_code"] == first]
    scored.sort(key=lambda row: row["metric_id"].startswith(("ICB-GP-", "ICB-DEMENTIA")))
    scores = ["1.3333333333"] * 3 + ["1.17", "1.18", "1.18"] + ["1.255"] * 9  # the nine have a quarter of the weight
    for row, score in zip(scored, scores, strict=True):
        where = f"organisation_code = '{first}' and metric_id = '{row['metric_id']}'"
        change(release, "metric_scores", "score_exact", score, where)
    change(release, "league_table", "average_score", "1.26", f"organisation_code = '{first}'")
    assert trace(Release.read(release), traced["store"], first)["placings"][0]["average_score"] == Decimal("1.26")
    change(release, "league_table", "average_score", "1.25", f"organisation_code = '{first}'")
    with pytest.raises(LeagueError, match=r"average_score: the release has 1\.25, its own figures give 1\.26"):
        trace(Release.read(release), traced["store"], first)


def test_unknown_code_and_metric_are_refused(
    built: Any, traced: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = traced["codes"]["icb"]
    for arguments, message in (
        (("RZZ",), "no organisation of .* has the code or the name RZZ"),
        ((code, "OF0003"), f"has no metric OF0003 of {code}"),
        (("acute", "OF0003"), "acute is a league, which has tables only: --metric needs an organisation"),
    ):
        with pytest.raises(LeagueError, match=message):
            trace(Release.read(built.release), traced["store"], *arguments)
    options = ["--quarter", QUARTER, "--data-dir", str(traced["data_dir"])]
    monkeypatch.setattr("sys.argv", ["league", "trace", "RZZ", *options])
    with pytest.raises(SystemExit) as exit_code:
        cli.main()
    assert exit_code.value.code == 1
    assert "has the code or the name RZZ" in capsys.readouterr().err


def test_file_that_is_gone_or_changed_is_named(traced: dict[str, Any], data_dir: Path) -> None:
    release, store = release_in(data_dir), Store(Workspace(data_dir))
    code, metric_id = traced["codes"]["icb"], "ICB-CANCER-62D"
    found = trace(Release.read(release), store, code, metric_id)
    sha256 = found["rows"][0]["source_sha256"]
    content = bytearray(store.path(sha256).read_bytes())
    content[len(content) // 2] ^= 1
    store.path(sha256).unlink()
    store.path(sha256).write_bytes(content)
    for damage in ("was changed", "is not in the store"):  # in this order
        assert trace(Release.read(release), store, code)["placings"][0]["rank"]
        with pytest.raises(LeagueError, match=damage) as refused:
            trace(Release.read(release), store, code, metric_id)
        assert sha256 in str(refused.value) and found["files"][sha256]["file_name"] in str(refused.value)
        store.path(sha256).unlink(missing_ok=True)


@pytest.mark.parametrize("code", ["acute", "mental_health_community", "ambulance", "icb"])
def test_league_is_traced_to_its_rules_and_files(built: Any, traced: dict[str, Any], code: str) -> None:
    found = trace(Release.read(built.release), traced["store"], code)
    (about,) = (row for row in table(built.release, "league_coverage") if row["league"] == code)
    assert found["tables"]["league_coverage"][0]["title"] == about["title"] and found["placings"] == []
    assert {row["framework"] for row in found["tables"]["segment_cut_points"]} == {about["framework"]}
    outcome = league(code, data_dir=traced["data_dir"])
    assert outcome.exit_code == 0 and about["title"] in outcome.output
    assert [sha256 for sha256 in found["files"] if sha256 not in outcome.output] == []


@pytest.mark.parametrize("arguments", [(), ("--metric", "OF0003")], ids=["all", "metric"])
def test_terminal_has_file_row_and_sha256(built: Any, traced: dict[str, Any], arguments: tuple[str, ...]) -> None:
    code = traced["codes"]["acute"]
    outcome = league(code, *arguments, data_dir=traced["data_dir"])
    assert outcome.exit_code == 0
    files = Release.read(built.release).sources
    rows = [
        row
        for row in table(built.release, "metric_values")
        if row["organisation_code"] == code and row["source_row"] and (not arguments or row["metric_id"] == "OF0003")
    ]
    assert rows
    for row in rows:
        assert f"row {row['source_row']}" in outcome.output
        assert row["source_sha256"] in outcome.output
        assert files[row["source_sha256"]]["file_name"] in outcome.output
        assert f"URL {files[row['source_sha256']]['url']}" in outcome.output


def test_markup_in_a_release_is_printed_as_it_stands(traced: dict[str, Any], data_dir: Path) -> None:
    release, code, hostile = release_in(data_dir), traced["codes"]["acute"], "[red]Trust[/red] [/] [link=x]"
    change(release, "league_table", "organisation_name", f"'{hostile}'", f"organisation_code = '{code}'")
    change(release, "organisation_sources", "value", f"'{hostile} too'", "attribute = 'organisation_name'")
    change(release, "metric_values", "unit", "'[b]unit[/b]'", f"organisation_code = '{code}'")
    outcome = league(code, data_dir=data_dir)
    assert outcome.exit_code == 0, outcome.exception
    assert f"{code} {hostile}: " in outcome.output and f"{hostile} too" in outcome.output
    assert "[b]unit[/b]" in outcome.output


@pytest.mark.parametrize(
    ("name", "column", "expression", "metric_id"),
    [
        ("metric_parts", "source_row", "source_row + 1", "OF0013"),
        ("metric_parts", "code_in_file", "'[b]ZZZ[/b]'", "OF0013"),
        ("metric_values", "source_row", "source_row + 1", "OF0023"),
        ("metric_values", "published_score_row", "source_row", "OF0023"),
        ("metric_values", "value", "value + 1", "OF0023"),
    ],
)
def test_row_that_does_not_say_what_the_release_has_is_refused(
    traced: dict[str, Any], data_dir: Path, name: str, column: str, expression: str, metric_id: str
) -> None:
    release, code = release_in(data_dir), traced["codes"]["acute"]
    change(release, name, column, expression, f"organisation_code = '{code}' and metric_id = '{metric_id}'")
    with pytest.raises(LeagueError, match=r", row \d+: does not say .*, which the release has from it$"):
        trace(Release.read(release), traced["store"], code, metric_id)


def test_damaged_release_is_not_traced(traced: dict[str, Any], data_dir: Path) -> None:
    (release_in(data_dir) / "england_figures.csv").write_text("x")
    with pytest.raises(LeagueError, match=r"is damaged\nengland_figures\.csv was changed"):
        trace(Release.read(release_in(data_dir)), traced["store"], traced["codes"]["acute"])


@pytest.mark.parametrize(
    ("sizes", "leagues", "others"),
    [
        (1, 1, None),
        (2, 1, "181"),
        (5, 1, "181, 241, 261, 265"),
        (10, 1, "181, 241, 261, 265 and 5 more"),
        (3, 2, "2 more"),
    ],
)
def test_other_sizes_are_those_that_the_release_counts(sizes: int, leagues: int, others: str | None) -> None:
    """A framework of 205 organisations has no population of 261, though its scores would fit."""
    score = {"league": "acute", "population": "two_leagues", "population_size": 121}
    rule = {"league": "acute", "low": Decimal(121), "alternatives": "181, 241, 261, 265 and 8 more"}
    tables = {
        "framework_rules": [rule, {**rule, "league": "ambulance"}][:leagues],
        "population_sizes_recovered": [{"sizes_that_fit": sizes}],
    }
    release: Any = SimpleNamespace(
        columns={"framework_rules": ["metric_id"]}, rows=lambda table, **where: tables[table]
    )
    assert _other_sizes(release, "OF0005", score) == others
