"""The documents of a release in open standards, read back with the libraries that keep those standards: they are valid,
they say everything the release holds, and a wrong one is refused."""

from __future__ import annotations

import csv
import json
import shutil
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pandas as pd
import pyarrow.parquet as pq
import pytest
from csvw import CSVW
from csvw.metadata import Table
from openlineage.client import facet_v2
from openlineage.client.event_v2 import RunEvent
from openlineage.client.serde import Serde
from prov.model import ProvDocument
from rdflib import DCAT, DCTERMS, RDF, Graph

from orchestration.quality import evidence
from orchestration.releases import audit_page, openlineage
from orchestration.releases.published_tables import published_tables
from orchestration.releases.release import OPENLINEAGE, PACKAGE, Release
from orchestration.releases.standards import CSVW_FILE, DCAT_FILE, PROV_FILE
from orchestration.sources.descriptions import NOF_COLUMNS, ROW_OF_FILE, known_sources
from orchestration.text import in_sql
from orchestration.warehouse import manifest
from orchestration.warehouse.column_lineage import OF_EXTRACT, all_lineage, columns_of_tables
from orchestration.warehouse.manifest import Rule

FILES = ("extracts/", "dbt_project/seeds/")
FACETS = {kind._get_schema(): kind for layer in facet_v2.BaseFacet.__subclasses__() for kind in layer.__subclasses__()}
Document = dict[str, Any]
Row = dict[str, Any]


def json_of(path: Path) -> Document:
    found: Document = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def events_of(folder: Path) -> list[Document]:
    return [json.loads(line) for line in (folder / OPENLINEAGE).read_text(encoding="utf-8").splitlines()]


def completed(folder: Path) -> list[Document]:
    return [event for event in events_of(folder) if event["eventType"] == "COMPLETE"]


def without_empty(document: Any) -> Any:
    """A document without what the classes add of their own: empty lists and empty objects."""
    if isinstance(document, dict):
        return {key: kept for key, value in document.items() if (kept := without_empty(value)) not in ({}, [])}
    return [without_empty(value) for value in document] if isinstance(document, list) else document


def refuse_unless_equal(document: Document, kind: type) -> None:
    """Raises unless the class, which is generated from the schema, takes the document as it is and gives it back whole:
    types, required and unknown fields."""
    given_back = Serde.to_dict(msgspec.convert(document, kind))
    if without_empty(given_back) != without_empty(document):
        raise msgspec.ValidationError(f"not a {kind.__name__}: {document}")


def refuse_invalid(event: Document) -> None:
    """Raises unless an event and every facet of it are what OpenLineage says they are."""

    def stripped(part: Any) -> Any:
        if isinstance(part, list):
            return [stripped(item) for item in part]
        if not isinstance(part, dict):
            return part
        facets = [value for value in part.values() if isinstance(value, dict) and "_schemaURL" in value]
        for facet in facets:
            refuse_unless_equal(facet, FACETS[facet["_schemaURL"]])
        return {key: stripped(value) for key, value in part.items() if value not in facets}

    refuse_unless_equal(stripped(event), RunEvent)


def faults(metadata: Path) -> list[str]:
    """What the library finds wrong with tables or their description; it says most of it as warnings. It reads a table
    again for its key and for each reference: here it is read once."""
    iterate, rows = Table.iterdicts, dict[int, list[tuple[str, int, Row]]]()

    def remembered(table: Table, *args: Any, with_metadata: bool = False, **how: Any) -> Iterator[Any]:
        if id(table) not in rows:
            rows[id(table)] = list(iterate(table, *args, with_metadata=True, **how))
        yield from rows[id(table)] if with_metadata else (row for *_, row in rows[id(table)])

    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "iterdicts", remembered)
        warnings.simplefilter("always")
        try:
            read = CSVW(str(metadata), validate=True)
            return [] if read.is_valid else [str(warning.message) for warning in read.warnings]
        except ValueError as error:
            return [str(error)]


def test_csvw_is_valid(built_first: Any) -> None:
    assert faults(built_first.release / CSVW_FILE) == []


def test_csvw_describes_every_table_and_column(built: Any) -> None:
    """The header of the CSV, and the types of the Parquet beside it."""
    types = {"string": "string", "int32": "integer", "int64": "integer", "bool": "boolean", "date32[day]": "date"}
    described = {
        table["url"]: [(column["name"], column["datatype"]) for column in table["tableSchema"]["columns"]]
        for table in json_of(built.release / CSVW_FILE)["tables"]
    }
    published = {path for path in built.release.glob("*.csv") if path.name != "changes.csv"}
    assert set(described) == {path.name for path in published}
    for path in published:
        schema = pq.read_schema(path.with_suffix(".parquet"))
        assert schema.names == next(csv.reader(path.open(encoding="utf-8", newline="")))
        assert described[path.name] == [(field.name, types.get(str(field.type), "decimal")) for field in schema]


def of_another_type(table: Document, rows: list[list[str]]) -> None:
    table["tableSchema"]["columns"][rows[0].index("organisation_name")]["datatype"] = "integer"


def decimal_as_integer(table: Document, rows: list[list[str]]) -> None:
    table["tableSchema"]["columns"][rows[0].index("average_score")]["datatype"] = "integer"


def reference_to_nothing(table: Document, rows: list[list[str]]) -> None:
    rows[1][rows[0].index("league")] = "hospices"


def key_twice(table: Document, rows: list[list[str]]) -> None:
    rows.append(rows[1])


def key_empty(table: Document, rows: list[list[str]]) -> None:
    rows[1][rows[0].index("organisation_code")] = ""


def column_left_out(table: Document, rows: list[list[str]]) -> None:
    del table["tableSchema"]["columns"][-1]


def untouched(table: Document, rows: list[list[str]]) -> None:
    pass


@pytest.mark.parametrize(
    "change",
    [
        untouched,
        of_another_type,
        decimal_as_integer,
        reference_to_nothing,
        key_twice,
        key_empty,
        column_left_out,
    ],
)
def test_csvw_refuses(change: Callable[[Document, list[list[str]]], None], built: Any, tmp_path: Path) -> None:
    group = json_of(built.release / CSVW_FILE)
    group["tables"] = [t for t in group["tables"] if t["url"] in ("trust_league_table.csv", "league_coverage.csv")]
    for table in group["tables"]:
        shutil.copy(built.release / table["url"], tmp_path)
    with (tmp_path / "trust_league_table.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    change(group["tables"][1], rows)
    (tmp_path / "trust_league_table.csv").unlink()
    with (tmp_path / "trust_league_table.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    (tmp_path / CSVW_FILE).write_text(json.dumps(group), encoding="utf-8")
    assert (faults(tmp_path / CSVW_FILE) == []) == (change is untouched)


def test_what_csvw_calls_a_foreign_key_is_checked(built: Any) -> None:
    references = [rule for rule in manifest.rules() if rule.kind == "references"]
    nodes = {node["name"]: node for node in manifest.raw()["nodes"].values()}
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; use warehouse")
        connection.execute(f"attach {in_sql(built.build.warehouse)} as built (read_only)")

        def broken(rule: Rule) -> list[Any]:
            of_rule = f"rule = '{rule.name.split('.')[1]}'"
            return connection.execute(f"from ({nodes[rule.test]['compiled_code']}) where {of_rule}").fetchall()

        for name in {table for rule in references for table in (rule.table, rule.refers_to)}:
            relation = f"{nodes[name]['schema']}.{name}"
            connection.execute(f"create schema if not exists {nodes[name]['schema']}")
            connection.execute(f"create table {relation} as from built.{relation}")
        assert [rule.name for rule in references if broken(rule)] == []
        for rule in references:
            referenced = f"{nodes[rule.refers_to]['schema']}.{rule.refers_to}"
            connection.execute(f"begin; delete from {referenced} where quarter = '2025-26-Q4'")
            assert broken(rule), rule.name
            connection.execute("rollback")
    described = json_of(built.release / CSVW_FILE)["tables"]
    assert sum(len(table["tableSchema"].get("foreignKeys", [])) for table in described) == len(references) > 0


def test_every_event_and_facet_is_valid(built: Any) -> None:
    for event in events_of(built.release):
        refuse_invalid(event)


def no_producer(event: Document) -> None:
    del event["outputs"][0]["facets"]["schema"]["_producer"]


def field_without_a_name(event: Document) -> None:
    del event["outputs"][0]["facets"]["schema"]["fields"][0]["name"]


def input_field_without_a_dataset(event: Document) -> None:
    del next(iter(event["outputs"][0]["facets"]["columnLineage"]["fields"].values()))["inputFields"][0]["name"]


def facet_of_no_schema(event: Document) -> None:
    event["outputs"][0]["facets"]["schema"]["_schemaURL"] += "2"


def unknown_field(event: Document) -> None:
    event["outputs"][0]["facets"]["documentation"]["licence"] = "OGL-UK-3.0"


def size_as_text(event: Document) -> None:
    event["outputs"][0]["outputFacets"]["outputStatistics"]["size"] = "12"


def run_without_uuid(event: Document) -> None:
    event["run"]["runId"] = "publish"


def day_without_time(event: Document) -> None:
    event["eventTime"] = event["eventTime"][:10]


def no_job(event: Document) -> None:
    del event["job"]


@pytest.mark.parametrize(
    "change",
    [
        no_producer,
        field_without_a_name,
        input_field_without_a_dataset,
        facet_of_no_schema,
        unknown_field,
        size_as_text,
        run_without_uuid,
        day_without_time,
        no_job,
    ],
)
def test_an_event_is_refused(change: Callable[[Document], None], built: Any) -> None:
    event = json.loads(json.dumps(completed(built.release)[-1]))
    refuse_invalid(event)
    change(event)
    with pytest.raises((msgspec.ValidationError, KeyError)):
        refuse_invalid(event)


def test_every_run_starts_and_completes_once_and_belongs_to_the_build(built: Any) -> None:
    of_runs = defaultdict(list)
    for event in events_of(built.release):
        of_runs[event["run"]["runId"], event["job"]["name"]].append(event["eventType"])
    assert set(map(tuple, of_runs.values())) == {("START", "COMPLETE")}
    assert len({run for run, _ in of_runs}) == len({job for _, job in of_runs}) == len(of_runs)
    (build,) = [run for run, job in of_runs if job == openlineage.BUILD]
    parents = {
        event["run"]["facets"]["parent"]["run"]["runId"] if event["job"]["name"] != openlineage.BUILD else build
        for event in events_of(built.release)
    }
    assert parents == {build}


def test_every_published_column_leads_to_a_file(built: Any) -> None:
    """With nothing but the document: from each column of each CSV to the headings of the files, or to a seed; short of
    it only where the SQL reads no column, as in a count of rows."""
    reads = {
        (output["name"], column): [(field["name"], field["field"]) for field in fields["inputFields"]]
        for event in completed(built.release)
        for output in event["outputs"]
        for column, fields in output["facets"]["columnLineage"]["fields"].items()
    }

    @cache
    def ends(place: tuple[str, str]) -> frozenset[tuple[str, str]]:
        return frozenset().union(*map(ends, reads[place])) if place in reads else frozenset({place})

    published = built.release.relative_to(built.workspace.data_dir).as_posix()
    found: set[tuple[str, str]] = set()
    for table in published_tables():
        for file in (f"{table.name}.csv", f"{table.name}.parquet"):
            columns = pd.read_parquet(built.release / f"{table.name}.parquet").columns
            assert all((f"{published}/{file}", column) in reads for column in columns), file
            found = found.union(*(ends((f"{published}/{file}", column)) for column in columns))
    of_row = {(f"land.{source}", column) for source in known_sources() for column in (*ROW_OF_FILE, *NOF_COLUMNS)}
    of_build = {(f"extract.{table}", column) for table, columns in OF_EXTRACT.items() for column in columns}
    of_nothing = {
        (f"{layer}.{table}", column)
        for layer, tables in columns_of_tables().items()
        for table in tables
        for column, read in all_lineage().get(table, {}).items()
        if not read
    }
    used = set(Release.read(built.release).inventory().query("status == 'used'")["source_id"])
    of_no_file = {f"land.{source}" for source in known_sources() if source not in used}  # a table without rows
    ended = {name for name, _ in found - of_row - of_build - of_nothing}
    assert {name for name in ended - of_no_file if not name.startswith(FILES)} == set()
    assert len(found) > 100
    files = {f"extracts/{source['file_name']}" for source in json_of(built.release / PACKAGE)["sources"]}
    assert {name for place in reads for name, _ in ends(place) if name.startswith("extracts/")} == files


def test_files_are_known_by_their_sha256(built: Any) -> None:
    package = json_of(built.release / PACKAGE)
    versions = {
        dataset["name"]: dataset["facets"]["version"]["datasetVersion"]
        for event in completed(built.release)
        for dataset in [*event["inputs"], *event["outputs"]]
        if "version" in dataset["facets"]
    }
    assert {name: version for name, version in versions.items() if name.startswith("extracts/")} == {
        f"extracts/{source['file_name']}": f"sha256:{source['sha256']}" for source in package["sources"]
    }
    published = {name.split("/")[-1]: version for name, version in versions.items() if name.startswith("releases/")}
    hashes = {resource["path"]: resource["hash"] for resource in package["resources"]}
    assert published == {name: hashes[name] for name in published} and published


def test_every_check_is_an_assertion_on_its_table(built: Any) -> None:
    asserted = {
        assertion["name"]: (dataset["name"].split(".")[1], assertion["success"], assertion["severity"])
        for event in completed(built.release)
        for dataset in event["inputs"]
        for facet in dataset.get("inputFacets", {}).values()
        for assertion in facet["assertions"]
    }
    severities = {"critical": "error", "warning": "warn"}
    assert asserted == {
        check["id"]: (check["table"], check["passed"], severities[check["severity"]])
        for check in json_of(built.release / "checks.json")["checks"]
    }


def test_a_waived_check_is_a_warning_that_names_the_waiver(built: Any, tmp_path: Path) -> None:
    shutil.copy(built.release / "checks.json", tmp_path)
    release = Release(tmp_path, json_of(built.release / PACKAGE))
    (check, *_) = evidence.checks_of(release.checks)
    waived = replace(check, passed=False, severity="critical", unexpected=3, waiver="W-1")
    openlineage.write_events(release, published_tables(), [waived], {}, date(2026, 7, 1))
    (event,) = [event for event in completed(tmp_path) if event["job"]["name"].startswith("check.")]
    (assertion,) = event["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert assertion["severity"] == "warn" and assertion["success"] is False
    assert assertion["actual"] == "3 unexpected" and assertion["params"] == {"waiver": "W-1"}
    assert event["eventTime"] == "2026-07-01T00:00:00+00:00"
    refuse_invalid(event)


def test_prov_names_what_was_read_and_made(built: Any) -> None:
    package = json_of(built.release / PACKAGE)
    document = ProvDocument.deserialize(str(built.release / PROV_FILE))
    assert document.unified() == document
    made = json_of(built.release / PROV_FILE)
    assert {use["prov:entity"] for use in made["used"].values()} == {
        f"sha256:{s['sha256']}" for s in package["sources"]
    }
    members = {member["prov:entity"].split("/")[-1] for member in made["hadMember"].values()}
    described = {resource["path"] for resource in package["resources"]}
    assert members == described - {CSVW_FILE, PROV_FILE, DCAT_FILE, OPENLINEAGE, audit_page.NAME}


def test_dcat_lists_files_that_are_there(built: Any) -> None:
    graph = Graph().parse(built.release / DCAT_FILE, format="json-ld", publicID=built.release.as_uri() + "/")
    (dataset,) = graph.subjects(RDF.type, DCAT.Dataset)
    for needed in (DCTERMS.title, DCTERMS.description, DCTERMS.identifier, DCTERMS.license):
        assert list(graph.objects(dataset, needed)), needed
    listed = {
        str(graph.value(file, DCAT.accessURL)): int(graph.value(file, DCAT.byteSize).toPython())
        for file in graph.objects(dataset, DCAT.distribution)
    }
    there = {path.as_uri(): path.stat().st_size for path in built.release.iterdir()}
    assert listed.items() <= there.items() and len(listed) > len(published_tables())
