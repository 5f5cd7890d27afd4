"""Reads the numbers of a page and looks for each among the columns of the release that the page is made from. It knows
nothing of the code that writes pages."""

from __future__ import annotations

import csv
import html
import re
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache, cached_property
from pathlib import Path
from statistics import median

MAIN = re.compile(r"<main\b.*?</main>", re.S)
NO_FIGURES = re.compile(r"<svg\b.*?</svg>|<code\b.*?</code>|<script\b.*?</script>", re.S)
ROW = re.compile(r"<tr\b.*?</tr>", re.S)
LINK = re.compile(r'href="(?:(?:[^"/]+/)*?([^"/]+)/)?([^"/]+)/index\.html')
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
FIXED = {  # what the words themselves say
    "1", "2", "3", "4", "5",  # segments and "any 1 measure", "no 2 apart", "19 times in 20"
    "19", "20", "52", "18", "95", "100", "0",
}  # fmt: skip

UNSEEN = ("organisation_sources", "reconciliation")  # tables that no page shows a row of


class Release:
    """The tables of a release as text, and the numbers that a page about some of their rows may show."""

    def __init__(self, folder: Path) -> None:
        self.tables = {path.stem: self._rows(path) for path in sorted(folder.glob("*.csv")) if path.stem not in UNSEEN}
        self.codes = {row["organisation_code"] for row in self.tables["organisation_guide"]}
        self.leagues = {row["league"] for row in self.tables["league_table"]}
        self.metrics = {row["metric_id"] for row in self.tables["metric_guide"]}

    @staticmethod
    def _rows(path: Path) -> list[dict[str, str]]:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def untraced(self, page: str, league: str, code: str | None = None, metric: str | None = None) -> list[str]:
        """The numbers of a page that no column has. A row of a table that leads to an organisation or a metric may show
        what the release has of that one, in the league that it leads to, the words around what it has of the league and
        of whom the page is about."""
        (main,) = MAIN.findall(page)
        main = NO_FIGURES.sub(" ", main)
        found = []
        for row in ROW.findall(main):
            links = [(folder.replace("-", "_"), one.upper()) for folder, one in LINK.findall(row)]
            linked = {one for _, one in links}
            of = code or next(iter(linked & self.codes), None)
            on = metric or next(iter(linked & self.metrics), None)
            known = self.known(league, of, on, code is not None)
            for folder, one in links:
                if folder in self.leagues and one in self.codes:
                    known = known | self.known(folder, one, None, True)
            found += self._missing(row, known)
        return found + self._missing(ROW.sub(" ", main), self.known(league, code, metric, code is not None))

    def _missing(self, part: str, known: set[str]) -> list[str]:
        return [one for one in NUMBER.findall(_text(part)) if one.replace(",", "") not in known]

    @cache  # noqa: B019 - as long as its release
    def known(self, league: str, code: str | None, metric: str | None, whole: bool) -> set[str]:
        """What may be shown of a league, and of one organisation, one metric or both; of an organisation as a `whole`
        with all its metrics."""
        known = FIXED | self._counted[league]
        for row in self.tables["metric_league_table"] if metric else ():
            if (row["league"], row["metric_id"]) == (league, metric):
                known = known.union(*(_shown(row[name]) for name in ("median", "lower_quartile", "upper_quartile")))
        for row in [*self._of[None], *(self._of[code] if code else [])]:
            if league not in (row.get("league") or league).split():  # months of boards have none
                continue
            if "metric_id" in row and (metric not in (None, row["metric_id"]) or not (metric or whole)):
                continue
            for value in row.values():
                known |= _shown(value)
        return known

    @cached_property
    def _of(self) -> dict[str | None, list[dict[str, str]]]:
        """The rows of every table by the organisations that they name."""
        found: dict[str | None, list[dict[str, str]]] = defaultdict(list)
        for rows in self.tables.values():
            for row in rows:
                named = {row[name] for name in ("organisation_code", "code_a", "code_b") if name in row}
                for code in named or {None}:
                    found[code].append(row)
        return found

    @cached_property
    def _counted(self) -> dict[str, set[str]]:
        """Of each league what pages may count or take a median of: members, groups, pairs, who has a measure."""
        found: dict[str, set[str]] = defaultdict(set)
        ranked = defaultdict(list)
        for row in self.tables["rank_robustness"]:
            ranked[row["league"]].append(row)
        for league, rows in ranked.items():
            count = len(rows)
            found[league] |= {str(count), str(count - 1), str(count * (count - 1) // 2)}
            found[league] |= {str(number) for number in Counter(row["position"] for row in rows).values()}
            found[league].add(str(int(median(int(row["places_covered"]) for row in rows) + 0.5)))
            found[league].add(str(sum(row["places_lost_to_override"] not in ("", "0") for row in rows)))
        for league in {row["league"] for row in self.tables["league_table"]}:
            members = [row for row in self.tables["league_table"] if row["league"] == league]
            found[league].add(str(len(members)))
            found[league].add(str(sum(row["segment"] > row["segment_unadjusted"] for row in members)))
        for (league, _), count in Counter(
            (row["league"], row["metric_id"]) for row in self.tables["metric_league_table"] if row["rank"]
        ).items():
            found[league].add(str(count))
        return found


@cache
def _shown(value: str) -> frozenset[str]:
    """A value as a page may write it: rounded, as a share of a hundred, without its sign; of a text its numbers."""
    try:
        number = abs(Decimal(value))
    except InvalidOperation:
        return frozenset(one.replace(",", "") for one in NUMBER.findall(value))
    if not number.is_finite():
        return frozenset()
    return frozenset(
        str(exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))
        for exact in (number, 100 * number)
        for decimals in range(7)
    )


def cells(page: str, table: str) -> list[list[str]]:
    """The text of the cells of the body of a table, which its caption begins with these words."""
    for found in re.findall(r"<table\b.*?</table>", NO_FIGURES.sub(" ", page), re.S):
        if _text(found.partition("<caption")[2].partition("</caption>")[0].partition(">")[2]).startswith(table):
            rows = ROW.findall(found.partition("<tbody")[2])
            return [[_text(cell) for cell in re.findall(r"<t[dh]\b[^>]*>(.*?)</t[dh]>", row, re.S)] for row in rows]
    raise AssertionError(f"no table {table}")


def _text(part: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", part)).split())
