"""Characters that text from outside must not bring along: what a terminal obeys, what turns a line round, what no
picture or page may hold, what ends a text of SQL. And a list that is cut where it is long."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Control characters but tab and ends of line; ends of line that look like none; marks and overrides of direction; what
# takes no place, so that two names look alike or one looks empty, but for joiners, which scripts need; what is no
# character at all.
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)
IN_NAMES = re.compile(f"{HIDDEN.pattern}|[\t\r\n]")
QUOTED = 60  # characters of a text that a message quotes


def visible(text: str, hidden: re.Pattern[str] = HIDDEN) -> str:
    """A text with what is hidden in it written out: `\\x1b`."""
    return hidden.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def quoted(text: str) -> str:
    """A text in quotes, cut where it is long: `'Trust'`."""
    return repr(text if len(text) <= QUOTED else f"{text[: QUOTED - 1]}…")


def in_sql(text: object) -> str:
    """A text as SQL writes it, such as a path where DuckDB takes no parameter."""
    return "'" + str(text).replace("'", "''") + "'"


def first_of(texts: Iterable[object], most: int, between: str = ", ") -> str:
    """The first of some texts and how many more there are: `a, b and 3 more`."""
    every = [str(text) for text in texts]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return between.join(every[:most]) + more
