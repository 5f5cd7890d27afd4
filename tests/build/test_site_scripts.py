"""What the scripts of the site work out, in a real browser: nothing else proves that they say what the release says."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.releases.release import Release

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page whose policy holds, and which must complain of nothing."""
    complaints: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


@pytest.fixture(scope="module")
def address(served: Callable[[Path], str], site: Path) -> str:
    return served(site) + "/2025-26-q4/v1"


def ranking(page: Page, address: str) -> list[dict[str, str]]:
    """What a reader saves of a ranking of their own. What the table shows is the same."""
    page.goto("about:blank")
    page.goto(address)
    page.locator("#own").wait_for()
    with page.expect_download() as download:
        page.click("#save")
    with download.value.path().open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    shown = page.eval_on_selector_all(
        "#result tbody tr", "rows => rows.map(row => [...row.cells].map(cell => cell.lastChild.textContent))"
    )
    assert [row[0].rstrip("=") for row in shown] == [row["place"] for row in rows]
    assert [row[3] for row in shown] == [row["place_without"] for row in rows]
    return rows


def leagues_at_odds(page: Page, address: str, folder: Path) -> dict[str, int]:
    """Sets the official weights on the page of each league that has places, without the finance rule and with it. How
    many organisations each has, and fails where a place or an average score is not that of the release."""
    release, seen = Release.read(folder), {}
    for coverage in release.rows("league_coverage", published=True):
        league, held = coverage["league"], release.rows("league_table", league=coverage["league"])
        own = f"{address}/{league.replace('_', '-')}/build/"
        alone = {
            row["organisation_code"]: (str(row["rank_without_override"]), str(row["average_score"]))
            for row in held
            if row["average_score"] is not None
        }
        given = {row["organisation_code"]: (row["place"], row["average_score"]) for row in ranking(page, own)}
        assert given == alone, league
        if page.locator("#rule").count():
            ruled = {row["organisation_code"]: row["place"] for row in ranking(page, own + "#rule=on")}
            assert ruled == {row["organisation_code"]: str(row["rank"]) for row in held if row["rank"]}, league
        seen[league] = len(alone)
    return seen


def test_official_weights_give_the_official_places(page: Page, address: str, built: Any) -> None:
    seen = leagues_at_odds(page, address, built.release)
    assert seen == {"acute": 134, "ambulance": 10, "icb": 42, "mental_health_community": 61}
