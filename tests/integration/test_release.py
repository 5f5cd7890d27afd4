"""The release bundle as a public contract: its columns, hashes, versions, and the same bytes from the same inputs."""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import json
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from orchestration import release
from orchestration.errors import LeagueError
from orchestration.workspace import Workspace

QUARTER = "2025-26-Q1"
COMMUNITY = "nof/2025-09/nhs-oversight-framework-non-acute-hospital-trust-data.csv"
COMMUNITY_TABLE = COMMUNITY.replace("data.csv", "league-table.csv")
CONTRACT = {
    "trust_league_table": "quarter, league, rank, rank_low, rank_high, trust_code, trust_name, trust_subtype, "
    "region, icb_code, average_score, average_score_low, average_score_high, "
    "segment_unadjusted, financial_override, segment, rank_without_override, "
    "metrics_counted, metrics_expected, ranked, not_ranked_reason, previous_rank, "
    "rank_change, final_segment, gap_to_next_segment, coverage",
    "domain_league_table": "quarter, league, domain, organisation_code, domain_score, domain_segment, rank",
    "metric_league_table": "quarter, league, metric_id, metric_title, organisation_code, value, unit, score, "
    "rank, median, lower_quartile, upper_quartile",
    "metric_values": "quarter, organisation_code, organisation_type, metric_id, value_basis, numerator, "
    "denominator, value, unit, period_start, period_end, status, status_reason, "
    "source_id, source_sha256",
    "metric_scores": "quarter, organisation_code, metric_id, value, population, population_size, "
    "rank_in_population, score, score_basis, weight, counted",
    "reconciliation": "quarter, organisation_code, measure, metric_id, published, computed, difference, "
    "tolerance, status",
    "metric_sources": "quarter, organisation_code, metric_id, value_basis, source_id, source_sha256, "
    "member_or_sheet, period, first_row, last_row",
}
PROVENANCE = {"source_sha256", "source_row", "first_row", "last_row"}


@dataclass(frozen=True)
class Versions:
    """A quarter built a second time elsewhere, published again, and built once more after a revision."""

    first: dict[str, str]
    again: release.Release
    second: Path
    exchanged: tuple[str, str]


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def versions(first_quarter: Path, run: Any, tmp_path_factory: pytest.TempPathFactory) -> Versions:
    folder = tmp_path_factory.mktemp("versions")
    extracts = folder / "extracts"
    shutil.copytree(first_quarter, extracts, copy_function=os.link)
    made = run(QUARTER, extracts, folder / "data")
    assert made.problems == () and made.created
    first = hashes(made.release)
    again = release.publish(Workspace(folder / "data").build(QUARTER))
    exchanged = _exchange_first_and_last(extracts)
    second = run(QUARTER, extracts, folder / "data")
    assert second.problems == () and second.created
    return Versions(first, again, second.release, exchanged)


def _exchange_first_and_last(extracts: Path) -> tuple[str, str]:
    """Gives the first and last of a league each other's figures: a revision that agrees with itself."""
    rows = csv.DictReader(io.StringIO((extracts / COMMUNITY).read_bytes().decode("utf-8-sig"), newline=""))
    places = {row["Trust_code"]: float(row["Rank"]) for row in rows if row["Metric_ID"] == "OF5000"}
    first, last = min(places, key=places.__getitem__), max(places, key=places.__getitem__)
    for name in (COMMUNITY, COMMUNITY_TABLE):
        text = (extracts / name).read_bytes()
        for old, new in ((first, "?"), (last, first), ("?", last)):
            text = text.replace(f",{old},".encode(), f",{new},".encode())
        (extracts / name).unlink()
        (extracts / name).write_bytes(text)
    return first, last


@pytest.mark.parametrize("table", CONTRACT)
def test_table_has_the_columns_of_the_contract(built: Any, table: str) -> None:
    heading = (built.release / f"{table}.csv").read_text(encoding="utf-8").split("\n", 1)[0].strip().split(",")
    assert set(CONTRACT[table].split(", ")) - set(heading) == set()
    assert heading == list(pd.read_parquet(built.release / f"{table}.parquet").columns)


def test_bundle_holds_every_file_of_the_contract(built: Any) -> None:
    tables = {table.name for table in release.published_tables()}
    assert set(CONTRACT) <= tables
    files = {f"{table}.{kind}" for table in tables for kind in ("csv", "parquet")}
    assert set(hashes(built.release)) == files | {"README.md", "checks.json", "datapackage.json"}


def test_descriptor_is_a_valid_data_package(built_first: Any) -> None:
    from frictionless import Package

    report = Package(str(built_first.release / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "note"])[:5]


def test_descriptor_names_hash_and_bytes_of_every_other_file(built: Any) -> None:
    package = json.loads((built.release / "datapackage.json").read_text())
    described = {r["path"]: (r["hash"], r["bytes"]) for r in package["resources"]}
    found = {
        name: (f"sha256:{sha256}", (built.release / name).stat().st_size)
        for name, sha256 in hashes(built.release).items()
    }
    found.pop("datapackage.json")
    assert described == found
    assert package["contract_version"] == release.CONTRACT_VERSION
    store = {path.name for path in built.workspace.store.rglob("*") if path.is_file()}
    assert {source["sha256"] for source in package["sources"]} == store


def test_csv_and_parquet_hold_the_same_values(built: Any) -> None:
    for table in release.published_tables():
        typed = duckdb.sql(f"select columns(*)::varchar from '{built.release / table.name}.parquet'").fetchall()
        options = "all_varchar = true, header = true, delim = ',', quote = '\"'"
        text = duckdb.sql(f"select * from read_csv('{built.release / table.name}.csv', {options})").fetchall()
        assert text == typed, table.name


def test_every_row_is_of_the_quarter_and_keys_are_unique(built: Any) -> None:
    for table in release.published_tables():
        rows = pd.read_parquet(built.release / f"{table.name}.parquet")
        recovered = table.name == "population_sizes_recovered"  # nothing is where every population is at hand
        assert set(rows["quarter"]) == (set() if recovered else {"2025-26-Q4"}), table.name
        assert not rows.duplicated(list(table.key)).any(), table.name


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_text_that_a_spreadsheet_would_run_is_neutralised(text: str) -> None:
    assert _safe(text, "varchar") == f"'{text}"


@pytest.mark.parametrize("text", ["NHS Trust", "A - B", "", "1=1", "'quoted", "é"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert _safe(text, "varchar") == text


def test_numbers_are_left_alone() -> None:
    assert _safe(-1.5, "decimal(4,2)") == -1.5
    assert _safe(None, "varchar") is None


def _safe(value: Any, kind: str) -> Any:
    expression = release._safe_in_a_spreadsheet("cell", kind)
    row = duckdb.execute(f"select {expression} from (select ? as cell)", [value]).fetchone()
    assert row is not None
    return row[0]


def test_name_that_is_a_formula_is_neutralised_in_csv_only(built_first: Any, tmp_path: Path) -> None:
    shutil.copytree(built_first.build.folder, tmp_path / "work" / QUARTER)
    build = Workspace(tmp_path).build(QUARTER)
    with duckdb.connect(str(build.warehouse)) as connection:
        connection.execute("update rank.trust_league_table set trust_name = '=cmd' where trust_code = 'ZA2'")
    (tmp_path / "out").mkdir()
    tables = [table for table in release.published_tables() if table.name == "trust_league_table"]
    release._write_tables(build, tables, tmp_path / "out")
    with (tmp_path / "out" / "trust_league_table.csv").open(encoding="utf-8", newline="") as file:
        assert {row["trust_name"] for row in csv.DictReader(file) if row["trust_code"] == "ZA2"} == {"'=cmd"}
    original = pd.read_parquet(tmp_path / "out" / "trust_league_table.parquet").set_index("trust_code")
    assert original.loc["ZA2", "trust_name"] == "=cmd"


def test_files_are_read_only(built: Any) -> None:
    assert {path.name for path in built.release.iterdir() if path.stat().st_mode & 0o222} == set()


def test_nothing_unfinished_is_left(built: Any) -> None:
    assert [path.name for path in built.workspace.releases("2025-26-Q4").iterdir()] == ["v1"]


def test_two_data_folders_give_the_same_bytes(built_first: Any, versions: Versions) -> None:
    assert versions.first == hashes(built_first.release)


def test_same_content_is_not_published_again(versions: Versions) -> None:
    assert (versions.again.version, versions.again.created) == (1, False)


def test_changed_content_is_the_next_version_and_the_first_stays(versions: Versions) -> None:
    assert versions.second.name == "v2"
    assert hashes(versions.second.with_name("v1")) == versions.first
    package = json.loads((versions.second / "datapackage.json").read_text())
    assert package["version"] == "2"
    assert "changes.csv" in {resource["path"] for resource in package["resources"]}


def test_changes_say_who_moved_and_why(versions: Versions) -> None:
    changes = pd.read_csv(versions.second / "changes.csv").set_index("trust_code")
    assert set(changes.index) == set(versions.exchanged)
    assert set(changes["cause"]) == {"own metric scores"}
    first, last = (changes.loc[code] for code in versions.exchanged)
    assert first["rank_before"] < first["rank_after"] == last["rank_before"]
    assert (first["average_score_before"], first["average_score_after"]) == (
        last["average_score_after"],
        last["average_score_before"],
    )
    before = pd.read_csv(versions.second.with_name("v1") / "trust_league_table.csv").set_index("trust_code")
    after = pd.read_csv(versions.second / "trust_league_table.csv").set_index("trust_code")
    assert set(before.index[before["rank"] != after["rank"].reindex(before.index)]) == set(versions.exchanged)


@pytest.fixture(scope="module")
def shuffled(
    first_quarter: Path, build_quarter: Callable[[str, Path], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    folder = tmp_path_factory.mktemp("shuffled")
    shutil.copytree(first_quarter, folder, dirs_exist_ok=True)
    for path in sorted(folder.rglob("*.csv")):
        end = b"\r\n" if b"\r\n" in path.read_bytes() else b"\n"
        *lines, last = path.read_bytes().split(end)
        assert last == b""
        heading = [] if path.name == "etr.csv" else [lines.pop(0)]
        random.Random(path.name).shuffle(lines)
        path.write_bytes(end.join([*heading, *lines, b""]))
    return build_quarter(QUARTER, folder)


def test_order_of_rows_changes_only_provenance(built_first: Any, shuffled: Any) -> None:
    assert shuffled.outcome.problems == ()
    for table in release.published_tables():
        names = [f"{table.name}.{kind}" for kind in ("csv", "parquet")]
        if {name for name, _, _ in table.columns} & PROVENANCE:
            left, right = (pd.read_parquet(built.release / names[1]) for built in (built_first, shuffled))
            kept = [column for column in left.columns if column not in PROVENANCE]
            pd.testing.assert_frame_equal(left[kept], right[kept])
            assert not left.equals(right)
        else:
            for name in names:
                assert (built_first.release / name).read_bytes() == (shuffled.release / name).read_bytes(), name


def test_planted_disagreements_are_found_and_no_others(built_planted: Any, sample: Path) -> None:
    with (sample / "planted_disagreements.csv").open(encoding="utf-8", newline="") as file:
        planted = {
            (row["organisation_code"], *_measure(row), float(row["planted"]), float(row["right"]))
            for row in csv.DictReader(file)
        }
    rows = pd.read_parquet(built_planted.release / "reconciliation.parquet")
    rows = rows[rows["status"] == "unexplained"].astype({"published": float, "computed": float, "metric_id": object})
    found = {
        (r.organisation_code, r.measure, None if pd.isna(r.metric_id) else r.metric_id, r.published, r.computed)
        for r in rows.itertuples()
    }
    assert found == planted


def _measure(row: dict[str, str]) -> tuple[str, str | None]:
    """Where reconciliation shows a published cell."""
    published_id, column = row["published_id"], row["column"]
    if row["file_kind"] == "league table":
        return f"league_table_{column.lower()}", None
    if published_id.startswith("OF1"):
        return "metric_score", f"OF0{published_id[3:]}"
    if published_id.startswith("OF40"):
        return "domain_score", published_id
    return {("OF5002", "Value"): "average_score", ("OF5000", "Rank"): "league_rank"}[published_id, column], None


def test_second_process_on_the_same_quarter_is_refused(first_quarter: Path, run: Any, tmp_path: Path) -> None:
    lock = tmp_path / "work" / f"{QUARTER}.lock"
    lock.parent.mkdir()
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LeagueError, match=f"{QUARTER} is being built by another process in {tmp_path}"):
            run(QUARTER, first_quarter, tmp_path)
    assert not (tmp_path / "releases").exists()
