"""The audit pack: it says what the bundle says, leaves nothing out, is safe whatever a trust is called, and is readable
by everybody, on screen and on paper."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from orchestration.releases import audit_page, describe
from orchestration.releases.published_tables import published_tables
from orchestration.releases.release import Release
from orchestration.warehouse import manifest
from orchestration.workspace.paths import SEEDS
from tests.conftest import CLEAN

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOSTILE = "<script>alert(1)</script><img src=https://example.org/x onerror=alert(2)> \"Trust\" 'é' & {{ 7 * 7 }}"
FRAMEWORKS = {"nof-2025-26", "icb-2025-26"}  # of the quarter
LOADS = {"src", "srcset", "data", "poster", "action", "formaction", "background", "ping"}
EMPTY = {"meta", "wbr", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """What a page is made of: every element with its attributes, and the text of the cells of each captioned table."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._said: list[str] = []
        self._open: list[str] = []
        self._rows: list[list[str]] = []
        self.feed(source)
        assert self._open == []
        self.text = "".join(self._said)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self._open.append(tag)
        if tag == "caption":
            self._rows = self.tables.setdefault(str(dict(attrs)["id"]), [])
        elif tag == "tr" and "tbody" in self._open:
            self._rows.append([])
        elif tag in ("td", "th") and "tbody" in self._open:
            self._rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self._said.append(data)
        if {"td", "th"} & set(self._open) and "tbody" in self._open:
            self._rows[-1][-1] += data

    def attributes(self, tag: str, name: str) -> list[str]:
        return [attributes[name] or "" for found, attributes in self.elements if found == tag and name in attributes]


def described(folder: Path) -> dict[str, Any]:
    """The descriptor as it was when the page was made: without the page."""
    package: dict[str, Any] = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    package["resources"] = [file for file in package["resources"] if file["path"] != audit_page.NAME]
    return package


def rendered(folder: Path) -> str:
    release = Release(folder, described(folder))
    return audit_page.page(release, list(describe.how_sure(release)))


@pytest.fixture(scope="module")
def page(built: Any) -> Page:
    return Page((built.release / audit_page.NAME).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def checks(built: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((built.release / "checks.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def doctored(built: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the bundle with a hostile name wherever a publisher's text goes, three figures that are unexplained and
    two that are explained, a check that failed and one that is waived."""
    folder = tmp_path_factory.mktemp("doctored") / "v1"
    shutil.copytree(built.release, folder)
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for table, column in (("trust_league_table", "organisation_name"), ("rank_robustness", "organisation_name")):
        rows = pd.read_parquet(folder / f"{table}.parquet")
        rows.assign(**{column: HOSTILE}).to_parquet(folder / f"{table}.parquet")
    rows = pd.read_parquet(folder / "reconciliation.parquet")
    places = rows.index[
        rows["organisation_code"].isin(pd.read_parquet(folder / "trust_league_table.parquet")["organisation_code"])
    ]
    rows.loc[places[[0, 7, 70]], "status"] = "unexplained"
    rows.loc[places[[1, 2]], ["status", "explanation"]] = ["explained", HOSTILE]
    rows.to_parquet(folder / "reconciliation.parquet")
    results = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
    last = [check for check in results["checks"] if check["gate"] == "land"][-2:]
    last[0] |= {"passed": False, "severity": "warning", "unexpected": 1234, "examples": [HOSTILE]}
    last[1] |= {"passed": False, "severity": "critical", "unexpected": 1, "waiver": "W1"}
    results["waivers"] = [
        {"id": "W1", "check": last[1]["id"], "quarter": "2025-26-Q4", "owner": "A Name", "reason": HOSTILE,
         "issue": "https://example.org/1", "granted": "2026-01-10", "expires": "2026-02-28"}
    ]  # fmt: skip
    results["files"][0] |= {"file_name": HOSTILE, "remarks": HOSTILE}
    (folder / "checks.json").write_text(json.dumps(results), encoding="utf-8")
    (folder / audit_page.NAME).write_text(rendered(folder), encoding="utf-8")
    return folder


def test_same_bundle_gives_the_same_bytes(built: Any) -> None:
    assert rendered(built.release) == (built.release / audit_page.NAME).read_text(encoding="utf-8")


def test_page_is_small_and_loads_nothing(page: Page, built: Any) -> None:
    assert (
        built.release / audit_page.NAME
    ).stat().st_size < 2_500_000  # 247 organisations with 4,900 scores, 32 sources, 14 tables of ours
    _loads_nothing(page)


def _loads_nothing(page: Page) -> None:
    script = base64.b64encode(hashlib.sha256(audit_page.FINDER.read_bytes()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{script}'"
    assert page.attributes("meta", "content")[0] == policy
    assert [attributes for tag, attributes in page.elements if tag == "script"] == [{}]
    for tag, attributes in page.elements:
        assert tag not in {"link", "iframe", "object", "embed", "base", "form", "audio", "video", "img"}, tag
        assert not LOADS & set(attributes), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        for name in {"href", "xlink:href"} & set(attributes):
            assert str(attributes[name]).startswith(("#", "https://") if tag == "a" else "#"), (tag, attributes)


def test_links_and_labels_lead_somewhere_and_ids_are_given_once(page: Page) -> None:
    ids = Counter(str(attributes["id"]) for _, attributes in page.elements if "id" in attributes)
    assert [name for name, times in ids.items() if times > 1] == []
    led = {href[1:] for href in page.attributes("a", "href") if href.startswith("#")}
    labelled = {name for _, attributes in page.elements for name in str(attributes.get("aria-labelledby", "")).split()}
    assert (led | labelled) - set(ids) == set()


def test_every_file_that_went_in_is_listed_with_its_sha256(page: Page, built: Any) -> None:
    listed = {(row[-1], int(row[-2].replace(",", ""))) for row in page.tables["t-in"]}
    sources = described(built.release)["sources"]
    assert listed == {(source["sha256"], source["bytes"]) for source in sources} and len(sources) > 10
    for source, row in zip(sources, page.tables["t-in"], strict=True):
        for name in ("file_name", "title", "publisher", "licence", "path"):
            assert source[name] in row[0]


def test_every_file_not_used_is_listed_with_its_reason(page: Page, checks: dict[str, Any]) -> None:
    left_out = [file for file in checks["files"] if file["status"] != "used"]
    listed = {row[0].removesuffix("used in part"): row for row in page.tables["t-not-used"]}
    assert left_out and set(listed) == {file["file_name"] for file in left_out}
    for file in left_out:
        assert file["reason"] in listed[file["file_name"]][1] and file["source_sha256"] == listed[file["file_name"]][3]
    in_part = {row[0] for row in page.tables["t-not-used"] if row[0].endswith("used in part")}
    used = {file["file_name"] for file in checks["files"] if file["status"] == "used"}
    assert {name.removesuffix("used in part") for name in in_part} == used & set(listed) != set()


def _rows_of_checks(page: Page, gate: str) -> list[list[str]]:
    return page.tables[f"t-gate-{gate}"]


@pytest.mark.parametrize("gate", audit_page.GATES)
def test_every_check_of_a_gate_is_listed_with_what_came_of_it(page: Page, checks: dict[str, Any], gate: str) -> None:
    own = [check for check in checks["checks"] if check["gate"] == gate]
    listed = {(row[1], row[0], row[3], row[4].replace(",", "")) for row in _rows_of_checks(page, gate)}
    assert listed == {
        (check["id"], "passed" if check["passed"] else "failed", check["severity"], str(check["unexpected"]))
        for check in own
    }
    reasons = {check["id"]: check["reason"] for check in own}
    assert all(reasons[row[1]] in row[2] for row in _rows_of_checks(page, gate))


def test_every_check_is_of_a_gate(checks: dict[str, Any]) -> None:
    assert {check["gate"] for check in checks["checks"]} == set(audit_page.GATES)


def test_what_failed_comes_first_with_its_examples_and_waiver(doctored: Path) -> None:
    page = Page((doctored / audit_page.NAME).read_text(encoding="utf-8"))
    first, second, third = _rows_of_checks(page, "land")[:3]
    assert {first[0], second[0]} == {"failed", "failed, waived by W1"} and third[0] == "passed"
    (warned,) = (row for row in (first, second) if row[0] == "failed")
    assert warned[4] == "1,234" and warned[2].endswith(HOSTILE)
    (waiver,) = page.tables["t-waivers"]
    assert waiver[0] == "W1" and waiver[2:4] == ["A Name", HOSTILE]
    assert page.tables["t-gates"][0][-2:] == ["2", "1"]


def test_rules_in_force_are_counted_by_label(page: Page, built: Any) -> None:
    """Another way to the same numbers: the seeds and the rules that only the release shows, read with pandas."""
    shown = pd.read_csv(built.release / "framework_rules.csv")
    found = Counter({"discovered": int((shown["label"] == "discovered").sum())})
    for path in SEEDS.glob("*.csv"):
        rows = pd.read_csv(path, dtype=str)
        for column, of in (("framework", FRAMEWORKS), ("quarter", {"2025-26-Q4"})):
            rows = rows[rows[column].isin(of)] if column in rows else rows
        found.update(rows.get("label", []))
    assert {row[0]: int(row[2]) for row in page.tables["t-labels"]} == dict(found)


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.csv")), ids=lambda path: path.stem)
def test_every_rule_in_force_is_shown_with_its_label(page: Page, path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("quarter", "2025-26-Q4") == "2025-26-Q4"]
    rows = [row for row in rows if row.get("framework") in {None, *FRAMEWORKS}]
    if path.stem == "frameworks":
        assert all(f"{row['label']} {row['source']}" in re.sub(r"\s+", " ", page.text) for row in rows)
        return
    shown = page.tables.get(f"t-{path.stem}", [])
    assert len(shown) == len(rows)
    for row, cells in zip(rows, shown, strict=True):
        assert row.get("label", cells[0]) in cells
        assert row.get("source", "") in "".join(cells)
        assert row.get("metric_id", "") in "".join(cells)


def test_every_rule_that_a_release_shows_is_there_with_its_label(page: Page, built: Any) -> None:
    rules = pd.read_csv(built.release / "framework_rules.csv", dtype=str).fillna("\N{EN DASH}")
    assert set(rules["label"]) >= {"verified", "discovered"}
    for league, rows in rules.groupby("league"):
        shown = page.tables[f"t-shown-{league}"]
        for cells, row in zip(shown, rows.itertuples(), strict=True):
            assert cells[:5] == [row.subject, row.rule.replace("_", " "), row.found, row.seeded, row.label]
            assert cells[5].startswith(f"{int(row.cells_explained):,} of ") and cells[7] == row.alternatives


def test_what_goes_against_itself_or_a_seed_is_there(built_planted: Any) -> None:
    page = Page((built_planted.release / audit_page.NAME).read_text(encoding="utf-8"))
    rows = pd.read_csv(built_planted.release / "release_contradictions.csv", dtype=str).fillna("\N{EN DASH}")
    told = rows.assign(kind=rows["kind"].str.replace("_", " "))
    told["trust"] = told["organisation_name"] + told["organisation_code"]
    columns = ["league", "trust", "published_id", "source_row", "kind", "found", "expected", "severity"]
    assert page.tables["t-contradictions"] == told[columns].to_numpy().tolist() != []


def test_official_figures_are_counted_by_league_measure_and_status(page: Page, built: Any) -> None:
    rows = pd.read_csv(built.release / "reconciliation.csv")
    leagues = pd.read_csv(built.release / "trust_league_table.csv").set_index("organisation_code")["league"]
    rows["league"] = rows["organisation_code"].map(leagues).str.replace("_", " ")
    counted = rows.groupby(["league", "measure", "status"]).size().unstack(fill_value=0)
    counted = counted.reindex(columns=list(audit_page.STATUSES), fill_value=0)
    expected = [
        [league, measure.replace("_", " "), f"{row.sum():,}", *(f"{figure:,}" for figure in row)]
        for (league, measure), row in counted.iterrows()
    ]
    assert len(expected) > 20
    assert page.tables["t-reconciled"][:-1] == expected
    assert page.tables["t-reconciled"][-1][1] == f"{len(rows):,}"


def test_every_unexplained_figure_is_listed_and_every_explanation_counted(doctored: Path) -> None:
    page = Page((doctored / audit_page.NAME).read_text(encoding="utf-8"))
    rows = pd.read_parquet(doctored / "reconciliation.parquet")
    unexplained = rows[rows["status"] == "unexplained"]
    assert len(unexplained) == 3
    assert [[row[0].split(" ")[0], row[1], row[3], row[4]] for row in page.tables["t-unexplained"]] == [
        [row.organisation_code, row.measure.replace("_", " "), str(row.published), str(row.computed)]
        for row in unexplained.itertuples()
    ]
    assert sum(int(row[2]) for row in page.tables["t-explained"]) == 2
    assert {row[1] for row in page.tables["t-explained"]} == {HOSTILE}


def test_ranks_and_likely_ranges_are_those_of_the_release(page: Page, built: Any) -> None:
    rows = pd.read_csv(built.release / "rank_robustness.csv")
    for league, of_league in rows.groupby("league"):
        assert [(row[0], row[1].split(" ", 1)[0], row[2]) for row in page.tables[f"t-ranks-{league}"]] == [
            (str(row.rank), row.organisation_code, f"{row.rank_low} to {row.rank_high}")
            for row in of_league.itertuples()
        ]


def test_lineage_names_every_table_in_the_picture_and_in_words(page: Page) -> None:
    nodes = manifest.raw()["nodes"]
    names = {key: f"{node['schema']}.{node['name']}" for key, node in nodes.items()}
    in_words = {row[0].removesuffix("published"): row for row in page.tables["t-relations"]}
    models = [node for node in nodes.values() if node["resource_type"] == "model"]
    assert len(models) > 60
    for node in models:
        row = in_words[f"{node['schema']}.{node['name']}"]
        read = {names[parent] for parent in node["depends_on"]["nodes"] if parent in names}
        rules = {name.removeprefix("rules.").replace("_", " ") for name in read if name.startswith("rules.")}
        assert {name for name in read if not name.startswith("rules.")} <= set(row[2].split(", "))
        assert rules == set(row[3].split(", ")) - {"\N{EN DASH}"}
        assert page.text.count(node["name"]) >= 2
    assert set(in_words["publish.release"][2].split(", ")) == {t.relation for t in published_tables()}


def test_hostile_names_come_out_as_text(doctored: Path) -> None:
    source = (doctored / audit_page.NAME).read_text(encoding="utf-8")
    page = Page(source)
    _loads_nothing(page)
    assert source.count("<script") == 1 and "onerror=alert(2)>" not in source
    assert page.tables["t-ranks-acute"][0][1].endswith(HOSTILE)
    assert any(HOSTILE in "".join(row) for row in [*page.tables["t-in"], *page.tables["t-not-used"]])


def test_axe_finds_nothing_where_checks_failed_and_names_are_hostile(
    doctored: Path, seen: Callable[..., dict[str, Any]]
) -> None:
    assert seen((doctored / audit_page.NAME).as_uri(), 1280) == CLEAN


def test_axe_finds_nothing_on_a_telephone(built: Any, seen: Callable[..., dict[str, Any]]) -> None:
    assert seen((built.release / audit_page.NAME).as_uri(), 360) == CLEAN


def test_browser_sees_what_is_wrong(doctored: Path, seen: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    """The looking itself: each fault put into a copy is found."""
    source = (doctored / audit_page.NAME).read_text(encoding="utf-8")
    source = source[: source.index('<section aria-labelledby="in">')]
    source = source.replace('<html lang="en-GB">', "<html>").replace("--soft: #425563", "--soft: #c0c8d0")
    source += '<img src="https://example.org/x.png"><p style="width: 90rem">wide</p></main></body></html>'
    (tmp_path / "faulty.html").write_text(source, encoding="utf-8")
    found = seen((tmp_path / "faulty.html").as_uri(), 360)
    assert {"html-has-lang", "color-contrast", "image-alt"} <= set(found["violations"])
    assert found["requests"] == ["https://example.org/x.png"] and found["complaints"] and found["too_wide"]


def test_words_are_found_in_every_list(built: Any, browser: Browser) -> None:
    """With the page's own policy, so that its script is one that it allows."""
    page = browser.new_page()
    page.goto((built.release / audit_page.NAME).as_uri())
    name = pd.read_csv(built.release / "rank_robustness.csv")["organisation_name"][0]
    page.fill("#find", name.upper())
    (shown,) = page.locator("details.whole:visible").all()
    assert name in shown.inner_text()
    page.fill("#find", "nosuchword")  # a reason of a check may have all of three words
    assert page.locator("details.found:visible").count() == 0 and page.inner_text("output") == "0 found"
    page.fill("#find", "key")
    opened = page.locator("details[open] tbody tr:visible")
    assert opened.count() > 10 and all("key" in row.lower() for row in opened.all_inner_texts())
    page.close()


def test_every_metric_of_every_ranked_organisation_is_there_with_its_row(page: Page, built: Any) -> None:
    scores = pd.read_parquet(built.release / "metric_scores.parquet")
    values = pd.read_parquet(built.release / "metric_values.parquet")
    key = ["organisation_code", "metric_id", "value_basis"]
    found = scores[scores["score"].notna()].merge(values[[*key, "source_row"]], on=key)
    ranked = pd.read_parquet(built.release / "rank_robustness.parquet")
    assert len(ranked) > 20
    for row in ranked.itertuples():
        own = found[found["organisation_code"] == row.organisation_code]
        listed = page.tables[f"t-org-{row.league}-{row.organisation_code}"]
        assert [
            (cells[0][: len(m.metric_id)], cells[2]) for cells, m in zip(listed, own.itertuples(), strict=True)
        ] == [(m.metric_id, str(m.score)) for m in own.itertuples()]
        for cells, m in zip(listed, own.itertuples(), strict=True):
            where = f", row {m.source_row:.0f}" if m.value_basis == "published" else " rows counted"
            assert cells[4].endswith(where)


def test_it_prints_with_every_section(built: Any, browser: Browser) -> None:
    page = browser.new_page()
    page.goto((built.release / audit_page.NAME).as_uri())
    headings = page.locator("main h2").all_inner_texts()
    printed = page.pdf(prefer_css_page_size=True, outline=True, tagged=True)
    page.close()
    outlined = re.findall(rb"/Title \((.*?)\)", printed)
    assert 5 < len(re.findall(rb"/Type /Page\b", printed)) <= 20
    assert len(headings) > 8 and {heading.encode() for heading in headings} <= set(outlined)
    assert re.search(rb"/MediaBox \[0 0 59\d\.?\d* 84\d", printed), "not A4"
