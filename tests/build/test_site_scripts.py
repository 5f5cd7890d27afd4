"""What the scripts of the site work out, in a real browser: nothing else proves that they say what the release says."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from orchestration.releases.release import Release
from orchestration.site import living_pages
from orchestration.site.rows import Organisation
from tests import site_rows

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route


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


@pytest.fixture
def call(page: Page, address: str) -> Callable[..., Any]:
    """Calls a function of a script, without its page."""

    def called(script: str, name: str, *given: object) -> Any:
        if not page.url.endswith("/about/"):
            page.goto(f"{address}/../../about/")
        return page.evaluate(
            "async ([script, name, given]) => (await import(`../assets/${script}.js`))[name](...given)",
            [script, name, given],
        )

    return called


# Build your own ranking


def league(*scores: tuple[float | None, ...], **changed: Any) -> dict[str, Any]:
    """A league of trusts A, B, C … whose official places are in this order, with two measures of a domain each."""
    return {
        "who": "trusts",
        "spared": 0,
        "domains": ["access", "safety"],
        "measures": [
            {"id": "of0001", "domain": "access", "weight": 1},
            {"id": "of0002", "domain": "safety", "weight": 0.333333333333},
        ],
        "organisations": [
            {
                "code": chr(65 + place),
                "name": f"Trust {chr(65 + place)}",
                "rank": place + 1,
                "alone": place + 1,
                "range": [place + 1, place + 2],
                "rangeAlone": [1, place + 1],
                "rule": False,
                "capped": False,
                "scores": list(of_one),
            }
            for place, of_one in enumerate(scores)
        ],
        **changed,
    }


@pytest.mark.parametrize(
    ("scores", "weights", "places"),
    [
        pytest.param([(1, 4), (2, 1)], {}, [("A", 1, 175), ("B", 1, 175)], id="a third, and a tie"),
        pytest.param([(1, 4), (2, 1), (3, 3)], {}, [("A", 1, 175), ("B", 1, 175), ("C", 3, 300)], id="ties share"),
        pytest.param([(1, 4), (2, 1)], {"safety": 3}, [("B", 1, 150), ("A", 2, 250)], id="a domain"),
        pytest.param([(1, 4), (2, 1)], {"access": 0}, [("B", 1, 100), ("A", 2, 400)], id="left out"),
        pytest.param([(1, None), (2, 1)], {"of0001": 0}, [("B", 1, 100)], id="nothing left"),
        pytest.param([(1, 4)], {"access": 0, "safety": 0}, [], id="all left out"),
        pytest.param([(1.005, None), (1.004, None)], {}, [("B", 1, 100), ("A", 2, 101)], id="half up"),
    ],
)
def test_scores_are_weighed(
    call: Callable[..., Any],
    scores: list[tuple[float | None, ...]],
    weights: dict[str, float],
    places: list[tuple[str, int, int]],
) -> None:
    found = call("own", "ranked", league(*scores), weights, False)
    assert [(one["code"], one["place"], one["average"]) for one in found] == places


def test_finance_rule_puts_those_under_it_after_those_it_spares(call: Callable[..., Any]) -> None:
    data = league((1, None), (2, None), (3, None), (4, None), spared=2)
    data["organisations"][0]["rule"] = True
    assert [one["code"] for one in call("own", "ranked", data, {}, True)] == ["B", "C", "A", "D"]
    assert [one["code"] for one in call("own", "ranked", {**data, "spared": 0}, {}, True)] == ["A", "B", "C", "D"]
    assert [one["code"] for one in call("own", "ranked", {**data, "spared": 9}, {}, True)] == ["B", "C", "D", "A"]


def result(code: str, place: int, base: int, low: int, high: int, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": f"Trust {code}", "place": place, "base": base, "up": base - place} | {
        "likely": [low, high],
        "joint": False,
        "capped": False,
        **more,
    }


ALONE = "From the places by score alone,"
FAR = "so this is less than the choice of measures does by chance."


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ([], "Every weight is 0, so there is no ranking."),
        ([result("A", 6, 1, 1, 9)], f"{ALONE} no trust moves by more than 5 places."),
        (
            [result("A", 7, 1, 1, 7), result("B", 2, 2, 2, 2)],
            f"{ALONE} 1 of 2 trusts moves by more than 5 places. It stays inside its likely range, {FAR}",
        ),
        (
            [result("A", 7, 1, 1, 6)],
            f"{ALONE} 1 of 1 trusts moves by more than 5 places. None of them stays inside its likely range.",
        ),
        (
            [result("A", 7, 1, 1, 7), result("B", 1, 7, 2, 7)],
            f"{ALONE} 2 of 2 trusts move by more than 5 places. 1 of them stays inside its likely range, {FAR}",
        ),
        (
            [result("A", 7, 1, 1, 7), result("B", 1, 7, 1, 7)],
            f"{ALONE} 2 of 2 trusts move by more than 5 places. All of them stay inside their likely range, {FAR}",
        ),
    ],
)
def test_how_many_move_is_said(call: Callable[..., Any], found: list[dict[str, Any]], sentence: str) -> None:
    assert call("own", "said", league((1, 1)), found, "", False) == sentence


def test_place_of_one_is_said_with_its_likely_range(call: Callable[..., Any]) -> None:
    data, found = league((1, 1), (2, 2)), [result("A", 2, 1, 1, 3, capped=True, joint=True)]
    start = "With your weights Trust A would be joint 2nd (by"
    assert call("own", "said", data, found, "A", False).startswith(
        f"{start} NHS England’s weights and score alone: 1st, very likely between 1st and 3rd). {ALONE} no trust"
    )
    assert call("own", "said", {**data, "experimental": True}, found, "A", True).startswith(
        f"{start} our weights and the finance rule: 1st, very likely between 1st and 3rd). The range looks narrow"
        " because the rule fixes the segment, not because more is known. From the places with the finance rule, no"
        " trust"
    )
    assert call("own", "said", data, found, "B", False).startswith(
        "With your weights Trust B has no place: it has no score on what you count."
    )


def test_address_holds_the_weights_and_nothing_else_is_taken_from_it(call: Callable[..., Any]) -> None:
    data, state = league((1, 1)), {"weights": {"access": 2, "of0002": 0}, "code": "RWR", "rule": True}
    written = call("own", "write", {**state, "weights": {**state["weights"], "safety": 1}})
    assert written == "#w=access:2,of0002:0&t=rwr&rule=on"
    assert call("own", "read", data, written) == state
    assert call("own", "write", {"weights": {}, "code": "", "rule": False}) == "#"
    hostile = "#w=access:-1,safety:6,of0001:NaN,__proto__:2,x:1,access&t=<b>&rule=no"
    assert call("own", "read", data, hostile) == {"weights": {}, "code": "<B>", "rule": False}


def test_name_that_begins_as_a_formula_is_text_in_the_file(call: Callable[..., Any]) -> None:
    found = [result("A", 1, 1, 1, 2, average=100, name='=1+"1"'), result("B", 2, 1, 1, 2, average=125, likely=None)]
    rows = list(csv.reader(call("own", "csv", {"release": "Q", "synthetic": True}, found, "a").splitlines()))
    assert rows[1:] == [
        ["1", "A", '\'=1+"1"', "1.00", "1", "0", "1", "2", "FICTIONAL: Q, weights of one’s own, not official", "a"],
        ["2", "B", "Trust B", "1.25", "1", "-1", "", "", "FICTIONAL: Q, weights of one’s own, not official", "a"],
    ]


def shown(page: Page) -> str:
    """The address that a page shows. `page.url` may be that of a moment ago, where a script replaced it."""
    return str(page.evaluate("location.href"))


def test_presets_and_weights_lead_to_a_ranking_that_can_be_shared(page: Page, address: str) -> None:
    own = f"{address}/acute/build/"
    official = ranking(page, own)
    page.click("[data-preset=no-money]")
    assert shown(page).endswith("#w=finance:0") and page.input_value("#w-finance") == "0"
    assert page.get_attribute("[data-preset=no-money]", "aria-pressed") == "true"
    assert page.get_attribute("[data-preset=official]", "aria-pressed") == "false"
    without = ranking(page, shown(page))
    assert [row["organisation_code"] for row in without] != [row["organisation_code"] for row in official]
    first = without[0]
    page.select_option("#trust", first["organisation_code"])
    said = page.text_content("#said") or ""
    assert said.startswith(f"With your weights {first['organisation_name']} would be 1st (by NHS England’s weights")
    assert page.locator("tr.chosen th").text_content() == first["organisation_name"]
    page.fill("#w-access", "9")
    assert f"access:5,finance:0&t={first['organisation_code'].lower()}" in shown(page)
    page.evaluate("location.hash = '#main'")
    assert page.input_value("#w-finance") == "0"


# Compare


def pair(often: int, apart: str) -> dict[str, Any]:
    return {"often": often, "apart": apart}


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        (
            pair(88, "0"),
            "Yes, it could. In 88 of 100 redraws A comes out ahead. A test of this pair alone, by score, does not tell"
            " them apart.",
        ),
        (pair(-50, "0"), "Yes, it could. In 50 of 100 redraws B comes out ahead. A test"),
        (
            pair(95, "0"),
            "That is not ruled out. In 95 of 100 redraws A comes out ahead. A test of this pair alone, by score, does"
            " not",
        ),
        (
            pair(100, "1"),
            "That is not likely. In almost every redraw A comes out ahead. A test of this pair alone, by score, tells"
            " them apart. A strict test of all pairs at once does not: of pairs picked because they differ, more than 1"
            " in 20 is chance.",
        ),
        (pair(-99, "2"), "That is not likely. In 99 of 100 redraws B comes out ahead. A test of this pair alone, by"),
        (pair(60, "-"), "Yes, it could. In 60 of 100 redraws A comes out ahead. There is no test of this pair."),
        (pair(95, "-"), "That is not likely. In 95 of 100 redraws A comes out ahead. There is no test of this pair."),
        (None, "Yes, it could. Their likely ranges overlap. This is no test."),
    ],
)
def test_order_of_two_is_said(call: Callable[..., Any], known: dict[str, Any] | None, sentence: str) -> None:
    said = call("compare", "order", {"name": "A", "low": 1, "high": 5}, {"name": "B", "low": 5, "high": 9}, known)
    assert said.startswith(sentence)


@pytest.mark.parametrize(
    ("often", "capped", "sentence"),
    [
        (
            -100,
            "A",
            "That is not likely. In almost every redraw B comes out ahead. That is partly the finance rule, which fixes"
            " the segment of A. A test",
        ),
        (
            93,
            "A",
            "Yes, it could. In 93 of 100 redraws A comes out ahead. That is so although the finance rule holds A down."
            " A test",
        ),
        (60, "AB", "Yes, it could. In 60 of 100 redraws A comes out ahead. The finance rule holds both down. A test"),
    ],
)
def test_finance_rule_explains_only_who_is_behind(
    call: Callable[..., Any], often: int, capped: str, sentence: str
) -> None:
    one, other = ({"name": name, "low": 1, "high": 4, "alone": 2 if name in capped else None} for name in "AB")
    assert call("compare", "order", one, other, pair(often, "1")).startswith(sentence)


def test_ranges_that_do_not_meet_are_said(call: Callable[..., Any]) -> None:
    one, other = {"name": "A", "low": 1, "high": 4, "alone": 2}, {"name": "B", "low": 5, "high": 9, "alone": None}
    said = call("compare", "order", one, other, None)
    assert said == "That is not likely. Their likely ranges do not overlap. This is no test."


def test_pairs_are_those_of_the_release(call: Callable[..., Any], site: Path, built: Any) -> None:
    rows = {
        (row["code_a"], row["code_b"]): row
        for row in Release.read(built.release).rows("rank_pairs", league="ambulance")
    }
    data = json.loads((site / "2025-26-q4/v1/ambulance/compare/compare.json").read_text(encoding="utf-8"))
    codes = [one["code"] for one in data["members"]]
    assert len(rows) == 45 and codes == sorted(codes)
    for (a, b), row in rows.items():
        found, turned = (call("compare", "pairOf", data, codes.index(x), codes.index(y)) for x, y in ((a, b), (b, a)))
        share = row["ahead_share"] if found["often"] > 0 else 1 - row["ahead_share"] - row["level_share"]
        assert abs(abs(found["often"]) - 100 * share) <= 0.5 and share >= (1 - row["level_share"]) / 2
        assert found["apart"] == str(row["told_apart_alone"] + row["told_apart_all"])
        assert turned == {**found, "often": -found["often"]}


def test_chosen_ones_stand_side_by_side(page: Page, address: str) -> None:
    compare = f"{address}/acute/compare/"
    page.goto(compare)
    page.locator("#choose").wait_for()
    names = page.eval_on_selector_all("#a option", "options => options.slice(1, 4).map(option => option.text)")
    for letter, name in zip("abc", names, strict=True):
        page.select_option(f"#{letter}", label=name)
    page.click("#choose button")
    page.locator(".side tbody tr").first.wait_for()
    assert shown(page).split("?")[1].count("=z") == 3
    assert page.locator("#answers h2").count() == 3 and page.locator("#strips svg").count() == 3
    assert page.eval_on_selector_all("#strips h3", "all => all.map(one => one.textContent)") == names
    page.goto(compare + "?a=za0&b=za0&c=<b>")
    page.locator("#too-few").wait_for()


def test_without_scripts_there_are_rankings_and_links_and_no_empty_form(browser: Browser, address: str) -> None:
    page = browser.new_page(java_script_enabled=False)
    for path, shown, count in (("build", "#without-script tbody tr", 10), ("compare", "#without-script li a", 10)):
        page.goto(f"{address}/ambulance/{path}/")
        assert page.locator(shown).count() == count
        assert not page.locator("main form").is_visible()
    page.close()


def test_where_no_script_runs_as_from_disk_the_list_says_that_there_is_no_search(browser: Browser, site: Path) -> None:
    """A browser loads no module from a file, but runs scripts, so that `noscript` says nothing."""
    page = browser.new_page()
    page.goto(f"{(site / 'find' / 'index.html').as_uri()}?q=kings")
    assert page.inner_text("#without-script").startswith("No script runs here, so there is no search.")
    assert not page.locator("#search").is_visible()
    page.close()


def test_a_search_shows_who_has_all_words_that_are_typed(page: Page, address: str) -> None:
    page.goto(f"{address.removesuffix('/2025-26-q4/v1')}/find/index.html?q=HOSPITALS+nhs")
    page.locator("#search").wait_for()
    assert page.locator("#without-script").count() == 0
    found = page.eval_on_selector_all(
        ".found li", "items => items.map(item => [`${item.textContent} ${item.dataset.words}`, item.hidden])"
    )
    shown = [text for text, hidden in found if not hidden]
    assert 0 < len(shown) < len(found)
    assert all(("hospitals" in text.lower() and "nhs" in text.lower()) != hidden for text, hidden in found)
    assert page.inner_text("#count") == f"{len(shown)} of {len(found)} shown."
    page.fill("#q", "no such trust")
    assert page.locator(".found li:visible").count() == 0
    assert page.inner_text("#count").startswith("None has all of these words.")
    page.fill("#q", "")
    assert page.locator(".found li:visible").count() == len(found)


@pytest.mark.parametrize("typed", ["kings", "King's", "king’s coll", "se59rs", "SE5 9RS", "se5"])
def test_a_search_takes_names_and_postcodes_as_people_write_them(typed: str, page: Page, address: str) -> None:
    searched = living_pages.History(
        site_rows.row(Organisation, organisation_name="King’s College Hospital", postcode="SE5 9RS"), (), {}, (), ()
    ).searched
    items = f'<li data-words="{searched}">King’s College</li><li data-words="Barking SE15 9RS SE159RS">Barking</li>'

    def planted(route: Route) -> None:
        response = route.fetch()
        route.fulfill(
            response=response, body=response.text().replace('<ul class="found">', f'<ul class="found">{items}', 1)
        )

    page.route("**/find/index.html*", planted)
    page.goto(f"{address.removesuffix('/2025-26-q4/v1')}/find/index.html?{urlencode({'q': typed})}")
    page.locator("#search").wait_for()
    hidden = page.eval_on_selector_all(".found li", "items => items.map(item => item.hidden)")
    page.unroute("**/find/index.html*")
    assert hidden[:2] == [False, True]


def test_a_league_shows_those_of_a_region_and_kind_that_are_chosen(page: Page, address: str, built: Any) -> None:
    organisations = Release.read(built.release).rows("organisation_guide", leagues="acute")
    kinds = sorted({row["trust_subtype"] for row in organisations})

    def expected(**chosen: str) -> set[str]:
        return {row["short_name"] for row in organisations if all(row[name] == it for name, it in chosen.items())}

    def shown() -> set[str]:
        return set(page.locator(".bands tbody tr:visible th a").all_inner_texts())

    page.goto(f"{address}/acute/index.html?region=London&kind=none+such")
    page.locator("#filter").wait_for()
    assert shown() == expected(region="London") and len(shown()) < len(organisations)
    assert page.inner_text("#count") == f"{len(shown())} of {len(organisations)}"
    page.select_option("#kind", kinds[0])
    assert shown() and shown() == expected(region="London", trust_subtype=kinds[0])
    assert page.evaluate("location.search") == "?" + urlencode({"region": "London", "kind": kinds[0]})
    page.select_option("#region", "")
    page.select_option("#kind", "")
    assert len(shown()) == len(organisations) and page.evaluate("location.search") == ""
    assert not page.locator("#count").is_visible()


def test_a_column_sorts_its_table_by_its_figures(page: Page, address: str) -> None:
    def column(number: int) -> list[str]:
        return page.locator(f".ranked tbody td:nth-child({number})").all_inner_texts()

    page.goto(f"{address}/ambulance/ranked/index.html")
    page.get_by_role("button", name="Trust", exact=True).click()
    assert column(3) == sorted(column(3)) and len(column(3)) == 10
    page.get_by_role("button", name="Score", exact=True).click()
    page.get_by_role("button", name="Score", exact=True).click()
    assert column(5) == sorted(column(5), reverse=True) and column(5)[0] != column(5)[-1]
