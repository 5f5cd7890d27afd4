"""Releases: the public, immutable bundle of one quarter.

Belongs here: the release gate, writing the published tables and their description, version numbers. Does not: any
figure; what is published, in which order and under which key is `meta.publish` of the dbt models."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from jinja2 import Environment, FileSystemLoader

from orchestration import audit_pack, gates, plots, warehouse
from orchestration.diff import Bundle, changes
from orchestration.errors import GateError
from orchestration.gates import Check
from orchestration.releases import OPENLINEAGE, latest_version, package_of, table_hashes
from orchestration.sources.descriptions import known_sources
from orchestration.waivers import waivers
from orchestration.workspace import (
    DBT_PROJECT,
    PROJECT,
    SOURCES,
    STATISTICS,
    SUITES,
    Build,
    files_of_tree,
    sha256_of_file,
    sha256_of_tree,
)

CONTRACT_VERSION = "2.1"
LAND, STAGE_METRIC, SCORE_RANK = "land", "stage_metric", "score_rank"
GX_GATES = (LAND, "metric", "rank")
FORMULA = r"[=+@\t\r\n-]"  # what a spreadsheet takes for the start of one
FIELD_TYPES = {"varchar": "string", "integer": "integer", "bigint": "integer", "boolean": "boolean", "date": "date"}


@dataclass(frozen=True)
class Release:
    """One version of one quarter; `created` is False where the same content was published before."""

    quarter: str
    version: int
    path: Path
    created: bool


@dataclass(frozen=True)
class PublishedTable:
    name: str
    relation: str
    description: str
    key: tuple[str, ...]
    order: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...]


def published_tables() -> list[PublishedTable]:
    """The models whose `meta.publish` says so, with name, data type and description of every column."""
    tables = []
    for node in warehouse.manifest()["nodes"].values():
        publish = node["config"].get("meta", {}).get("publish")
        if node["resource_type"] == "model" and publish:
            tables.append(
                PublishedTable(
                    name=node["name"],
                    relation=f"{node['schema']}.{node['name']}",
                    description=node["description"],
                    key=tuple(publish["key"]),
                    order=tuple(publish["order"]),
                    columns=tuple((c["name"], c["data_type"], c["description"]) for c in node["columns"].values()),
                )
            )
    return sorted(tables, key=lambda table: table.name)


def models_of(stage: str) -> list[str]:
    """The relations that one dbt stage writes."""
    return sorted(
        f"{node['schema']}.{node['name']}"
        for node in warehouse.manifest()["nodes"].values()
        if node["resource_type"] in ("model", "seed") and stage in node["tags"]
    )


def read_and_written(stage: str) -> list[str]:
    """The relations that the evidence of a stage is about: its own, and those of the stage before it that it reads."""
    nodes = warehouse.manifest()["nodes"]
    read = {
        f"{nodes[parent]['schema']}.{nodes[parent]['name']}"
        for node in nodes.values()
        if stage in node["tags"]
        for parent in node["depends_on"].get("nodes", [])
        if parent in nodes
    }
    return sorted({*models_of(stage), *read})


def inputs_sha256(build: Build) -> dict[str, str]:
    """Every landed file that dbt reads, by name."""
    return {f"landed {path.stem}": sha256_of_file(path) for path in sorted(build.landed.glob("*.parquet"))}


def evidence_of_all_gates(build: Build) -> list[Check]:
    """The release gate: every check of every gate, re-read from evidence made for exactly the data at hand.

    Raises GateError where a check was never run, was run on other data or with another suite, or is critical and
    failed.
    """
    suites = [suite for gate in GX_GATES for suite in gates.suites(gate)]
    on_suites = [gates.evidence(build, suite.name) for suite in suites]
    on_stages = {stage: gates.evidence(build, f"dbt.{stage}") for stage in (STAGE_METRIC, SCORE_RANK)}
    checks: list[Check] = []
    with warehouse.reading(build) as connection:
        gone = {relation for stage in on_stages for relation in models_of(stage)} - warehouse.relations(connection)
        if gone:
            raise GateError(f"release gate: not in the warehouse: {', '.join(sorted(gone))}")
        for suite, document in zip(suites, on_suites, strict=True):
            if suite.gate == LAND:
                data = {suite.table: sha256_of_file(build.parquet(suite.table))}
            else:
                data = {suite.name: warehouse.table_sha256(connection, suite.name)}
            checks += _trusted(document, data, suite.sha256)
        relations = {relation for stage in on_stages for relation in read_and_written(stage)}
        hashes = {relation: warehouse.table_sha256(connection, relation) for relation in sorted(relations)}
        for stage, document in on_stages.items():
            data = {relation: hashes[relation] for relation in read_and_written(stage)}
            checks += _trusted(document, data | inputs_sha256(build), warehouse.project_sha256())
    expected = {
        f"{suite.name}.{expectation['meta']['id']}"
        for suite in suites
        if not _landed_empty(build, suite)
        for expectation in suite.expectations
    } | {f"dbt.{n['name']}" for n in warehouse.manifest()["nodes"].values() if n["resource_type"] == "test"}
    granted = {f"{waiver.id} of {waiver.check}": waiver.check for waiver in waivers(build.quarter)}
    gone = {f"{check.waiver} of {check.id}" for check in checks if check.waiver} - set(granted)
    if gone:
        raise GateError(f"release gate: no longer in force: waiver {', '.join(sorted(gone))}")
    unknown = sorted(waiver for waiver, check in granted.items() if check not in expected)
    if unknown:
        raise GateError(f"release gate: there is no such check: waiver {', '.join(unknown)}")
    never_run = expected - {check.id for check in checks}
    if never_run:
        raise GateError(f"release gate: never checked in this build: {', '.join(sorted(never_run))}")
    gates.raise_if_shut(checks)
    return sorted(checks, key=lambda check: check.id)


def _landed_empty(build: Build, suite: gates.Suite) -> bool:
    return suite.gate == LAND and pd.read_parquet(build.parquet(suite.table), columns=["_source_row"]).empty


def _trusted(document: dict[str, Any], data: dict[str, str], suite_sha256: str) -> list[Check]:
    if document["suite_sha256"] != suite_sha256:
        raise GateError(f"release gate: {document['name']} was checked with other rules than those in force now")
    changed = sorted(name for name, sha256 in data.items() if document["data"].get(name) != sha256)
    if changed:
        raise GateError(f"release gate: {', '.join(changed)} changed after {document['name']} was checked")
    return gates.checks_of(document)


def publish(build: Build) -> Release:
    """Makes the next version of the quarter's release, or finds that the last one has the same content already.

    Raises GateError where the release gate is shut; then nothing is written.
    """
    checks = evidence_of_all_gates(build)
    releases = build.workspace.releases(build.quarter)
    releases.mkdir(parents=True, exist_ok=True)
    scratch = releases / f".unfinished-{os.getpid()}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        tables = published_tables()
        _write_tables(build, tables, scratch)
        last = latest_version(releases)
        if last and table_hashes(releases / f"v{last}") == table_hashes(scratch):
            return Release(build.quarter, last, releases / f"v{last}", created=False)
        number = last + 1
        _describe(build, tables, checks, number, scratch, releases / f"v{last}" if last else None)
        path = releases / f"v{number}"
        scratch.rename(path)
        for file in (*path.iterdir(), path):
            file.chmod(0o444 if file.is_file() else 0o555)
        return Release(build.quarter, number, path, created=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write_tables(build: Build, tables: list[PublishedTable], folder: Path) -> None:
    with warehouse.reading(build) as connection:
        for table in tables:
            order = ", ".join(f"{column} nulls last" for column in table.order)
            rows = f"from {table.relation} where quarter = '{build.quarter}' order by {order}"
            columns = ", ".join(name for name, _, _ in table.columns)
            safe = ", ".join(_safe_in_a_spreadsheet(name, kind) for name, kind, _ in table.columns)
            _copy(connection, f"select {safe} {rows}", folder / f"{table.name}.csv", "format csv, header")
            _copy(connection, f"select {columns} {rows}", folder / f"{table.name}.parquet", "format parquet")


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path, options: str) -> None:
    connection.execute(f"copy ({query}) to '{str(path).replace(chr(39), chr(39) * 2)}' ({options})")


def _safe_in_a_spreadsheet(column: str, kind: str) -> str:
    """A text cell that a spreadsheet would read as a formula starts with an apostrophe instead; numbers stay as they
    are."""
    if kind != "varchar":
        return column
    return f"case when regexp_matches({column}, '^{FORMULA}') then '''' || {column} else {column} end as {column}"


def _describe(
    build: Build, tables: list[PublishedTable], checks: list[Check], number: int, folder: Path, before: Path | None
) -> None:
    files = pd.read_parquet(build.parquet("files"))
    files["bytes"] = files["bytes"].astype("Int64")
    evidence = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(build.evidence.glob("*.json"))]
    results = {
        "quarter": build.quarter,
        "checks": [asdict(check) for check in checks],
        "waivers": [asdict(waiver) for waiver in waivers(build.quarter)],
        "evidence": [{key: run[key] for key in ("name", "suite_sha256", "data")} for run in evidence],
        "files": json.loads(files.to_json(orient="records")),
    }
    _write_json(folder / "checks.json", results)
    for name, picture in plots.pictures(folder):
        (folder / name).write_bytes(picture)
    resources = [_table_resource(table, folder) for table in tables]
    resources += [_file_resource(path) for path in sorted(folder.iterdir()) if path.suffix != ".csv"]
    used = files[files["status"] == "used"].groupby("source_sha256", sort=False)
    package: dict[str, Any] = {
        "name": f"nhs-league-tables-{build.quarter.lower()}-v{number}",
        "title": f"NHS league tables {build.quarter}, version {number}",
        "profile": "data-package",
        "version": str(number),
        "contract_version": CONTRACT_VERSION,
        "code_version": version("nhs-league-tables"),
        "rules": rule_files(),
        "code_sha256": sha256_of_tree(PROJECT / "orchestration"),
        "licenses": [
            {
                "name": "OGL-UK-3.0",
                "title": "Open Government Licence v3.0",
                "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
            }
        ],
        "sources": [_source(rows) for _, rows in used],
        "resources": resources,
    }
    if before:
        _write_changes(Bundle(before, package_of(before)), Bundle(folder, package))
        package["resources"].append(_file_resource(folder / "changes.csv"))
    readme = _readme(build, tables, checks, number, package, folder)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    package["resources"].append(_file_resource(folder / "README.md"))
    sure = list(_how_sure(pd.read_parquet(folder / "league_coverage.parquet"), folder))
    (folder / audit_pack.NAME).write_text(audit_pack.page(folder, package, sure), encoding="utf-8")
    package["resources"].append(_file_resource(folder / audit_pack.NAME))
    package["resources"] += _open_standards(build, tables, checks, evidence, package, folder)
    _write_json(folder / "datapackage.json", package)


def _write_changes(before: Bundle, after: Bundle) -> None:
    found = changes(before, after).replace(f"^({FORMULA})", r"'\1", regex=True)
    found.insert(0, "quarter", after.quarter)
    found.to_csv(after.folder / "changes.csv", index=False, lineterminator="\n")


def _open_standards(
    build: Build,
    tables: list[PublishedTable],
    checks: list[Check],
    evidence: list[dict[str, Any]],
    package: dict[str, Any],
    folder: Path,
) -> list[dict[str, Any]]:
    from orchestration import standards  # what these import takes half a second
    from orchestration.lineage import events

    retrieved = date.fromisoformat(max(source["retrieved"] for source in package["sources"]))
    sha256 = {name: found for run in evidence for name, found in run["data"].items()}
    standards.write_csvw(folder, package, tables)
    standards.write_prov(folder, package)
    standards.write_dcat(folder, package)
    events.write_events(folder, build.quarter, package, tables, checks, sha256, retrieved)
    names = (standards.CSVW_FILE, standards.PROV_FILE, standards.DCAT_FILE, OPENLINEAGE)
    return [_file_resource(folder / name) for name in names]


def rule_files() -> dict[str, str]:
    """The sha256 of every file that decides a figure or a gate, by its path in the project."""
    return {
        (folder / inside).relative_to(PROJECT).as_posix(): sha256_of_file(folder / inside)
        for folder, inside in files_of_tree(DBT_PROJECT, STATISTICS, SOURCES, SUITES)
    }


def _source(rows: pd.DataFrame) -> dict[str, Any]:
    """A file in use, of which the inventory has a row for each subject."""
    file = rows.to_dict("records")[0]
    source = known_sources()[file["source_id"]]
    return {
        "source_id": source.id,
        "title": source.title,
        "publisher": source.publisher,
        "licence": source.licence,
        "path": source.landing_page if source.landing_page.startswith("https://") else "not recorded",
        "quarters": sorted(rows["quarter"].dropna().unique()),
        "periods": sorted(rows["period"].dropna().unique()),
        "url": file["url"],
        "retrieved": file["retrieved"],
        "maturity": file["maturity"],
        "file_name": file["file_name"],
        "sha256": file["source_sha256"],
        "bytes": int(file["bytes"]),
    }


def _table_resource(table: PublishedTable, folder: Path) -> dict[str, Any]:
    return {
        **_file_resource(folder / f"{table.name}.csv"),
        "type": "table",
        "description": table.description,
        "profile": "tabular-data-resource",
        "encoding": "utf-8",
        "schema": {
            "fields": [
                {"name": name, "type": FIELD_TYPES.get(kind, "number"), "description": description}
                for name, kind, description in table.columns
            ],
            "primaryKey": [] if table.name == "reconciliation" else list(table.key),
        },
    }


def _file_resource(path: Path) -> dict[str, Any]:
    return {
        "name": path.name.lower() if path.suffix != ".csv" else path.stem,
        "type": "file",
        "path": path.name,
        "format": path.suffix[1:],
        "hash": f"sha256:{sha256_of_file(path)}",
        "bytes": path.stat().st_size,
    }


def _readme(
    build: Build, tables: list[PublishedTable], checks: list[Check], number: int, package: dict[str, Any], folder: Path
) -> str:
    reconciliation = pd.read_parquet(folder / "reconciliation.parquet")
    scores = pd.read_parquet(folder / "metric_scores.parquet")
    leagues = pd.read_parquet(folder / "league_coverage.parquet")
    template = Environment(  # noqa: S701 - Markdown for people to read, nothing is rendered as HTML
        loader=FileSystemLoader(Path(__file__).parent), trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    ).get_template("release_readme.md.j2")
    return template.render(
        quarter=build.quarter,
        number=number,
        leagues=leagues.fillna("").to_dict("records"),
        sure=list(_how_sure(leagues, folder)),
        agreement=reconciliation.groupby(["measure", "status"]).size().reset_index(name="figures").to_dict("records"),
        unexplained=reconciliation[reconciliation["status"] == "unexplained"].fillna("").to_dict("records"),
        labels=scores.dropna(subset="score")
        .drop_duplicates(["metric_id", "label"])
        .sort_values("metric_id")
        .to_dict("records"),
        failed=[check for check in checks if not check.passed],
        checks=len(checks),
        waivers=waivers(build.quarter),
        sources=package["sources"],
        tables=tables,
        changed=(folder / "changes.csv").exists(),
    )


def _how_sure(leagues: pd.DataFrame, folder: Path) -> Iterator[dict[str, str]]:
    """One row of the README a ranked league: figures of `method_sensitivity` as a person writes them."""
    facts = pd.read_parquet(folder / "method_sensitivity.parquet")
    robustness = pd.read_parquet(folder / "rank_robustness.parquet")
    of_leagues = facts[facts["item"] == "league"]
    for league, rows in of_leagues.groupby("league", sort=False):
        found = rows.set_index(["assessment", "measure"])["value"].astype(float).to_dict()
        told_apart = found.get(("rank_sets", "pairs_told_apart_share"))
        compared = any(("improvement", verdict) in found for verdict in ("improved", "worsened", "no change shown"))
        yield {
            "title": leagues.set_index("league")["title"][league],
            "organisations": str((robustness["league"] == league).sum()),
            "width": f"{found['likely_range', 'median_width']:g}",
            "segments": f"{found['likely_range', 'segments_uncertain']:.0f}",
            "pairs": "-" if told_apart is None else f"{told_apart:.1%}",
            "moved": f"{found['override', 'organisations_moved']:.0f}",
            "left_out": f"{found['left_out', 'median_width']:g}",
            "improved": f"{found.get(('improvement', 'improved'), 0):.0f}" if compared else "-",
            "worsened": f"{found.get(('improvement', 'worsened'), 0):.0f}" if compared else "-",
        }


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=1, sort_keys=True, default=str) + "\n", encoding="utf-8")
