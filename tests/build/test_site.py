"""The site of the sample: what every page must hold, whatever it says."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from justhtml import JustHTML

from orchestration.errors import LeagueError
from orchestration.site import build as building
from orchestration.site import examples
from orchestration.site.method_pages import QUESTIONS
from orchestration.site.render import File
from orchestration.workspace.files import alone
from orchestration.workspace.paths import Workspace

FORBIDDEN = [
    text.encode()
    for text in ("assets.nhs.uk", "Frutiger", "nhsuk-header__logo", "© NHS England", "document.cookie", "Storage")
]
ELSEWHERE = re.compile(rb'(?:src|href|action|url)\s*[=(]\s*["\']?((?:https?:)?//[^"\')\s>]+)')
SCRIPTS = re.compile(rb'<script type="module" src="[^":]+"></script>')
HEADINGS, IDS = re.compile(rb"<h1\b"), re.compile(rb' id="([^"]*)"')
ASKED = re.compile(rb'<(?:link rel="(?:icon|stylesheet)" href|script type="module" src)="([^"]+)"')
IMPORTED, FETCHED = re.compile(rb'from "(\./[\w.-]+)"'), re.compile(rb'fetch\("([\w.-]+)"\)')
OF_LEAGUE = re.compile(r"[\w-]+/v\d+/(?:acute|ambulance|icb|mental-health-community)(?:/\w{3})?/index\.html")
MAY_BE_NAMED = (b"https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",)


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, bytes]:
    """Every page by its path."""
    found = {path.relative_to(site).as_posix(): path.read_bytes() for path in sorted(site.rglob("*.html"))}
    return {path: page for path, page in found.items() if path.rsplit("/", 1)[-1] != "audit.html"}


def test_every_page_has_one_heading_and_a_policy_and_no_script_of_its_own(pages: dict[str, bytes]) -> None:
    assert len(pages) > 300
    for path, page in pages.items():
        assert b"default-src 'none'" in page and b"style=" not in page and b"<style" not in page, path
        assert page.count(b"<script") == len(SCRIPTS.findall(page)), path
        assert len(HEADINGS.findall(page)) == 1, path
        ids = IDS.findall(page)
        assert len(ids) == len(set(ids)), path


def test_pages_are_sound_html(pages: dict[str, bytes]) -> None:
    """One of eight, in the order of their names: a strict reader takes 20 ms a page."""
    for path in list(pages)[::8]:
        errors = JustHTML(pages[path], sanitize=False, collect_errors=True).errors
        assert [str(error) for error in errors] == [], path


def test_a_board_and_a_trust_of_one_short_name_have_titles_of_their_own(pages: dict[str, bytes]) -> None:
    titles = [re.search(rb"<title>(.*?)</title>", text) for path, text in pages.items() if path.startswith("org/")]
    assert len({found[1] for found in titles if found}) == len(titles)


def test_nothing_comes_from_elsewhere_and_nothing_is_kept(site: Path) -> None:
    for path in sorted(site.rglob("*")):
        if path.suffix in (".html", ".css", ".js", ".svg") and path.name not in ("audit.html", "nhsuk-frontend.min.js"):
            content = path.read_bytes()
            assert [word for word in FORBIDDEN if word in content] == [], path
            assert set(ELSEWHERE.findall(content)) <= {*MAY_BE_NAMED}, path


def test_every_page_of_a_fictional_release_says_so_and_is_never_the_latest(pages: dict[str, bytes]) -> None:
    of_release = [page for path, page in pages.items() if path.startswith("2025-26-q4/v1/")]
    assert of_release and all(b"<strong>Fictional.</strong>" in page for page in of_release)
    assert b"refresh" not in pages["latest/index.html"]
    assert not [path for path in pages if path.startswith("latest/") and b'http-equiv="refresh"' in pages[path]]


def test_pages_are_light_with_all_that_they_ask_for(site: Path, pages: dict[str, bytes]) -> None:
    """Of a league and of an organisation 180 KB, of others 200 KB, as nobody packs them."""
    heavy = {}
    for path, page in pages.items():
        asked = {(site / path).parent / name.decode() for name in ASKED.findall(page)}
        asked |= {file for script in [*asked] if script.suffix == ".js" for file in _asked_by(script, site / path)}
        weight = len(page) + sum(file.stat().st_size for file in asked)
        if weight > (180_000 if OF_LEAGUE.fullmatch(path) else 200_000):
            heavy[path] = weight
    assert heavy == {}


def _asked_by(script: Path, page: Path) -> set[Path]:
    """What a script asks for: other scripts beside it, and figures beside its page."""
    content = script.read_bytes()
    return {script.parent / name.decode() for name in IMPORTED.findall(content)} | {
        page.parent / name.decode() for name in FETCHED.findall(content)
    }


def test_no_board_has_a_published_place(pages: dict[str, bytes]) -> None:
    boards, trusts = (
        [pages[f"org/{path.split('/')[3].upper()}/index.html"] for path in pages if re.fullmatch(folder, path)]
        for folder in (r"2025-26-q4/v1/icb/\w{3}/index\.html", r"2025-26-q4/v1/ambulance/\w{3}/index\.html")
    )
    assert any(b">our place " in page for page in boards)
    assert not any(b"published place" in page for page in boards)
    assert all(b">published place " in page for page in trusts)


def test_same_releases_give_the_same_bytes(site: Path, built: Any, tmp_path: Path) -> None:
    building.build(built.workspace, tmp_path / "again", print)
    first, again = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (site, tmp_path / "again")
    )
    assert first == again


def test_components_are_as_published_and_of_the_version_of_their_templates() -> None:
    notice = (building.ASSETS / "NOTICE").read_text(encoding="utf-8")
    hashes = {name: sha256 for sha256, name in re.findall(r"^  ([0-9a-f]{64})  (\S+)$", notice, re.M)}
    assert hashes == {
        name: hashlib.sha256((building.ASSETS / name).read_bytes()).hexdigest()
        for name in ("nhsuk-frontend.min.css", "nhsuk-frontend.min.js")
    }
    (version,) = re.findall(r"nhsuk-frontend (\d+\.\d+\.\d+) ", notice)
    templates = distribution("nhsuk-frontend-jinja")
    ported = dict(re.findall(r"\| (\d+\.\d+\.\d+) \| (\d+\.\d+\.\d+) \|", templates.read_text("METADATA") or ""))
    assert ported[version] == templates.version


def test_each_question_about_the_method_has_an_example_that_says_it_is_fictional(pages: dict[str, bytes]) -> None:
    for question in QUESTIONS:
        example = re.search(rb'<section class="example".*?</section>', pages[f"{question.path}/index.html"], re.S)
        assert (example is None) == (question.example is examples.none), question.slug
        assert example is None or b"its figures are invented" in example.group()


def test_a_folder_of_something_else_is_left_alone_and_so_is_a_site_being_made(built: Any, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(b"x")
    with pytest.raises(LeagueError, match="holds something that is no site"):
        building.build(built.workspace, tmp_path / "photos", print)
    with alone(tmp_path / ".site.lock"), pytest.raises(LeagueError, match="another process is making the site"):
        building.build(built.workspace, tmp_path / "site", print)
    assert not (tmp_path / "site").exists()


def test_a_folder_without_an_approved_release_makes_no_site(tmp_path: Path) -> None:
    with pytest.raises(LeagueError, match="has no release to show"):
        building.build(Workspace(tmp_path), tmp_path / "site", print)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([File("x/index.html", b'<a href="../nowhere/index.html">')], r"links lead nowhere\nx/index.html: ../nowhere"),
        (
            [File("x/index.html", b'<p id="a"><a class="tile" href="#b">')],
            r"links lead nowhere\nx/index.html: #b",
        ),
        (
            [File("x/index.html", b'<a href="y/index.html#a">'), File("x/y/index.html", b'<p id="b">')],
            r"links lead nowhere\nx/index.html: y/index.html#a",
        ),
        ([File("x/index.html", b'<p id="a"><a href=&#34;#a&#34;>')], r"links lead nowhere\nx/index.html: &#34;#a&#34;"),
        ([File("x/../../y.html", b"")], r"these are no plain file names\n'x/../../y.html'"),
        (
            [
                File("x/build/index.html", b"<title>Own</title>"),
                File("x/Build/index.html", b"<title>B &amp; Q</title>"),
            ],
            r"these are made twice\nx/build/index.html: 'Own' and 'B & Q'",
        ),
    ],
)
def test_a_page_that_leads_out_or_nowhere_or_is_made_twice_is_not_written(
    files: list[File], said: str, built: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "pages", lambda shown: iter(files))
    with pytest.raises(LeagueError, match=said):
        building.build(built.workspace, tmp_path / "site", print)
    assert not (tmp_path / "site").exists()


def test_site_is_as_it_was_where_its_place_cannot_be_taken_and_where_who_took_it_was_killed(
    built: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, new, rename = tmp_path / "site" / "index.html", tmp_path / ".site.new", Path.rename

    def full(path: Path, target: Path) -> Path:
        if path == new:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return rename(path, target)

    monkeypatch.setattr(building, "pages", lambda shown: iter([File("index.html", b"<p>first")]))
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(Path, "rename", full)
        building.build(built.workspace, tmp_path / "site", print)
    assert not (tmp_path / "site").exists()
    building.build(built.workspace, tmp_path / "site", print)
    monkeypatch.setattr(building, "pages", lambda shown: iter([File("index.html", b"<p>second")]))
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(Path, "rename", full)
        building.build(built.workspace, tmp_path / "site", print)
    assert page.read_bytes() == b"<p>first"

    (tmp_path / "site").rename(tmp_path / ".site.old")  # as a process leaves it that was killed
    with pytest.raises(LeagueError, match="has no release to show"):
        building.build(Workspace(tmp_path), tmp_path / "site", print)
    assert page.read_bytes() == b"<p>first"
    building.build(built.workspace, tmp_path / "site", print)
    assert page.read_bytes() == b"<p>second" and not list(tmp_path.glob(".site.[no]*"))
