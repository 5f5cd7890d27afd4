"""Making the site: every page of every edition, what they need, and the folder that takes the place of the last one.

Belongs here: the order of things, styles made small, dead links, writing. Does not: what a page says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from pathlib import Path
from posixpath import dirname, join, normpath

import lightningcss

from orchestration.errors import LeagueError
from orchestration.site import (
    compare_pages,
    data_pages,
    editions,
    league_pages,
    living_pages,
    measure_pages,
    method_pages,
    organisation_pages,
    own_pages,
    version_pages,
)
from orchestration.site.editions import Editions
from orchestration.site.render import HERE, Copy, File
from orchestration.site.view import Edition
from orchestration.workspace.files import alone, remove_tree
from orchestration.workspace.paths import Workspace

ASSETS = HERE / "assets"
LIBRARY = "nhsuk-frontend.min.css"
MARKER = ".league-site"  # what a folder holds that a site was written to, so that nothing else is replaced
PLAIN = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")
FONT_RULE = re.compile(r"@font-face\s*\{[^}]*\}")  # each fetches a protected font from a host of the NHS
CLASS = re.compile(r"\.(-?[_a-zA-Z][\w-]*)")
MADE_BY_SCRIPT = {"nhsuk-link", "nhsuk-u-visually-hidden"}  # classes that sorting adds
CLASSES = re.compile(rb'class="([^"]*)"')
TITLE = re.compile(rb"<title>([^<]*)</title>")
LINKS = re.compile(rb'<[a-z][^<>]*\s(?:href|src)=(?:"([^"]*)"|([^"\s>]+))')  # in quotes as we write them, or without
IDS = re.compile(rb'\sid="([^"]*)"')


def build(workspace: Workspace, out: Path, say: Callable[[str], object]) -> int:
    """Writes the site of a data folder and returns how many pages it has. The folder is replaced as a whole or not at
    all. Raises LeagueError where there is nothing to show, a link leads nowhere, or the folder holds something else."""
    out = out.resolve()
    if out.exists() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise LeagueError(f"{out} holds something that is no site: name a new or an empty folder")
    with alone(out.with_name(f".{out.name}.lock"), busy=f"another process is making the site {out}"):
        if (old := _beside(out, "old")).exists() and not out.exists():  # a process was killed as it took its place
            old.rename(out)
        return _build(workspace, out, say)


def _build(workspace: Workspace, out: Path, say: Callable[[str], object]) -> int:
    shown = editions.read(workspace, say)
    made: list[File] = []
    copies: list[Copy] = []
    for file in pages(shown):
        made.append(file) if isinstance(file, File) else copies.append(file)
    made += _assets(made)
    paths = [file.path for file in made] + [copy.path for copy in copies]
    if odd := sorted(path for path in paths if not PLAIN.fullmatch(path)):
        raise LeagueError("the site was not written: these are no plain file names\n" + "\n".join(map(repr, odd)))
    if twice := sorted(_made_twice(made, copies)):
        raise LeagueError("the site was not written: these are made twice\n" + "\n".join(twice))
    if dead := sorted(_dead_links(made, copies)):
        raise LeagueError("the site was not written: links lead nowhere\n" + "\n".join(dead))
    _write(made, copies, out)
    return sum(one.path.endswith(".html") for one in made)


def pages(shown: Editions) -> Iterator[File | Copy]:
    """All pages and data files of a site, in a fixed order."""
    yield from living_pages.pages(shown)
    yield from method_pages.pages(shown)
    yield from data_pages.living(shown)
    for edition in shown.all:
        yield from frozen(edition)


def frozen(edition: Edition) -> Iterator[File | Copy]:
    """What the site has of one version, whose figures never change."""
    yield from version_pages.pages(edition)
    yield from data_pages.pages(edition)
    for league in edition.leagues:
        yield from league_pages.pages(edition, league)
        yield from organisation_pages.pages(edition, league)
        yield from measure_pages.pages(edition, league)
        yield from compare_pages.pages(edition, league)
        yield from own_pages.pages(edition, league)


def _assets(files: Iterable[File]) -> Iterator[File]:
    used = {name for file in files for found in CLASSES.findall(file.content) for name in found.decode().split()}
    yield File("assets/site.css", _stylesheet(used))
    for path in sorted([*ASSETS.glob("*.js"), ASSETS / "card.css", *ASSETS.rglob("*.svg")]):
        yield File(f"assets/{path.relative_to(ASSETS).as_posix()}", path.read_bytes())


def _stylesheet(used: set[str]) -> bytes:
    """The styles of the library without what no page uses and without the fonts of the NHS, and then our own."""
    library = (ASSETS / LIBRARY).read_text(encoding="utf-8")
    library = FONT_RULE.sub("", library).replace("Frutiger W01", "Arial").replace("url(/assets/", "url(")
    unused = set(CLASS.findall(library)) - used - MADE_BY_SCRIPT
    ours = [(ASSETS / f"{name}.css").read_text(encoding="utf-8") for name in ("card", "site")]
    return lightningcss.process_stylesheet(
        "\n".join([library, *ours]), filename=LIBRARY, minify=True, error_recovery=True, unused_symbols=unused
    ).encode()


def _made_twice(files: list[File], copies: list[Copy]) -> Iterator[str]:
    """Paths that two are made for, as of a trust whose code is the name of a page, with the title of each page. Some
    file systems tell no capitals from small letters."""
    named: dict[str, list[str]] = {}
    for file in files:
        title = TITLE.search(file.content)
        named.setdefault(file.path.casefold(), []).append(unescape(title[1].decode()) if title else file.path)
    for copy in copies:
        named.setdefault(copy.path.casefold(), []).append(copy.path)
    yield from (f"{path}: {' and '.join(map(repr, names))}" for path, names in named.items() if len(names) > 1)


def _dead_links(files: list[File], copies: list[Copy]) -> Iterator[str]:
    """Links to no page, or to no part of it. One without quotes is what is left of a tag that was escaped."""
    parts: dict[str, set[bytes]] = {copy.path: set() for copy in copies}
    parts |= {file.path: set(IDS.findall(file.content)) for file in files}
    for file in files:
        if file.path.endswith(".html"):
            for quoted, bare in LINKS.findall(file.content):
                target, _, part = unescape(quoted.decode()).partition("#")
                path = normpath(join(dirname(file.path), target.partition("?")[0])) if target else file.path
                if bare or ("//" not in target and (path not in parts or (part and part.encode() not in parts[path]))):
                    yield f"{file.path}: {(quoted or bare).decode()}"


def _write(files: list[File], copies: list[Copy], out: Path) -> None:
    """Writes beside the folder and then takes its place."""
    new, old = _beside(out, "new"), _beside(out, "old")
    remove_tree(new)
    remove_tree(old)
    paths = [file.path for file in files] + [copy.path for copy in copies]
    for folder in {(new / path).parent for path in paths}:
        folder.mkdir(parents=True, exist_ok=True)
    for file in [*files, File(MARKER, b"")]:
        (new / file.path).write_bytes(file.content)
    for copy in copies:
        shutil.copyfile(copy.source, new / copy.path)
    if out.exists():
        out.rename(old)
    try:
        new.rename(out)
    except OSError:
        if old.exists():  # of a first site there is none
            old.rename(out)
        raise
    remove_tree(old)


def _beside(out: Path, which: str) -> Path:
    return out.with_name(f".{out.name}.{which}")
