"""The page of one version of a quarter: its leagues, how sure, checks, downloads."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.site.render import File, page
from orchestration.site.view import Edition


def pages(edition: Edition) -> Iterator[File]:
    """The page of a version."""
    yield page("plain", edition.path, str(edition.quarter), edition=edition)
