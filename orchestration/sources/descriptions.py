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
    """A column as landed. Its text comes from under a heading, which may stand below one of a `group`. In a CSV a
    heading that names its edition may be `like` it; group 1 is the year, 26, and the latest counts. A CSV of something
    else with the same columns is told by its `cells`, most of which are like these in ours. In a workbook the text may
    come from one cell of the sheet (`cell`), from beside a `label` above the table, from a text there that is like
    `above` (what its group holds), or from the last text met above it in a sheet's column (`title_in`), or it is the
    name of the `sheet`. What stands above a table, or is like `cells`, is `such_as` an example, for people. A
    heading alone describes one too."""

    name: Text
    published: Texts = ()
    like: Pattern | None = None
    cells: Pattern | None = None
    group: Texts = ()
    optional: bool = False
    cell: Text | None = None
    label: Text | None = None
    above: Pattern | None = None
    such_as: Text | None = None
    title_in: Text | None = None
    sheet: bool = False

    @model_validator(mode="before")
    @classmethod
    def _of_heading(cls, written: Any) -> Any:
        return {"name": column_name(written), "published": [written]} if isinstance(written, str) else written


class Period(Entry):
    """Where the month is: in columns of the rows, joined by a space, in a cell of a workbook, or in the file's name
    alone, where group 1 of `file_name` finds each that it may be, in one `format` or one of several. One directly after
    the publication's `own_name` is it, where the others stand before that. A name is `such_as` an example. Of a longer
    text `at_end` takes the end, as of JAN25_DEC25. Rows whose text is one of `totals` name none. A file is about one
    month, and a `cumulative` one may be about several. One that is `reissued` has all months with their revisions, so
    that a later one counts, whatever the name of an earlier one says. In a `financial_year`, 2025-26, January to March
    are those of the year that it ends in. What is published too late for its quarter counts so many quarters later,
    its `arrears`."""

    format: TextOrTexts
    columns: Texts = ()
    cell: Text | None = None
    file_name: Pattern | None = None
    own_name: Pattern | None = None
    such_as: Text | None = None
    at_end: bool = False
    totals: Texts = ()
    cumulative: bool = False
    reissued: bool = False
    financial_year: bool = False
    arrears: int = 0


class Vintage(Entry):
    """Where a reference says of when it is: columns of days, and the column of ICBs, which open on a day."""

    dates: Texts
    icb: Text


class Part(Entry):
    """Which part of a publication a workbook or a row is: what the text of a cell or a column holds, by part, or what
    the name of the file is like (`in_name`)."""

    cell: Text | None = None
    column: Text | None = None
    in_name: bool = False
    values: Mapping[Text, Pattern]


class Table(Entry):
    """A sheet that is one table below some preamble: what its name is like, and the columns without which it is not
    read. In `counts` stand numbers or, where there is none, a blank or one of `missing`. Older files may lack an
    `optional` one. A row without figures ends the table, unless a text of it is like `empty`. Where it has a column of
    figures for each of `many`, a row is landed for each that is not blank: the heading is its first count and the
    figure its second. With `every` all columns of figures are of these, and another stops the table."""

    sheet: Pattern
    texts: Texts
    counts: Texts
    missing: Texts = ("-",)
    optional: bool = False
    empty: Pattern | None = None
    many: Pattern | None = None
    every: bool = False

    @property
    def headed(self) -> Texts:
        """The columns that have a heading of their own."""
        return self.texts if self.many else (*self.texts, *self.counts)


class Retired(Entry):
    """Since which day a source is published no more, and why. It is still known, fetched and expected of the months
    before."""

    since: date
    reason: Text


class Fetch(Entry):
    """Where files are linked. `files` is what the name of one looks like, `pages` the addresses, below the landing
    page, of pages that link more; a group `month` or `year` in them says when a link is about, a group `until` the last
    month of several. An `address` never changes and needs no page. `hosts` may serve files, besides the one of the
    landing page. A `spare` form is asked for only where no other form of a month came. `assumed` says what of this
    nobody has seen yet."""

    files: Pattern | None = None
    pages: Pattern | None = None
    address: Text | None = None
    hosts: Texts = ()
    spare: bool = False
    assumed: Text

    @model_validator(mode="after")
    def _finds_something(self) -> Fetch:
        if not (self.files or self.address):
            raise ValueError("says neither files nor address")
        return self


class Calendar(Entry):
    """When a publication is expected, in whichever of its forms: of `every_month` of a quarter, of its `last_month`
    or of the `quarter` itself, so many days after its end; later than `alert_days` somebody has to act. Each of
    `parts` is a file of its own. `basis` says where the days come from."""

    of: Literal["every_month", "last_month", "quarter"]
    due_days: int
    alert_days: int
    parts: Texts = ()
    basis: Text


class Source(Entry):
    """One publication: who publishes it and how its files are laid out. `columns` are in published order. A file may
    lack those that are `optional` and, where some are named as `needed`, all others. With `sheets` it is a workbook of
    tables one below the other, which hold numbers but in `texts`, with `tables` one of a table a sheet. `national` ones
    are too large to be held as a whole. `layout: nof` is that of the NHS Oversight Framework, whose rows name a quarter
    and an organisation in place of a month (`nof.py`). No quarter is built of files without `figures`. A file counts
    for the quarter of its month and as many as it `lasts` after that, until a later one is at hand. One that is another
    `form_of` a publication has no calendar of its own. A file with one of the headings `not_with`, or without one of
    those of `only_with`, is something else, as like as it looks. A file with `others` has more columns than those
    described, and is known by these alone. With `as_csv` a sheet of the workbook that somebody saved as CSV is read,
    too. `found_as` says what the file is called on the landing page. It, `cadence`, `revisions` and `quirks` are for
    people."""

    id: Text
    title: Text
    publisher: Text
    licence: Text
    form_of: Text | None = None
    landing_page: Text
    found_as: Text
    cadence: Text
    revisions: Text
    maturity: Maturity
    required: bool
    columns: Annotated[tuple[Column, ...], Field(strict=False)]
    needed: Texts = ()
    not_with: Texts = ()
    only_with: Texts = ()
    others: bool = False
    layout: Literal["nof"] | None = None
    figures: bool = True
    lasts: int = 0
    header: bool = True
    header_typo: Text | None = None
    row_pattern: Mapping[int, Pattern] = {}
    national: bool = False
    period: Period | None = None
    part: Part | None = None
    vintage: Vintage | None = None
    retired: Retired | None = None
    fetch: Fetch | None = None
    calendar: Calendar | None = None
    sheets: Mapping[Text, Texts] = {}
    texts: Texts = ()
    tables: Annotated[tuple[Table, ...], Field(strict=False)] = ()
    as_csv: bool = False
    quirks: Texts

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
