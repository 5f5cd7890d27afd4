"""Months as publishers label them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime

import pandas as pd

from orchestration.errors import InputError
from orchestration.quarters import last_day
from orchestration.sources.descriptions import Part, Period, Source

# In a file of several periods one with less than a tenth of the organisations of the fullest is a slip of a label:
# those of a publication do not become ten times as many (ours, 2026-11).
SLIP = 10
MAX_LABEL = 100  # characters at the end of a text that are looked at: texts may be long
DAY = re.compile(r"(?<!\d)20\d\d([-_. ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])(?!\d)")
_MONTH, _YEAR = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[- ]?(?:(?:20)?\d\d)?", r"20\d\d"
_YEARS, _QUARTER = rf"{_YEAR}[-/](?:20)?\d\d", "q(?:uarter)?[- ]?[1-4]"
SEVERAL = re.compile(  # what a label of a quarter, of a financial year or from one month to another ends in
    rf"(?<![a-z\d])(?:{_QUARTER},? (?:{_YEARS}|{_YEAR})|{_YEARS},? {_QUARTER}"
    rf"|(?P<year>{_YEAR})[-/](?:20)?(?P<next>\d\d)|{_MONTH} ?(?:to|until|[-\u2013]) ?(?:\d\d? )?{_MONTH})$",
    re.IGNORECASE,
)
SEPT = re.compile("sept(?!ember)", re.IGNORECASE)
FINANCIAL_YEAR = re.compile(r"(20\d\d)[-/](\d\d) (.*)")


class SeveralMonthsError(InputError):
    """A file is about several months, and no monthly file."""


def is_of_several(label: str) -> bool:
    """Whether a label is of several months, `Q4 2024-25`, `2024-25` or `Apr-25 to Jun-25`."""
    match = SEVERAL.search(" ".join(label[-MAX_LABEL:].split()))
    return bool(match and (not match["year"] or (int(match["year"]) + 1) % 100 == int(match["next"])))


def refuse_several(label: str, file: str, row: int | None = None, column: str | None = None) -> None:
    """Raises SeveralMonthsError where a label that holds for a whole file is of a quarter, a year or from-to."""
    if is_of_several(label):
        what = "names several months"
        raise SeveralMonthsError(what, file=file, row=row, column=column, found=label, expected="one month")


def month_of(label: str, period: Period, file: str, row: int | None = None, column: str | None = None) -> str | None:
    """`RTT-January-2026` as `2026-01`; none for the label of a total row. Raises InputError on any other label, and on
    a day within a month: a file with the month before the day would be taken for one of January."""
    if label.strip().lower() in period.totals:
        return None
    read = _in_financial_year if period.financial_year else datetime.strptime
    for format in period.format:
        text = SEPT.sub("September" if "%B" in format else "Sep", label.strip())  # some write four letters
        end = " ".join(text.replace("_", " ").split()[-len(format.split()) :]) if period.at_end else text
        with suppress(ValueError):
            found = read(end, format)
            month = found.strftime("%Y-%m")
            if "%d" not in format or found.date() in (found.date().replace(day=1), last_day(month)):
                return month
    example = datetime(2025, 4, 1).strftime(period.format[0])
    if period.financial_year:
        example = example.replace("2025", "2025-26")
    expected = f"such as {example}"
    if "%d" in period.format[0]:
        expected += ", the first or last day of a month"
    raise InputError("names no month", file=file, row=row, column=column, found=label, expected=expected)


def _in_financial_year(text: str, format: str) -> datetime:
    match = FINANCIAL_YEAR.fullmatch(text)
    if not match or (int(match[1]) + 1) % 100 != int(match[2]):
        raise ValueError
    found = datetime.strptime(f"{match[1]} {match[3]}", format)
    return found if found.month > 3 else found.replace(year=found.year + 1)


def part_of(text: str, part: Part, file: str, row: int | None = None, column: str | None = None) -> str:
    """The one part that a text names. Raises InputError where it names none or several."""
    parts = [name for name, word in part.values.items() if word.lower() in text.lower()]
    if len(parts) != 1:
        expected = f"one of {', '.join(part.values.values())}"
        raise InputError("is no part known here", file=file, row=row, column=column, found=text, expected=expected)
    return parts[0]


def month_in_name(name: str, period: Period) -> str | None:
    """The month that the name of a file says; a day in it is when it was published or saved. Raises InputError where it
    says none, or several and not which."""
    assert period.file_name
    base = DAY.sub("", name.rpartition("/")[2])
    found = [match for match in re.finditer(period.file_name, base, re.IGNORECASE) if match[1]]
    own = [match for match in found if _follows_own_name(match, period)]
    if len({match[1] for match in own}) == 1 and own[-1] is found[-1]:
        found = own
    said = {match[1]: _month_or_none(match[1], period) for match in found}
    months = {*said.values()}
    if len(months) != 1 or None in months:
        raise InputError(
            "names several periods" if len(said) > 1 else "names no period",
            file=name,
            column="its name",
            found=" and ".join(said) or name.rpartition("/")[2],
            expected=f"a name as downloaded, such as {period.such_as!r}",
        )
    return months.pop()


def _follows_own_name(match: re.Match[str], period: Period) -> bool:
    before = match.string[: match.start(1)]
    return bool(period.own_name and re.search(rf"(?:{period.own_name})[-_ ]*$", before, re.IGNORECASE))


def _month_or_none(text: str, period: Period) -> str | None:
    with suppress(InputError):
        return month_of(text, period, "")
    return None


def said_by_name(name: str, source: Source) -> tuple[str | None, str | None]:
    """The month and, where it says that, too, the part that the name of a file says. Raises InputError where it says
    none, or several."""
    assert source.period
    month, part = month_in_name(name, source.period), source.part
    if not (part and part.in_name):
        return month, None
    base = name.rpartition("/")[2]
    found = [one for one, like in part.values.items() if re.search(like, base, re.IGNORECASE)]
    if len(found) != 1:
        expected = f"one of {', '.join(part.values)}"
        raise InputError("names no part known here", file=name, column="its name", found=base, expected=expected)
    return month, found[0]


def month_hinted(text: str, period: Period) -> str | None:
    """The month that a text above a table that is not as described says, in whichever form."""
    forms = (*period.format, "%b-%y", "%B-%Y", "%B %Y", "%b %Y")
    return None if is_of_several(text) else _month_or_none(text, period.model_copy(update={"format": forms}))


def month_linked(link: re.Match[str]) -> str | None:
    """The month that a published name says by a pattern of its description, `Jan26`, `May-2025`, `SEPTEMBER-2025`,
    `20250831` or, in a financial year, `June`, as `2026-01` and so on; else none."""
    named = link.groupdict()
    text = named.get("month") or named.get("until") or ""
    if day := re.fullmatch(r"(20\d\d)-?(0[1-9]|1[0-2])-?(\d\d)?", text):
        return f"{day[1]}-{day[2]}"
    parts = re.fullmatch(r"([a-z]{3})[a-z]*[-_ ]?(?:20)?(\d\d)", text, re.IGNORECASE)
    with suppress(ValueError):
        if text.isalpha() and named.get("year"):
            month = datetime.strptime(text[:3], "%b").month
            return f"{int(named['year'][:4]) + (month < 4)}-{month:02}"
        return datetime.strptime(f"{parts[1]} {parts[2]}", "%b %y").strftime("%Y-%m") if parts else None
    return None


def _months(rows: pd.DataFrame, source: Source, file: str) -> pd.Series[str]:
    """The month that each row is about, without rows of totals. Raises InputError on a row that names none, where all
    are totals, and on a row of another month than the file: of a cumulative file, than the months it has."""
    assert source.period
    labels = _labels(rows, source.period)
    first_rows = rows["_source_row"].groupby(labels, sort=False).first()
    column = ", ".join(source.headings_of(name)[0] for name in source.period.columns)
    if not source.period.at_end and all(map(is_of_several, first_rows.index)):
        refuse_several(str(first_rows.index[0]), file, int(first_rows.iloc[0]), column)
    by_label = {
        label: month_of(label, source.period, file, int(row), column)
        for label, row in zip(first_rows.index, first_rows, strict=True)
    }
    months = labels.map(by_label).dropna()
    if months.empty:
        raise InputError("names no month, only totals", file=file, column=column)
    refuse_strays(months, rows["_source_row"], labels, file, column, "month", source.period.cumulative)
    return months


def refuse_strays(
    periods: pd.Series[str],
    rows: pd.Series[str],
    labels: pd.Series[str],
    file: str,
    column: str,
    kind: str,
    cumulative: bool = True,
) -> None:
    """Raises InputError on a row of another period than the file, which would put the file in the place of that period.
    In a cumulative file that is one of next to no organisations. `periods` has one a row, or one an organisation."""
    sizes = periods.groupby(periods, sort=False).size().sort_values(ascending=False, kind="stable")
    own = sizes.index[sizes * SLIP >= sizes.iloc[0]] if cumulative else sizes.index[:1]
    if (strays := periods[~periods.isin(own)]).size:
        at = strays.index[0]
        raise InputError(
            f"is about another {kind} than the file",
            file=file,
            row=int(rows[at]),
            column=column,
            found=labels[at],
            expected=f"{' or '.join(sorted(own))}, as in most rows",
        )


def _labels(rows: pd.DataFrame, period: Period) -> pd.Series[str]:
    labels = rows[period.columns[0]]
    for name in period.columns[1:]:
        labels = labels + " " + rows[name]
    return labels


def is_about(rows: pd.DataFrame, source: Source, file: str, month: str | None) -> pd.Series[bool]:
    """Which rows of a file are about a month, or about none, as totals are."""
    assert source.period
    labels = _labels(rows, source.period)
    months = {label: month_of(label, source.period, file) for label in labels.unique()}
    return labels.map(lambda label: months[label] in (month, None))


def months_told(rows: list[list[str]], source: Source) -> set[str]:
    """The months that rows of a damaged file name, where its headings stand or, of one column, anywhere in a row."""
    assert source.period and rows
    headings = source.columns_below(rows[0])
    names = source.period.columns
    places = [headings.index(name) for name in names if name in headings]
    found: set[str | None] = set()
    for row in rows[1:]:
        if len(places) == len(names):
            labels = [" ".join(row[place] for place in places if place < len(row))]
        else:
            labels = row if len(names) == 1 else []
        for label in labels:
            with suppress(InputError):
                found.add(month_of(label, source.period, ""))
    return {month for month in found if month}


def months_and_parts(rows: pd.DataFrame, source: Source, file: str) -> list[tuple[str, str | None]]:
    """The months that the rows of a file are about, and which part of the publication. Raises InputError as `_months`
    does, and on a row that names no part."""
    months = _months(rows, source, file)
    if not source.part or not source.part.column:
        return [(month, None) for month in sorted(months.unique())]
    column = source.part.column
    found = set()
    for text, about in rows.groupby(column, sort=False, dropna=False):
        heading = next(iter(source.headings_of(column)), column)
        part = part_of(
            "" if pd.isna(text) else str(text), source.part, file, int(about["_source_row"].iloc[0]), heading
        )
        found |= {(month, part) for month in months.reindex(about.index).dropna()}
    return sorted(found)
