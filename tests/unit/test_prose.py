"""What is written for people: it is short enough, and what it names exists. Whether it is true is not here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from orchestration.cli import league
from orchestration.sources.documentation import MARK
from orchestration.workspace.paths import DBT_PROJECT, PROJECT, SEEDS

PAGES = sorted([PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md"), *(PROJECT / ".github").glob("*.md")])
MODULES = sorted(path for folder in ("orchestration", "tests") for path in (PROJECT / folder).rglob("*.py"))
ROOTS = ("orchestration", "dbt_project", "expectations", "tests", "docs", "data/sources", ".ci", ".github")
FILES = [path for root in ROOTS for path in (PROJECT / root).rglob("*") if "target" not in path.parts]
LONGEST_LINE, LONGEST_README = 120, 120


def written(page: Path) -> str:
    """The text of a page without code blocks and without what is made from data."""
    text = page.read_text(encoding="utf-8").partition(MARK)[0]
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def spans(text: str) -> Iterator[str]:
    yield from re.findall(r"`([^`]+)`", text)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def named(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_lines_are_short(page: Path) -> None:
    lines = enumerate(written(page).splitlines(), 1)
    assert [(number, line) for number, line in lines if len(line) > LONGEST_LINE] == []


def test_readme_is_short() -> None:
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= LONGEST_README


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", written(page)) if not link.startswith("https://")]
    for link in links:
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
    assert (
        page.name != "CONTRIBUTING.md" or links == []
    )  # a page of the site includes it: a link could hold in one only


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_a_page_names_exists(page: Path) -> None:
    text = written(page)
    paths = [span for span in spans(text) if span.startswith(tuple(f"{root}/" for root in ROOTS)) and "<" not in span]
    assert [path for path in paths if not any(PROJECT.glob(path.rstrip("/")))] == []
    relations = set(re.findall(r"`((?:stage|metric|score|rank)\.[a-z_]+)`", text))
    assert {
        name for name in relations if not any((DBT_PROJECT / "models").glob(name.replace(".", "/**/") + ".*"))
    } == set()
    seeds = [seed for said in re.findall(r"[Ss]eeds? ((?:`[a-z_]+`(?:, | and )?)+)", text) for seed in spans(said)]
    assert [seed for seed in seeds if not (SEEDS / f"{seed}.csv").exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text, re.MULTILINE)) <= targets
    assert set(re.findall(r"(?:`|bin/)league ([a-z]+)", text)) <= set(league.commands)


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_files_that_a_charter_names_exist(module: Path) -> None:
    charter = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    names = [span for span in spans(charter) if re.fullmatch(r"[\w./-]+\.(py|md|sql|toml|lock)", span)]
    everything = [path.as_posix() for path in [*FILES, *PROJECT.iterdir()]]
    assert [name for name in names if not any(path.endswith(f"/{name}") for path in everything)] == []
