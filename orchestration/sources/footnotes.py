"""Footnote marks, as publishers write them behind headings, titles and months: `[note 3]`, `[r]`, `(1)`, `(revised)`.

They differ from month to month and say nothing of what a text names. Values keep theirs: `[c]` may stand for one."""

from __future__ import annotations

import re

_NUMBERS = r"(?:notes?|n)?\s?\d{1,2}(?:(?:\s?,\s?|\s(?:and|&)\s)\d{1,2}){0,9}"  # three digits may be no note's
_SIGNS = "[\u00b9\u00b2\u00b3\u2070-\u2079*\u2020\u2021]+"
_MARK = rf"\[{_NUMBERS}\]|\({_NUMBERS}\)|\[[a-z]{{1,2}}\]|\((?:revised|provisional)\)|{_SIGNS}"
MARKS = re.compile(rf"(?:\s{{0,3}}(?:{_MARK})){{1,4}}$", re.IGNORECASE)  # bounded: texts may be long


def without_marks(text: str) -> str:
    """A text without the marks at its end, and without blanks around it. What is nothing but a mark stays."""
    text = text.strip()
    return MARKS.sub("", text) or text
