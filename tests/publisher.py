"""A publisher on this machine: what is published at which address, served as RFC 9110 and 9111 have it, over TLS and
through a proxy where a test asks for that. What reaches it are the real addresses. How it misbehaves is the test's."""

from __future__ import annotations

import hashlib
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from orchestration.sources.descriptions import known_sources
from orchestration.sources.inventory import Candidate


@dataclass
class Asked:
    url: str
    headers: dict[str, str]
    status: int = 0


Answer = Callable[["Handler", "Site"], None]


@dataclass
class Site:
    """What is published at which address, who asked, and how the next requests for some are wronged."""

    content: dict[str, bytes] = field(default_factory=dict)
    wrongs: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    with_etag: bool = True
    stalls: threading.Event = field(default_factory=threading.Event)

    def of(self, url: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.url == url]

    def page(self, url: str, *links: str) -> None:
        anchors = "".join(f'<li><a class="x" href="{link}">a file</a></li>' for link in links)
        self.content[url] = f"<!DOCTYPE html><html><body><a name=top>{anchors}</a></body></html>".encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Any

    def do_GET(self) -> None:
        site: Site = self.server.site
        url = f"https://{self.headers['Host']}{self.path}"
        self.asked = Asked(url, {name.lower(): value for name, value in self.headers.items()})
        site.asked.append(self.asked)
        wrongs = site.wrongs.get(url)
        (wrongs.pop(0) if wrongs else rightly)(self, site)

    def say(self, status: int, body: bytes = b"", length: int | None = None, **headers: str | None) -> None:
        self.asked.status = status
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def etag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def rightly(handler: Handler, site: Site) -> None:
    """As RFC 9110 and 9111 have it."""
    body = site.content.get(handler.asked.url)
    if body is None:
        return handler.say(404)
    asked, etag = handler.asked.headers, etag_of(body) if site.with_etag else None
    modified = formatdate(1_750_000_000 + len(body), usegmt=True)
    if (etag and asked.get("if-none-match") == etag) or (not etag and asked.get("if-modified-since") == modified):
        return handler.say(304, ETag=etag)
    if "range" in asked and asked.get("if-range") == etag:
        start = int(asked["range"].removeprefix("bytes=").removesuffix("-"))
        span = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return handler.say(206, body[start:], ETag=etag, Content_Range=span)
    kind = "text/html" if body.startswith(b"<!DOCTYPE") else "application/octet-stream"
    return handler.say(200, body, ETag=etag, Last_Modified=modified, Content_Type=kind)


def publish(site: Site, candidates: Iterable[Candidate]) -> None:
    """Files at addresses as their descriptions assume them: on a page a year or a month, of NOF on the
    landing page; what is fetched by its address at that. A page of which nothing is published is there and empty."""
    pages: dict[str, set[str]] = {source.landing_page: set() for source in known_sources().values()}
    for found in candidates:
        how, page = found.source.fetch, found.source.landing_page
        if not how:
            continue
        url = how.address or f"https://{how.hosts[0] if how.hosts else 'www.england.nhs.uk'}/{found.name}"
        site.content[url] = found.path.read_bytes()
        if how.pages:
            month = date.fromisoformat(f"{found.subject.period}-01")
            below = f"{page}/{month:%B-%Y}".lower() if "(?P<month>" in how.pages else f"{page}of-2025-26/"
            pages[page].add(below)
            page = below
        if how.files:
            pages.setdefault(page, set()).add(url)
    for page, urls in pages.items():
        site.page(page, *sorted(urls))


@contextmanager
def serving(site: Site, handler: type[BaseHTTPRequestHandler] = Handler, pem: Path | None = None) -> Iterator[int]:
    """The port it is served at; over TLS where there is a certificate."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.site = site  # type: ignore[attr-defined]
    if pem:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        site.stalls.set()
        server.shutdown()
        server.server_close()


def certificate(pem: Path, *hosts: str) -> Path:
    """One that vouches for itself, with its key."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a publisher")]),
    )
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, datetime(2020, 1, 1), datetime(2090, 1, 1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM) + plain)
    return pem


def proxy_to(port: int) -> type[BaseHTTPRequestHandler]:
    """A proxy that leads every tunnel to a port of this machine, and notes which host was asked for and how."""

    class Proxy(BaseHTTPRequestHandler):
        server: Any

        def do_CONNECT(self) -> None:
            site: Site = self.server.site
            site.asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, 200))
            self.send_response(200)
            self.end_headers()
            with socket.create_connection(("127.0.0.1", port)) as publisher:
                ends = {self.connection: publisher, publisher: self.connection}
                while True:
                    for end in select.select(ends, (), ())[0]:
                        if not (sent := end.recv(65536)):
                            return
                        ends[end].sendall(sent)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Proxy
