"""Pages from templates: the environment that every page is rendered in, and links that work under any path.

Belongs here: what all pages share. Does not: what one page says (the module of its subject), files other than pages."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment, FileSystemLoader, PackageLoader, StrictUndefined

from orchestration.site import pictures, sentences, words
from orchestration.site.view import Edition

NAME = "Open league tables"
HERE = Path(__file__).parent
COMPONENTS = {  # of the component library: our name of a macro, and its own
    "breadcrumb": "breadcrumb",
    "details": "details",
    "inset_text": "insetText",
    "skip_link": "skipLink",
    "tag": "tag",
    "warning_callout": "warningCallout",
}


@dataclass(frozen=True)
class File:
    """One file of the site."""

    path: str
    content: bytes


@dataclass(frozen=True)
class Copy:
    """A file of a release that the site offers as it is."""

    path: str
    source: Path


@dataclass(frozen=True)
class Crumb:
    """A page above this one."""

    title: str
    path: str


def page(
    template: str, path: str, title: str, above: tuple[Crumb, ...] = (), edition: Edition | None = None, **said: Any
) -> File:
    """Renders the page of a folder (`find`, or the empty text for the start page). A page of an edition says of which
    release it is, and whether that is fictional or withdrawn."""

    def to(target: str) -> str:
        return link(path, target)

    content = (
        _environment()
        .get_template(f"{template}.html.j2")
        .render(path=path, title=title, above=above, edition=edition, to=to, **said)
    )
    return File(file_of(path), content.encode())


def file_of(target: str) -> str:
    """The file of a folder or a file: `find` is `find/index.html`."""
    name = posixpath.basename(target)
    return target if "." in name else posixpath.join(target, "index.html")


def link(path: str, target: str) -> str:
    """The relative address of a folder or file of the site (with its `#part`) from the page of a folder."""
    target, mark, part = target.partition("#")
    return posixpath.relpath(file_of(target), posixpath.dirname(file_of(path)) or ".") + mark + part


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"pictures": pictures, "sentences": sentences, "words": words}
    environment.globals |= {"site_name": NAME, "strip": pictures.range_strip} | _components()
    return environment


def _components() -> dict[str, Any]:
    """The macros of the component library by their names in our templates. Its templates read what nobody passed, so
    they have an environment of their own."""
    environment = Environment(
        loader=PackageLoader("nhsuk_frontend_jinja", "templates"), autoescape=True, undefined=ChainableUndefined
    )
    return {
        ours: getattr(environment.get_template(f"nhsuk/components/{ours.replace('_', '-')}/macro.jinja").module, theirs)
        for ours, theirs in COMPONENTS.items()
    }
