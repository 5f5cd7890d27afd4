"""The site of real quarters: what is known of them stands on their pages."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.defs.public_site import public_site
from orchestration.defs.resources import Folders
from orchestration.errors import LeagueError
from orchestration.releases.release import Release
from orchestration.site.build import build
from orchestration.site.words import ordinal
from orchestration.workspace.paths import Workspace

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
    assert "6 very likely in the better half 50 could be in either half 5 very likely in the worse half" in said
    assert "finance rule put 6 trusts in segment 3 that scores alone would put in segment 1 or 2" in said
    assert "In all the rule changed the place of 20 trusts" in said
    assert "A strict test of all 1,830 pairs at once tells no 2 apart" in said
    assert "Hertfordshire Partnership University Money: 12th by score alone (likely 4 to 28)" in said
    first = text(Q2.replace("q2", "q1"))
    assert "7 very likely in the better half 47 could be in either half 7 very likely in the worse half" in first


def test_a_league_without_places_says_why(text: Any) -> None:
    said = text("2025-26-q2/v1/acute")
    assert "There is no table this quarter: no measure of the league has the figures of all its months" in said
    assert "London Barking, Havering and Redbridge University Hospitals" in said, "trusts stand under their regions"
    assert "North West Alder Hey Children" in said


def test_trusts_and_boards_are_listed_and_no_other_commissioner(text: Any, real_site: Path) -> None:
    guides = [Release.read(real_site / "data" / "releases" / f"2025-26-Q{n}" / "v1") for n in (1, 2, 4)]
    rows = [row for release in guides for row in release.rows("organisation_guide")]
    named = {row["organisation_code"]: row["organisation_type"] for row in rows if row["leagues"]}
    assert set(named.values()) == {"trust", "icb"}
    assert f"All {len(named)} trusts and boards from A to Z" in text("")
    assert "Commissioning Hub" not in text("find")


def test_a_measure_says_what_time_it_is_of_and_where_its_figures_are_from(text: Any) -> None:
    said = text("2025-26-q4/v1/acute/measures/of0023")
    assert "What time it is of January 2026" in said and "No figure" not in said
    assert "Where the figures are from NHS England, Consultant-led referral to treatment" in said
    assert "England as a whole: 61.4%. Of the 7,187,677 that it counts, 7,155,958 count for an organisation." in said


def test_an_approved_release_that_was_changed_stops_the_site(real_site: Path, tmp_path: Path) -> None:
    shutil.copytree(real_site / "data" / "releases", tmp_path / "releases", ignore=shutil.ignore_patterns("*-Q[14]"))
    table = tmp_path / "releases" / "2025-26-Q2" / "v1" / "league_table.csv"
    table.chmod(0o644)
    table.write_bytes(table.read_bytes() + b"\n")
    with pytest.raises(LeagueError, match=r"(?s)is damaged.*league_table\.csv was changed"):
        build(Workspace(tmp_path), tmp_path / "site", print)
    assert not (tmp_path / "site").exists()


def test_the_asset_makes_the_same_site(real_site: Path) -> None:
    folders = Folders(extracts="unused", data=str(real_site / "data"))
    assert dg.materialize([public_site], resources={"folders": folders}, selection=[public_site]).success
    made, there = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (real_site / "data" / "public-site", real_site / "site")
    )
    assert made == there


def test_a_trust_says_between_which_places_it_is(text: Any) -> None:
    capped = text(f"{Q2}/rwr")
    assert "finance rule moved it from 12th to 26th of 61. With the rule, its place is very likely between" in capped
    assert "between 23rd and 34th. The range looks narrow because the rule fixes the segment" in capped
    assert "The finance rule costs it 14 places" in capped and "times in 100" not in capped
    wide = text(f"{Q2}/rxt")
    assert "Its place is very likely between 21st and 60th of 61. It could be in either half" in wide
    assert "it would be in the same segment about 63 times in 100" in wide and " costs " not in wide
    assert "No change shown since the quarter before. Its average score went from 2.90 to 2.76" in wide


@pytest.mark.parametrize("code", ["rw1", "rha"])
def test_segment_5_is_not_lost(code: str, text: Any) -> None:
    assert "It is also in segment 5: it gets NHS England’s most intensive support." in text(f"{Q2}/{code}")


def test_who_has_no_place_has_a_page_with_the_reason(text: Any, real_site: Path) -> None:
    pages = sorted((real_site / "site" / "2025-26-q2/v1/acute").glob("*/card"))
    assert len(pages) == 134
    for path in pages:
        said = text(f"2025-26-q2/v1/acute/{path.parent.name}")
        assert "It has no place this quarter: no measure of the league has the figures of all its months." in said


def test_a_place_of_a_board_is_ours(text: Any, real_site: Path) -> None:
    said = text("2025-26-q4/v1/icb/qhl")
    release = Release.read(real_site / "data" / "releases" / "2025-26-Q4" / "v1")
    (place,) = release.rows("league_table", organisation_code="QHL", league="icb")
    assert "We have no ranking of these boards by NHS England. The method is ours." in said
    assert f"our place, {ordinal(place['rank'])}" in said and "published place" not in said
    assert "96,483 of 156,401 waits" in said
    assert "Patients cross borders." in said and "Birmingham and Solihull Mental Health" in said


def test_the_page_of_a_trust_is_light(real_site: Path) -> None:
    site = real_site / "site"
    styles = (site / "assets/site.css").stat().st_size
    heaviest = max(path.stat().st_size for path in site.glob("2025-26-q?/v1/*/*/index.html"))
    assert heaviest + styles < 180_000
    cards = max(path.stat().st_size for path in site.glob("2025-26-q?/v1/*/*/card/index.html"))
    assert cards + (site / "assets/card.css").stat().st_size < 20_000
