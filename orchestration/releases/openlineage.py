"""The lineage of a release as OpenLineage events: what any reader of them needs to follow a published column to the
files it came from, with nothing but the release.

Belongs here: what each job of a build read and wrote, in OpenLineage's words. Does not: working out which column reads
which (`warehouse/column_lineage.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState, set_producer
from openlineage.client.facet_v2 import (
    DatasetFacet,
    RunFacet,
    column_lineage_dataset,
    data_quality_assertions_dataset,
    dataset_version_dataset,
    datasource_dataset,
    documentation_dataset,
    documentation_job,
    job_type_job,
    nominal_time_run,
    output_statistics_output_dataset,
    ownership_dataset,
    parent_run,
    schema_dataset,
    tags_dataset,
)
from openlineage.client.serde import Serde
from openlineage.client.uuid import generate_static_uuid

from orchestration.quality import suites
from orchestration.quality.checks import Check
from orchestration.quarters import Quarter
from orchestration.releases.release import OPENLINEAGE, Release
from orchestration.sources.descriptions import Column, Source, known_sources
from orchestration.warehouse import manifest
from orchestration.warehouse.column_lineage import all_lineage, columns_of_tables
from orchestration.workspace.paths import Workspace

if TYPE_CHECKING:
    from orchestration.releases.published_tables import PublishedTable

NAMESPACE = "nhs-league-tables"
BUILD = "build"
Reads = dict[str, list[tuple[str, str]]]  # the (dataset, field) pairs that each column reads


@dataclass(frozen=True)
class Step:
    """A job of a build, what runs it, and what it read and wrote."""

    name: str
    description: str
    runs: tuple[str, str]
    inputs: list[InputDataset]
    outputs: list[OutputDataset]


def write_events(
    release: Release,
    tables: list[PublishedTable],
    checks: list[Check],
    fingerprints: dict[str, str],
    retrieved: date,
) -> None:
    """Writes `openlineage.ndjson`, one event a line: every job of the build as started and completed on the day the
    last file was retrieved. `fingerprints` has those of tables by the names that the evidence gives them."""
    package, quarter = release.package, release.quarter
    set_producer(f"urn:{NAMESPACE}:{package['code_version']}")
    about = release.marked(f"Everything from published files to the release of {quarter}.")
    steps = [
        Step(BUILD, about, ("DAGSTER", "JOB"), [], []),
        *_landing(package["sources"], fingerprints),
        *_models(package["rules"], fingerprints),
        *_checks(checks),
        _publishing(release, tables),
    ]
    at = datetime.combine(retrieved, datetime.min.time(), UTC)
    content = release.content_sha256()
    runs = {step.name: str(generate_static_uuid(at, f"{content} {step.name}".encode())) for step in steps}
    facets: dict[str, RunFacet] = {
        "nominalTime": nominal_time_run.NominalTimeRunFacet(
            f"{Quarter(quarter).first_day}T00:00:00Z",
            f"{Quarter(quarter).last_day + timedelta(days=1)}T00:00:00Z",
        ),
        "parent": parent_run.ParentRunFacet(
            run=parent_run.Run(runs[BUILD], facets=None), job=parent_run.Job(NAMESPACE, BUILD, facets=None)
        ),
    }
    lines = [Serde.to_json(event) for step in steps for event in _events(step, runs[step.name], facets, at)]
    (release.folder / OPENLINEAGE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _events(step: Step, run: str, facets: dict[str, RunFacet], at: datetime) -> Iterator[RunEvent]:
    told = {key: facet for key, facet in facets.items() if (step.name, key) != (BUILD, "parent")}
    when = at.isoformat()
    yield RunEvent(
        eventType=RunState.START, eventTime=when, run=Run(run, told), job=Job(NAMESPACE, step.name, facets=None)
    )
    yield RunEvent(
        eventType=RunState.COMPLETE,
        eventTime=when,
        run=Run(run, told),
        job=Job(
            NAMESPACE,
            step.name,
            {
                "documentation": documentation_job.DocumentationJobFacet(step.description),
                "jobType": job_type_job.JobTypeJobFacet("BATCH", *step.runs),
            },
        ),
        inputs=step.inputs,
        outputs=step.outputs,
    )


def _landing(sources: list[dict[str, Any]], fingerprints: dict[str, str]) -> Iterator[Step]:
    """Files to landed tables, and all files to the inventory that says which were used."""
    for name in ("files", "build"):
        read = [_file(file) for file in sources] if name == "files" else []
        table, columns = f"extract.{name}", _untold(columns_of_tables()["extract"][name])
        about = manifest.description_of_source(table)
        written = _written(table, about, columns, {}, fingerprints.get(f"landed {name}"))
        yield Step(table, about, ("DAGSTER", "ASSET"), read, [written])
    for source in known_sources().values():
        files = [file for file in sources if file["source_id"] == source.id]
        reads: Reads = {
            column.name: [(_extract(file), field) for file in files for field in _fields(source, column)]
            for column in source.columns
        }
        about = f"{source.title}, every value text as published."
        table = f"land.{source.id}"
        columns = _untold(columns_of_tables()["land"][source.id])
        written = _written(table, about, columns, reads, fingerprints.get(f"landed {source.id}"), unchanged=True)
        yield Step(table, about, ("DAGSTER", "ASSET"), [_file(file) for file in files], [written])


def _fields(source: Source, column: Column) -> tuple[str, ...]:
    """What a landed column is called in the file: every heading it may have, its cell, or its place."""
    if column.cell or column.title_in:
        return (f"cell {column.cell}" if column.cell else f"column {column.title_in}",)
    return column.published or (f"column {source.columns.index(column) + 1}",)


def _models(rules: dict[str, str], fingerprints: dict[str, str]) -> Iterator[Step]:
    for seed in manifest.seeds():
        file = f"dbt_project/{seed.path}"
        columns = _untold(columns_of_tables()[seed.layer][seed.name])
        reads = {column: [(file, column)] for column, _, _ in columns}
        written = _written(
            seed.relation, seed.description, columns, reads, fingerprints.get(seed.relation), unchanged=True
        )
        read = [InputDataset(NAMESPACE, file, None, facets=_version(rules[file]))]
        yield Step(seed.relation, seed.description, ("DBT", "SEED"), read, [written])
    for model in manifest.models():
        lineage = all_lineage()[model.name].items()
        reads = {column: [(f"{layer}.{table}", field) for layer, table, field in found] for column, found in lineage}
        read = [InputDataset(NAMESPACE, parent, None) for parent in model.reads]
        types = columns_of_tables()[model.layer][model.name]
        described = [(column.name, types[column.name], column.description) for column in model.columns]
        written = _written(model.relation, model.description, described, reads, fingerprints.get(model.relation))
        yield Step(model.relation, model.description, ("DBT", "MODEL"), read, [written])


def _checks(checks: list[Check]) -> Iterator[Step]:
    """One job a gate: what was found of each table it looked at. What does not gate, or is waived, is of severity
    warn."""
    tested = {f"dbt.{rule.name}": (rule.kind, None) for rule in manifest.rules()}
    expected = {
        f"{suite.name}.{expectation['meta']['id']}": (expectation["type"], expectation["kwargs"].get("column"))
        for gate in {check.gate for check in checks}
        for suite in suites.suites(gate)
        for expectation in suite.expectations
    }
    layers = {table: layer for layer, tables in columns_of_tables().items() for table in tables}
    by_gate = sorted(checks, key=lambda check: (check.gate, check.table, check.id))
    for gate, of_gate in groupby(by_gate, lambda check: check.gate):
        read = []
        for table, found in groupby(of_gate, lambda check: check.table):
            assertions = [
                data_quality_assertions_dataset.Assertion(
                    assertion=kind,
                    success=check.passed,
                    column=column,
                    severity="error" if check.severity == "critical" and check.waiver is None else "warn",
                    name=check.id,
                    description=check.reason,
                    actual=None if check.passed else f"{check.unexpected} unexpected",
                    params={"waiver": check.waiver} if check.waiver else None,
                )
                for check in found
                for kind, column in [(tested | expected)[check.id]]
            ]
            facet = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(assertions)
            read.append(InputDataset(NAMESPACE, f"{layers[table]}.{table}", {"dataQualityAssertions": facet}))
        runs = ("GREAT_EXPECTATIONS", "SUITE") if suites.suites(gate) else ("DBT", "TEST")
        yield Step(f"check.{gate}", f"The checks of the {gate} gate.", runs, read, [])


def _publishing(release: Release, tables: list[PublishedTable]) -> Step:
    folder = f"{release.shelf(Workspace(Path())).as_posix()}/v{release.version}"
    files = {resource["path"]: resource for resource in release.package["resources"]}
    read, written = [], []
    for table in tables:
        origins = {column: table.origin(column) for column, _, _ in table.columns}
        read += [InputDataset(NAMESPACE, relation, None) for relation in sorted({*origins.values()})]
        for path in (f"{table.name}.csv", f"{table.name}.parquet"):
            reads = {column: [(relation, column)] for column, relation in origins.items()}
            file = _written(f"{folder}/{path}", table.description, table.columns, reads, files[path]["hash"])
            size = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(size=files[path]["bytes"])
            file.outputFacets = {"outputStatistics": size}
            written.append(file)
    about = "The tables of the release; in CSV a text cell that a spreadsheet would read as a formula is neutralised."
    return Step("publish.release", release.marked(about), ("DAGSTER", "ASSET"), read, written)


def _written(
    name: str,
    description: str,
    columns: Iterable[tuple[str, str, str | None]],
    reads: Reads,
    sha256: str | None,
    unchanged: bool = False,
) -> OutputDataset:
    """A dataset with its columns (name, type, description) and what each reads. A model's expression is not classified
    as direct or indirect: which it is, is in its SQL."""
    how = [column_lineage_dataset.Transformation("DIRECT", "IDENTITY")] if unchanged else None
    fields = {
        column: column_lineage_dataset.Fields(
            [column_lineage_dataset.InputField(NAMESPACE, dataset, field, how) for dataset, field in read]
        )
        for column, read in reads.items()
        if read
    }
    facets: dict[str, DatasetFacet] = {
        "documentation": documentation_dataset.DocumentationDatasetFacet(description),
        "schema": schema_dataset.SchemaDatasetFacet(
            [schema_dataset.SchemaDatasetFacetFields(*column, fields=None) for column in columns]
        ),
        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields, dataset=None),
    }
    return OutputDataset(NAMESPACE, name, None, facets=facets | (_version(sha256) if sha256 else {}))


def _untold(columns: dict[str, str]) -> list[tuple[str, str, None]]:
    """Columns without a description."""
    return [(name, kind, None) for name, kind in columns.items()]


def _extract(file: dict[str, Any]) -> str:
    return f"extracts/{file['file_name']}"


def _file(file: dict[str, Any]) -> InputDataset:
    known = [where for where in (file["url"], file["path"]) if where.startswith("https://")]
    facets: dict[str, DatasetFacet] = {
        "dataSource": datasource_dataset.DatasourceDatasetFacet(file["title"], known[0] if known else None),
        "ownership": ownership_dataset.OwnershipDatasetFacet([ownership_dataset.Owner(file["publisher"], "PUBLISHER")]),
        "tags": tags_dataset.TagsDatasetFacet([tags_dataset.TagsDatasetFacetFields("licence", file["licence"])]),
        **_version(f"sha256:{file['sha256']}"),
    }
    return InputDataset(NAMESPACE, _extract(file), None, facets=facets)


def _version(sha256: str) -> dict[str, DatasetFacet]:
    return {"version": dataset_version_dataset.DatasetVersionDatasetFacet(sha256)}
