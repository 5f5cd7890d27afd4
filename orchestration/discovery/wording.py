"""The text of a finding that a program reads again: how it is written and, beside it, how it is read.

A text that cannot be read is an error. A rule would be lost without a word otherwise. Belongs here: texts with figures
or ids in them. Does not: texts that only people read, comparing them (`audit.framework`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from orchestration.errors import LeagueError

UNROUNDED, TWO_DECIMALS = "unrounded", "two decimals"  # how a score enters an average
UNCHANGED = "no segment is changed"
NUMBER = r"-?\d+(?:\.\d+)?"
Bounds = tuple[Decimal | None, Decimal | None]


def cuts_text(cuts: Iterable[Bounds]) -> str:
    """Write down the largest score in each better segment and the smallest in the next."""
    return ", ".join("/".join("none" if end is None else str(end) for end in cut) for cut in cuts)


def read_cuts(text: str) -> list[Bounds]:
    """Read `2.06/2.07, 2.34/2.35, 2.64/none`."""
    ends = (_read(f"({NUMBER}|none)/({NUMBER}|none)", cut) for cut in text.split(", "))
    return [(_end(low), _end(high)) for low, high in ends]


def _end(text: str) -> Decimal | None:
    return None if text == "none" else Decimal(text)


def bands_text(bands: Iterable[tuple[int, Decimal, Decimal]]) -> str:
    """Write down each score with its lowest and highest value."""
    return "; ".join(f"{score}: {low.normalize():f} to {high.normalize():f}" for score, low, high in bands)


def read_bands(text: str) -> list[tuple[int, Decimal, Decimal]]:
    """Read `2: -0.99 to -0.2; 1: 0 to 2.39`."""
    found = (_read(rf"(\d+): ({NUMBER}) to ({NUMBER})", band) for band in text.split("; "))
    return [(int(score), Decimal(low), Decimal(high)) for score, low, high in found]


def weights_text(weights: Iterable[tuple[str, Fraction]]) -> str:
    """Write down the published id of each score that a mean is of, with its weight."""
    return ", ".join(f"{score_id} {weight}" for score_id, weight in weights)


def read_weights(text: str) -> list[tuple[str, Fraction]]:
    """Read `OF1001 1, OF1003 1/2`."""
    found = (_read(r"(.+) (\d+(?:/\d+)?)", score) for score in text.split(", "))
    return [(score_id, Fraction(weight)) for score_id, weight in found]


def matrix_text(pairs: int, row_id: str, column_id: str) -> str:
    """Write down how many pairs of scores a score is read from, and whose."""
    return f"{pairs} pairs of {row_id} and {column_id}"


def read_matrix(text: str) -> tuple[str, str]:
    """Read the two ids of `8 pairs of OF1079 and OF1081`."""
    row_id, column_id = _read(r"\d+ pairs of (.+) and (.+)", text)
    return row_id, column_id


def imposed_text(segment: int, flag_id: str) -> str:
    """Write down the segment that a flag imposes."""
    return f"at least segment {segment} with {flag_id}"


def read_imposed(text: str) -> tuple[int, str] | None:
    """Read `at least segment 3 with OF5004`: the segment and the id of the flag. None where no flag imposes one."""
    if text == UNCHANGED:
        return None
    segment, flag_id = _read(r"at least segment (\d) with (.+)", text)
    return int(segment), flag_id


def _read(pattern: str, text: str) -> tuple[str, ...]:
    match = re.fullmatch(pattern, text)
    if match is None:
        raise LeagueError(f"a rule of the release cannot be read here: {text!r}. Build the quarter again")
    return match.groups()
