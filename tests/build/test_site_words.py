"""The words of the site: plain ones, in short sentences, on every page."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

NOT_USED = re.compile(
    r"\b(?:best|worst|top|bottom|failing|winners?|confidence intervals?|percentiles?|bootstrap\w*|significan\w+)\b",
    re.I,
)
MAIN = re.compile(r"<main\b.*?</main>", re.S)
NO_TEXT = re.compile(
    r'<(table|pre|code|svg|h1|h2|h3|button|select|nav)\b.*?</\1>|<div class="formula">.*?</div>'
    # What is only a link, or a link and what tells namesakes apart, is no sentence.
    r'|<(li|dt|dd)[^>]*>\s*<a\b[^>]*>[^<]*</a>\s*(?:<span class="none">[^<]*</span>\s*)?</\2>',
    re.S,
)
BLOCK = re.compile(r"</?(?:p|li|dd|dt|div|section|ul|ol|dl|main|summary|label|details|legend)\b[^>]*>")
TAG = re.compile(r"<[^>]+>")
END = re.compile(r"[.!?:](?=\s|$)")
LETTER = re.compile(r"[^\W_]")


def sentences_of(page: str) -> str:
    """The text of a page's main part, a block a line, without tables, formulas, code, headings and bare links."""
    found = MAIN.search(page)
    assert found
    text = NO_TEXT.sub(" ", found.group())
    return unescape(TAG.sub(" ", BLOCK.sub("\n", text)))


def reading_level(text: str) -> float:
    """The Automated Readability Index."""
    blocks = [block for block in text.splitlines() if LETTER.search(block)]
    words = [word for block in blocks for word in block.split() if LETTER.search(word)]
    ends = sum(max(1, len(END.findall(block))) for block in blocks)
    letters = sum(len(LETTER.findall(word)) for word in words)
    return 4.71 * letters / len(words) + 0.5 * len(words) / ends - 21.43


def test_reading_level_is_that_of_the_formula() -> None:
    assert reading_level("The cat sat. A dog ran.\nIt is so") == pytest.approx(4.71 * 21 / 9 + 0.5 * 9 / 3 - 21.43)


def test_pages_are_written_in_short_sentences_and_short_words(pages: dict[str, str]) -> None:
    levels = {path: reading_level(sentences_of(page)) for path, page in pages.items()}
    assert {path: round(level, 1) for path, level in levels.items() if level > 8} == {}


def test_pages_use_none_of_the_words_that_judge_or_need_a_statistician(pages: dict[str, str]) -> None:
    found = {path: set(NOT_USED.findall(unescape(TAG.sub(" ", page)))) for path, page in pages.items()}
    assert {path: words for path, words in found.items() if words} == {}


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, str]:
    """Every page of ours by its path."""
    found = sorted(path for path in site.rglob("*.html") if path.name != "audit.html")
    return {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in found}
