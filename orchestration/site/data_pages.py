"""Downloads and the static API: what a release holds, as it is and as JSON.

Belongs here: the pages of data, JSON of a league and of an organisation, its schema. Does not: what a table means (its
description in the release)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from decimal import Decimal
from types import NoneType
from typing import Any, get_args, get_type_hints

from orchestration.releases.decisions import APPROVED, CANDIDATE, WITHDRAWN
from orchestration.releases.release import PACKAGE
from orchestration.site.editions import Editions
from orchestration.site.league_pages import above
from orchestration.site.render import Copy, Crumb, File, page
from orchestration.site.rows import (
    Band,
    Certainty,
    Change,
    Coverage,
    Domain,
    DomainPlace,
    Measure,
    Measured,
    Organisation,
    Place,
    Value,
    rows_of,
)
from orchestration.site.view import Edition, League, Member, by_code

API = "api/v1"  # fields are added to it, never taken away or given another meaning
SCHEMAS = {name: f"{API}/{name}.schema.json" for name in ("index", "league", "organisation")}
START = ("xlsx", "ods", "README.md", "dictionary.md", "audit.html", PACKAGE)  # what people look for first
OF_LEAGUE = (Coverage, Domain, Measure, Place, Certainty, Band, Change)
OF_ORGANISATION = (Organisation, Place, Certainty, Band, Change, DomainPlace, Measured, Value)
SIMPLE = {str: "string", int: "integer", bool: "boolean"}
ADDRESS = {"type": "string", "pattern": "^[0-9a-z]", "description": "From the root of this site."}
IS_RELEASE = {  # what every file says of the release that it is of
    "quarter": {"type": "string", "pattern": r"^\d{4}-\d{2}-Q[1-4]$"},
    "version": {"type": "integer", "minimum": 1},
    "state": {"enum": [APPROVED, WITHDRAWN, CANDIDATE], "description": "Nobody can approve a fictional release."},
    "withdrawn_because": {"type": ["string", "null"]},
    "synthetic": {"type": "boolean", "description": "Whether every organisation and figure is invented."},
    "notice": {"type": "string"},
    "contract_version": {"type": "string"},
    "package_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "Of its datapackage.json."},
}
TEXTS = {Decimal: {"pattern": r"^-?\d+(\.\d+)?$"}, date: {"format": "date"}}  # what JSON has as text, and in what form


def living(shown: Editions) -> Iterator[File]:
    """The page that leads to the downloads of every version, and what documents the API."""
    newest = shown.newest
    yield page(
        "data_versions",
        "data",
        "Data",
        (Crumb("Start", ""),),
        editions=shown.all[::-1],
        newest=newest,
        fictional=shown.fictional,
    )
    yield page(
        "api",
        API,
        "Data as JSON",
        (Crumb("Start", ""), Crumb("Data", "data")),
        newest=newest,
        json_of=address_of,
        schemas=SCHEMAS,
        fictional=shown.fictional,
    )
    yield _json(f"{API}/index.json", _index(shown))
    yield _json(SCHEMAS["index"], _schema("All versions", _schema_of_index()))
    yield _json(SCHEMAS["league"], _schema("A league", _schema_of_tables(OF_LEAGUE, newest)))
    yield _json(SCHEMAS["organisation"], _schema("An organisation", _schema_of_tables(OF_ORGANISATION, newest)))


def pages(edition: Edition) -> Iterator[File | Copy]:
    """The page of downloads of a version with all files of the release, and its JSON."""
    release, folder = edition.release, downloads(edition)
    described = {one["path"]: one for one in release.package["resources"]}
    described[PACKAGE] = {
        "path": PACKAGE,
        "hash": f"sha256:{release.package_sha256()}",
        "bytes": (release.folder / PACKAGE).stat().st_size,
    }
    for path in sorted(described):
        yield Copy(f"{folder}/{path}", release.folder / path)
    yield File(f"{folder}/sha256sums.txt", "".join(_sum(described[path]) for path in sorted(described)).encode())
    yield page(
        "data",
        folder,
        "Data",
        above(edition),
        edition,
        folder=folder,
        first=[one for path in START for one in described.values() if one["path"].endswith(path)],
        tables=release.tables,
        files=described,
        total=sum(one["bytes"] for one in described.values()),
        json_of=address_of,
    )
    yield from _api(edition)


def downloads(edition: Edition) -> str:
    """The folder of a version's downloads."""
    return f"{edition.path}/data"


def address_of(edition: Edition, what: League | Member) -> str:
    """The JSON of a league or of an organisation."""
    name = what.slug if isinstance(what, League) else f"org/{what.slug}"
    return f"{edition.path}/api/{name}.json"


def _sum(described: dict[str, Any]) -> str:
    return f"{described['hash'].removeprefix('sha256:')}  {described['path']}\n"


# The API


def _api(edition: Edition) -> Iterator[File]:
    release = _release(edition)
    organisations: dict[str, list[Member]] = {}
    values = by_code(rows_of(edition.release, Value))
    for league in edition.leagues:
        for member in league.members:
            organisations.setdefault(member.code, []).append(member)
        rows: list[Any] = [league.coverage, *league.domains, *league.measures.values()]
        rows += [
            row for member in league.members for row in (member.place, member.certainty, member.band, member.change)
        ]
        yield _json(address_of(edition, league), {"release": release} | _tables(OF_LEAGUE, rows))
    for code, members in sorted(organisations.items()):
        rows = [members[0].organisation, *values.get(code, ())]
        for one in members:
            rows += [one.place, one.certainty, one.band, one.change, *one.domains.values(), *one.measured.values()]
        yield _json(address_of(edition, members[0]), {"release": release} | _tables(OF_ORGANISATION, rows))


def _tables(kinds: tuple[type[Any], ...], rows: list[Any]) -> dict[str, list[dict[str, Any]]]:
    """Rows by the table that they are of, as its columns."""
    found: dict[str, list[dict[str, Any]]] = {kind.TABLE: [] for kind in kinds}
    for row in rows:
        if row is not None:
            found[row.TABLE].append({field.name: getattr(row, field.name) for field in fields(row)})
    return found


def _release(edition: Edition) -> dict[str, Any]:
    """What every file says of the release that it is of."""
    said = "Independent analysis of official data. Not official statistics. Not checked by NHS England."
    return {
        "quarter": str(edition.quarter),
        "version": edition.version,
        "state": edition.state,
        "withdrawn_because": edition.why if edition.state == WITHDRAWN else None,
        "synthetic": edition.synthetic,
        "notice": "Fictional: every organisation and figure is invented." if edition.synthetic else said,
        "contract_version": edition.release.package["contract_version"],
        "package_sha256": edition.release.package_sha256(),
    }


def _index(shown: Editions) -> dict[str, Any]:
    latest = shown.latest
    return {
        "schemas": SCHEMAS,
        "latest": latest and {"quarter": str(latest.quarter), "version": latest.version},
        "releases": [
            {
                **_release(edition),
                "data": f"{downloads(edition)}/",
                "leagues": [
                    {
                        "league": league.name,
                        "title": league.title,
                        "published": league.published,
                        "json": address_of(edition, league),
                    }
                    for league in edition.leagues
                ],
                "organisations": sorted(
                    {address_of(edition, member) for league in edition.leagues for member in league.members}
                ),
            }
            for edition in shown.all
        ],
    }


def _schema(title: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title} | _object(properties)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    """What has all of these fields, and no other."""
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _schema_of_index() -> dict[str, Any]:
    league = {"league": {"type": "string"}, "title": {"type": "string"}, "published": {"type": "boolean"}}
    files = {"data": ADDRESS, "leagues": _list(_object(league | {"json": ADDRESS})), "organisations": _list(ADDRESS)}
    newest = _object({name: IS_RELEASE[name] for name in ("quarter", "version")})
    return {
        "schemas": _object(dict.fromkeys(SCHEMAS, ADDRESS)),
        "latest": {"anyOf": [newest, {"type": "null"}], "description": "The newest that is real and not withdrawn."},
        "releases": _list(_object(IS_RELEASE | files)),
    }


def _schema_of_tables(kinds: tuple[type[Any], ...], edition: Edition) -> dict[str, Any]:
    """Of a file that has rows of these tables, with what the release says of each column."""
    rows = {kind.TABLE: _list(_schema_of_row(kind, edition)) for kind in kinds}
    return {"release": _object(IS_RELEASE)} | rows


def _schema_of_row(kind: type[Any], edition: Edition) -> dict[str, Any]:
    columns = edition.release.tables[kind.TABLE]["schema"]["fields"]
    names = [field.name for field in fields(kind)]
    said = dict.fromkeys(names, "Not in this release.") | {one["name"]: one["description"] for one in columns}
    hints = get_type_hints(kind)
    return _object({name: _schema_of_value(hints[name]) | {"description": said[name]} for name in names})


def _schema_of_value(hint: Any) -> dict[str, Any]:
    kinds = get_args(hint) or (hint,)
    (kind,) = (one for one in kinds if one is not NoneType)
    name = SIMPLE.get(kind, "string")
    return {"type": [name, "null"] if NoneType in kinds else name} | TEXTS.get(kind, {})


def _json(path: str, content: dict[str, Any]) -> File:
    return File(path, (json.dumps(content, ensure_ascii=False, default=_text) + "\n").encode())


def _text(value: Decimal | date) -> str:
    """Decimals as text, so that no reader rounds them."""
    return f"{value:f}" if isinstance(value, Decimal) else value.isoformat()
