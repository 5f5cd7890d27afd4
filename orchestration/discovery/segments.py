"""From scores to segments and places: cut points, the override, the final segment, the order of the league."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchestration.discovery.conventions import GAPS, REFUSED, SLIPS
from orchestration.discovery.evidence import Finding, two_decimals
from orchestration.discovery.publication import DECIMALS, Flags, Publication, Series, Whole
from orchestration.discovery.runs import out_of_line
from orchestration.discovery.scoring import usable
from orchestration.discovery.wording import UNCHANGED, cuts_text, imposed_text

SEGMENTS = (1, 2, 3, 4)
MILLION: int = 10**DECIMALS


@dataclass(frozen=True)
class Cut:
    """Between two segments: the largest score in the better and the smallest in the worse, in hundredths."""

    better_segment: int
    largest_in_better: int | None
    smallest_in_worse: int | None


def whole(series: Series) -> Whole:
    """Segments and flags as whole numbers, -1 where there is none."""
    return np.where(series.held, series.values // MILLION, -1)


def cuts_of(publication: Publication, scope: str, score: Series, segment: Series) -> tuple[list[Cut], Finding]:
    """Bounds of the cut points of a scope: the fewest organisations are left out whose removal sorts the segments."""
    scores, segments, cells = score.hundredths, whole(segment), usable(score) & segment.held
    lost = np.flatnonzero(usable(score) & ~segment.held)
    if len(lost) <= len(publication.organisations) / REFUSED:
        publication.say("segment_missing", score, lost, [score.shown(i) for i in lost], f"a row {segment.published_id}")
    inside = _parted(scores, segments, cells)
    odd = np.flatnonzero(cells & ~inside)
    cuts = _cuts(scores[inside], segments[inside])
    expected = [_segment_text(cuts, int(scores[i])) for i in odd]
    publication.say(
        "segment_against_score",
        segment,
        odd,
        [f"{segment.shown(i)} of score {two_decimals(int(scores[i]))}" for i in odd],
        expected,
    )
    agrees = 0
    positions = np.flatnonzero(inside)
    for i in positions:
        others = positions[positions != i]
        agrees += _foretold(scores[others], segments[others], int(scores[i])) == segments[i]
    return cuts, Finding(
        scope,
        "cut_points",
        _told(cuts),
        cells_explained=int(inside.sum()),
        cells_unexplained=len(odd),
        leave_one_out_agrees=int(agrees),
        leave_one_out_of=int(cells.sum()),
    )


def fixed_cuts(scope: str, of: dict[str, tuple[Series, Series]]) -> Finding:
    """Say whether one set of cut points fits the scores and segments of several quarters, given by quarter."""
    scores = np.concatenate([score.hundredths for score, _ in of.values()])
    segments = np.concatenate([whole(segment) for _, segment in of.values()])
    cells = np.concatenate([usable(score) & segment.held for score, segment in of.values()])
    inside = _parted(scores, segments, cells)
    unexplained = int((cells & ~inside).sum())
    cuts = _cuts(scores[inside], segments[inside])
    told = "no set" if unexplained else f"{_told(cuts)}, the same set,"
    return Finding(
        scope,
        "fixed_cut_points",
        f"{told} fits {' and '.join(of)}",
        cells_explained=int(inside.sum()),
        cells_unexplained=unexplained,
    )


def _parted(scores: Whole, segments: Whole, cells: Flags) -> Flags:
    """Who is left when the fewest are taken out so that cut points part the scores as the segments do."""
    at, inside = np.flatnonzero(cells), np.zeros(len(cells), bool)
    inside[at] = ~np.array(out_of_line(scores[at].tolist(), segments[at].tolist(), ties=True), bool)
    for tied in (s for s in np.unique(scores[inside]) if len(set(segments[inside & (scores == s)])) > 1):
        of_it = inside & (scores == tied)  # one score lies in one segment
        inside &= ~(of_it & (segments != np.bincount(segments[of_it]).argmax()))
    return inside


def _told(cuts: Sequence[Cut]) -> str:
    return cuts_text((two_decimals(cut.largest_in_better), two_decimals(cut.smallest_in_worse)) for cut in cuts)


def _cuts(scores: Whole, segments: Whole) -> list[Cut]:
    cuts = []
    for segment in SEGMENTS[:-1]:
        better, worse = scores[segments <= segment], scores[segments > segment]
        largest, smallest = (int(better.max()) if len(better) else None), (int(worse.min()) if len(worse) else None)
        cuts.append(Cut(segment, largest, smallest))
    return cuts


def _segment_text(cuts: Sequence[Cut], score: int) -> str:
    low = 1 + sum(cut.smallest_in_worse is not None and score >= cut.smallest_in_worse for cut in cuts)
    high = 1 + sum(cut.largest_in_better is None or score > cut.largest_in_better for cut in cuts)
    return f"segment {low}" if low == high else f"segment {low} to {high}"


def _foretold(scores: Whole, segments: Whole, score: int) -> int:
    """The segment of a score between two of the same segment; 0 where the others leave it open."""
    below, above = segments[scores <= score], segments[scores >= score]
    low = int(below.max()) if len(below) else int(segments.min(initial=9)) if 1 in segments else 0
    high = int(above.min()) if len(above) else int(segments.max(initial=0)) if 4 in segments else 9
    return low if low == high else 0


@dataclass(frozen=True)
class Step:
    """What a flag does to a segment: no better than `to`, or nothing. `fits` are all the segments, 1 to 5, that explain
    as much, None where nobody has the flag."""

    to: int | None
    fits: str | None
    finding: Finding


def imposed(publication: Publication, rule: str, before: Series, after: Series, flag: Series | None) -> Step:
    """Find the segment that a flag imposes on those who have it; the others keep theirs."""
    was, now = whole(before), whole(after)
    cells = before.held & after.held
    raised = flag.held & (whole(flag) == 1) & cells if flag is not None else np.zeros(len(cells), bool)
    options = [*SEGMENTS, 5] if raised.any() else [0]
    right = np.array([np.where(raised, np.maximum(was, to), was) == now for to in options])[:, cells]
    alone = right.sum(axis=1)
    best = int(alone.argmax())
    to = options[best]
    expected = np.where(raised, np.maximum(was, to), was)
    if flag is not None:
        strange = np.flatnonzero(flag.held & ~np.isin(whole(flag), (0, 1)))
        publication.say("flag_out_of_range", flag, strange, [flag.shown(i) for i in strange], "0 or 1")
    odd = np.flatnonzero(cells & (expected != now))
    publication.say(
        rule,
        after,
        odd,
        [f"{after.shown(i)} after {before.shown(i)}{' with the flag' if raised[i] else ''}" for i in odd],
        [f"segment {expected[i]}" for i in odd],
    )
    others = right.sum(axis=1)[:, None] - right
    foretold = right[others.argmax(axis=0), np.arange(right.shape[1])]
    fits = [str(option) for option, count in zip(options, alone, strict=True) if count == alone[best]]
    told = imposed_text(to, flag.published_id) if flag is not None and to else UNCHANGED
    return Step(
        to if to > 1 else None,
        ", ".join(fits) if raised.any() else None,
        Finding(
            "league",
            rule,
            told,
            cells_explained=int(alone[best]),
            cells_unexplained=len(odd),
            alternatives=f"segment {' or '.join(fits[1:])}" if fits[1:] else "",
            leave_one_out_agrees=int(foretold.sum()),
            leave_one_out_of=int(cells.sum()),
        ),
    )


def competition(keys: Sequence[tuple[Any, ...]]) -> list[int]:
    """Competition ranks: ties share the best, and the next one skips."""
    place = {key: i + 1 for i, key in reversed(list(enumerate(sorted(keys))))}
    return [place[key] for key in keys]


def order_of(
    publication: Publication, subject: str, ranked: Series, orders: dict[str, list[Whole]], complete: bool
) -> Finding:
    """By which figures the league is ordered: the order that gives most of the published places. Where part of the
    league is missing, only the order of the others is compared."""
    tried, expected = {}, {}
    for name, keys in orders.items():
        cells = np.flatnonzero((ranked.ranks > 0) & np.all([values >= 0 for values in keys], axis=0))
        figures = [tuple(int(values[i]) for values in keys) for i in cells]
        ranks = ranked.ranks[cells].tolist()
        outside = out_of_line(ranks, figures, ties=False)
        if complete and not any(outside) and len(cells) == (ranked.ranks > 0).sum():
            outside = [place != rank for place, rank in zip(competition(figures), ranks, strict=True)]
        tried[name] = [int(i) for i, wrong in zip(cells, outside, strict=True) if wrong]
        expected[name] = dict(zip(cells.tolist(), competition(figures), strict=True))
    best = min(orders, key=lambda name: len(tried[name]) - len(expected[name]))
    alike = [name for name in orders if name != best and len(tried[name]) == len(tried[best])]
    odd, of_them = tried[best], len(expected[best])
    if len(odd) > of_them / REFUSED:
        publication.say_of_league(
            "places_follow_no_order", ranked, f"{len(odd)} of {of_them} places", f"places by {best}"
        )
    else:
        places = [str(int(ranked.ranks[i])) for i in odd]
        publication.say("place_against_order", ranked, odd, places, [f"{expected[best][i]} by {best}" for i in odd])
    return Finding(
        subject,
        "order",
        best,
        cells_explained=of_them - len(odd),
        cells_unexplained=len(odd),
        alternatives=", ".join(alike),
        leave_one_out_agrees=of_them - len(odd),
        leave_one_out_of=of_them,
    )


def missing_organisations(publication: Publication) -> bool:
    """Say where published places leave gaps that no tie explains: part of the league is not in the file."""
    for measure in ("adjusted_segment", "average_score"):
        ranked = publication.summary.get(measure)
        ranks = np.sort(ranked.ranks[ranked.ranks > 0]) if ranked is not None else np.zeros(0, np.int64)
        if not len(ranks):
            continue
        gaps = int((ranks - 1 - np.searchsorted(ranks, ranks)).clip(0).max())
        if gaps > max(GAPS, len(ranks) / SLIPS):
            told = f"{len(publication.organisations)} organisations, the last in place {ranks[-1]}"
            publication.say_of_league("organisations_missing", ranked, told, "every place, or a tie before it")
            return True
    return False
