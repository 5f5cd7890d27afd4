"""Downloads, the static API and cards to embed."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.site.render import File, page
from orchestration.site.view import Edition


def pages(edition: Edition) -> Iterator[File]:
    """The page of downloads of a version, and what it offers."""
    yield page("plain", f"{edition.path}/data", f"Data: {edition.quarter}", edition=edition)
