"""The site of a quarter that was revised, and whose first version is withdrawn then."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from orchestration.releases import shelf
from orchestration.releases.decisions import WITHDRAWN
from orchestration.releases.release import Release
from orchestration.site import build as building
from orchestration.site import editions, living_pages
from orchestration.site.editions import Editions
from orchestration.site.render import File
from orchestration.site.view import Edition
from orchestration.workspace.paths import Workspace

BANNER = re.compile(rb'<(aside|div|p) class="(?:site|embed)-banner"[^>]*>.*?</\1>\n', re.S)


@pytest.fixture(scope="module")
def workspace(versions: Any, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Both versions, in a data folder whose record of decisions a test may change."""
    data_dir: Path = tmp_path_factory.mktemp("revised")
    shutil.copytree(versions.folder / "data" / "releases", data_dir / "releases")
    return Workspace(data_dir)


@pytest.fixture(scope="module")
def revised(workspace: Workspace) -> Editions:
    return editions.read(workspace, print)


@pytest.fixture(scope="module")
def withdrawn(revised: Editions, workspace: Workspace) -> Editions:
    """The same, once somebody withdrew the first version."""
    first = Release.read(workspace.releases("2025-26-Q1") / "v1")
    shelf.decide(first, WITHDRAWN, "Two trusts <b>exchanged</b>", lambda: None)
    return editions.read(workspace, print)


def frozen(edition: Edition) -> dict[str, bytes]:
    """Every page of a version."""
    made = (file for file in building.frozen(edition) if isinstance(file, File))
    return {file.path: file.content for file in made if file.path.endswith(".html")}


def living(shown: Editions) -> dict[str, str]:
    return {file.path: file.content.decode() for file in living_pages.pages(shown)}


def test_a_revision_says_what_changed_and_how_many_moved(revised: Editions) -> None:
    before, after = (
        {(row["league"], row["organisation_code"]): row["rank"] for row in edition.release.rows("league_table")}
        for edition in revised.all
    )
    moved = sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())
    said = living(revised)["corrections/index.html"]
    assert moved > 1
    assert "<td>Figures revised</td>" in said
    assert f"Places moved: </span>{moved}</td>" in said


def test_living_pages_lead_to_the_newest_version_that_is_in_force(revised: Editions) -> None:
    pages = living(revised)
    assert "Replaced by version 2" in pages["2025-26-q1/index.html"]
    assert "2025-26-q1/v2/" in pages["index.html"]
    assert "2025-26-q1/v1/" not in pages["index.html"]


def test_a_withdrawn_version_says_so_on_every_page_and_keeps_its_figures(
    revised: Editions, withdrawn: Editions
) -> None:
    for before, after in zip(revised.all, withdrawn.all, strict=True):
        old, new = frozen(before), frozen(after)
        assert {path: BANNER.sub(b"", page) for path, page in old.items()} == {
            path: BANNER.sub(b"", page) for path, page in new.items()
        }
        told = {b"Two trusts &lt;b&gt;exchanged&lt;/b&gt;" in page for page in new.values()}
        assert told == {after.version == 1}


def test_what_was_withdrawn_is_told_with_its_reason(withdrawn: Editions) -> None:
    pages = living(withdrawn)
    assert "Two trusts &lt;b&gt;exchanged&lt;/b&gt;" in pages["corrections/index.html"]
    assert "Withdrawn: do not use it" in pages["2025-26-q1/index.html"]


def test_a_capped_trust_never_stands_without_its_sentence(revised: Editions) -> None:
    pages, edition = living(revised), revised.all[-1]
    capped = [member for league in edition.leagues for member in league.members if member.capped]
    assert capped
    for member in capped:
        assert "not because more is known" in pages[f"org/{member.code}/index.html"]


def test_a_place_never_stands_without_its_range(revised: Editions) -> None:
    pages, placed = living(revised), 0
    for edition in revised.in_force:
        for member in (member for league in edition.leagues for member in league.placed):
            page = pages[f"org/{member.code}/index.html"]
            placed += 1
            assert re.search(r'Likely places </span>\d+(?: to \d+)? of \d+ <span class="below">\w+ place', page)
    assert placed
