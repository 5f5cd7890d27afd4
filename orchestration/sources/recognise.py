"""One file, whatever it is packed in: which publication it is, what it is about, and its rows."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.errors import InputError
from orchestration.sources import csv_files, nof, oddities, workbooks
from orchestration.sources.archives import (
    GZIP,
    HEAD,
    MAX_HELD,
    ZIP,
    is_archive,
    members,
    open_archive,
    open_file,
    refuse_to_hold,
)
from orchestration.sources.descriptions import Source
from orchestration.sources.periods import is_about, months_and_parts, months_told, said_by_name
from orchestration.sources.sheets import is_book
from orchestration.sources.vintages import vintage_of
from orchestration.sources.xls import MAGIC, is_xls


class LookAlikeError(InputError):
    """A file is no publication known here, though its columns are those of one."""


@dataclass(frozen=True)
class Subject:
    """What a file, or a part of its rows, is about. A reference has no quarter until one uses it; its period is its
    vintage, where it has one."""

    quarter: str | None = None
    period: str | None = None
    part: str | None = None


@dataclass(frozen=True)
class Recognised:
    source: Source
    member: str | None = None
    remark: str | None = None


def recognise(path: Path, file: str) -> Recognised | None:
    """The publication a file is, by its content. Raises InputError on an archive that may not be opened, or that holds
    two publications, and on a file too large to be held as a whole where it must be."""
    if is_xls(path):
        source = workbooks.source_of(path, file)
        return Recognised(source) if source else None
    if not is_archive(path):
        with open_file(path, None, file) as stream:
            head = stream.read(HEAD)
            source = csv_files.source_by_headings(head)
            if source and not source.national:
                refuse_to_hold(max(path.stat().st_size, len(head) + len(stream.read(MAX_HELD))), file)
        if source is None:
            with suppress(InputError):  # of what is no CSV either
                source = workbooks.source_of(path, file, as_csv=True)
        return Recognised(source) if source else None
    with open_archive(path, file) as archive:
        if is_book(archive):
            source = workbooks.source_of(path, file)
            return Recognised(source) if source else None
        known, unknown = [], []
        for member in members(archive):
            with archive.open(member) as stream:
                source = csv_files.source_by_headings(stream.read(HEAD))
            if source:
                if not source.national:
                    refuse_to_hold(member.file_size, named(file, member.filename))
                known.append(Recognised(source, member.filename))
            else:
                unknown.append(member.filename)
    if len(known) > 1:
        names = " and ".join(f"{one.member} ({one.source.title})" for one in known[:2])
        raise InputError(f"holds more than one publication, {names}: unpack it", file=file)
    if not known:
        return None
    remark = f"{', '.join(unknown)} in the archive: no publication known here" if unknown else None
    return replace(known[0], remark=remark)


def is_packed(path: Path, file: str) -> bool:
    """Whether a file is an archive and no workbook. Raises InputError on one that may not be opened."""
    if is_archive(path):
        with open_archive(path, file) as archive:
            return not is_book(archive)
    with path.open("rb") as stream:
        return stream.read(2) == GZIP


def files_within(path: Path, file: str) -> list[ZipInfo]:
    """The members of an archive that are files of their own: those of one that holds several publications, archives and
    workbooks, or one that may be needed and does not parse. Raises InputError on an archive that may not be opened."""
    if not is_archive(path) or not is_packed(path, file):
        return []
    with open_archive(path, file) as archive:
        found = members(archive)
        heads = [_head(archive, member) for member in found]
        is_alone = len(archive.infolist()) == 1  # then its first bytes are those of the archive
    if any(head.startswith((*ZIP, GZIP, MAGIC)) for head in heads):
        return found
    unknown = [head for head in heads if csv_files.source_by_headings(head) is None]
    odd = not is_alone and any(map(oddities.may_be_needed, unknown))
    return found if odd or len(found) - len(unknown) > 1 else []


def _head(archive: ZipFile, member: ZipInfo) -> bytes:
    with archive.open(member) as stream:
        return stream.read(HEAD)


def named(file: str, member: str | None) -> str:
    """What messages call a member of an archive."""
    return f"{file} [{member}]" if member else file


def subjects_of(path: Path, found: Recognised, file: str) -> tuple[list[Subject], str | None]:
    """What a file is about, and what was noticed in it. Of national files only the first rows are read, of workbooks
    only the cells that say it. Raises InputError where a file does not parse or does not say."""
    source = found.source
    if source.is_workbook:
        found_in, remark = workbooks.subjects(path, source, file)
        return of_months(source, found_in) if source.period else [Subject()], remark
    place = named(file, found.member)
    with open_file(path, found.member, file) as stream:
        rows, header = csv_files.read_csv(stream, source, place, limit=1 if source.national else None)
    remarks = "; ".join(filter(None, [found.remark, header.remark])) or None
    if source.layout == "nof":
        pairs = nof.subjects(nof.with_subjects(rows, place), place)
        return [Subject(quarter, quarter, league) for quarter, league in pairs], remarks
    if source.period and source.period.file_name:
        return of_months(source, [said_by_name(found.member or file, source)]), remarks
    if source.period:
        return of_months(source, months_and_parts(rows, source, place)), remarks
    for column in source.columns:
        if not column.cells:
            continue
        unlike = rows[~rows[column.name].str.strip().str.fullmatch(column.cells, na=False)]
        if 2 * len(unlike) > len(rows):
            raise LookAlikeError(
                f"is not {source.title!r}, as like as it looks",
                file=place,
                row=int(unlike["_source_row"].iloc[0]),
                column=header.headings[header.known[column.name]],
                found=unlike[column.name].iloc[0].strip(),
                expected=f"such as {column.such_as}",
            )
    return [Subject(period=vintage_of(rows, source) or source.edition(header.headings))], remarks


def subjects_told(path: Path, found: Recognised, file: str) -> list[Subject]:
    """What a file that does not parse still says it is about; nothing where that may not be all."""
    if found.source.is_workbook:
        return of_months(found.source, [(month, None) for month in workbooks.months_told(path, found.source, file)])
    try:
        with open_file(path, found.member, file) as stream:
            text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
            lines = list(islice(iter(lambda: text.readline(csv_files.MAX_ROW), ""), csv_files.MAX_ROWS))
            text.detach()
    except InputError:
        return []
    return told(lines, found.source)


def told(lines: list[str], source: Source) -> list[Subject]:
    """What the lines of a CSV file are about, each read by itself, as far as it can be read."""
    if source.national:
        lines = lines[:100]  # it is about one month
    rows = [row for line in lines if (row := csv_files.cells(line))]
    return told_by_rows(rows, source, is_cut=not lines[-1:] or not lines[-1].endswith(("\r", "\n")))


def told_by_rows(rows: list[list[str]], source: Source, is_cut: bool) -> list[Subject]:
    """What rows are about, the first of them the headings."""
    if source.layout == "nof":
        found = {Subject(quarter, quarter, league) for quarter, league in nof.told(rows, source)}
    elif source.period:
        found = {*of_months(source, [(month, None) for month in months_told(rows, source)])}
    else:
        return [Subject()]
    return [] if len(found) > 1 and is_cut else sorted(found, key=str)


def of_months(source: Source, months: Iterable[tuple[str | None, str | None]]) -> list[Subject]:
    return [
        Subject(quarter, month, part)
        for month, part in months
        if month
        for quarter in source.quarter_of(month).following(source.lasts)
    ]


def read_rows(path: Path, member: str | None, source: Source, file: str) -> pd.DataFrame:
    """All rows of one file as text, with `_source_member` and `_source_row`."""
    if source.is_workbook:
        return workbooks.read_workbook(path, source, file)
    place = named(file, member)
    with open_file(path, member, file) as stream:
        rows, _ = csv_files.read_csv(stream, source, place)
    if source.layout == "nof":
        rows = nof.with_subjects(rows, place)
    return rows.assign(_source_member=member)


def headings_in(path: Path, member: str | None, source: Source, file: str) -> dict[str, str]:
    """What stands above each column in one file, by our name for it. Of a workbook it is all that may stand there."""
    headings = {column.name: ", ".join(column.published) or column.name for column in source.columns}
    if source.header and not source.is_workbook:
        with open_file(path, member, file) as stream:
            _, header = csv_files.read_csv(stream, source, named(file, member), limit=1)
        headings |= {name: header.headings[position] for name, position in header.known.items()}
    return headings


def hashes_of_rows(path: Path, member: str | None, source: Source, file: str, subject: Subject) -> pd.Series[int]:
    """A hash of each row of a file that is about a subject, by where the row is."""
    if source.national:
        assert subject.period
        with open_file(path, member, file) as stream:
            found = [_hashed(batch) for batch in csv_files.national_batches(stream, source, file, subject.period)]
        return pd.concat(found)
    rows = read_rows(path, member, source, file)
    if source.layout == "nof":
        rows = rows[nof.is_about(rows, subject.quarter, subject.part)]
    elif source.period and source.period.columns:
        rows = rows[is_about(rows, source, file, subject.period)]
    return _hashed(pa.Table.from_pandas(rows.astype("string"), preserve_index=False))


def _hashed(rows: pa.Table) -> pd.Series[int]:
    names = [name for name in rows.column_names if not name.startswith("_source")]
    options = pc.JoinOptions(null_handling="replace", null_replacement="\0")
    texts = pc.binary_join_element_wise(*[rows[name].cast(pa.string()) for name in names], "\x1f", options=options)
    sheets = rows["_source_member"].to_pylist() if "_source_member" in rows.column_names else [None] * len(rows)
    places = [
        f"row {row}" + (f" of {sheet}" if sheet else "")
        for sheet, row in zip(sheets, rows["_source_row"].to_pylist(), strict=True)
    ]
    return pd.Series(pd.util.hash_array(np.array(texts.to_pylist(), object), categorize=False), index=places)
