"""Official weights give official places, in a real browser, for every organisation of the real quarters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.build.test_site_scripts import leagues_at_odds
from tests.build.test_site_scripts import page as page

if TYPE_CHECKING:
    from playwright.sync_api import Page

RANKED = {
    "2025-26-Q1": {"mental_health_community": 61},
    "2025-26-Q2": {"mental_health_community": 61},
    "2025-26-Q4": {"icb": 42},
}


def test_official_weights_give_the_official_places(page: Page, real_site: Path, served: Callable[[Path], str]) -> None:
    address = served(real_site / "site")
    for quarter, ranked in RANKED.items():
        release = real_site / "data" / "releases" / quarter / "v1"
        assert leagues_at_odds(page, f"{address}/{quarter.lower()}/v1", release) == ranked
