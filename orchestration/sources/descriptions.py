"""The publications this project knows, as described in `data/sources/*.yml`: one file a publication, one field a fact.

Belongs here: what a description may say. Does not: what is done with it. `docs/sources.md` is made from the same fields
(`documentation.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from orchestration.errors import LeagueError
from orchestration.quarters import Quarter
from orchestration.sources.footnotes import without_marks
from orchestration.workspace.paths import SOURCES
from orchestration.yaml_files import Entry, Text, Texts, parse, read_yaml

Maturity = Literal["provisional", "final", "revised", "not stated"]
MATURITIES: tuple[str, ...] = get_args(Maturity)
ROW_OF_FILE = ("_source_sha256", "_source_member", "_source_row")  # where a landed row came from
NOF_COLUMNS = ("_quarter", "_league", "_code")  # what a row of the NHS Oversight Framework is about


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"found {pattern!r}; expected a regular expression: {error}") from None
    return pattern


Pattern = Annotated[Text, AfterValidator(_compiles)]


def _listed(written: Any) -> Any:
    return (written,) if isinstance(written, str) else written


TextOrTexts = Annotated[Texts, BeforeValidator(_listed)]


class Column(Entry):
    """A column as landed, and where its text comes from. A heading alone describes one too."""

    name: Text
    """What the landed table calls it."""
    published: Texts = ()
    """The headings under which it is published."""
    like: Pattern | None = None
    """In a CSV, what a heading that names its edition looks like. Group 1 is the year, 26, and the latest counts."""
    cells: Pattern | None = None
    """In a CSV, what most of its cells look like. A CSV of something else with the same columns is told by them."""
    group: Texts = ()
    """Headings, below one of which its own may stand."""
    optional: bool = False
    """Whether a file may lack it."""
    cell: Text | None = None
    """In a workbook, the one cell of the sheet that the text comes from."""
    label: Text | None = None
    """In a workbook, the label above the table that the text stands beside."""
    above: Pattern | None = None
    """In a workbook, what a text above the table looks like. What the group of the pattern holds is the text."""
    such_as: Text | None = None
    """An example, for people, of what stands above a table or is like `cells`."""
    title_in: Text | None = None
    """In a workbook, a column of the sheet. The last text met in it above the table is the text."""
    sheet: bool = False
    """Whether the text is the name of the sheet."""

    @model_validator(mode="before")
    @classmethod
    def _of_heading(cls, written: Any) -> Any:
        return {"name": column_name(written), "published": [written]} if isinstance(written, str) else written


class Period(Entry):
    """Where the month is: in columns of the rows, in a cell of a workbook, or in the file's name alone.

    A file is about one month. One that is `cumulative` or `reissued` may be about several."""

    format: TextOrTexts
    """How the month is written, in one way or one of several."""
    columns: Texts = ()
    """Columns of the rows. Their texts are joined by a space."""
    cell: Text | None = None
    """A cell of a workbook."""
    file_name: Pattern | None = None
    """Where the month is in a name. Group 1 finds each text that it may be."""
    own_name: Pattern | None = None
    """How the publication calls itself in a name. A text directly after it is the month, where the others stand before
    that."""
    such_as: Text | None = None
    """An example of a name."""
    at_end: bool = False
    """Whether the end of a longer text is the month, as of JAN25_DEC25."""
    totals: Texts = ()
    """Texts of rows that name no month."""
    cumulative: bool = False
    """Whether a file may be about several months."""
    reissued: bool = False
    """Whether a file has all months with their revisions. A later one counts, whatever the name of an earlier one
    says."""
    financial_year: bool = False
    """Whether the year is a financial year, 2025-26. January to March are those of the year that it ends in."""
    arrears: int = 0
    """How many quarters later it counts, where it is published too late for its own."""


class Vintage(Entry):
    """Where a reference says of when it is."""

    dates: Texts
    """Columns of days."""
    icb: Text
    """The column of ICBs, which open on a day."""


class Part(Entry):
    """Which part of a publication a workbook or a row is: a cell, a column or the name of the file says it."""

    cell: Text | None = None
    """The cell of a workbook whose text says it."""
    column: Text | None = None
    """The column whose text says it, row by row."""
    in_name: bool = False
    """Whether the name of the file says it."""
    values: Mapping[Text, Pattern]
    """By part, what the text holds or what the name is like."""


class Table(Entry):
    """A sheet that is one table below some preamble. A row without figures ends the table."""

    sheet: Pattern
    """What the name of the sheet is like."""
    texts: Texts
    """Columns of texts. Without them the sheet is not read."""
    counts: Texts
    """Columns of numbers. Without them the sheet is not read, either."""
    missing: Texts = ("-",)
    """What stands in `counts` where there is no number. A blank may, too."""
    optional: bool = False
    """Whether older files may lack the sheet."""
    empty: Pattern | None = None
    """What a text is like of a row that has no figures and does not end the table."""
    many: Pattern | None = None
    """What the headings of many columns of figures are like. Each figure that is not blank is landed as a row: the
    heading is its first count, and the figure its second."""
    every: bool = False
    """Whether all columns of figures are of `many`. Another one stops the table."""

    @property
    def headed(self) -> Texts:
        """The columns that have a heading of their own."""
        return self.texts if self.many else (*self.texts, *self.counts)


class Retired(Entry):
    """A source that is published no more. It is still known, fetched and expected of the months before."""

    since: date
    """Since which day."""
    reason: Text
    """Why."""


class Fetch(Entry):
    """Where files are linked: on the landing page, on pages below it, or at an address of their own.

    A group `month` or `year` in `files` and `pages` says when a link is about, a group `until` the last month of
    several."""

    files: Pattern | None = None
    """What the name of a file looks like."""
    pages: Pattern | None = None
    """What the addresses, below the landing page, of pages that link more look like."""
    address: Text | None = None
    """An address that never changes. It needs no page."""
    hosts: Texts = ()
    """Who may serve files, besides the host of the landing page."""
    vague: bool = False
    """Whether a file of something else may have such a name, too."""
    spare: bool = False
    """Whether the form is asked for only where no other form of a month came."""
    assumed: Text
    """What of this nobody has seen yet."""

    @model_validator(mode="after")
    def _finds_something(self) -> Fetch:
        if not (self.files or self.address):
            raise ValueError("says neither files nor address")
        return self


class Calendar(Entry):
    """When a publication is expected, in whichever of its forms."""

    of: Literal["every_month", "last_month", "quarter"]
    """Whether there is one of every month of a quarter, of its last month, or of the quarter itself."""
    due_days: int
    """How many days after the end of that it is expected."""
    alert_days: int
    """After how many days somebody has to act."""
    parts: Texts = ()
    """Parts that are a file each."""
    basis: Text
    """Where the days come from."""


class Source(Entry):
    """One publication: who publishes it and how its files are laid out."""

    id: Text
    """What we call it. The file of the description is named so, too."""
    title: Text
    """Its title, as messages and documents have it."""
    publisher: Text
    """Who publishes it."""
    licence: Text
    """The licence it is published under."""
    form_of: Text | None = None
    """The publication that this is another form of. It has no calendar of its own."""
    landing_page: Text
    """The page on which people find its files."""
    found_as: Text
    """What the file is called on the landing page. For people."""
    cadence: Text
    """How often it comes, and how late. For people."""
    revisions: Text
    """When it is revised. For people."""
    maturity: Maturity
    """How final a file is that has no mark in its name."""
    required: bool
    """Whether no quarter is built without it."""
    columns: Annotated[tuple[Column, ...], Field(strict=False)]
    """Its columns, in published order."""
    needed: Texts = ()
    """Columns that every file has. Where some are named, a file may lack all others."""
    not_with: Texts = ()
    """Headings. A file with one of them is something else, as like as it looks."""
    only_with: Texts = ()
    """Headings. A file that lacks one of them is something else, as like as it looks."""
    others: bool = False
    """Whether a file has more columns than those described, and is known by these alone."""
    layout: Literal["nof"] | None = None
    """`nof` is that of the NHS Oversight Framework, whose rows name a quarter and an organisation in place of a month
    (`nof.py`)."""
    figures: bool = True
    """Whether it has figures. No quarter is built of files without."""
    lasts: int = 0
    """For how many quarters after that of its month a file counts, until a later one is at hand."""
    header: bool = True
    """Whether its files begin with headings."""
    header_typo: Text | None = None
    """A typo in a heading that may be any. It is read as that of the one column which is missing."""
    row_pattern: Mapping[int, Pattern] = {}
    """By the number of a column, what its text looks like in files without headings."""
    national: bool = False
    """Whether its files are too large to be held as a whole."""
    period: Period | None = None
    """Where the month is."""
    part: Part | None = None
    """Which part of it a file or a row is."""
    vintage: Vintage | None = None
    """Where a reference says of when it is."""
    retired: Retired | None = None
    """Since when it is published no more, and why."""
    fetch: Fetch | None = None
    """Where its files are linked."""
    calendar: Calendar | None = None
    """When it is expected."""
    sheets: Mapping[Text, Texts] = {}
    """By sheet of a workbook, the columns of tables one below the other. They hold numbers, but for `texts`."""
    texts: Texts = ()
    """Columns of `sheets` that hold texts."""
    tables: Annotated[tuple[Table, ...], Field(strict=False)] = ()
    """The sheets of a workbook that has one table a sheet."""
    as_csv: bool = False
    """Whether a sheet of the workbook that somebody saved as CSV is read, too."""
    quirks: Texts
    """What is odd about its files. For people."""

    @model_validator(mode="after")
    def _names_its_columns(self) -> Source:
        named = {name for columns in (*self.sheets.values(), self.texts) for name in columns}
        named |= {name for table in self.tables for name in (*table.texts, *table.counts)}
        named |= set(self.period.columns) if self.period else set()
        named |= {*self.vintage.dates, self.vintage.icb} if self.vintage else set()
        named |= {self.part.column} if self.part and self.part.column else set()
        if unknown := sorted(named - set(self.names)):
            raise ValueError(
                f"period, part, vintage, sheets or tables name {', '.join(unknown)}; expected names of columns"
            )
        if unknown := sorted(set(self.needed) - set(self.names)):
            raise ValueError(f"needed names {', '.join(unknown)}; expected names of columns")
        return self

    @property
    def publication(self) -> str:
        return self.form_of or self.id

    def is_retired(self, month: str) -> bool:
        """Whether the figures of a month are published in another form, or no more."""
        return self.retired is not None and month >= f"{self.retired.since:%Y-%m}"

    def quarter_of(self, month: str) -> Quarter:
        """The quarter in which a month counts."""
        return Quarter.of_month(month).following(self.arrears)[-1]

    def months_of(self, quarter: Quarter) -> list[str]:
        """The months that count in a quarter."""
        for _ in range(self.arrears):
            quarter = quarter.previous
        return quarter.months

    @property
    def arrears(self) -> int:
        return self.period.arrears if self.period else 0

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def landed_columns(self) -> list[str]:
        """The columns of the landed table: those described, and where each row came from."""
        return [*self.names, *(NOF_COLUMNS if self.layout == "nof" else ()), *ROW_OF_FILE]

    @property
    def dated(self) -> bool:
        """Whether its files are about a time; references are not."""
        return bool(self.period or self.layout)

    @property
    def needed_columns(self) -> list[str]:
        """The columns that every file must have."""
        periods = self.period.columns if self.period else ()
        needed = {*self.needed, *periods} if self.needed else set(self.names)
        return [column.name for column in self.columns if column.name in needed and not column.optional]

    @property
    def is_workbook(self) -> bool:
        return bool(self.sheets or self.tables)

    @property
    def kind_of_member(self) -> str:
        """What its `_source_member` is."""
        return "sheet" if self.is_workbook else "member"

    @property
    def by_heading(self) -> dict[str, str]:
        return {heading: column.name for column in self.columns for heading in column.published}

    @cached_property
    def _by_plain_heading(self) -> dict[str, str]:
        return {_plain(heading): name for heading, name in self.by_heading.items()}

    def moved(self, columns: Iterable[str]) -> list[str]:
        """The first and the last column of a file that do not stand in the order described, if any do not."""
        found = list(columns)
        order = zip(found, sorted(found, key=self.names.index), strict=True)
        moved = [column for column, described in order if column != described]
        return moved[:1] + moved[-1:]

    def columns_below(self, headings: list[str]) -> list[str | None]:
        """The name of the column below each heading, whatever its capitals and blanks. Of several headings of one
        column the one described first counts; of several that are `like` it, none is sure to be the right one, and all
        are named."""
        plain = [_plain(heading) for heading in headings]
        below: dict[str, str] = {}
        for heading, name in self._by_plain_heading.items():
            if heading in plain and name not in below.values():
                below[heading] = name
        below |= {heading: name for name, heading, _ in self._alike(plain)}
        return [below.get(heading) for heading in plain]

    def _alike(self, plain: Sequence[str]) -> list[tuple[str, str, re.Match[str]]]:
        """The headings that are like those of another edition, and the column of each."""
        likes = [(column.name, re.compile(column.like, re.IGNORECASE)) for column in self.columns if column.like]
        return [(name, one, match) for name, like in likes for one in plain if (match := like.fullmatch(one))]

    def edition(self, headings: Sequence[str]) -> str | None:
        """The day of the boundaries, 2026-04-01, that the headings of a file name by their year, 26. Those of health
        and of districts change on 1 April."""
        years = [match[1] for _, _, match in self._alike([_plain(one) for one in headings]) if match.re.groups]
        return f"20{max(years)}-04-01" if years else None

    def headings_of(self, name: str) -> tuple[str, ...]:
        """What stands above a column, or says it."""
        column = next(column for column in self.columns if column.name == name)
        return column.published or (column.label or column.name,)

    def likeness(self, first_row: list[str]) -> float:
        """How much the first row of a file looks like this publication, 0 to 1: headings shared, of those in either or,
        where a file has others, of those described."""
        if self.header:
            headings = {_plain(heading) for heading in first_row}
            is_another = not headings.isdisjoint(map(_plain, self.not_with))
            if is_another or not headings.issuperset(map(_plain, self.only_with)):
                return 0.0
            shared = {name for name in self.columns_below(first_row) if name}
            described = {column.name for column in self.columns if not column.optional}
            if self.others:  # a few headings that many files have make none alike
                most = len(shared & described) / len(described)
                return most if most > 0.5 else 0.0
            return len(shared) / (len(headings) + len(described - shared))
        fits = len(first_row) == len(self.columns) and all(
            re.fullmatch(pattern, first_row[position - 1]) for position, pattern in self.row_pattern.items()
        )
        return float(fits)


def _plain(heading: str) -> str:
    return " ".join(without_marks(heading).replace("_", " ").split()).casefold()


def column_name(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")


@cache
def known_sources() -> dict[str, Source]:
    """Read every description, by id. Raises LeagueError on one that is not in order."""
    return {path.stem: read_source(path) for path in sorted(SOURCES.glob("*.yml"))}


def read_source(path: Path) -> Source:
    """Read one description. Raises LeagueError where a field is missing, unknown or wrong, and where the file is not
    named after its id."""
    written = read_yaml(path)
    if isinstance(written, dict) and written.get("id") != path.stem:
        raise LeagueError(f"{path.name}: id: found {written.get('id')!r}; expected {path.stem}, as the file is named")
    return parse(Source, written, path.name)
