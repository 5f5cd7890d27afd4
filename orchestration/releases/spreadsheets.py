"""The main tables of a release as one workbook for people, in two forms with the same sheets: XLSX and ODS.

Belongs here: which tables it has, the words around them (the cover is `spreadsheet_cover.md.j2`), writing both forms by
the Analysis Function's rules for statistics in spreadsheets. Does not: any figure; CSV and Parquet, which have all
tables (`publish.py`).

XlsxWriter is what gptables writes with. gptables itself makes a link of a name such as `[x](y)`, and refuses a cell
such as `%`. odfdo takes 3 s a release. Parts are stored, not compressed: not every machine compresses a text to the
same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import escape

from orchestration.errors import LeagueError
from orchestration.releases.published_tables import PublishedTable
from orchestration.releases.release import Release
from orchestration.text import quoted

# What a spreadsheet takes for the start of one. East Asian editions take full-width = + - @ for theirs.
FORMULA = "[=+@\\t\\r\\n\uff1d\uff0b\uff0d\uff20-]"
EMPTY = "[x]"  # the Analysis Function's mark for a value that is not available
LEAGUES = "league_table"  # has a sheet a league; each other table has one
TABLES = {
    "league_coverage": "Which leagues are ranked, on what they rest and what is missing",
    "domain_league_table": "Ranks in each domain",
    "metric_league_table": "Values and ranks in each metric",
    "rank_robustness": "How far each rank could be otherwise",
    "rank_bands": "Who can be told apart",
    "agreement": "Official figures that we reproduce",
}
FIRST = ("rank", "rank_low", "rank_high", "organisation_code", "organisation_name")  # of the columns of a league
NO_DAY = datetime(1980, 1, 1)  # when a workbook was made, as the parts of its archive have it: the same every day
WIDEST = 60  # characters of a column; longer text is wrapped
TITLE, HEADING, LINE, HEAD, CELL, SCORE = "title", "heading", "line", "head", "cell", "score"  # how a cell looks

Cell = str | bool | int | Decimal


@dataclass(frozen=True)
class Sheet:
    """Lines of text, each with its look, and below them one table with a heading a column. The cover has no table."""

    name: str
    above: tuple[tuple[str, str], ...]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    links: bool = False  # the first column names sheets

    @property
    def top(self) -> int:
        """The row of the headings, counted from 0."""
        return len(self.above)

    @cached_property
    def looks(self) -> tuple[str, ...]:
        """How the cells of each column look."""
        return tuple(SCORE if "score" in column.split("_") else CELL for column in self.columns)

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Characters of each column."""
        cells = zip(self.columns, *self.rows, strict=True)
        longest = (max(len(str(cell)) for cell in column) for column in cells)
        return tuple(min(characters + 2, WIDEST) for characters in longest) or (90,)


def write(release: Release, tables: list[PublishedTable]) -> list[Path]:
    """Writes both workbooks, named as the release is, into its folder."""
    sheets = list(_sheets(release, {table.name: table for table in tables}))
    paths = []
    for ending, parts in (("xlsx", _xlsx(release, sheets)), ("ods", _ods(release, sheets))):
        paths.append(path := release.folder / f"{release.package['name']}.{ending}")
        with ZipFile(path, "w") as stored:
            for name, part in parts.items():
                stored.writestr(ZipInfo(name), part)
    return paths


def _sheets(release: Release, tables: dict[str, PublishedTable]) -> Iterator[Sheet]:
    of_tables = [*_leagues(release, tables[LEAGUES]), *_others(release, tables)]
    contents = tuple((sheet.name, sheet.above[0][1], len(sheet.rows)) for sheet in of_tables)
    notes = tuple(
        ("one a league" if name == LEAGUES else name, column, _safe(told))
        for name in (LEAGUES, *TABLES)
        for column, _, told in tables[name].columns
    )
    yield Sheet("Cover", tuple(_cover(release)))
    yield Sheet("Contents", _above("Contents"), ("sheet", "what it has", "rows"), contents, links=True)
    yield Sheet("Notes", _above("Notes: what each column means"), ("sheet", "column", "meaning"), notes)
    yield from of_tables


def _cover(release: Release) -> Iterator[tuple[str, str]]:
    words = _templates().get_template("spreadsheet_cover.md.j2")
    text = words.render(package=release.package, quarter=release.quarter, empty=EMPTY)
    for line in text.splitlines():
        marks, _, told = line.partition(" ")
        yield (TITLE, told) if marks == "#" else (HEADING, told) if marks == "##" else (CELL, line)


def _leagues(release: Release, table: PublishedTable) -> Iterator[Sheet]:
    """A sheet for each league that is ranked; who is not ranked stands last in it."""
    others = [column for column, _, _ in table.columns if column not in ("quarter", "league", *FIRST)]
    for league in release.rows("league_coverage", published=True):
        title, rows = f"{league['title']}, {release.quarter}", release.rows(LEAGUES, league=league["league"])
        yield _sheet(f"league_{league['league']}", title, table.description, (*FIRST, *others), rows)


def _others(release: Release, tables: dict[str, PublishedTable]) -> Iterator[Sheet]:
    for name, title in TABLES.items():
        columns = tuple(column for column, _, _ in tables[name].columns if column != "quarter")
        if rows := release.rows(name):
            yield _sheet(name, f"{title}, {release.quarter}", tables[name].description, columns, rows)


def _sheet(name: str, title: str, description: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> Sheet:
    marked = f"{EMPTY} is a cell without a value: sheet Notes, or a column with a reason, says why."
    cells = tuple(tuple(_cell(row[column]) for column in columns) for row in rows)
    return Sheet(name, _above(title, *re.split(r"(?<=\.) ", description), marked), columns, cells)


def _above(title: str, *lines: str) -> tuple[tuple[str, str], ...]:
    return ((TITLE, title), *((LINE, line) for line in ("This sheet has one table.", *lines)))


def _cell(value: Any) -> Cell:
    if value is None:
        return EMPTY
    return value if isinstance(value, bool | int | Decimal) else _safe(str(value))


def _safe(text: str) -> str:
    """As in CSV: text that a spreadsheet would read as a formula, here or once somebody saves it as CSV, starts with an
    apostrophe."""
    return f"'{text}" if re.match(FORMULA, text) else text


def _xlsx(release: Release, sheets: list[Sheet]) -> dict[str, bytes]:
    from xlsxwriter import Workbook

    book = Workbook(written := io.BytesIO(), {"in_memory": True})
    book.set_properties({"title": release.package["title"], "author": "nhs-league-tables", "created": NO_DAY})
    font, wrapped = {"font_name": "Arial", "font_size": 11}, {"text_wrap": True, "valign": "top"}
    looks = {
        TITLE: book.add_format({**font, "bold": True, "font_size": 16}),
        HEADING: book.add_format({**font, "bold": True, "font_size": 13}),
        LINE: book.add_format(font),
        HEAD: book.add_format({**font, **wrapped, "bold": True}),
        CELL: book.add_format({**font, **wrapped}),
        SCORE: book.add_format({**font, **wrapped, "num_format": "0.00"}),
    }
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        for column, width in enumerate(sheet.widths):
            page.set_column(column, column, width)
        for at, (look, text) in enumerate(sheet.above):
            page.write_string(at, 0, text, looks[look])
        for at, row in enumerate(sheet.rows, sheet.top + 1):
            for column, (cell, look) in enumerate(zip(row, sheet.looks, strict=True)):
                if sheet.links and column == 0:
                    page.write_url(at, column, f"internal:'{cell}'!A1", string=str(cell))
                elif isinstance(cell, str):
                    if page.write_string(at, column, cell, looks[CELL]):
                        raise LeagueError(f"{sheet.name}: a cell holds more than a spreadsheet can, {quoted(cell)}")
                elif isinstance(cell, bool):
                    page.write_boolean(at, column, cell, looks[CELL])
                else:
                    page.write_number(at, column, float(cell), looks[look])
        if sheet.columns:
            headings = [{"header": column, "header_format": looks[HEAD]} for column in sheet.columns]
            marked_up = {"name": f"table_{sheet.name}", "columns": headings, "autofilter": False, "style": None}
            page.add_table(sheet.top, 0, sheet.top + len(sheet.rows), len(headings) - 1, marked_up)
    book.close()
    with ZipFile(written) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


MANY = re.compile("^ |  +")  # spaces
ODS = "application/vnd.oasis.opendocument.spreadsheet"
NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:"
SPACES = {name: name for name in ("office", "style", "text", "table")}
SPACES |= {"number": "datastyle", "fo": "xsl-fo-compatible"}


def _ods(release: Release, sheets: list[Sheet]) -> dict[str, str]:
    xml, office = '<?xml version="1.0" encoding="UTF-8"?>', f'xmlns:office="{NAMESPACE}office:1.0" office:version="1.3"'
    content = _templates().get_template("spreadsheet_content.xml.j2")
    return {
        "mimetype": ODS,
        "content.xml": content.render(
            sheets=sheets, spaces=SPACES, cell=_ods_cell, cells=_ods_cells, column_name=_column_name
        ),
        "meta.xml": f'{xml}<office:document-meta {office} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>'
        f"<dc:title>{escape(release.package['title'])}</dc:title><dc:creator>nhs-league-tables</dc:creator>"
        "<dc:language>en-GB</dc:language></office:meta></office:document-meta>",
        "META-INF/manifest.xml": f'{xml}<manifest:manifest xmlns:manifest="{NAMESPACE}manifest:1.0"'
        f' manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        '<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/></manifest:manifest>',
    }


def _ods_cell(cell: Cell, look: str = "", links: bool = False) -> str:
    """A cell that looks as said, or as its column does. Only text is written out: a program shows numbers itself."""
    style = f' table:style-name="{look}"' if look else ""
    if isinstance(cell, bool):
        return f'<table:table-cell{style} office:value-type="boolean" office:boolean-value="{str(cell).lower()}"/>'
    if not isinstance(cell, str):
        return f'<table:table-cell{style} office:value-type="float" office:value="{cell}"/>'
    shown = _ods_text(cell)
    if links:
        shown = f'<text:a xlink:type="simple" xlink:href="#{shown}.A1">{shown}</text:a>'
    return f'<table:table-cell{style} office:value-type="string"><text:p>{shown}</text:p></table:table-cell>'


def _ods_cells(row: tuple[Cell, ...], links: bool) -> str:
    return _ods_cell(row[0], links=links) + "".join(map(_ods_cell, row[1:]))


def _ods_text(text: str) -> str:
    """A text as XML, where a line is a paragraph, and many spaces are one unless they are counted."""
    counted = MANY.sub(lambda found: f'<text:s text:c="{len(found[0])}"/>', str(escape(text)))
    return counted.replace("\n", "</text:p><text:p>")


def _column_name(number: int) -> str:
    """A to Z, AA to AZ and so on."""
    before, last = divmod(number - 1, 26)
    return (_column_name(before) if before else "") + chr(ord("A") + last)


@cache
def _templates() -> Environment:
    return Environment(  # noqa: S701 - the cover is text; what goes into XML is escaped cell by cell
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
