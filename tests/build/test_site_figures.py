"""Every figure of the site is one of the release: of thirty pages every number, of the tables that people look at first
every cell in its place."""

from __future__ import annotations

import random
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.site_figures import NUMBER, ROW, Release, cells

VERSION = "2025-26-q4/v1"
DOT, MIDDLE = re.compile(r'class="dot" cx="([\d.]+)%"'), re.compile(r'class="middle" x1="([\d.]+)%"')
WAYS = ("", "_without_override", "_without_finance")  # to rank, as columns of `rank_robustness` end
LEAGUES = ("acute", "ambulance", "icb", "mental_health_community")


@pytest.fixture(scope="module")
def release(built: Any) -> Release:
    return Release(built.release)


@pytest.fixture(scope="module")
def about(site: Path, release: Release) -> dict[str, tuple[str, str | None, str | None]]:
    """Pages of leagues, organisations and measures: the league, the organisation and the metric that each is about."""
    found: dict[str, tuple[str, str | None, str | None]] = {}
    for league in LEAGUES:
        folder = f"{VERSION}/{league.replace('_', '-')}"
        found |= {folder: (league, None, None), f"{folder}/ranked": (league, None, None)}
        for row in release.tables["league_table"]:
            if row["league"] == league and row["rank"]:
                found[f"{folder}/{row['organisation_code'].lower()}"] = (league, row["organisation_code"], None)
        for row in release.tables["metric_guide"]:
            if row["league"] == league:
                found[f"{folder}/measures/{row['metric_id'].lower()}"] = (league, None, row["metric_id"])
    return found


def read(site: Path, path: str) -> str:
    return (site / path / "index.html").read_text(encoding="utf-8")


def likely(row: dict[str, str], which: str = "") -> str:
    """A likely range of `rank_robustness`, as pages write it."""
    low, high = row[f"rank_low{which}"], row[f"rank_high{which}"]
    return low if low == high else f"{low} to {high}"


def test_every_number_of_thirty_pages_is_in_a_column_of_the_release(
    site: Path, release: Release, about: dict[str, tuple[str, str | None, str | None]]
) -> None:
    chosen = random.Random(20261126).sample(sorted(about), 30)
    untraced = {path: release.untraced(read(site, path), *about[path]) for path in chosen}
    assert {path: numbers for path, numbers in untraced.items() if numbers} == {}


def test_a_number_that_no_column_has_is_found(
    site: Path, release: Release, about: dict[str, tuple[str, str | None, str | None]]
) -> None:
    """The looking itself: every figure with decimals raised in its last digit."""

    def raised(found: re.Match[str]) -> str:
        exact = Decimal(found[0].replace(",", ""))
        return str(exact + Decimal(1).scaleb(int(exact.as_tuple().exponent)))

    path = next(path for path, (league, code, _) in about.items() if league == "acute" and code)
    parts = re.split(r"(<svg\b.*?</svg>|<[^>]*>)", read(site, path), flags=re.S)
    wrong = "".join(part if part.startswith("<") else NUMBER.sub(raised, part) for part in parts)
    assert len(release.untraced(wrong, *about[path])) > 20


@pytest.mark.parametrize("league", LEAGUES)
def test_the_ranked_table_is_the_league_table(league: str, site: Path, release: Release) -> None:
    page = read(site, f"{VERSION}/{league.replace('_', '-')}/ranked")
    names = {row["organisation_code"]: row["short_name"] for row in release.tables["organisation_guide"]}
    sure = {row["organisation_code"]: row for row in release.tables["rank_robustness"] if row["league"] == league}
    rows = [row for row in release.tables["league_table"] if row["league"] == league and row["rank"]]
    places = Counter((which, own[f"rank{which}"]) for own in sure.values() for which in WAYS)
    expected = []
    for row in rows:
        own = {**sure[row["organisation_code"]], "rank": row["rank"]}
        segment = f"{row['segment']}, 5" if row["final_segment"] == "5" else row["segment"]
        main, *others = (
            f"{own[f'rank{which}']}{'=' if places[which, own[f'rank{which}']] > 1 else ''}"
            + (f" likely {likely(own, which)}" if which else "")
            if own[f"rank{which}"]
            else "not known"
            for which in WAYS
        )
        moved = " moved by the finance rule" if float(own["places_lost_to_override"] or 0) else ""
        expected.append(
            [
                main,
                likely(own),
                names[row["organisation_code"]] + moved,
                *([] if league == "icb" else [segment]),
                f"{Decimal(row['average_score']):.2f}",
                *([] if league == "icb" else others),
                f"{row['metrics_counted']} of {row['metrics_expected']}",
            ]
        )
    assert cells(page, "") == expected


@pytest.mark.parametrize("league", LEAGUES)
def test_everybody_with_a_place_stands_in_the_half_that_the_range_is_in(
    league: str, site: Path, release: Release
) -> None:
    """By the ranges themselves: the release's own word for it is not asked."""
    page = read(site, f"{VERSION}/{league.replace('_', '-')}")
    names = {row["organisation_code"]: row["short_name"] for row in release.tables["organisation_guide"]}
    rows = [row for row in release.tables["rank_robustness"] if row["league"] == league]
    groups: dict[str, list[tuple[str, str]]] = {"better": [], "either": [], "worse": []}
    for row in rows:
        better, worse = 2 * int(row["rank_high"]) <= len(rows), 2 * int(row["rank_low"]) > len(rows) + 1
        places = sorted({int(row["rank_low"]), int(row["rank_high"])})
        member = (names[row["organisation_code"]], f"Likely places {' to '.join(map(str, places))}")
        groups["better" if better else "worse" if worse else "either"].append(member)
    for half, members in groups.items():
        words = f"{'Boards' if league == 'icb' else 'Trusts'} {'could' if half == 'either' else 'very likely'}"
        caption = f"{words} be in either" if half == "either" else f"{words} in the {half} half"
        if members:
            shown = [(re.sub(r" Money: .*", "", row[0]), row[2]) for row in cells(page, caption)]
            assert shown == sorted(members, key=lambda member: member[0].casefold())
        else:
            assert f'id="{half}_half"' not in page


def test_a_trust_page_says_where_it_is_by_each_way_to_rank(
    site: Path, release: Release, about: dict[str, tuple[str, str | None, str | None]]
) -> None:
    sure = {(row["league"], row["organisation_code"]): row for row in release.tables["rank_robustness"]}
    trusts = [path for path, (league, code, _) in about.items() if code and league != "icb"]
    for path in random.Random(1).sample(trusts, 20):
        row = sure[about[path][0], str(about[path][1])]
        shown = {cell[0].split(" without ")[0]: cell[-1] for cell in cells(read(site, path), "Places of")}
        for words, which in (
            ("NHS England’s method", ""),
            ("By average score alone", "_without_override"),
            ("Without any money measures", "_without_finance"),
        ):
            assert shown.get(words) == (f"Range of places {likely(row, which)}" if row[f"rank_low{which}"] else None)


@pytest.mark.parametrize("direction", ["lower_better", "higher_better"])
def test_left_is_better_in_the_picture_of_every_measure(direction: str, site: Path, release: Release) -> None:
    """By the values themselves, on the page of each measure and of whoever has its lowest value."""
    measures: dict[str, list[dict[str, str]]] = {}
    for row in release.tables["metric_league_table"]:
        if row["league"] == "acute" and row["direction"] == direction and row["value"]:
            measures.setdefault(row["metric_id"], []).append(row)
    seen = 0
    for metric, rows in measures.items():
        values = sorted((float(row["value"]) for row in rows), reverse=direction == "higher_better")
        beyond = len(values) // 50  # of one end, that a picture does not stretch to
        left, right = values[beyond], values[-1 - beyond]
        if left == right:
            continue
        lowest = min(rows, key=lambda row: float(row["value"]))
        organisation = read(site, f"{VERSION}/acute/{lowest['organisation_code'].lower()}")
        (row,) = (row for row in ROW.findall(organisation) if f"measures/{metric.lower()}/" in row and "strip" in row)
        dot = float(DOT.findall(row)[0])
        assert dot < 10 if direction == "lower_better" else dot > 90, metric
        middle = float(MIDDLE.findall(read(site, f"{VERSION}/acute/measures/{metric.lower()}"))[0])
        along = (float(lowest["median"]) - left) / (right - left)
        assert middle == pytest.approx(3 + 94 * along, abs=1), metric
        seen += 1
    assert seen
