"""What the site offers to take away: files of the release untouched, and JSON that its schema describes."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from orchestration.releases.release import Release

VERSION = "2025-26-q4/v1"


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def validators(site: Path) -> dict[str, Draft202012Validator]:
    schemas = {kind: read(site / f"api/v1/{kind}.schema.json") for kind in ("index", "league", "organisation")}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    return {kind: Draft202012Validator(schema) for kind, schema in schemas.items()}


def test_every_file_of_the_release_is_there_untouched(site: Path, release: Path) -> None:
    said = dict(line.split("  ")[::-1] for line in (site / VERSION / "data/sha256sums.txt").read_text().splitlines())
    assert set(said) == {path.name for path in release.iterdir()}
    for name, sha256 in said.items():
        content = (site / VERSION / "data" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == sha256 and content == (release / name).read_bytes(), name


def test_every_json_is_as_its_schema_says(site: Path, validators: dict[str, Draft202012Validator]) -> None:
    leagues, organisations = sorted((site / VERSION / "api").glob("*.json")), sorted(site.glob(f"{VERSION}/api/org/*"))
    assert len(leagues) == 4 and len(organisations) > 240
    index = [site / "api/v1/index.json"]
    for kind, paths in (("index", index), ("league", leagues), ("organisation", organisations)):
        for path in paths:
            assert [error.message for error in validators[kind].iter_errors(read(path))] == [], path


@pytest.mark.parametrize("value", [2.13, "about 2", "1,234.5", True], ids=str)
def test_a_schema_refuses_a_figure_that_is_no_text_of_a_decimal(
    site: Path, validators: dict[str, Draft202012Validator], value: Any
) -> None:
    league = read(site / VERSION / "api/acute.json")
    changed = deepcopy(league)
    changed["league_table"][0]["average_score"] = value
    assert validators["league"].is_valid(league) and not validators["league"].is_valid(changed)


def test_a_schema_refuses_what_is_left_out_or_unknown(site: Path, validators: dict[str, Draft202012Validator]) -> None:
    league = read(site / VERSION / "api/acute.json")
    for change in ({"rank_low": 1, "unknown": 1}, {}):
        assert not validators["league"].is_valid({**league, "rank_robustness": [change]})


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ([], "latest", "2025-26-Q4"),
        ([], "latest", {"quarter": "2025-26-Q5", "version": 1}),
        ([], "newest", None),
        (["releases", 0], "state", "final"),
        (["releases", 0], "version", 0),
        (["releases", 0], "package_sha256", "ABC"),
        (["releases", 0], "organisations", ["/api/rkl.json"]),
        (["releases", 0, "leagues", 0], "published", "true"),
        (["schemas"], "league", None),
    ],
    ids=str,
)
def test_the_schema_of_the_index_refuses_what_is_something_else(
    site: Path, validators: dict[str, Draft202012Validator], place: list[str | int], name: str, value: Any
) -> None:
    index = read(site / "api/v1/index.json")
    changed = deepcopy(index)
    part = changed
    for step in place:
        part = part[step]
    part[name] = value
    assert validators["index"].is_valid(index) and not validators["index"].is_valid(changed)
    del part[name]
    assert validators["index"].is_valid(changed) == (name == "newest"), "every field is required, and no other"


def test_figures_are_those_of_the_release(site: Path, release: Path) -> None:
    tables = Release.read(release)
    for row in tables.rows("league_coverage"):
        found = read(site / VERSION / f"api/{row['league'].replace('_', '-')}.json")
        for table in ("league_table", "rank_robustness", "improvement"):
            rows = tables.rows(table, league=row["league"])
            assert len(found[table]) == len(rows), table
            _same(found[table], rows)
    reasons = set()
    for path in site.glob(f"{VERSION}/api/org/*"):
        found = read(path)["metric_values"]
        _same(found, tables.rows("metric_values", organisation_code=path.stem.upper()))
        reasons |= {value["status_reason"] for value in found}
    assert len(reasons) > 1


def _same(found: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    for one, published in zip(found, rows, strict=True):
        texts = {name: f"{it:f}" if isinstance(it, Decimal) else it for name, it in published.items()}
        texts |= {name: it.isoformat() for name, it in published.items() if isinstance(it, date)}
        assert one == {name: texts[name] for name in one}


def test_the_index_names_every_file_with_the_state_and_the_hash(site: Path, release: Path) -> None:
    index = read(site / "api/v1/index.json")
    (one,) = index["releases"]
    assert index["latest"] is None and one["synthetic"] is True and one["notice"].startswith("Fictional")
    assert one["package_sha256"] == hashlib.sha256((release / "datapackage.json").read_bytes()).hexdigest()
    assert sorted(index["schemas"].values()) == sorted(
        path.relative_to(site).as_posix() for path in site.glob("api/v1/*.schema.json")
    )
    named = [league["json"] for league in one["leagues"]] + one["organisations"]
    assert sorted(named) == sorted(path.relative_to(site).as_posix() for path in site.glob(f"{VERSION}/api/**/*.json"))
    assert (site / one["data"] / "index.html").is_file()


@pytest.fixture
def release(built: Any) -> Path:
    folder: Path = built.release
    return folder
