"""What a release is, said in open standards: CSVW for its tables, PROV for what it was made from, DCAT for catalogues.

Belongs here: translating the descriptor of a release. Does not: the descriptor itself, by which a release is verified
(`describe.py`), lineage (`openlineage.py`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyarrow.parquet as pq
from prov.constants import PROV_LABEL, PROV_TYPE
from prov.model import PROV, ProvDocument

from orchestration.releases.release import Release
from orchestration.warehouse import manifest

if TYPE_CHECKING:
    from orchestration.releases.published_tables import PublishedTable

FILES = CSVW_FILE, PROV_FILE, DCAT_FILE = "csv-metadata.json", "prov.json", "dcat.jsonld"
URN = "urn:nhs-league-tables:"
INVENTED = "FICTIONAL: made from invented files of invented organisations. It says nothing about the NHS. "
OURS = "Independent analysis of official data. Not official statistics. "
SPREADSHEETS = "In CSV, a text cell that a spreadsheet would read as a formula starts with an apostrophe."
DATATYPES = {"bigint": "integer"}


def write_csvw(release: Release, tables: list[PublishedTable]) -> None:
    """Writes `csv-metadata.json`: the columns, key and references of every table, as CSV on the Web."""
    package = release.package
    keys = {r["path"]: r["schema"]["primaryKey"] for r in package["resources"] if "schema" in r}
    group = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:identifier": package["name"],
        "dc:title": package["title"],
        "dc:description": _about(release),
        "dc:license": {"@id": package["licenses"][0]["path"]},
        "dc:source": [
            {"dc:identifier": f"sha256:{s['sha256']}", "dc:title": s["title"], "dc:publisher": s["publisher"]}
            for s in package["sources"]
        ],
        "dialect": {"lineTerminators": ["\n"]},
        "tables": [
            {
                "url": path,
                "dc:description": table.description,
                "tableSchema": {
                    "columns": list(_columns(table, _never_empty(release.folder, table.name, keys[path]))),
                    **({"primaryKey": keys[path]} if keys[path] else {}),
                    "foreignKeys": list(_references(table)),
                },
            }
            for table in tables
            for path in [f"{table.name}.csv"]
        ],
    }
    (release.folder / CSVW_FILE).write_text(json.dumps(group, indent=1) + "\n", encoding="utf-8")


def _about(release: Release) -> str:
    experimental = f"EXPERIMENTAL: {release.package['description']} " if release.framework else ""
    return experimental + (INVENTED if release.synthetic else OURS) + SPREADSHEETS


def _never_empty(folder: Path, table: str, columns: list[str]) -> set[str]:
    """Of some columns those with a value in every row: part of a key can be empty, such as the member of an archive."""
    rows = pq.read_table(folder / f"{table}.parquet", columns=columns)
    return {column for column in columns if not rows[column].null_count}


def _columns(table: PublishedTable, required: set[str]) -> Iterator[dict[str, Any]]:
    for name, kind, description in table.columns:
        datatype = "decimal" if kind.startswith("decimal") else DATATYPES.get(kind, kind)
        told = {"name": name, "titles": name, "datatype": datatype, "dc:description": description}
        yield told | ({"required": True} if name in required else {})


def _references(table: PublishedTable) -> Iterator[dict[str, Any]]:
    """The other tables that have a row for every row of this one, as far as a gate has checked it."""
    for rule in manifest.rules():
        if rule.kind == "references" and rule.table == table.name:
            columns = list(rule.columns)
            reference = {"resource": f"{rule.refers_to}.csv", "columnReference": columns}
            yield {"columnReference": columns, "reference": reference}


def write_prov(release: Release) -> None:
    """Writes `prov.json`: the files of the release, the build that made them, what it read and who published that."""
    package, document = release.package, ProvDocument()
    document.add_namespace("league", URN)
    document.add_namespace("sha256", "urn:sha256:")
    name = f"league:{package['name']}"
    build = document.activity(f"{name}/build", other_attributes={PROV_LABEL: package["title"]})
    code = f"league:code/{package['code_sha256']}"
    document.wasAssociatedWith(build, document.agent(code, {PROV_TYPE: PROV["SoftwareAgent"]}))
    publishers = {
        publisher: document.agent(f"league:publisher/{quote(publisher)}", {PROV_LABEL: publisher})
        for publisher in sorted({source["publisher"] for source in package["sources"]})
    }
    for source in package["sources"]:
        extract = document.entity(f"sha256:{source['sha256']}", {PROV_LABEL: source["file_name"]})
        document.used(build, extract)
        document.wasAttributedTo(extract, publishers[source["publisher"]])
    collection = document.collection(name, {PROV_LABEL: package["title"]})
    for resource in package["resources"]:
        file = document.entity(f"{name}/{resource['path']}", {"league:hash": resource["hash"]})
        document.wasGeneratedBy(file, build)
        document.hadMember(collection, file)
    document.serialize(str(release.folder / PROV_FILE), indent=1)


def write_dcat(release: Release) -> None:
    """Writes `dcat.jsonld`: the release as a dataset for catalogues; tables, pictures and README as distributions."""
    package = release.package
    licence = {"@id": package["licenses"][0]["path"]}
    pages = {source["path"] for source in package["sources"] if source["path"].startswith("https://")}
    dataset = {
        "@context": {"dcat": "http://www.w3.org/ns/dcat#", "dcterms": "http://purl.org/dc/terms/"},
        "@id": URN + package["name"],
        "@type": "dcat:Dataset",
        "dcterms:identifier": package["name"],
        "dcterms:title": {"@value": package["title"], "@language": "en"},
        "dcterms:description": {"@value": _about(release), "@language": "en"},
        "dcterms:license": licence,
        "dcterms:source": [{"@id": page} for page in sorted(pages)],
        "dcat:version": package["version"],
        "dcat:distribution": [
            {
                "@id": resource["path"],
                "@type": "dcat:Distribution",
                "dcterms:title": resource["path"],
                "dcterms:license": licence,
                "dcat:accessURL": {"@id": resource["path"]},
                "dcat:byteSize": resource["bytes"],
            }
            for resource in package["resources"]
        ],
    }
    (release.folder / DCAT_FILE).write_text(json.dumps(dataset, indent=1) + "\n", encoding="utf-8")
