"""The libraries, audited offline: pinned by hash, installed as pinned, fit for each other, under licences to keep."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from orchestration.operations import dependencies
from orchestration.operations.dependencies import LOCK

PERMISSIVE = re.compile(
    r"OSI Approved|(The )?MIT( License)?|MIT-0|MIT-CMU|(3-Clause )?BSD( License)?|BSD[- ][23]-Clause|0BSD"
    r"|ISC License \(ISCL|Apache-2\.0|Apache Software License|PSF-2\.0|Python Software Foundation License|CNRI-Python"
    r"|Zlib|CC0-1\.0"
)
# Copyleft by the file binds who changes the library's own files, of a library who links it: neither is done here.
ODD = {
    "certifi": ("Mozilla Public License 2.0 (MPL 2.0)", "copyleft by the file", "2026-11-22"),
    "pathspec": ("Mozilla Public License 2.0 (MPL 2.0)", "copyleft by the file", "2026-11-22"),
    "hypothesis": ("MPL-2.0", "copyleft by the file; in tests only", "2026-11-22"),
    "tqdm": ("MPL-2.0 AND MIT", "copyleft by the file", "2026-11-22"),
    "orjson": ("MPL-2.0 AND (Apache-2.0 OR MIT)", "copyleft by the file", "2026-11-22"),
    "psycopg2-binary": (
        "GNU Library or Lesser General Public License (LGPL)",
        "copyleft of a library, with an exception for use; loaded by Dagster where an instance is on PostgreSQL",
        "2026-11-22",
    ),
    "text-unidecode": (
        "Artistic License / GNU General Public License (GPL) / GNU General Public License v2 or later (GPLv2+)",
        "a choice of two: the Artistic License is taken; dbt brings it",
        "2026-11-22",
    ),
    "axe-playwright-python": (
        "",
        "declares none in its metadata; its LICENSE is MIT, of axe-core in it MPL-2.0; in tests only",
        "2026-11-22",
    ),
}


def installed() -> dict[str, Distribution]:
    found = {dependencies.canonicalize_name(one.name): one for one in distributions()}
    return {name: one for name, one in found.items() if name not in dependencies.UNLOCKED}


def test_every_requirement_is_pinned_by_hash_and_names_no_place() -> None:
    text = LOCK.read_text(encoding="utf-8")
    assert not re.search(r"://|^\s*-(?!-hash)|@ |git\+|file:|--(index|extra|find|trusted|editable)", text, re.MULTILINE)
    requirements = [
        line for line in text.replace("\\\n", " ").splitlines() if line and not line.lstrip().startswith("#")
    ]
    assert len(requirements) > 150
    for line in requirements:
        pin, *hashes = re.split(r"\s+--hash=", line.strip())
        parsed = Requirement(pin)
        assert parsed.url is None and [one.operator for one in parsed.specifier] == ["=="], line
        assert not next(iter(parsed.specifier)).version.endswith("*"), line
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", one.strip()) for one in hashes), line


def test_what_is_installed_is_what_is_locked() -> None:
    assert list(dependencies.departures()) == []


def test_what_is_installed_fits_together() -> None:
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def licence(one: Distribution) -> str:
    """The expression of a library, else its classifiers, else the first line of its own words."""
    said = one.metadata
    classified = [text.split(" :: ")[-1] for text in said.get_all("Classifier", []) if text.startswith("License ::")]
    return said.get("License-Expression") or " / ".join(classified) or str(said.get("License", "")).partition("\n")[0]


def test_every_licence_is_permissive_or_listed_with_a_reason() -> None:
    odd = {
        name: licence(one)
        for name, one in installed().items()
        if not all(PERMISSIVE.fullmatch(part.strip("() ")) for part in re.split(r" (?:AND|OR|/) ", licence(one)))
    }
    assert odd == {name: text for name, (text, _, _) in ODD.items()}
    assert all(reason and date.fromisoformat(since) for _, reason, since in ODD.values())


def test_nothing_is_known_against_what_is_locked() -> None:
    if not (export := os.environ.get("LEAGUE_ADVISORIES")):
        pytest.skip("advisories not looked up: none at hand (LEAGUE_ADVISORIES, an OSV export of PyPI)")
    found, _ = dependencies.known_against(Path(export), date.today())
    assert [one for one in found if not one.accepted] == []
