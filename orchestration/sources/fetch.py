"""Fetch: the files of a quarter come from the pages that publish them into the folder of extracts, each with where it
came from in the lock.

Belongs here: which links are due, getting one file whole, what may take its place in the folder. Does not: where links
are (`fetch` in `data/sources/*.yml`), which file counts (`inventory.py`). A file is asked for by the address a page
links, never by one put together here; https only, certificates checked, from hosts of the description alone."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.message import Message
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit
from urllib.request import getproxies

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError
from urllib3.response import BaseHTTPResponse

from orchestration.errors import RIGHTS, LeagueError, what_to_do
from orchestration.quarters import Quarter, known, needed
from orchestration.sources import archives, recognise
from orchestration.sources.calendar import ARRIVED, AWAITED, OVERDUE, expected
from orchestration.sources.descriptions import Fetch, Source, known_sources
from orchestration.sources.inventory import VERSION, candidates_of, version_of
from orchestration.sources.lock import NOT_RECORDED, Entry, changing, read_lock, refuse_a_day_too_early
from orchestration.workspace.files import alone, located, sha256_of_file, sweep, written_beside
from orchestration.workspace.paths import Workspace

HEADERS = {"User-Agent": f"nhs-league-tables/{version('nhs-league-tables')}", "Accept-Encoding": "identity"}
CONNECT_SECONDS, READ_SECONDS = 10, 30
FILE_SECONDS = 900  # 512 MB in that time is 4.5 Mbit/s
LONGEST_WAIT = 300
MAX_HOPS = 5
MAX_PAGES = 60  # of one source: a page a month for two years, and some
MAX_PAGE_BYTES = 8 * 1024 * 1024
MAX_ADDRESS = 2000  # characters; patterns of links are matched against it
CHUNK = 65536
SAFE_NAME = re.compile(r"\w[\w .,&()+'-]{0,119}")


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


class Patience(urllib3.Retry):
    """Comes back when it was asked to, never earlier; gives up where that is too long."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        seconds = super().get_retry_after(response)
        if seconds and seconds > LONGEST_WAIT:
            raise LeagueError(f"the server asks to come back in {seconds:.0f} s, later than {LONGEST_WAIT}")
        return seconds


PATIENCE = Patience(
    total=4,
    status_forcelist=(429, 500, 502, 503, 504),
    backoff_factor=1,
    backoff_max=60,
    backoff_jitter=1,
    raise_on_status=False,
)


def https() -> urllib3.PoolManager:
    """Through the proxy that HTTPS_PROXY names, if any; SSL_CERT_FILE says which authorities are trusted. Raises
    LeagueError on a proxy without http:// or https://."""
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    proxy = getproxies().get("https")
    if not proxy:
        return urllib3.PoolManager(timeout=timeout)
    auth = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=unquote(auth)) if auth else None
    try:
        return urllib3.ProxyManager(proxy, timeout=timeout, proxy_headers=headers)
    except HTTPError as error:
        raise LeagueError(f"HTTPS_PROXY: {error}") from None


def fetch(
    folder: Path, quarters: list[str], workspace: Workspace, today: date, pool: urllib3.PoolManager | None = None
) -> Iterator[Fetched]:
    """Gets what is due for some quarters, one file after the other: every month they need that has ended, and links
    that name no month. Yields what became of each, then what has not come; one that fails stops no other. Raises
    LeagueError for a quarter without a framework, where the clock is wrong, and where nothing can be written."""
    about = {one for quarter in quarters for one in needed(known(quarter))}
    months = {month for quarter in about for month in quarter.months}
    due = sorted(month for month in months if month < f"{today:%Y-%m}")
    with alone(workspace.data_dir / "work" / "fetch.lock"):
        refuse_a_day_too_early(read_lock(workspace), today, workspace)
        run = _Run(folder, workspace, about, due, today, pool or https())
        for source in known_sources().values():
            if source.fetch and not source.retired:
                yield from run.source(source, source.fetch)
        yield from run.not_arrived()


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if (tag, name) == ("a", "href") and value]


class _Run:
    """One run over all sources: pages are read once, the folder is hashed once."""

    def __init__(
        self,
        folder: Path,
        workspace: Workspace,
        needed: set[Quarter],
        due: list[str],
        today: date,
        pool: urllib3.PoolManager,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise LeagueError(f"{folder} cannot be written to: {RIGHTS}")
        sweep(folder.rglob("*"))
        self.folder, self.workspace, self.needed, self.due = folder, workspace, needed, due
        self.years = {quarter[:7] for quarter in needed}
        self.today, self.pool = today, pool
        self.pages: dict[str, list[str]] = {}
        self.here = {sha256_of_file(path): path for path in sorted(folder.rglob("*")) if _is_ours(path)}

    def source(self, source: Source, how: Fetch) -> Iterator[Fetched]:
        hosts = {urlsplit(how.address or source.landing_page).netloc, *how.hosts}
        links: dict[str, str | None] = {how.address: None} if how.address else {}
        if how.files:
            yield from self._look_for_links(source, how, hosts, links)
        for url, month in links.items():
            started = time.monotonic()
            try:
                fetched = self._file(source, url, month, hosts)
            except (LeagueError, HTTPError, OSError) as error:
                fetched = Fetched(source.id, url, "failed", problem=f"{url}: {_said(error)}")
            yield replace(fetched, seconds=time.monotonic() - started)

    def not_arrived(self) -> Iterator[Fetched]:
        """What the calendar expects of the quarters and the lock does not have."""
        arrived = {key[:2] for key in read_lock(self.workspace).entries}
        for quarter in sorted(self.needed):
            for one in expected(quarter, arrived, self.today):
                if one.state != ARRIVED:
                    page = known_sources()[one.source_id].landing_page
                    problem = f"{one}; not found from {page}" if one.state != AWAITED else None
                    yield Fetched(one.source_id, one.name, one.state, problem=problem)

    def _look_for_links(
        self, source: Source, how: Fetch, hosts: set[str], links: dict[str, str | None]
    ) -> Iterator[Fetched]:
        """Adds links to files that are due, each with the month it names, from the landing page and the pages below
        it. Yields pages that cannot be read."""
        assert how.files
        pages = [source.landing_page]
        for page in pages:  # grows
            try:
                found = self._page(page, hosts)
            except (LeagueError, HTTPError, OSError) as error:
                yield Fetched(source.id, page, "failed", problem=f"{page}: {_said(error)}")
                continue
            for url in found:
                path = unquote(urlsplit(url).path)
                if match := re.fullmatch(how.files, path.rsplit("/", 1)[-1], re.IGNORECASE):
                    if self._is_due(match):
                        links[url] = _month(match)
                elif (
                    how.pages
                    and url not in pages
                    and url.startswith(source.landing_page.rstrip("/") + "/")
                    and (match := re.search(how.pages, path))
                    and self._is_due(match)
                ):
                    pages.append(url)
            if len(pages) > MAX_PAGES:
                problem = f"{source.landing_page}: more than {MAX_PAGES} pages below it are like {how.pages}"
                yield Fetched(source.id, page, "failed", problem=problem)
                return

    def _is_due(self, match: re.Match[str]) -> bool:
        named = match.groupdict()
        return ("month" not in named or _month(match) in self.due) and named.get("year") in {None, *self.years}

    def _page(self, url: str, hosts: set[str]) -> list[str]:
        """The addresses that a page links, without fragments."""
        if url not in self.pages:
            part, parser = self._part(url), _Links()
            whole = _download(self.pool, url, hosts, None, part, MAX_PAGE_BYTES)
            assert whole
            text = part.read_text(encoding="utf-8", errors="replace")
            _forget(part)
            try:
                parser.feed(text)
            except AssertionError as error:  # what the parser has for some malformed declarations
                raise LeagueError(f"is not HTML: {error}") from None
            self.pages[url] = [address for href in parser.found if (address := _absolute(whole.url, href))]
        return self.pages[url]

    def _file(self, source: Source, url: str, month: str | None, hosts: set[str]) -> Fetched:
        entries = read_lock(self.workspace).entries.values()
        known = max(
            (entry for entry in entries if entry.url == url and entry.sha256 in self.here),
            key=lambda entry: (entry.retrieved, version_of(entry.file_name)),
            default=None,
        )
        part = self._part(url)
        whole = _download(self.pool, url, hosts, known, part, archives.MAX_BYTES)
        if whole is None:
            assert known
            return Fetched(source.id, self._name(self.here[known.sha256]), "unchanged")
        try:
            return self._keep(source, url, month, part, whole.headers, known)
        finally:
            _forget(part)

    def _keep(
        self,
        source: Source,
        url: str,
        month: str | None,
        part: Path,
        headers: urllib3.HTTPHeaderDict,
        known: Entry | None,
    ) -> Fetched:
        """A whole file takes its place in the folder and the lock, where it is what was asked for."""
        found = recognise.recognise(part, "what came")
        if found is None or found.source.id != source.id:
            with part.open("rb") as file:
                what = f"{found.source.title!r}" if found else f"{headers.get('Content-Type')}, {file.read(40)!r}"
            raise LeagueError(f"is not the publication; found {what}; expected {source.title!r}")
        about = recognise.about(part, found, "what came")
        periods = [subject.period for subject in about[0]]
        if month and month not in periods:
            raise LeagueError(f"is about {', '.join(map(str, periods))}; its name says {month}")
        sha256, size = sha256_of_file(part), part.stat().st_size
        outcome = "unchanged"
        if sha256 not in self.here:
            outcome = "revised" if known else "new"
            path = self._place(source, _file_name(url, headers), sha256, known)
            if path.exists():
                raise LeagueError(f"would take the place of {self._name(path)}, which was changed by hand")
            with written_beside(path) as scratch:
                shutil.copyfile(part, scratch)
            self.here[sha256] = path
        elif known and version_of(self.here[sha256].name) < version_of(self.here[known.sha256].name):
            ours, theirs = self._name(self.here[known.sha256]), self._name(self.here[sha256])
            raise LeagueError(f"is again as {theirs}, which {ours} supersedes: take {ours} out of the folder")
        path = self.here[sha256]
        candidates = candidates_of(path, self._name(path), sha256, found, *about)
        etag, last_modified = headers.get("ETag"), headers.get("Last-Modified")
        with changing(self.workspace) as lock:
            # One about no quarter that is asked for stands under its last: where it came from must stand somewhere.
            for candidate in [c for c in candidates if c.subject.quarter in {None, *self.needed}] or candidates[-1:]:
                lock.enter(candidate.entry(lock.of_file(sha256), self.today.isoformat()))
            for key, entry in lock.entries.items():
                if entry.sha256 == sha256 and entry.url in (url, NOT_RECORDED):
                    lock.entries[key] = replace(entry, url=url, etag=etag, last_modified=last_modified)
        return Fetched(source.id, self._name(path), outcome, size)

    def _place(self, source: Source, name: str, sha256: str, known: Entry | None) -> Path:
        """A name of its own in the folder. Other bytes at an address known are its next version; another address with
        a name that is taken says nothing of order, and is set apart."""
        folder = self.folder / source.id
        if known:
            path = self.here[known.sha256]
            folder, name = path.parent, _next_version(path.name)
        taken = {path.name.casefold() for path in folder.iterdir()} if folder.is_dir() else set()
        return folder / sha256[:8] / name if name.casefold() in taken else folder / name

    def _part(self, url: str) -> Path:
        return self.workspace.data_dir / "work" / "fetch" / hashlib.sha256(url.encode()).hexdigest()

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def _is_ours(path: Path) -> bool:
    """Not a link, which may lead anywhere."""
    return path.is_file() and not path.is_symlink()


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and (advice := what_to_do(str(error))):
        raise LeagueError(f"{error}: {advice}") from error  # the next file would fare no better
    reason = error.reason if isinstance(error, MaxRetryError) else error
    return str(reason or error)


def _absolute(base: str, href: str) -> str | None:
    """With what no address may hold written as `%20`; none of one that is no address, or longer than any is."""
    try:
        url = urldefrag(urljoin(base, href.strip())).url if len(href) <= MAX_ADDRESS else None
    except ValueError:
        return None
    return url and quote(url, safe="%/:=&?~#+!$,;'@()*[]")


def _month(match: re.Match[str]) -> str | None:
    """`Jan26`, `May-2025` or `SEPTEMBER-2025` as `2026-01` and so on; none where a link names no month."""
    text = match.groupdict().get("month") or ""
    parts = re.fullmatch(r"([a-z]{3})[a-z]*-?(?:20)?(\d\d)", text, re.IGNORECASE)
    try:
        return datetime.strptime(f"{parts[1]} {parts[2]}", "%b %y").strftime("%Y-%m") if parts else None
    except ValueError:
        return None


def _next_version(name: str) -> str:
    stem = VERSION.sub("", Path(name).stem)
    return f"{stem}-v{version_of(name) + 1}{Path(name).suffix}"


def _file_name(url: str, headers: urllib3.HTTPHeaderDict) -> str:
    """The published name. Raises LeagueError on one that would be more than a name."""
    message = Message()
    message["Content-Disposition"] = headers.get("Content-Disposition", "")
    name = message.get_filename() or unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    if not SAFE_NAME.fullmatch(name):
        raise LeagueError(f"has the name {name[:200]!r}; expected one of a file, at most 120 characters")
    return name


def _open(
    pool: urllib3.PoolManager, url: str, hosts: set[str], headers: dict[str, str], retries: urllib3.Retry
) -> tuple[str, BaseHTTPResponse]:
    """The answer, and the address it came from in the end. Raises LeagueError on an address not allowed."""
    for _ in range(MAX_HOPS):
        if urlsplit(url).scheme != "https" or urlsplit(url).netloc not in hosts:
            raise LeagueError(f"{url} is not allowed; expected https://{' or '.join(sorted(hosts))}")
        response = pool.request(
            "GET", url, headers=HEADERS | headers, redirect=False, preload_content=False, retries=retries
        )
        location = response.get_redirect_location()
        if not location:
            return url, response
        response.close()
        target = _absolute(url, location)
        if target is None:
            raise LeagueError(f"redirected to {location!r}, which is no address")
        url = target
    raise LeagueError(f"{url}: redirected more than {MAX_HOPS} times")


@dataclass(frozen=True)
class _Whole:
    """What the server said of a file that came whole, and the address it came from in the end."""

    url: str
    headers: urllib3.HTTPHeaderDict


def _download(
    pool: urllib3.PoolManager, url: str, hosts: set[str], known: Entry | None, part: Path, limit: int
) -> _Whole | None:
    """Fills `part`; none where what is known is current. What broke off goes on where it stopped, in this run or the
    next, where a strong ETag says that it is still the same file."""
    part.parent.mkdir(parents=True, exist_ok=True)
    etag_of_part = part.with_suffix(".etag")
    retries: urllib3.Retry = PATIENCE
    deadline = time.monotonic() + FILE_SECONDS
    while True:
        etag = etag_of_part.read_text(encoding="utf-8") if part.exists() and etag_of_part.exists() else None
        offset = part.stat().st_size if etag else 0
        asked = {}
        if etag and offset:
            asked = {"Range": f"bytes={offset}-", "If-Range": etag}
        elif known:
            told = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
            asked = {name: value for name, value in told.items() if value}
        final_url, response = _open(pool, url, hosts, asked, retries)
        with response:
            if response.status == 304 and "Range" not in asked and asked:
                return None
            try:
                _receive(response, part, etag, offset, limit, deadline)
                return _Whole(final_url, response.headers)
            except HTTPError as error:
                retries = (response.retries or retries).increment("GET", url, error=error)
        retries.sleep()


def _receive(
    response: BaseHTTPResponse, part: Path, etag: str | None, offset: int, limit: int, deadline: float
) -> None:
    """Raises HTTPError where asking again may help."""
    size, whole = 0, response.length_remaining
    if response.status == 206 and offset:
        found = re.fullmatch(rf"bytes {offset}-\d+/(\d+)", response.headers.get("Content-Range", ""))
        if not found or response.headers.get("ETag") != etag:
            _forget(part)
            raise ProtocolError("changed while it was read")
        size, whole = offset, int(found[1])
    elif response.status == 200:
        _forget(part)
        if (now := response.headers.get("ETag")) and now.startswith('"'):
            part.with_suffix(".etag").write_text(now, encoding="utf-8")
    elif response.status == 416:
        _forget(part)
        raise ProtocolError("the part that came is longer than the file")
    else:
        raise LeagueError(f"the server answers {response.status}")
    if whole is not None and whole > limit:
        _forget(part)
        raise LeagueError(f"has {whole} bytes, more than {limit}")
    with located(part), part.open("ab") as file:
        while chunk := response.read1(CHUNK, decode_content=False):
            size += len(chunk)
            if size > limit:
                _forget(part)
                raise LeagueError(f"has more than {limit} bytes")
            if time.monotonic() > deadline:
                raise LeagueError(f"did not come within {FILE_SECONDS} s")
            file.write(chunk)
    if whole is not None and size != whole:
        _forget(part)
        raise ProtocolError(f"has {size} bytes; expected {whole}")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    part.with_suffix(".etag").unlink(missing_ok=True)
