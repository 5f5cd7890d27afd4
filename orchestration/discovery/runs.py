"""Who is out of line: cells that are not in every longest run in which a worse rank goes with a worse figure.

One wrong cell among many is outside the one longest run. Two neighbours that were swapped leave two such runs, and no
figure says which of the two is wrong, so both are named."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Any


def out_of_line(ranks: Sequence[int], figures: Sequence[Any], ties: bool) -> list[bool]:
    """Say of each cell whether it is out of line.

    `ties`: different ranks may have one figure. Else equal ranks have one, and a worse rank has a worse one."""
    if ties:
        order = sorted(range(len(ranks)), key=lambda i: (ranks[i], figures[i]))
        sure = in_every_run([(figures[i], n) for n, i in enumerate(order)])
        wrong = {i for n, i in enumerate(order) if not sure[n]}
        return [i in wrong for i in range(len(ranks))]
    pairs = sorted(set(zip(ranks, figures, strict=True)), key=lambda pair: pair[1], reverse=True)
    pairs.sort(key=lambda pair: pair[0])  # of one rank only one figure can be in a rising run
    sure = in_every_run([figure for _, figure in pairs])
    right = {pair for pair, is_sure in zip(pairs, sure, strict=True) if is_sure}
    return [pair not in right for pair in zip(ranks, figures, strict=True)]


def in_every_run(keys: Sequence[Any]) -> list[bool]:
    """Say of each key whether it is in every longest strictly rising run."""
    place = {key: n for n, key in enumerate(sorted(set(keys)))}
    up = _lengths([place[key] for key in keys])
    down = _lengths([-place[key] for key in reversed(keys)])[::-1]
    longest = max(up, default=0)
    on_one = [a + b - 1 == longest for a, b in zip(up, down, strict=True)]
    alone = Counter(length for length, on in zip(up, on_one, strict=True) if on)
    return [on and alone[length] == 1 for length, on in zip(up, on_one, strict=True)]


def _lengths(keys: Sequence[int]) -> list[int]:
    """Length of the longest rising run that ends at each key."""
    tops: list[int] = []
    lengths = []
    for key in keys:
        at = bisect_left(tops, key)
        tops[at : at + 1] = [key]
        lengths.append(at + 1)
    return lengths
