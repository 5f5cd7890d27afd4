"""The site in a browser: pages of every kind at two widths, on a narrow telephone, and on paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import CLEAN

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LENGTHENED = """names => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode())
    for (const name of names) walk.currentNode.data = walk.currentNode.data.replaceAll(name, "W".repeat(180));
}"""
OF_THE_VERSION = "2025-26-q4/v1"
LIVING = [
    "",
    "find",
    "latest",
    "compare",
    "own",
    "corrections",
    "accessibility",
    "privacy",
    "method",
    "method/likely-range",
    "method/critics",
    "about",
    "data",
    "api/v1",
]


@pytest.fixture(scope="module")
def chosen(site: Path) -> list[str]:
    """A page of every kind: of the ambulance trusts, which are ten, and of boards."""
    league, icb = f"{OF_THE_VERSION}/ambulance", f"{OF_THE_VERSION}/icb"
    measure = sorted(path.name for path in (site / league / "measures").iterdir() if path.is_dir())[0]
    ours = sorted(path for path in (site / league).iterdir() if (path / "card").is_dir())
    board = sorted(path for path in (site / icb).iterdir() if (path / "card").is_dir())
    return [
        *LIVING,
        OF_THE_VERSION.split("/")[0],
        OF_THE_VERSION,
        f"{OF_THE_VERSION}/data",
        league,
        f"{OF_THE_VERSION}/mental-health-community",
        f"{league}/ranked",
        f"{league}/compare",
        f"{league}/build",
        f"{league}/measures",
        f"{league}/measures/{measure}",
        f"{league}/{ours[0].name}",
        f"{league}/{ours[0].name}/card",
        f"{icb}/{board[0].name}",
        f"org/{ours[0].name.upper()}",
        f"{OF_THE_VERSION}/needs-support",
        f"{OF_THE_VERSION}/specialties",
        f"{OF_THE_VERSION}/specialties/c-101",
        f"{OF_THE_VERSION}/mental-health-community/patients",
    ]


def test_axe_finds_nothing_on_a_page_of_every_kind(
    site: Path, chosen: list[str], served: Callable[[Path], str], seen: Callable[..., dict[str, Any]]
) -> None:
    address = served(site)
    found = {path: seen(f"{address}/{path}/index.html", 1280, 375) for path in chosen}
    assert {path: what for path, what in found.items() if what != CLEAN} == {}


def test_no_page_scrolls_sideways_on_a_narrow_telephone(
    site: Path, chosen: list[str], browser: Browser, served: Callable[[Path], str]
) -> None:
    address, page = served(site), browser.new_page(viewport={"width": 320, "height": 800})
    too_wide = []
    for path in chosen:
        page.goto(f"{address}/{path}/index.html")
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            too_wide.append(path)
    assert too_wide == []
    page.close()


def test_no_page_scrolls_sideways_for_one_long_word_in_a_name(
    site: Path, chosen: list[str], browser: Browser, served: Callable[[Path], str]
) -> None:
    address, page = served(site), browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(f"{address}/find/index.html")
    names = page.evaluate("[...document.querySelectorAll('.found a')].map(link => link.textContent)")
    too_wide = []
    for path in chosen:
        page.goto(f"{address}/{path}/index.html")
        page.evaluate(LENGTHENED, names)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            too_wide.append(path)
    assert names and too_wide == []
    page.close()


def test_the_first_press_of_a_key_leads_to_the_content(
    site: Path, browser: Browser, served: Callable[[Path], str]
) -> None:
    page = browser.new_page()
    page.goto(f"{served(site)}/{OF_THE_VERSION}/ambulance/index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
    outline = page.evaluate("getComputedStyle(document.activeElement).clip")
    assert outline in ("auto", ""), "it is not seen"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    page.close()


@pytest.mark.parametrize(("pages", "sheets"), [("ambulance", 3), ("mental-health-community", 4), ("ambulance/???", 4)])
def test_a_league_and_a_trust_print_on_few_sheets(
    pages: str, sheets: int, site: Path, browser: Browser, served: Callable[[Path], str]
) -> None:
    first = min((site / OF_THE_VERSION).glob(pages))
    page = browser.new_page()
    page.goto(f"{served(site)}/{first.relative_to(site)}/index.html")
    printed = page.pdf(format="A4")
    assert len(re.findall(rb"/Type /Page\b", printed)) <= sheets
    page.close()
