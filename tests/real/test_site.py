"""The site of real quarters: what the brief says that their pages say, and every figure of the tables read back."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.defs.public_site import public_site
from orchestration.defs.resources import Folders

Q2 = "2025-26-q2/v1/mental-health-community"


@pytest.fixture(scope="module")
def text(real_site: Path) -> Any:
    """The words of a page's main part."""

    def of(path: str) -> str:
        page = (real_site / "site" / path / "index.html").read_text(encoding="utf-8")
        main = page.split('<main class="nhsuk-main-wrapper" id="main">')[1].split("</main>")[0]
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())

    return of


def test_a_league_says_how_little_places_can_say(text: Any) -> None:
    said = text(Q2)
    assert "For a typical trust, the likely range covers 37 of the 61 places" in said
    assert "6 very likely in the better half 48 could be in either half 7 very likely in the worse half" in said
    assert "finance rule put 6 trusts in segment 3 that scores alone would put in segment 1 or 2" in said
    assert "In all the rule changed the place of 20 trusts" in said
    assert "A strict test of all 1,830 pairs at once tells no 2 apart" in said
    assert "Hertfordshire Partnership University Money: 12th by score alone" in said
    first = text(Q2.replace("q2", "q1"))
    assert "7 very likely in the better half 46 could be in either half 8 very likely in the worse half" in first


def test_a_league_without_places_says_why(text: Any) -> None:
    said = text("2025-26-q2/v1/acute")
    assert "There is no table this quarter: no metric of the league has all its months among the files" in said
    assert "Manchester University" in said


def test_the_asset_makes_the_same_site(real_site: Path) -> None:
    folders = Folders(extracts="unused", data=str(real_site / "data"))
    assert dg.materialize([public_site], resources={"folders": folders}, selection=[public_site]).success
    made, there = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (real_site / "data" / "site", real_site / "site")
    )
    assert made == there
