"""The words of the site: plain ones, in short sentences, on every page."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_USED = re.compile(
    r"\b(?:best|worst|top|bottom|failing|winners?|confidence intervals?|percentiles?|bootstrap\w*|significan\w+)\b",
    re.I,
)
QUOTED = re.compile(r'<span class="quoted">.*?</span>')  # what a release says of its own tables
MAIN = re.compile(r"<main\b.*?</main>", re.S)
NO_TEXT = re.compile(
    r'<(table|pre|code|svg|h1|h2|h3|button|select|nav)\b.*?</\1>|<div class="formula">.*?</div>'
    # What is only a link, or a link and what tells namesakes apart, is no sentence.
    r'|<(li|dt|dd)[^>]*>\s*<a\b[^>]*>[^<]*</a>\s*(?:<span class="none">[^<]*</span>\s*)?</\2>',
    re.S,
)
BLOCK = re.compile(r"</?(?:p|li|dd|dt|div|section|ul|ol|dl|main|summary|label|details|legend|option)\b[^>]*>")
TAG = re.compile(r"<[^>]+>")
SENTENCE_END = re.compile(r"[.!?:](?=\s|$)")
LETTER = re.compile(r"[^\W_]")


def sentences_of(page: str) -> list[str]:
    """The blocks of a page's main part that end as a sentence does: not tables, formulas, code, headings, names."""
    found = MAIN.search(page)
    assert found
    text = BLOCK.sub("\n\n", NO_TEXT.sub(" ", found.group()))
    blocks = (unescape(TAG.sub("", block)).strip() for block in text.split("\n\n"))
    return [block for block in blocks if block.endswith((".", "!", "?", ":"))]


def reading_level(blocks: list[str]) -> float:
    """The Automated Readability Index."""
    words = [word for block in blocks for word in block.split() if LETTER.search(word)]
    letters = sum(len(LETTER.findall(word)) for word in words)
    sentences = sum(len(SENTENCE_END.findall(block)) for block in blocks)
    return 4.71 * letters / len(words) + 0.5 * len(words) / sentences - 21.43


def test_reading_level_is_that_of_the_formula() -> None:
    assert reading_level(["The cat sat. A dog ran.", "It is so."]) == pytest.approx(4.71 * 22 / 9 + 0.5 * 9 / 3 - 21.43)


def test_text_is_what_people_read_as_sentences() -> None:
    page = (
        '<main id="main"><h1>A heading.</h1><p>One <strong>sentence</strong>.</p><table><tr><td>No.</td></tr></table>'
        '<div class="formula"><p>a = b.</p></div><ul><li><a href="x">A name</a></li>'
        "<li>Two. Three <code>x.y</code>.</li></ul></main>"
    )
    assert [" ".join(block.split()) for block in sentences_of(page)] == ["One sentence.", "Two. Three ."]


def test_pages_are_written_in_short_sentences_and_short_words(pages: dict[str, str]) -> None:
    said = {path: found for path, page in pages.items() if (found := sentences_of(page))}
    assert len(said) > 0.9 * len(pages)
    levels = {path: round(reading_level(blocks), 1) for path, blocks in said.items()}
    assert {path: level for path, level in levels.items() if level > 8} == {}


def test_pages_use_none_of_the_words_that_judge_or_need_a_statistician(pages: dict[str, str]) -> None:
    found = {path: set(NOT_USED.findall(unescape(TAG.sub(" ", QUOTED.sub("", page))))) for path, page in pages.items()}
    assert {path: words for path, words in found.items() if words} == {}


def test_plain_words_of_measures_use_none_of_them_either() -> None:
    words = (ROOT / "dbt_project/seeds/metric_words.csv").read_text(encoding="utf-8")
    assert set(NOT_USED.findall(words)) == set()


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, str]:
    """Every page of ours by its path."""
    found = sorted(path for path in site.rglob("*.html") if path.name != "audit.html")
    return {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in found}
