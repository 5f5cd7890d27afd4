"""Describing a release whose tables are written: `checks.json`, pictures, spreadsheets, README, dictionary, audit pack,
open standards, and the descriptor that lists every file with its sha256.

Belongs here: what each of them is made from. Does not: the tables (`publish.py`), any figure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import wait
from dataclasses import asdict
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from orchestration import second_process
from orchestration.quality import evidence
from orchestration.quality.checks import Check
from orchestration.quality.waivers import waivers
from orchestration.quarters import Quarter
from orchestration.releases import audit_page, pictures, spreadsheets
from orchestration.releases.published_tables import PublishedTable
from orchestration.releases.release import CHECKS, FICTIONAL, OPENLINEAGE, PACKAGE, Release, mark
from orchestration.releases.spreadsheets import FORMULA
from orchestration.sources.descriptions import known_sources
from orchestration.workspace.files import files_of_tree, sha256_of_file, sha256_of_tree
from orchestration.workspace.paths import DBT_PROJECT, DISCOVERY, PROJECT, SOURCES, STATISTICS, SUITES, Build
from orchestration.workspace.seeds import seed_rows

CONTRACT_VERSION = "3.2"
README = "README.md"
DICTIONARY = "dictionary.md"
LIBRARIES = ("pyproject.toml", "requirements.lock")  # which version of each a build runs with
FIELD_TYPES = {"string": "string", "integer": "integer", "bigint": "integer", "boolean": "boolean", "date": "date"}


def prepare() -> None:
    """Load what describing needs, which takes a third of the time of describing. A build waits for a gate then."""
    from orchestration.releases import openlineage, standards  # noqa: F401

    audit_page.template()


def describe(
    build: Build,
    quarter: Quarter,
    tables: list[PublishedTable],
    checks: list[Check],
    number: int,
    folder: Path,
    before: Release | None,
    synthetic: bool,
    alone: bool,
) -> None:
    """Writes all that lies beside the tables of a release, the page that lists all other files last but one. Everything
    says so where the release is `synthetic`. The workbooks are written in the second process, but `alone`."""
    files, runs = write_checks(build, quarter, checks, folder, synthetic)
    for name, picture in pictures.pictures(
        folder, _credit(quarter, number, synthetic, build.framework), mark(synthetic, build.framework)
    ):
        (folder / name).write_bytes(picture)
    resources = [table_resource(table, folder) for table in tables]
    resources += [file_resource(path) for path in sorted(folder.iterdir()) if path.suffix != ".csv"]
    release = Release(folder, package(quarter, files, number, synthetic, resources, build.framework))
    begun = None if alone else second_process.begin(spreadsheets.write, release, tables)
    try:
        changed = [_changes(before, release)] if before else []
        sure = list(how_sure(release))
        (folder / README).write_text(_readme(release, checks, sure), encoding="utf-8")
        (folder / DICTIONARY).write_text(_dictionary(release, tables), encoding="utf-8")
        _lineage(release, tables, checks, runs)
    finally:  # the folder of a release that failed is removed: nobody may still be writing there
        wait([begun] if begun else [])
    workbooks = begun.result() if begun else spreadsheets.write(release, tables)
    resources += [file_resource(path) for path in workbooks] + changed
    resources += [file_resource(folder / README), file_resource(folder / DICTIONARY)]
    resources += _open_standards(release, tables)
    resources += [file_resource(folder / OPENLINEAGE)]
    (folder / audit_page.NAME).write_text(audit_page.page(release, sure), encoding="utf-8")
    resources.append(file_resource(folder / audit_page.NAME))
    write_json(folder / PACKAGE, release.package)


def write_checks(
    build: Build, quarter: Quarter, checks: list[Check], folder: Path, synthetic: bool
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Writes `checks.json`. Returns the inventory and the evidence of every run, which it has too."""
    files = pd.read_parquet(build.inventory(quarter))
    files["bytes"] = files["bytes"].astype("Int64")
    runs = evidence.of_quarter(build, quarter)
    results = {
        "quarter": quarter,
        **({"since": build.since} if build.since else {}),
        "synthetic": synthetic,
        "checks": [asdict(check) for check in checks],
        "waivers": [] if build.since else [waiver.model_dump() for waiver in waivers(quarter)],
        "evidence": runs,
        "files": json.loads(files.to_json(orient="records")),
    }
    write_json(folder / CHECKS, results)
    return files, runs


def _credit(quarter: Quarter, number: int, synthetic: bool, framework: str | None) -> str:
    """The line under every picture: which release it is of, whose it is, and on what it rests."""
    rests = "invented figures" if synthetic else "data under the Open Government Licence v3.0, named in the release"
    what = f"{quarter} under {framework} (experimental)" if framework else quarter
    return f"NHS league tables {what}, version {number}. Independent analysis, not official statistics. From {rests}."


def package(
    about: str,
    files: pd.DataFrame,
    number: int,
    synthetic: bool,
    resources: list[dict[str, Any]],
    framework: str | None = None,
) -> dict[str, Any]:
    """The descriptor of what is `about` a quarter, or a series; `resources` are still being added to."""
    quarter, about = about, f"{about} under {framework}" if framework else about
    used = files[files["status"] == "used"].groupby("source_sha256", sort=False)
    return {
        "name": f"{'fictional-' if synthetic else ''}nhs-league-tables-{about.lower().replace(' ', '-')}-v{number}",
        "title": f"{mark(synthetic, framework)}NHS league tables {about}, version {number}",
        "synthetic": synthetic,
        **({"rescored_under": framework, "description": _not_official(quarter, framework)} if framework else {}),
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
        "sources": [_source(rows, FICTIONAL if synthetic else "") for _, rows in used],
        "resources": resources,
    }


def _not_official(quarter: str, framework: str) -> str:
    """What everything says of a rescore. A quarter may be scored under its own framework, by the seeds alone."""
    was_in_force = {"quarter": quarter, "framework": framework} in seed_rows("quarter_frameworks")
    how = "as the seeds alone have them" if was_in_force else "which were not in force"
    return f"Not official: scored under the rules of {framework}, {how}. Compare its ranks with none under other rules."


def _changes(before: Release, after: Release) -> dict[str, Any]:
    from orchestration.releases.diff import changes  # imports SciPy, which a first version needs in dbt only

    found = changes(before, after).replace(f"^({FORMULA})", r"'\1", regex=True)
    found.insert(0, "quarter", after.quarter)
    path = after.folder / "changes.csv"
    found.to_csv(path, index=False, lineterminator="\n")
    return file_resource(path)


def _lineage(release: Release, tables: list[PublishedTable], checks: list[Check], runs: list[dict[str, Any]]) -> None:
    from orchestration.releases import openlineage

    retrieved = date.fromisoformat(max(source["retrieved"] for source in release.package["sources"]))
    fingerprints = {name: found for run in runs for name, found in run["data"].items()}
    openlineage.write_events(release, tables, checks, fingerprints, retrieved)


def _open_standards(release: Release, tables: list[PublishedTable]) -> list[dict[str, Any]]:
    from orchestration.releases import standards

    standards.write_csvw(release, tables)
    standards.write_prov(release)
    standards.write_dcat(release)
    return [file_resource(release.folder / name) for name in standards.FILES]


def rule_files() -> dict[str, str]:
    """The sha256 of every file that decides a figure or a gate, by its path in the project."""
    return {
        (folder / inside).relative_to(PROJECT).as_posix(): sha256_of_file(folder / inside)
        for folder, inside in files_of_tree(DBT_PROJECT, STATISTICS, DISCOVERY, SOURCES, SUITES)
    } | {name: sha256_of_file(PROJECT / name) for name in LIBRARIES}


def _source(rows: pd.DataFrame, mark: str) -> dict[str, Any]:
    """A file in use, of which the inventory has a row for each subject. Who published it and what it is called start
    with the mark of a fictional file."""
    file = rows.to_dict("records")[0]
    source = known_sources()[file["source_id"]]
    return {
        "source_id": source.id,
        "title": mark + source.title,
        "publisher": mark + source.publisher,
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


def table_resource(table: PublishedTable, folder: Path, name: str | None = None) -> dict[str, Any]:
    return {
        **file_resource(folder / f"{name or table.name}.csv"),
        "type": "table",
        "description": table.description,
        **({"shown": list(table.shown)} if table.shown else {}),
        "profile": "tabular-data-resource",
        "encoding": "utf-8",
        "schema": {
            "fields": [
                {"name": name, "type": FIELD_TYPES.get(kind, "number"), "description": description}
                for name, kind, description in table.columns
            ],
            "primaryKey": list(table.primary_key),
        },
    }


def file_resource(path: Path) -> dict[str, Any]:
    return {
        "name": path.name.lower() if path.suffix != ".csv" else path.stem,
        "type": "file",
        "path": path.name,
        "format": path.suffix[1:],
        "hash": f"sha256:{sha256_of_file(path)}",
        "bytes": path.stat().st_size,
    }


def _readme(release: Release, checks: list[Check], sure: list[dict[str, str]]) -> str:
    reconciliation = release.table("reconciliation")
    scores = release.table("metric_scores")
    leagues = release.table("league_coverage")
    uncertain = scores[scores["score"].notna() & ~scores["label"].isin(("official", "verified"))]
    return template("readme.md.j2").render(
        package=release.package,
        leagues=leagues.fillna("").to_dict("records"),
        sure=sure,
        agreement=reconciliation.groupby(["measure", "status"]).size().reset_index(name="figures").to_dict("records"),
        unexplained=reconciliation[reconciliation["status"] == "unexplained"].fillna("").to_dict("records"),
        meanings=audit_page.LABELS,
        labels={label: sorted(set(rows["metric_id"])) for label, rows in uncertain.groupby("label")},
        failed=[check for check in checks if not check.passed],
        checks=len(checks),
        waivers=waivers(release.quarter),
        changed=(release.folder / "changes.csv").exists(),
    )


def _dictionary(release: Release, tables: list[PublishedTable]) -> str:
    return template("dictionary.md.j2").render(package=release.package, tables=tables)


@cache
def template(name: str) -> Template:
    environment = Environment(  # noqa: S701 - Markdown for people to read, nothing is rendered as HTML
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["code"] = _code
    return environment.get_template(name)


def _code(text: str) -> str:
    """A name from outside as a code span of Markdown, which ends at as many backticks as it starts with."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{text}{fence}" if len(fence) == 1 else f"{fence} {text} {fence}"


def how_sure(release: Release) -> Iterator[dict[str, str]]:
    """One row of the README a ranked league: figures of `method_sensitivity` as a person writes them."""
    leagues = release.table("league_coverage")
    facts = release.table("method_sensitivity")
    robustness = release.table("rank_robustness")
    of_leagues = facts[facts["item"] == "league"]
    for league, rows in of_leagues.groupby("league", sort=False):
        found = rows.set_index(["assessment", "measure"])["value"].astype(float).to_dict()
        told_apart = found.get(("rank_sets", "pairs_told_apart_share"))
        compared = any(("improvement", verdict) in found for verdict in ("improved", "worsened", "no change shown"))
        yield {
            "title": leagues.set_index("league")["title"][league],
            "organisations": str((robustness["league"] == league).sum()),
            "covered": f"{robustness.loc[robustness['league'] == league, 'places_covered'].astype(float).median():g}",
            "segments": f"{found['likely_range', 'segments_uncertain']:.0f}",
            "pairs": "-" if told_apart is None else f"{told_apart:.1%}",
            "moved": f"{found['override', 'organisations_moved']:.0f}",
            "left_out": f"{found['left_out', 'median_width'] + 1:g}",  # both ends counted, as beside it
            "improved": f"{found.get(('improvement', 'improved'), 0):.0f}" if compared else "-",
            "worsened": f"{found.get(('improvement', 'worsened'), 0):.0f}" if compared else "-",
        }


def write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=1, sort_keys=True, default=str) + "\n", encoding="utf-8")
