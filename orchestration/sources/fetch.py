"""Fetch: the files of a quarter come from the pages that publish them into the folder of extracts, each with where it
came from in the lock.

Belongs here: which links are due, what may take its place in the folder, what has not come. Does not: getting one file
(`http.py`), where links are (`fetch` in `data/sources/*.yml`), which file counts (`inventory.py`). A file is asked for
by the address a page links, never by one put together here."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, TimeoutError

from orchestration.errors import RIGHTS, LeagueError, what_to_do
from orchestration.quarters import Quarter, needed, require_known_quarter
from orchestration.sources import archives, recognise
from orchestration.sources.calendar import ARRIVED, AWAITED, OVERDUE, Expected, expected
from orchestration.sources.contents import Content
from orchestration.sources.descriptions import Fetch, Source, known_sources
from orchestration.sources.http import Download, Downloads, absolute, https, published_name
from orchestration.sources.inventory import VERSION, Candidate, candidates_of, version_of
from orchestration.sources.lock import NOT_RECORDED, Entry, changing, read_lock, refuse_a_day_too_early
from orchestration.sources.periods import month_linked
from orchestration.workspace.files import alone, paths_below, sha256_of_file, sweep, written_beside
from orchestration.workspace.paths import Workspace

MAX_PAGES = 60  # of one source: a page a month for two years, and some
MAX_PAGE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Fetched:
    """What became of one link, or of a publication that no page links. `file` is the name in the folder, else the
    address or the period; a problem where it failed (nothing of it is in the folder or the lock) or should be there."""

    source_id: str
    file: str
    outcome: str  # new, unchanged, revised, failed; awaited, late, overdue
    bytes: int = 0
    seconds: float = 0.0
    problem: str | None = None

    @property
    def failed(self) -> bool:
        """Whether somebody has to act; a late one is a warning."""
        return self.outcome in ("failed", OVERDUE)


def fetch(
    folder: Path, quarters: list[str], workspace: Workspace, today: date, pool: urllib3.PoolManager | None = None
) -> Iterator[Fetched]:
    """Get what is due for some quarters, one file after the other: every month they need that has ended, and links
    that name no month; spare forms last, and only for what has not come by then. Yields what became of each, then what
    has not come; one that fails stops no other. Raises LeagueError for a quarter that cannot be built, where the clock
    is wrong, and where nothing can be written."""
    due = _Due({one for quarter in quarters for one in needed(require_known_quarter(quarter))}, today)
    with alone(workspace.data_dir / "work" / "fetch.lock"):
        refuse_a_day_too_early(read_lock(workspace), today, workspace)
        downloads = Downloads(workspace.data_dir / "work" / "fetch", pool or https())
        run = _Run(due, downloads, _Folder(folder), workspace)
        for source in sorted(known_sources().values(), key=lambda one: bool(one.fetch and one.fetch.spare)):
            if source.fetch and (months := run.months_due(source, source.fetch)):
                for one in run.source(source, source.fetch, months):
                    if one.failed:
                        run.failed.add(source.publication)
                    yield one
        yield from (_told(one, one.source_id in run.failed) for one in run.not_arrived())


class _Due:
    """What is due: links about months that have ended of the quarters asked for, and links that name no month."""

    def __init__(self, quarters: set[Quarter], today: date) -> None:
        self.quarters, self.today = quarters, today
        self._years = {quarter[:7] for quarter in quarters}

    def months(self, source: Source) -> set[str]:
        """The months of a source that count in those quarters and have ended."""
        months = {month for quarter in self.quarters for month in source.months_of(quarter)}
        return {month for month in months if month < f"{self.today:%Y-%m}"}

    def has(self, link: re.Match[str], months: set[str]) -> bool:
        """Tells whether a link is about one of some months, or of a year of theirs."""
        named, month = link.groupdict(), month_linked(link)
        if "until" in named:
            return month is not None and month >= min(months)
        return ("month" not in named or month in months) and named.get("year") in {None, *self._years}


class _Folder:
    """The folder of extracts: which files are there, by their hash, and where another may go."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise LeagueError(f"{folder} cannot be written to: {RIGHTS}")
        there = paths_below(folder)
        sweep(there)
        files = [path for path in there if path.is_file() and not path.is_symlink()]
        self._folder, self.files = folder, {sha256_of_file(path): path for path in files}  # a link may lead anywhere

    def name(self, sha256: str) -> str:
        return self.files[sha256].relative_to(self._folder).as_posix()

    def add(self, file: Path, sha256: str, source: Source, name: str, known: Entry | None) -> None:
        """Copy a file to a name of its own. Raises LeagueError where somebody changed the file that has the name.

        Other bytes at an address we know are the next version of what came from there. If another address offers a name
        we already have, we cannot tell which is newer, so the file goes into a folder of its own."""
        folder = self._folder / source.id
        if known:
            before = self.files[known.sha256]
            folder, name = before.parent, _next_version(before.name)
        taken = {path.name.casefold() for path in folder.iterdir()} if folder.is_dir() else set()
        path = folder / sha256[:8] / name if name.casefold() in taken else folder / name
        if path.exists():
            place = path.relative_to(self._folder).as_posix()
            raise LeagueError(f"would take the place of {place}, which was changed by hand")
        with written_beside(path) as scratch:
            shutil.copyfile(file, scratch)
        self.files[sha256] = path


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if (tag, name) == ("a", "href") and value]


@dataclass(frozen=True)
class _Run:
    """One run over all sources. Each page is asked for once, also where several sources have it or it fails; a host
    that says nothing is asked for no further page, for each would take minutes."""

    due: _Due
    downloads: Downloads
    folder: _Folder
    workspace: Workspace
    pages: dict[str, list[str] | Exception] = field(default_factory=dict)
    silent: dict[str, Exception] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)  # publications of which a page or a file did not come

    def months_due(self, source: Source, how: Fetch) -> set[str]:
        """The months that have ended, of which a form is still published; of a spare form those that are expected and
        came in no other."""
        months = {month for month in self.due.months(source) if not source.is_retired(month)}
        if not how.spare:
            return months
        missing = {one.subject.period for one in self.not_arrived(source) if one.source_id == source.publication}
        return {month for month in months if month in missing}

    def not_arrived(self, but_in: Source | None = None) -> list[Expected]:
        """What the calendar expects of the quarters and the lock does not have, or has in one form only."""
        arrived = read_lock(self.workspace).arrived(but_in=but_in.id if but_in else None)
        wanted = [one for quarter in sorted(self.due.quarters) for one in expected(quarter, arrived, self.due.today)]
        return [one for one in wanted if one.state != ARRIVED]

    def source(self, source: Source, how: Fetch, months: set[str]) -> Iterator[Fetched]:
        """Yield what became of every page that failed and of every file that is due."""
        hosts = {urlsplit(how.address or source.landing_page).netloc, *how.hosts}
        links, failed_pages = self._links_due(source, how, hosts, months)
        yield from failed_pages
        for url, month in links.items():
            started = time.monotonic()
            try:
                fetched = self._file(source, url, month, hosts)
            except (LeagueError, HTTPError, OSError) as error:
                fetched = _failed(source, url, error)
            yield replace(fetched, seconds=time.monotonic() - started)

    def _links_due(
        self, source: Source, how: Fetch, hosts: set[str], months: set[str]
    ) -> tuple[dict[str, str | None], list[Fetched]]:
        """The addresses of files that are due, each with the month it names, from the landing page and the pages below
        it; and the pages that cannot be read."""
        links: dict[str, str | None] = {how.address: None} if how.address else {}
        failed: list[Fetched] = []
        pages = [source.landing_page] if how.files else []
        for page in pages:  # grows
            try:
                found = [_safely(url, hosts) for url in self._links(page, hosts)]
            except (LeagueError, HTTPError, OSError) as error:
                failed.append(_failed(source, page, error))
                continue
            for url in found:
                if match := _names_a_file(url, how):
                    if self.due.has(match, months):
                        links[url] = month_linked(match)
                elif (match := _names_a_page(url, source, how)) and url not in pages and self.due.has(match, months):
                    pages.append(url)
            if page == source.landing_page and not _is_landing_page(page, found):
                problem = f"{page}: links nothing that is known here: it has changed, or another came in its place"
                failed.append(Fetched(source.id, page, "failed", problem=problem))
            if len(pages) > MAX_PAGES:
                problem = f"{source.landing_page}: more than {MAX_PAGES} pages below it are like {how.pages}"
                failed.append(Fetched(source.id, page, "failed", problem=problem))
                break
        return _enough(links, max(months)) if "(?P<until>" in (how.files or "") else links, failed

    def _links(self, page: str, hosts: set[str]) -> list[str]:
        """The addresses that a page links, without fragments."""
        host = urlsplit(page).netloc
        if page not in self.pages:
            try:
                self.pages[page] = self.silent.get(host) or self._read(page, hosts)
            except (LeagueError, HTTPError, OSError) as error:
                self.pages[page] = error
                if isinstance(error, MaxRetryError) and isinstance(error.reason, (TimeoutError, NewConnectionError)):
                    self.silent[host] = error
        found = self.pages[page]
        if isinstance(found, Exception):
            raise found
        return found

    def _read(self, page: str, hosts: set[str]) -> list[str]:
        anchors = _Anchors()
        with self.downloads.get(page, hosts, MAX_PAGE_BYTES) as download:
            assert download
            text = download.path.read_text(encoding="utf-8", errors="replace")
        try:
            anchors.feed(text)
        except AssertionError as error:  # what the parser has for some malformed declarations
            raise LeagueError(f"is not HTML: {error}") from None
        return [url for href in anchors.found if (url := absolute(download.url, href))]

    def _file(self, source: Source, url: str, month: str | None, hosts: set[str]) -> Fetched:
        """Gets one file, where it is not the one that came from its address last."""
        known = max(
            (
                entry
                for entry in read_lock(self.workspace).entries.values()
                if entry.url == url and entry.sha256 in self.folder.files
            ),
            key=lambda entry: (entry.retrieved, version_of(entry.file_name)),
            default=None,
        )
        validators = (known.etag, known.last_modified) if known else ()
        with self.downloads.get(url, hosts, archives.MAX_BYTES, *validators) as download:
            if download is None:
                assert known
                return Fetched(source.id, self.folder.name(known.sha256), "unchanged")
            return self._keep(source, url, month, download, known)

    def _keep(self, source: Source, url: str, month: str | None, download: Download, known: Entry | None) -> Fetched:
        """Puts a whole file into the folder and the lock, where it is what was asked for."""
        found, subjects, remarks = _require_publication(source, month, download)
        sha256, size = sha256_of_file(download.path), download.path.stat().st_size
        outcome = "unchanged"
        if sha256 not in self.folder.files:
            outcome = "revised" if known else "new"
            self.folder.add(download.path, sha256, source, published_name(url, download.headers), known)
        elif known and version_of(self.folder.files[sha256].name) < version_of(self.folder.files[known.sha256].name):
            ours, theirs = self.folder.name(known.sha256), self.folder.name(sha256)
            raise LeagueError(f"is again as {theirs}, which {ours} supersedes: take {ours} out of the folder")
        name = self.folder.name(sha256)
        content = Content((), sha256, size, found.source.id, found.member, tuple(subjects), remarks)
        self._enter(candidates_of(self.folder.files[sha256], name, content), url, download)
        return Fetched(source.id, name, outcome, size)

    def _enter(self, candidates: list[Candidate], url: str, download: Download) -> None:
        """Writes into the lock what a file is about and where it came from."""
        sha256 = candidates[0].sha256
        etag, last_modified = download.headers.get("ETag"), download.headers.get("Last-Modified")
        with changing(self.workspace) as lock:
            # One about no quarter that is asked for stands under its last: where it came from must stand somewhere.
            asked_for = [one for one in candidates if one.subject.quarter in {None, *self.due.quarters}]
            for candidate in asked_for or candidates[-1:]:
                lock.enter(candidate.entry(lock.of_file(sha256), self.due.today.isoformat()))
            for key, entry in lock.entries.items():
                if entry.sha256 == sha256 and entry.url in (url, NOT_RECORDED):
                    lock.entries[key] = replace(entry, url=url, etag=etag, last_modified=last_modified)


def _safely(url: str, hosts: set[str]) -> str:
    """The address over https, where a page links a host of its own without."""
    scheme, host, *_ = urlsplit(url)
    return f"https{url.removeprefix('http')}" if scheme == "http" and host in hosts else url


def _names_a_file(url: str, how: Fetch) -> re.Match[str] | None:
    name = unquote(urlsplit(url).path).rsplit("/", 1)[-1]
    return re.fullmatch(how.files, name, re.IGNORECASE) if how.files else None


def _names_a_page(url: str, source: Source, how: Fetch) -> re.Match[str] | None:
    below = url.startswith(source.landing_page.rstrip("/") + "/")
    return re.search(how.pages, unquote(urlsplit(url).path)) if how.pages and below else None


def _is_landing_page(page: str, urls: list[str]) -> bool:
    """Whether it links anything of a source that is published there, be it due or not."""
    published = [(one, one.fetch) for one in known_sources().values() if one.fetch and one.landing_page == page]
    return any(_names_a_file(url, how) or _names_a_page(url, source, how) for source, how in published for url in urls)


def _require_publication(
    source: Source, month: str | None, download: Download
) -> tuple[recognise.Recognised, list[recognise.Subject], str | None]:
    """What came, what it is about and what was noticed in it. Raises LeagueError where it is another publication, or
    about another month than its link names."""
    found = recognise.recognise(download.path, "what came")
    if found is None or found.source.id != source.id:
        with download.path.open("rb") as file:
            began = f"{download.headers.get('Content-Type')}, {file.read(40)!r}"
        what = repr(found.source.title) if found else began
        raise LeagueError(f"is not the publication; found {what}; expected {source.title!r}")
    subjects, remarks = recognise.subjects_of(download.path, found, "what came")
    periods = [subject.period for subject in subjects]
    if month and month not in periods:
        raise LeagueError(f"is about {', '.join(map(str, periods))}; its name says {month}")
    return found, subjects, remarks


def _enough(links: dict[str, str | None], last: str) -> dict[str, str | None]:
    """Of files that hold several months each, the one that ends with the last month or first after it, else the
    latest."""
    in_order = sorted(links.items(), key=lambda link: link[1] or "")
    later = [link for link in in_order if (link[1] or "") >= last]
    return dict(later[:1] or in_order[-1:])


def _told(one: Expected, failed: bool) -> Fetched:
    page = known_sources()[one.source_id].landing_page
    where = f"what failed from {page} stands above" if failed else f"not found from {page}"
    problem = f"{one}; {where}" if one.state != AWAITED else None
    return Fetched(one.source_id, one.name, one.state, problem=problem)


def _failed(source: Source, url: str, error: Exception) -> Fetched:
    """What a link or a page became that did not come. Raises LeagueError where the next would fare no better."""
    if isinstance(error, OSError) and (advice := what_to_do(str(error))):
        raise LeagueError(f"{error}: {advice}") from error
    reason = error.reason if isinstance(error, MaxRetryError) else error
    return Fetched(source.id, url, "failed", problem=f"{url}: {reason or error}")


def _next_version(name: str) -> str:
    stem = VERSION.sub("", Path(name).stem)
    return f"{stem}-v{version_of(name) + 1}{Path(name).suffix}"
