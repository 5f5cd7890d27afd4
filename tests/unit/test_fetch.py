"""Fetch against a server on this machine that has the published files under their real names and misbehaves on demand.
What reaches it are the real addresses; only the pool that the test hands over knows where they lead. The landing pages
are built here as the descriptions assume them: no test says that the publishers' pages are so."""

from __future__ import annotations

import gzip
import hashlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from click.testing import CliRunner
from urllib3.exceptions import MaxRetryError
from urllib3.util.retry import Retry

from orchestration.cli import league
from orchestration.errors import LeagueError
from orchestration.quarters import Quarter
from orchestration.sources import archives, calendar, http, landing
from orchestration.sources import fetch as fetch_module
from orchestration.sources import lock as lock_module
from orchestration.sources.calendar import AWAITED, LATE, OVERDUE
from orchestration.sources.descriptions import known_sources
from orchestration.sources.fetch import Fetched, fetch
from orchestration.sources.inventory import survey
from orchestration.sources.landing import take_in
from orchestration.sources.lock import read_lock
from orchestration.sources.periods import month_linked
from orchestration.terminal.console import Console
from orchestration.terminal.fetch import show
from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import Workspace
from tests.publisher import Answer, Handler, Site, certificate, etag_of, proxy_to, publish, rightly, serving

Q1, TODAY = "2025-26-Q1", date(2025, 12, 1)
UPLOADS = "https://www.england.nhs.uk/statistics/wp-content/uploads/sites/2"
AE_PAGE = known_sources()["ae"].landing_page
AE_YEAR = f"{AE_PAGE}ae-attendances-and-emergency-admissions-2025-26/"
MAY = f"{UPLOADS}/2025/06/Monthly-AE-May-2025.csv"
NOT_ARRIVED = (AWAITED, LATE, OVERDUE)
STALL = 0.4


def status(code: int, **headers: str) -> Answer:
    return lambda handler, site: handler.say(code, b"sorry", **headers)


def truncated(handler: Handler, site: Site) -> None:
    """Half of it, then the connection is gone."""
    body = site.content[handler.asked.url]
    handler.say(200, body[: len(body) // 2], len(body), ETag=etag_of(body))
    handler.break_off()


def truncated_without_etag(handler: Handler, site: Site) -> None:
    body = site.content[handler.asked.url]
    handler.say(200, body[: len(body) // 2], len(body))
    handler.break_off()


def stalled(handler: Handler, site: Site) -> None:
    body = site.content[handler.asked.url]
    handler.say(200, body[:100], len(body))
    site.stalls.wait(5)
    handler.break_off()


def says_less(handler: Handler, site: Site) -> None:
    """A length in the middle of a row, and the whole file."""
    body = site.content[handler.asked.url]
    handler.say(200, body, body.index(b"\n", len(body) // 2) - 30, ETag=etag_of(body))
    handler.break_off()


def says_more(handler: Handler, site: Site) -> None:
    body = site.content[handler.asked.url]
    if "range" in handler.asked.headers:
        return handler.say(416)
    handler.say(200, body, len(body) + 50, ETag=etag_of(body))
    return handler.break_off()


def changed_and_spliced(handler: Handler, site: Site) -> None:
    """The rest of another file, against If-Range, under its own ETag."""
    body = site.content[handler.asked.url]
    other = body.replace(b",1", b",2")
    start = int(handler.asked.headers["range"].removeprefix("bytes=").removesuffix("-"))
    span = f"bytes {start}-{len(body) - 1}/{len(body)}"
    handler.say(206, other[start:], ETag=etag_of(other), Content_Range=span)


def changed_before_the_rest(handler: Handler, site: Site) -> None:
    """Published anew between the two halves; from then on the server is right."""
    body = site.content[handler.asked.url]
    site.content[handler.asked.url] = revised(body)
    rightly(handler, site)


def compressed(handler: Handler, site: Site) -> None:
    """Though nobody asked for it, and with another length each time."""
    body = gzip.compress(site.content[handler.asked.url], len(site.asked) % 9 + 1)
    handler.say(200, body, Content_Encoding="gzip", ETag=etag_of(body))


def half_of_compressed(handler: Handler, site: Site) -> None:
    body = gzip.compress(site.content[handler.asked.url])
    handler.say(200, body[: len(body) // 2], len(body), Content_Encoding="gzip", ETag=etag_of(body))
    handler.break_off()


def redirect(target: str) -> Answer:
    return lambda handler, site: handler.say(302, Location=target)


def html(handler: Handler, site: Site) -> None:
    handler.say(200, b"<!DOCTYPE html><html>Please wait</html>", Content_Type="text/html")


def other_publication(handler: Handler, site: Site) -> None:
    handler.say(200, site.content[f"{UPLOADS}/etr.csv"])


def too_large(handler: Handler, site: Site) -> None:
    handler.say(200, b"", archives.MAX_BYTES + 1)
    handler.break_off()


def named(parameter: str) -> Answer:
    return lambda handler, site: handler.say(
        200, site.content[handler.asked.url], Content_Disposition=f"attachment; {parameter}"
    )


def revised(body: bytes) -> bytes:
    """A figure is another one: the first count of the second line, up by one."""
    header, row, rest = body.split(b"\n", 2)
    cells = row.split(b",")
    number = next(i for i, cell in enumerate(cells) if cell.strip(b'"').isdigit())
    cells[number] = b"%d" % (int(cells[number].strip(b'"')) + 1)
    return b"\n".join([header, b",".join(cells), rest])


class Local(urllib3.PoolManager):
    """Leads every address to this machine. Nothing but a test can hand one over."""

    def __init__(self, port: int) -> None:
        super().__init__(timeout=urllib3.Timeout(connect=STALL, read=STALL))
        self.port = port

    def urlopen(self, method: str, url: str, redirect: bool = True, **options: Any) -> Any:
        options["headers"] = {**options["headers"], "Host": urlsplit(url).netloc}
        return super().urlopen(method, url, redirect, **options)

    def connection_from_host(self, host: Any, port: Any = None, scheme: Any = "http", pool_kwargs: Any = None) -> Any:
        return super().connection_from_host("127.0.0.1", self.port, "http", pool_kwargs)


@dataclass
class World:
    """A site, a folder, a workspace, and how long was waited."""

    site: Site
    pool: Local
    folder: Path
    workspace: Workspace
    waits: list[float]

    def all(self, quarter: str = Q1, today: date = TODAY) -> list[Fetched]:
        return list(fetch(self.folder, [quarter], self.workspace, today, self.pool))

    def fetch(self, quarter: str = Q1) -> dict[str, Fetched]:
        """What became of links, by file."""
        results = [result for result in self.all(quarter) if result.outcome not in NOT_ARRIVED]
        found = {result.file: result for result in results}
        assert len(found) == len(results)
        return found

    def outcomes(self) -> dict[str, str]:
        return {name: result.outcome for name, result in self.fetch().items()}

    def files(self) -> dict[str, bytes]:
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}

    def urls(self) -> dict[str, str]:
        return {entry.file_name: entry.url for entry in read_lock(self.workspace).entries.values()}

    def leftovers(self) -> list[Path]:
        return [
            path for path in (self.workspace.data_dir / "work").rglob("*") if path.is_file() and path.stat().st_size
        ]


@pytest.fixture(scope="session")
def published(request: pytest.FixtureRequest) -> Path:
    """The real files, where they are beside the checkout, else the sample's, which have the same names."""
    try:
        return Path(request.getfixturevalue("shared_extracts"))
    except pytest.skip.Exception:
        return Path(request.getfixturevalue("sample"))


@pytest.fixture
def world(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A&E of three months and etr, the only sources described; nobody really waits."""
    site = Site()
    april, may, june = (next((published / "ae").glob(f"Monthly-AE-{m}-2025*.csv")) for m in ("April", "May", "June"))
    urls = [f"{UPLOADS}/2025/{number:02d}/{path.name}" for number, path in ((5, april), (6, may), (7, june))]
    site.content |= {url: path.read_bytes() for url, path in zip(urls, (april, may, june), strict=True)}
    site.content[f"{UPLOADS}/etr.csv"] = (published / "ods" / "etr.csv").read_bytes()
    etr = known_sources()["ods_etr"]
    assert etr.fetch and etr.fetch.address
    site.content[etr.fetch.address] = (published / "ods" / "etr.csv").read_bytes()
    year_before = AE_YEAR.replace("2025-26", "2024-25")
    site.page(AE_PAGE, AE_YEAR, year_before, "https://www.england.nhs.uk/about/2025-26/", "#top", "http://[")
    site.page(AE_YEAR, *urls, f"{UPLOADS}/2025/08/Monthly-AE-July-2025.csv", f"{UPLOADS}/2025/06/May-2025.xls")
    described = {name: known_sources()[name] for name in ("ae", "ods_etr")}
    for module in (fetch_module, calendar):
        monkeypatch.setattr(module, "known_sources", lambda: described)
    waits: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time", type("Clock", (), {"sleep": waits.append, "time": time.time}))
    with serving(site) as port, Local(port) as pool:
        yield World(site, pool, tmp_path / "extracts", Workspace(tmp_path / "data"), waits)


def test_all_that_is_due_comes_with_where_it_came_from(world: World) -> None:
    results = world.fetch()
    june = next(name for name in results if "June" in name)
    names = ["ae/Monthly-AE-April-2025.csv", "ae/Monthly-AE-May-2025.csv", june, "ods_etr/getReport"]
    assert [(name, result.outcome, result.problem) for name, result in results.items()] == [
        (name, "new", None) for name in names
    ]
    assert set(world.files()) == set(names)
    for entry in read_lock(world.workspace).entries.values():
        body = world.site.content[entry.url]
        assert world.files()[entry.file_name] == body and results[entry.file_name].bytes == len(body) == entry.bytes
        assert (entry.etag, entry.retrieved) == (etag_of(body), TODAY.isoformat())
        assert entry.last_modified
    assert world.urls()["ae/Monthly-AE-May-2025.csv"] == MAY
    asked = [asked.url for asked in world.site.asked]
    assert len(asked) == len(set(asked)) == 6  # two pages, four files: nothing of July, of 2024-25 or elsewhere
    agents = {asked.headers["user-agent"] for asked in world.site.asked}
    assert len(agents) == 1 and re.fullmatch(r"nhs-league-tables/\d+\.\d+\.\d+", agents.pop())
    assert world.waits == [] and world.leftovers() == []


@pytest.mark.parametrize("with_etag", [True, False], ids=["etag", "last_modified"])
def test_second_run_downloads_and_changes_nothing(world: World, with_etag: bool) -> None:
    world.site.with_etag = with_etag
    world.fetch()
    lock, files = world.workspace.lock_file.read_bytes(), world.files()
    world.site.asked.clear()
    results = world.fetch()
    assert {(result.outcome, result.bytes) for result in results.values()} == {("unchanged", 0)} and len(results) == 4
    assert [asked.status for asked in world.site.asked if asked.url not in (AE_PAGE, AE_YEAR)] == [304] * 4
    assert world.workspace.lock_file.read_bytes() == lock and world.files() == files


def test_server_without_any_validator_is_asked_again_and_nothing_changes(world: World) -> None:
    for _ in range(2):
        world.site.wrongs[MAY] = [lambda handler, site: handler.say(200, site.content[MAY])]
        results = world.fetch()
        lock, files = world.workspace.lock_file.read_bytes(), world.files()
    result = results["ae/Monthly-AE-May-2025.csv"]
    assert (result.outcome, result.bytes) == ("unchanged", len(world.site.content[MAY]))
    world.fetch()
    assert world.files() == files and len(lock) > 100


def may_of(world: World) -> tuple[str, str | None]:
    """Outcome and problem of the file of May; the others must have come."""
    results = world.fetch()
    (result,) = [result for name, result in results.items() if "May" in name]
    others = [result for name, result in results.items() if "May" not in name]
    assert [other.outcome for other in others] == ["new"] * 3
    return result.outcome, result.problem


RIGHT_IN_THE_END: list[tuple[str, list[Answer], list[int], list[bool], int]] = [
    # what is done, then per request: the status, and whether it went on where it stopped; then how often it was waited
    ("500 once", [status(500)], [500, 200], [False, False], 0),
    ("503 four times", [status(503)] * 4, [503, 503, 503, 503, 200], [False] * 5, 3),
    ("429 with Retry-After", [status(429, Retry_After="7")], [429, 200], [False, False], 1),
    ("stall", [stalled], [200, 200], [False, False], 0),
    ("truncated", [truncated], [200, 206], [False, True], 0),
    ("truncated, no ETag", [truncated_without_etag], [200, 200], [False, False], 0),
    ("length says more", [says_more, says_more], [200, 416, 200], [False, True, False], 1),
    ("changed, server splices", [truncated, changed_and_spliced], [200, 206, 200], [False, True, False], 1),
    ("compressed unasked", [compressed], [200], [False], 0),
    ("half of it compressed", [half_of_compressed], [200, 200], [False, False], 0),
    ("redirect on the host", [redirect(f"{UPLOADS}/moved.csv")], [302], [False], 0),
]


@pytest.mark.parametrize(
    ("wrongs", "statuses", "went_on", "waits"),
    [case[1:] for case in RIGHT_IN_THE_END],
    ids=[case[0] for case in RIGHT_IN_THE_END],
)
def test_misbehaviour_that_passes_leaves_the_published_bytes(
    world: World, wrongs: list[Answer], statuses: list[int], went_on: list[bool], waits: int
) -> None:
    body = world.site.content[f"{UPLOADS}/moved.csv"] = world.site.content[MAY]
    world.site.wrongs[MAY] = list(wrongs)
    assert may_of(world) == ("new", None)
    asked = world.site.of(MAY)
    assert [one.status for one in asked] == statuses
    assert ["range" in one.headers for one in asked] == went_on
    assert all(one.headers.get("if-range") == etag_of(body) for one in asked if "range" in one.headers)
    assert world.files()["ae/Monthly-AE-May-2025.csv"] == body
    assert world.urls()["ae/Monthly-AE-May-2025.csv"] == MAY
    assert len(world.waits) == waits and world.leftovers() == []


def test_waits_grow_have_jitter_and_are_as_asked(world: World) -> None:
    world.site.wrongs[MAY] = [status(503)] * 4
    june = next(url for url in world.site.content if "June" in url)
    world.site.wrongs[june] = [status(429, Retry_After="7")]
    world.fetch()
    *backed_off, asked = world.waits
    assert asked == 7
    assert [int(wait) for wait in backed_off] == [2, 4, 8] and all(wait % 1 for wait in backed_off)


def test_file_published_anew_between_its_halves_comes_whole_and_new(world: World) -> None:
    before = world.site.content[MAY]
    world.site.wrongs[MAY] = [truncated, changed_before_the_rest]
    assert may_of(world) == ("new", None)
    assert world.files()["ae/Monthly-AE-May-2025.csv"] == revised(before) != before
    assert [one.status for one in world.site.of(MAY)] == [200, 200]


FAILS: list[tuple[str, Answer, int, str]] = [
    ("404", status(404), 1, "the server answers 404"),
    ("403", status(403), 1, "the server answers 403"),
    ("500 for ever", status(500), 5, "the server answers 500"),
    ("304 unasked", status(304), 1, "the server answers 304"),
    ("206 unasked", status(206, ETag='"x"'), 1, "the server answers 206"),
    ("429 for a day", status(429, Retry_After="86400"), 1, r"come back in \d+ s, later than 300"),
    ("stalls for ever", stalled, 5, "Read timed out"),
    ("truncated for ever, no ETag", truncated_without_etag, 5, r"IncompleteRead\(\d+ bytes read, \d+ more expected\)"),
    ("length says less", says_less, 1, "what came, row [0-9]+: "),
    ("length says more for ever", says_more, 5, "IncompleteRead|the part that came is longer than the file"),
    ("too large", too_large, 1, "has 671088641 bytes, more than 671088640"),
    ("HTML", html, 1, "is not the publication; found text/html, b'<!DOCTYPE html>.*'; expected 'A&E attendances"),
    ("another publication", other_publication, 1, r"is not the publication; found 'ODS, NHS trusts \(etr\)'; expected"),
    ("redirect to another host", redirect("https://example.org/x.csv"), 1, "https://example.org/x.csv is not allowed"),
    ("redirect to http", redirect(MAY.replace("https", "http")), 1, "http://www.* is not allowed; expected https://"),
    ("redirect to a port", redirect("https://www.england.nhs.uk:8443/x"), 1, ":8443/x is not allowed"),
    ("redirect to nowhere", redirect("http://["), 1, r"redirected to 'http://\[', which is no address"),
    ("redirect for ever", redirect(MAY), 5, "redirected more than 5 times"),
    ("name leads out", named('filename="../../x.csv"'), 1, "has the name '../../x.csv'; expected one of a file"),
    ("name leads out, encoded", named("filename*=utf-8''..%5Cx.csv"), 1, r"has the name '\.\.\\\\x\.csv'"),
    ("name is hidden", named('filename=".x.csv"'), 1, "has the name '.x.csv'"),
    ("name has a control character", named("filename*=utf-8''a%0Ab.csv"), 1, r"has the name 'a\\nb\.csv'"),
    ("name is too long", named("filename=" + "x" * 121), 1, "at most 120 characters"),
]


@pytest.mark.parametrize(
    ("wrong", "requests", "message"), [case[1:] for case in FAILS], ids=[case[0] for case in FAILS]
)
def test_misbehaviour_that_stays_fails_alone_and_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, wrong: Answer, requests: int, message: str
) -> None:
    monkeypatch.setattr(world.pool, "connection_pool_kw", {"timeout": urllib3.Timeout(connect=STALL, read=0.1)})
    world.site.wrongs[MAY] = [wrong] * 20
    outcome, problem = may_of(world)
    assert outcome == "failed" and problem and problem.startswith(f"{MAY}: ")
    assert re.search(message, problem), problem
    assert len(world.site.of(MAY)) == requests
    assert [name for name in world.files() if "May" in name or "x" in name] == []
    assert len(world.files()) == 3 and MAY not in world.urls().values()
    world.site.wrongs.clear()
    assert [world.outcomes()["ae/Monthly-AE-May-2025.csv"], len(world.files())] == ["new", 4]
    assert world.leftovers() == []


def test_month_that_is_not_the_one_its_link_names_is_refused(world: World) -> None:
    world.site.content[MAY] = next(body for url, body in world.site.content.items() if "April" in url)
    result = world.fetch()[MAY]
    assert result.outcome == "failed" and result.problem and "is about 2025-04; its name says 2025-05" in result.problem


def test_interrupted_run_goes_on_where_it_stopped(world: World) -> None:
    """Five times half the rest, then the next run: it asks for the end only."""
    body = world.site.content[MAY]

    def halves(handler: Handler, site: Site) -> None:
        start = int(handler.asked.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        span = f"bytes {start}-{len(body) - 1}/{len(body)}"
        until = (start + len(body)) // 2
        handler.say(206 if start else 200, body[start:until], len(body) - start, ETag=etag_of(body), Content_Range=span)
        handler.break_off()

    world.site.wrongs[MAY] = [halves] * 5
    assert world.fetch()[MAY].outcome == "failed"
    world.site.asked.clear()
    assert world.fetch()["ae/Monthly-AE-May-2025.csv"].outcome == "new"
    (asked,) = world.site.of(MAY)
    assert asked.status == 206 and int(asked.headers["range"][6:-1]) > len(body) * 0.9
    assert world.files()["ae/Monthly-AE-May-2025.csv"] == body and world.leftovers() == []


def test_changed_file_is_kept_beside_and_supersedes(world: World) -> None:
    world.fetch()
    first = world.site.content[MAY]
    world.site.content[MAY] = second = revised(first)
    results = world.fetch()
    assert results["ae/Monthly-AE-May-2025-v2.csv"].outcome == "revised"
    assert sorted(result.outcome for result in results.values()) == ["revised", *["unchanged"] * 3]
    assert world.files()["ae/Monthly-AE-May-2025.csv"] == first
    assert world.files()["ae/Monthly-AE-May-2025-v2.csv"] == second
    lock = world.workspace.lock_file.read_bytes()
    assert world.outcomes()["ae/Monthly-AE-May-2025-v2.csv"] == "unchanged"
    assert world.workspace.lock_file.read_bytes() == lock
    world.site.content[MAY] = revised(second)
    assert world.outcomes()["ae/Monthly-AE-May-2025-v3.csv"] == "revised"
    world.site.content[MAY] = first
    problem = world.fetch()[MAY].problem
    assert (
        problem and "is again as ae/Monthly-AE-May-2025.csv, which ae/Monthly-AE-May-2025-v3.csv supersedes" in problem
    )
    assert len(world.files()) == 6


COPY, REPLACE = shutil.copyfile, Path.replace


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def copy_half_and_die(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    die()


def copy_and_die(source: Path, target: Path) -> None:
    COPY(source, target)
    die()


def die_at_the_lock(path: Path, target: Path) -> None:
    if target.name == "extracts.lock.json":
        die()
    REPLACE(path, target)


KILLED: dict[str, tuple[Any, str, Callable[..., None], bool]] = {  # where, and whether a copy without its name is left
    "in the middle of the copy": (shutil, "copyfile", copy_half_and_die, True),
    "with a whole copy": (shutil, "copyfile", copy_and_die, True),
    "with the file in its place": (fetch_module, "changing", die, False),
    "before the lock is written": (lock_module, "write_atomically", die, False),
    "before the lock is in its place": (Path, "replace", die_at_the_lock, False),
}


@pytest.mark.parametrize("revision", [False, True], ids=["new", "revised"])
@pytest.mark.parametrize("when", KILLED)
def test_killed_run_leaves_nothing_that_is_taken_for_a_file(
    world: World, when: str, revision: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one ends as one that nothing happened to, but for the day of change, which no rest of a file has."""
    undisturbed = replace(world, folder=tmp_path / "other" / "extracts", workspace=Workspace(tmp_path / "other"))
    if revision:
        world.fetch()
        undisturbed.fetch()
        world.site.content[MAY] = revised(world.site.content[MAY])
    undisturbed.fetch()
    module, name, death, half_made = KILLED[when]
    with monkeypatch.context() as patch:
        patch.setattr(module, name, death)
        child = multiprocessing.get_context("fork").Process(target=world.fetch)
        child.start()
        child.join()
    assert child.exitcode == -signal.SIGKILL
    found = survey(world.folder)
    assert {candidate.path.read_bytes() for candidate in found.candidates} <= set(undisturbed.files().values())
    assert [one["reason"] for one in found.set_aside] == ["a copy that is not finished"] * half_made
    world.fetch()
    assert world.files() == undisturbed.files()
    ours, theirs = (read_lock(one.workspace).entries for one in (world, undisturbed))
    assert [replace(e, last_modified=None) for e in ours.values()] == [
        replace(e, last_modified=None) for e in theirs.values()
    ]
    assert not list(world.workspace.data_dir.glob(".*")) and world.leftovers() == []


def test_same_name_at_another_address_is_set_apart(world: World) -> None:
    """As the NOF files of the first and the last quarter are; and as a disk that knows no case would have it."""
    world.fetch()
    other = f"{UPLOADS}/2025/09/MONTHLY-AE-May-2025.csv"
    world.site.content[other] = revised(world.site.content[MAY])
    world.site.page(AE_YEAR, MAY, other)
    name = f"ae/{hashlib.sha256(world.site.content[other]).hexdigest()[:8]}/MONTHLY-AE-May-2025.csv"
    assert world.outcomes()[name] == "new"
    assert world.outcomes()[name] == "unchanged"
    assert world.urls()[name] == other
    (world.folder / name).write_bytes(b"an editor was here")
    assert "would take the place of" in (world.fetch()[other].problem or "")
    assert world.files()[name] == b"an editor was here"


def test_file_dropped_in_is_known_and_its_address_recorded(world: World) -> None:
    (world.folder / "by hand").mkdir(parents=True)
    (world.folder / "by hand" / "may.csv").write_bytes(world.site.content[MAY])
    results = world.fetch()
    assert results["by hand/may.csv"].outcome == "unchanged" and len(world.files()) == 4
    assert world.urls()["by hand/may.csv"] == MAY


class ThatDay(date):
    """The day that this fetches on, also for a build."""

    @classmethod
    def today(cls) -> ThatDay:
        return cls(TODAY.year, TODAY.month, TODAY.day)


def test_build_finds_in_the_lock_what_fetch_wrote(
    world: World, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is the same as if the files had been dropped in, but for the address."""
    monkeypatch.setattr(landing, "date", ThatDay)
    (world.folder / "ods").mkdir(parents=True)
    (world.folder / "ods" / "trusts.csv").write_bytes((published / "ods" / "trusts_2026-08.csv").read_bytes())
    world.fetch()
    inventory = take_in(survey(world.folder), Q1, world.workspace)
    used = inventory[inventory["status"] == "used"].set_index("file_name")
    assert used.loc["ae/Monthly-AE-May-2025.csv", ["url", "retrieved"]].tolist() == [MAY, TODAY.isoformat()]
    assert used.loc["ods/trusts.csv", "url"] == "not recorded"
    by_hand = take_in(survey(world.folder), Q1, Workspace(world.folder.parent / "other"))
    same = [column for column in inventory if column not in ("url", "retrieved")]
    assert inventory[same].equals(by_hand[same])
    lock = world.workspace.lock_file.read_bytes()
    assert set(world.outcomes().values()) == {"unchanged"} and world.workspace.lock_file.read_bytes() == lock


def test_every_described_publication_comes_as_it_lies_in_a_folder_filled_by_hand(
    world: World, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All sources, on pages as their descriptions assume them: a page a year, of CSDS one a month, of NOF none."""
    monkeypatch.setattr(fetch_module, "known_sources", known_sources)
    by_hand, months = survey(published), {month for q in ("2025-26-Q3", "2025-26-Q4") for month in Quarter(q).months}
    # The real AmbSYS file is of a month after these quarters: its name says none, so it comes too.
    due = {
        found.sha256
        for found in by_hand.candidates
        if (how := found.source.fetch)
        and how.files
        and ("(?P<month>" not in how.files or found.subject.period in months)
    }
    publish(world.site, by_hand.candidates)
    summer = date(2026, 6, 15)
    results = list(fetch(world.folder, ["2025-26-Q4"], world.workspace, summer, world.pool))
    failed = [result.file for result in results if result.outcome == "failed"]
    assert all(b"href" not in world.site.content[page] for page in failed)  # of which nothing is at hand here
    etr = sha256_of_file(published / "ods" / "etr.csv")
    came = {sha256_of_file(path): path.name for path in world.folder.rglob("*") if path.is_file()}
    assert set(came) == due | {etr} and len(came) > 4
    names = {found.sha256: found.path.name for found in by_hand.candidates}
    assert {sha256: name for sha256, name in came.items() if sha256 != etr} == {sha256: names[sha256] for sha256 in due}
    recorded = {entry.sha256: entry.url for entry in read_lock(world.workspace).entries.values()}
    assert set(recorded) == set(came) and all(url.startswith("https://") for url in recorded.values())
    lock = world.workspace.lock_file.read_bytes()
    again = [one.outcome for one in fetch(world.folder, ["2025-26-Q4"], world.workspace, summer, world.pool)]
    assert "new" not in again and again.count("unchanged") == len(came)
    assert world.workspace.lock_file.read_bytes() == lock


@pytest.mark.parametrize(
    ("today", "state", "says"),
    [
        (date(2025, 6, 14), AWAITED, None),
        (date(2025, 6, 15), LATE, f"ae, 2025-05: late, was expected by 2025-06-14; not found from {AE_PAGE}"),
        (date(2025, 6, 28), LATE, f"ae, 2025-05: late, was expected by 2025-06-14; not found from {AE_PAGE}"),
        (date(2025, 6, 29), OVERDUE, f"ae, 2025-05: overdue, was expected by 2025-06-14; not found from {AE_PAGE}"),
    ],
)
def test_month_without_a_link_is_awaited_then_late_then_overdue(
    world: World, today: date, state: str, says: str | None
) -> None:
    world.site.page(AE_YEAR, next(url for url in world.site.content if "April" in url))
    results = world.all(today=today)
    assert [(one.file, one.outcome, one.problem) for one in results if one.outcome in NOT_ARRIVED] == [
        ("2025-05", state, says),
        ("2025-06", AWAITED, None),
    ]
    assert [one.failed for one in results] == [False, False, state == OVERDUE, False]


@pytest.fixture
def spare(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A&E as it is, but a spare form of a publication that is never linked."""
    ae = known_sources()["ae"]
    assert ae.fetch
    main = ae.model_copy(update={"id": "main", "fetch": None})
    how = ae.fetch.model_copy(update={"spare": True})
    described = {"main": main, "ae": ae.model_copy(update={"form_of": "main", "calendar": None, "fetch": how})}
    for module in (fetch_module, calendar):
        monkeypatch.setattr(module, "known_sources", lambda: described)
    monkeypatch.setattr(lock_module, "known_sources", lambda: known_sources() | described)
    return world


def came_in_another_form(world: World, month: str) -> None:
    """Says in the lock that it did."""
    with lock_module.changing(world.workspace) as lock:
        known = next(entry for entry in lock.entries.values() if entry.subject.period == month)
        lock.enter(replace(known, source_id="main", sha256="0" * 64))


def test_spare_form_comes_for_the_months_that_came_in_no_other(spare: World) -> None:
    names = ["ae/Monthly-AE-April-2025.csv", "ae/Monthly-AE-May-2025.csv"]
    assert [name for name, outcome in spare.outcomes().items() if outcome == "new"][:2] == names
    for month in ("2025-04", "2025-06"):
        came_in_another_form(spare, month)
    assert spare.outcomes() == {names[1]: "unchanged"}
    came_in_another_form(spare, "2025-05")
    spare.site.asked.clear()
    assert spare.outcomes() == {} and spare.site.asked == []


@pytest.mark.parametrize(
    ("linked", "taken"),
    [
        (["20250331", "20250630", "20250731"], "20250630"),
        (["20250731", "20250831", "20260331"], "20250731"),
        (["20250331", "20250430", "20250531"], "20250531"),
        (["20250228", "20241231"], None),
    ],
    ids=["to the last month", "first after it", "the latest there is", "none"],
)
def test_of_files_of_several_months_one_is_enough(
    world: World, monkeypatch: pytest.MonkeyPatch, linked: list[str], taken: str | None
) -> None:
    series = known_sources()["ambsys_series"]
    described = {"ambsys": known_sources()["ambsys"].model_copy(update={"fetch": None}), series.id: series}
    for module in (fetch_module, calendar):
        monkeypatch.setattr(module, "known_sources", lambda: described)
    urls = {day: f"{UPLOADS}/AmbSYS-Time-Series-until-{day}.xlsx" for day in linked}
    world.site.page(series.landing_page, *urls.values())
    world.all(today=date(2025, 7, 20))
    asked = [asked.url for asked in world.site.asked if asked.url.endswith(".xlsx")]
    assert set(asked) == ({urls[taken]} if taken else set())


def test_page_that_fails_is_said(world: World) -> None:
    world.site.wrongs[AE_YEAR] = [status(404)]
    assert world.fetch()[AE_YEAR].problem == f"{AE_YEAR}: the server answers 404"
    world.site.content[AE_PAGE] = b"<![foo["
    assert "is not HTML" in (world.fetch()[AE_PAGE].problem or "")


def test_page_in_place_of_a_landing_page_is_no_page_without_news(world: World) -> None:
    """A login, a check for robots: it has links, and none to what is published."""
    assert "failed" not in world.outcomes().values()
    world.site.page(AE_PAGE, "https://www.england.nhs.uk/login", "https://www.england.nhs.uk/")
    problem = world.fetch()[AE_PAGE].problem
    assert problem == f"{AE_PAGE}: links nothing that is known here: it has changed, or another came in its place"


def test_host_that_says_nothing_is_asked_for_one_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page of it would take minutes, and a run has an hour at most. A page that fails is asked for once a run."""
    one = known_sources()["ae"]
    same = one.model_copy(update={"id": "ae_again"})
    other = one.model_copy(update={"id": "ae_other", "landing_page": f"{AE_PAGE}other/"})
    described = {"ae": one, "ae_again": same, "ae_other": other, "ods_etr": known_sources()["ods_etr"]}
    monkeypatch.setattr(fetch_module, "known_sources", lambda: described)
    monkeypatch.setattr(world.pool, "connection_pool_kw", {"timeout": urllib3.Timeout(connect=STALL, read=0.1)})
    world.site.content[AE_PAGE] = b"x" * 200
    world.site.wrongs[AE_PAGE] = [stalled] * 20
    failed = [result for result in world.all() if result.outcome == "failed"]
    assert [(one.source_id, one.file) for one in failed] == [
        ("ae", AE_PAGE),
        ("ae_again", AE_PAGE),
        ("ae_other", other.landing_page),
    ]
    assert all("Read timed out" in (one.problem or "") for one in failed)
    assert len(world.site.of(AE_PAGE)) == 5 and world.site.of(other.landing_page) == []
    assert [name for name in world.files() if name.startswith("ods")]  # another host


def test_month_that_has_not_ended_is_not_due(world: World) -> None:
    results = world.all(today=date(2025, 6, 30))
    assert [(result.file, result.outcome) for result in results if result.source_id == "ae"] == [
        ("ae/Monthly-AE-April-2025.csv", "new"),
        ("ae/Monthly-AE-May-2025.csv", "new"),
        ("2025-06", AWAITED),
    ]


def test_link_without_tls_to_a_host_of_its_own_is_followed_with_it(world: World) -> None:
    world.site.page(AE_YEAR, MAY.replace("https", "http"))
    assert world.outcomes()["ae/Monthly-AE-May-2025.csv"] == "new" and set(world.urls().values()) >= {MAY}


def test_month_whose_file_failed_is_not_said_to_be_missing_from_its_page(world: World) -> None:
    world.site.wrongs[MAY] = [html]
    (late,) = (one for one in world.all() if one.outcome == OVERDUE and one.file == "2025-05")
    assert late.problem and late.problem.endswith(f"; what failed from {AE_PAGE} stands above")


def test_link_to_a_host_not_named_is_refused_unasked(world: World) -> None:
    elsewhere = "https://example.org/Monthly-AE-May-2025.csv"
    world.site.page(AE_YEAR, elsewhere)
    problem = world.fetch()[elsewhere].problem
    assert problem == f"{elsewhere}: {elsewhere} is not allowed; expected https://www.england.nhs.uk"
    assert world.site.of(elsewhere) == []


def test_file_that_says_no_length_is_cut_off_at_the_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    body = world.site.content[MAY]

    def without_length(handler: Handler, site: Site) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body)
        handler.break_off()

    others = max(len(content) for url, content in world.site.content.items() if url != MAY)
    world.site.content[MAY] = body = body + b"\r\n" * others
    monkeypatch.setattr(archives, "MAX_BYTES", len(body) - 1)
    world.site.wrongs[MAY] = [without_length]
    assert may_of(world) == ("failed", f"{MAY}: has more than {len(body) - 1} bytes")
    assert world.leftovers() == []


def test_file_that_takes_too_long_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then would keep every time limit of a connection."""
    world.site.page(AE_PAGE, MAY)
    monkeypatch.setattr(http, "FILE_SECONDS", -1)
    assert {result.problem for result in world.fetch().values()} == {
        f"{url}: did not come within -1 s"
        for url in (AE_PAGE, known_sources()["ods_etr"].fetch.address)  # type: ignore[union-attr]
    }
    assert world.files() == {} and not world.workspace.lock_file.exists()


def test_quarter_that_cannot_be_built_is_refused(world: World) -> None:
    with pytest.raises(LeagueError, match="2024-25-Q4 is not a quarter that can be built"):
        world.fetch("2024-25-Q4")


def test_real_names_are_recognised_by_the_description_of_their_source(published: Path) -> None:
    for found in survey(published).candidates:
        how = found.source.fetch
        if how and how.files:
            match = re.fullmatch(how.files, found.path.name, re.IGNORECASE)
            assert match, found.path.name
            month = month_linked(match)
            assert month in (None, found.subject.period), found.path.name


@pytest.mark.parametrize(
    ("source", "name", "month"),
    [
        ("ae", "May-2026-CSV-F4flrg.csv", "2026-05"),
        ("ae", "Monthly-AE-August-2025-revised.csv", "2025-08"),
        ("ae", "April-2024-CSV-revised_v2.0.csv", "2024-04"),
        ("ae_provider", "July-2025-AE-by-provider-iX1Zj-revised.xls", "2025-07"),
        ("ae_provider", "August-2025-AE-by-provider-0G7Wh-revised-v2-1.xls", "2025-08"),
        ("ae_provider", "October-2025-A&E-by-provider.xlsx", "2025-10"),
        ("ambsys_series", "AmbSYS-Time-Series-until-20250831.xlsx", "2025-08"),
        ("cancer", "OCTOBER-2023-CWT-CRS-Provider-Workbook-Provisional.xlsx", "2023-10"),
        ("cancer", "1.-SEPTEMBER-2025-CWT-CRS-COMMISSIONER-WORKBOOK-FINAL-1.xlsx", "2025-09"),
        ("cancer_combined", "January-2026-Monthly-Combined-Workbook-Provisional.xlsx", "2026-01"),
        ("cancer_combined", "OCTOBER-2025-Monthly-Combined-Workbook-FINAL-v2.0.xlsx", "2025-10"),
        ("cancer_csv", "January-2026-Monthly-Combined-CSV-Provisional.csv", "2026-01"),
        ("cancer_csv", "Cancer-Waiting-Times-March-2026-Monthly-Combined-CSV-Final-aB3dE-v2.0.csv", "2026-03"),
        ("cancer_extract", "CWT-CRS-Apr-2025-to-Jul-2025-Data-Extract-Provider.xlsx", "2025-07"),
        ("community_waits", "Community-health-services-waiting-lists-2025-26-June.xlsx", "2025-06"),
        ("community_waits", "Community-health-services-waiting-lists-2025-26-February-revised.xlsx", "2026-02"),
        ("dm01", "DM01-SEPTEMBER-2021-full-extract.zip", "2021-09"),
        ("dm01_provider", "Monthly-Diagnostics-Web-File-Provider-June-2025_45KNG.xls", "2025-06"),
        ("dm01_provider", "Monthly-Diagnostics-Revisions-Web-File-Provider-June-2025.xls", "2025-06"),
        ("dm01_provider", "MONTHLY-DIAGNOSTICS-WEB-FILE-PROVIDER-SEPTEMBER-2021-revised.xlsx", "2021-09"),
        ("rtt", "Full-CSV-data-file-Jun26-ZIP-3M-6jPlxd.zip", "2026-06"),
        ("rtt", "Full-CSV-data-file-Sept21-ZIP-3520K-revised.zip", "2021-09"),
        ("sickness", "NHS_Sickness_Absence_rates_CSV_January_2025.csv", "2025-01"),
        ("sickness", "NHS Sickness Absence rates CSV, April 2025.csv", "2025-04"),
        ("nof_data", "nhs-oversight-framework-acute-trust-data-q3-25-26-v2.csv", None),
        ("nof_league", "nhs-oversight-framework-non-acute-hospital-trust-league-table.csv", None),
    ],
)
def test_names_that_are_described_only(source: str, name: str, month: str | None) -> None:
    how = known_sources()[source].fetch
    assert how and how.files
    match = re.fullmatch(how.files, name, re.IGNORECASE)
    assert match and month_linked(match) == month


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("ae", "July-2025-AE-by-provider-iX1Zj-revised.xls"),
        ("ae", "Quarterly-AE-2025.csv"),
        ("cancer", "January-2026-Monthly-Combined-Workbook-Provisional.xlsx"),
        ("cancer_combined", "January-2026-Monthly-Combined-CSV-Provisional.csv"),
        ("cancer_csv", "January-2026-Monthly-Combined-Workbook-Provisional.xlsx"),
        ("dm01_provider", "Monthly-Diagnostics-Web-File-Commissioner-June-2025.xls"),
    ],
)
def test_names_of_another_form(source: str, name: str) -> None:
    how = known_sources()[source].fetch
    assert how and how.files and not re.fullmatch(how.files, name, re.IGNORECASE)


def open_at(port: int) -> str:
    """What the pool of production is answered at a server of this machine."""
    with http.https() as pool:
        host = f"localhost:{port}"
        response = http._open(pool, f"https://{host}/", {host}, {}, Retry(0))[1]
        return response.data.decode()


def test_certificate_of_nobody_known_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a server that has the right name and vouches for itself; unless the machine is told to trust it."""
    monkeypatch.setattr(http, "getproxies", dict)
    pem = certificate(tmp_path / "pem", "localhost")
    with serving(site := Site(), pem=pem) as port:
        site.content[f"https://localhost:{port}/"] = b"here"
        with pytest.raises(MaxRetryError, match="self-signed certificate"):
            open_at(port)
        assert site.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        assert open_at(port) == "here"


@pytest.mark.parametrize(("login", "header"), [("", None), ("a%40b:c@", "Basic YUBiOmM=")])
def test_goes_through_the_proxy_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, login: str, header: str | None
) -> None:
    """A tunnel: the proxy sees the name of the host, the publisher proves by its certificate that it is that host."""
    pem = certificate(tmp_path / "pem", "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    tunnels = Site()
    with serving(site := Site(), pem=pem) as port, serving(tunnels, proxy_to(port)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://{login}127.0.0.1:{proxy}")
        site.content["https://localhost:1/"] = b"here"
        assert open_at(1) == "here"
    (asked,) = tunnels.asked
    assert asked.url == "localhost:1" and asked.headers.get("proxy-authorization") == header


@pytest.mark.parametrize(
    "proxy",
    [
        "user:secret@proxy.example:3128",
        "proxy.example:3128",
        "socks5://user:secret@proxy.example:3128",
        *(f"http://user:sec{mark}ret@proxy.example:3128" for mark in "#/?\\€"),
        *(f"http://user:12{mark}secret@proxy.example:3128" for mark in "#/?"),
        "http://user:secret@proxy.example:99999",
        "http://user:secret@:3128",
        "http://",
    ],
)
def test_proxy_that_is_no_address_is_refused_and_nothing_of_it_is_told(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(LeagueError) as refusal:
        http.https()
    assert str(refusal.value) == (
        "HTTPS_PROXY is not an address such as http://host:port: in a password write # / ? @ \\ as %23 %2F %3F %40 %5C"
    )
    assert refusal.value.__cause__ is refusal.value.__context__ is None


@pytest.mark.parametrize("proxy", ["http://proxy.example:3128/", "https://user:sec%23%2F%3F%40%5Cret@proxy.example"])
def test_proxy_that_is_an_address_is_taken(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    with http.https() as pool:
        assert pool.proxy and pool.proxy.host == "proxy.example"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("wrong", "code"), [(None, 0), (status(404), 1)])
def test_command_prints_what_came_and_exits_with_1_where_something_did_not(
    world: World, monkeypatch: pytest.MonkeyPatch, wrong: Answer | None, code: int
) -> None:
    monkeypatch.setattr(fetch_module, "https", lambda: world.pool)
    world.site.wrongs[MAY] = [wrong] if wrong else []
    world.folder.mkdir(exist_ok=True)
    folders = ["--extracts", str(world.folder), "--data-dir", str(world.workspace.data_dir)]
    result = CliRunner().invoke(league, ["fetch", "--quarter", Q1, *folders], terminal_width=200)
    assert result.exit_code == code, result.output
    assert ("ae/Monthly-AE-May-2025.csv" in result.output) == (not wrong)
    assert ("the server answers 404" in result.output) == bool(wrong)
    by_hand = sorted(name for name, source in known_sources().items() if source.fetch is None and not source.retired)
    assert f"to be put into the folder by hand: {', '.join(by_hand)}" in " ".join(result.output.split())
    assert sha256_of_file(next(world.folder.rglob("*April*"))) in {
        e.sha256 for e in read_lock(world.workspace).entries.values()
    }
    again = CliRunner().invoke(league, ["fetch", "--quarter", Q1, *folders, "--json"])
    told = json.loads(again.stdout)
    assert {"ods_sub_icbs", "ods_trusts"} <= set(told["by_hand"])
    assert {one["outcome"] for one in told["files"]} >= {"unchanged"}


def test_each_file_is_said_as_it_comes_where_no_program_reads(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []

    def coming() -> Iterator[Fetched]:
        yield Fetched("ae", "https://example.org/ae.csv", "failed", problem="does not answer")
        said.append(capsys.readouterr().err)
        yield Fetched("rtt", "rtt/April.zip", "new", 9)

    assert not show(Console(), coming(), as_json=True)
    assert said == ["ae: failed, https://example.org/ae.csv\n"]
    assert len(json.loads(capsys.readouterr().out)["files"]) == 2
