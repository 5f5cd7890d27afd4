"""One file from a server, safely: https only, certificates checked, from the hosts that are allowed, within limits of
size and time, whole or not at all.

Belongs here: the pool and its proxy, redirects, retries, going on where a download broke off. Does not: which files are
wanted and what becomes of them (`fetch.py`)."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit
from urllib.request import getproxies

import urllib3
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.response import BaseHTTPResponse

from orchestration.errors import LeagueError
from orchestration.workspace.files import located

HEADERS = {"User-Agent": f"nhs-league-tables/{version('nhs-league-tables')}", "Accept-Encoding": "identity"}
CONNECT_SECONDS, READ_SECONDS = 10, 30
FILE_SECONDS = 900  # 640 MB in that time is 6 Mbit/s
LONGEST_WAIT = 300
MAX_HOPS = 5
MAX_ADDRESS = 2000  # characters; patterns of links are matched against it
CHUNK = 65536
NO_PROXY = (  # it may hold a password, and the words of urllib3 repeat parts of it
    "HTTPS_PROXY is not an address such as http://host:port: in a password write # / ? @ \\ as %23 %2F %3F %40 %5C"
)
SAFE_NAME = re.compile(r"\w[\w .,&()+'-]{0,119}")


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
    """Make the pool of connections: through the proxy that HTTPS_PROXY names, if any; SSL_CERT_FILE says which
    authorities are trusted. Raises LeagueError on a proxy that is no address, without repeating any of it."""
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    proxy = getproxies().get("https")
    if not proxy:
        return urllib3.PoolManager(timeout=timeout)
    try:
        address = urllib3.util.parse_url(proxy)
        headers = urllib3.make_headers(proxy_basic_auth=unquote(address.auth)) if address.auth else None
        # What follows a # is no part of the host: the start of a password of digits would be the port, and be told.
        if address.host and address.request_uri == "/" and not address.fragment:
            return urllib3.ProxyManager(proxy, timeout=timeout, proxy_headers=headers)
    except (HTTPError, ValueError):
        pass  # outside of it the refusal has no context, which a log would print
    raise LeagueError(NO_PROXY)


@dataclass(frozen=True)
class Download:
    """A file that came whole, the address it came from in the end, and what the server said of it."""

    path: Path
    url: str
    headers: urllib3.HTTPHeaderDict


@dataclass(frozen=True)
class Downloads:
    """Downloads over one pool. Each lies in `folder` until it is dealt with: what broke off stays there, and the next
    attempt, in this run or a later one, goes on where it stopped."""

    folder: Path
    pool: urllib3.PoolManager

    @contextmanager
    def get(
        self, url: str, hosts: set[str], limit: int, etag: str | None = None, last_modified: str | None = None
    ) -> Iterator[Download | None]:
        """Yield a file of at most `limit` bytes, and remove it afterwards; none where the etag or the day of change
        shows that it is the same. Raises LeagueError or HTTPError where it does not come."""
        part = self.folder / hashlib.sha256(url.encode()).hexdigest()
        part.parent.mkdir(parents=True, exist_ok=True)
        told = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        whole = _download(self.pool, url, hosts, {name: value for name, value in told.items() if value}, part, limit)
        try:
            yield whole
        finally:
            if whole:
                _forget(part)


def absolute(base: str, href: str) -> str | None:
    """Return the address that a link on a page leads to, with what no address may hold written as `%20`; none where it
    is no address, or is longer than any."""
    try:
        url = urldefrag(urljoin(base, href.strip())).url if len(href) <= MAX_ADDRESS else None
    except ValueError:
        return None
    return url and quote(url, safe="%/:=&?~#+!$,;'@()*[]")


def published_name(url: str, headers: urllib3.HTTPHeaderDict) -> str:
    """Return the name of a file by its server, else by its address. Raises LeagueError on one that would be more than a
    name."""
    message = Message()
    message["Content-Disposition"] = headers.get("Content-Disposition", "")
    name = message.get_filename() or unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    if not SAFE_NAME.fullmatch(name):
        raise LeagueError(f"has the name {name[:200]!r}; expected one of a file, at most 120 characters")
    return name


def _open(
    pool: urllib3.PoolManager, url: str, hosts: set[str], headers: Mapping[str, str], retries: urllib3.Retry
) -> tuple[str, BaseHTTPResponse]:
    """The answer, and the address it came from in the end. Raises LeagueError on an address not allowed."""
    for _ in range(MAX_HOPS):
        if urlsplit(url).scheme != "https" or urlsplit(url).netloc not in hosts:
            raise LeagueError(f"{url} is not allowed; expected https://{' or '.join(sorted(hosts))}")
        response = pool.request(
            "GET", url, headers={**HEADERS, **headers}, redirect=False, preload_content=False, retries=retries
        )
        location = response.get_redirect_location()
        if not location:
            return url, response
        response.close()
        target = absolute(url, location)
        if target is None:
            raise LeagueError(f"redirected to {location!r}, which is no address")
        url = target
    raise LeagueError(f"{url}: redirected more than {MAX_HOPS} times")


def _download(
    pool: urllib3.PoolManager, url: str, hosts: set[str], conditions: Mapping[str, str], part: Path, limit: int
) -> Download | None:
    """Fills `part`; none where the conditions say that what is known is current. What broke off goes on where it
    stopped, where a strong ETag says that it is still the same file."""
    etag_of_part = part.with_suffix(".etag")
    retries: urllib3.Retry = PATIENCE
    deadline = time.monotonic() + FILE_SECONDS
    while True:
        etag = etag_of_part.read_text(encoding="utf-8") if part.exists() and etag_of_part.exists() else None
        offset = part.stat().st_size if etag else 0
        rest = {"Range": f"bytes={offset}-", "If-Range": etag} if etag and offset else None
        final_url, response = _open(pool, url, hosts, rest or conditions, retries)
        with response:
            if response.status == 304 and conditions and not rest:
                return None
            try:
                _receive(response, part, etag, offset, limit, deadline)
                return Download(part, final_url, response.headers)
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
    encoded = response.headers.get("Content-Encoding", "identity").lower() != "identity"
    if encoded:  # unasked: what comes is made readable, so its length is another, and half of it helps nobody
        part.with_suffix(".etag").unlink(missing_ok=True)
        whole = None
    if whole is not None and whole > limit:
        _forget(part)
        raise LeagueError(f"has {whole} bytes, more than {limit}")
    with located(part), part.open("ab") as file:
        while chunk := response.read1(CHUNK, decode_content=encoded):
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
