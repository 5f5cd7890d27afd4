"""One file, whatever it is packed in: which publication it is, what it is about, and its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from orchestration.errors import InputError
from orchestration.quarters import Quarter
from orchestration.sources import csv_files, nof, workbooks
from orchestration.sources.archives import is_archive, open_archive, open_file, refuse_to_hold
from orchestration.sources.descriptions import Source
from orchestration.sources.periods import months_and_parts
from orchestration.sources.sheets import BOOK
from orchestration.sources.vintages import vintage_of
from orchestration.sources.xls import is_xls

HEAD = 65536  # of a CSV file, to recognise it by


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
        with path.open("rb") as stream:
            source = csv_files.source_by_headings(stream.read(HEAD))
        if source and not source.national:
            refuse_to_hold(path.stat().st_size, file)
        return Recognised(source) if source else None
    with open_archive(path, file) as archive:
        if BOOK in archive.namelist():
            source = workbooks.source_of(path, file)
            return Recognised(source) if source else None
        known, unknown = [], []
        for member in archive.infolist():
            with archive.open(member) as stream:
                source = csv_files.source_by_headings(stream.read(HEAD))
            if source:
                if not source.national:
                    refuse_to_hold(member.file_size, named(file, member.filename))
                known.append(Recognised(source, member.filename))
            elif not member.is_dir():
                unknown.append(member.filename)
    if len(known) > 1:
        names = " and ".join(f"{one.member} ({one.source.title})" for one in known[:2])
        raise InputError(f"holds more than one publication, {names}: unpack it", file=file)
    if not known:
        return None
    remark = f"{', '.join(unknown)} in the archive: no publication known here" if unknown else None
    return replace(known[0], remark=remark)


def named(file: str, member: str | None) -> str:
    """What messages call a member of an archive."""
    return f"{file} [{member}]" if member else file


def subjects_of(path: Path, found: Recognised, file: str) -> tuple[list[Subject], str | None]:
    """What a file is about, and what was noticed in it. Of national files only the first rows are read, of workbooks
    only the cells that say it. Raises InputError where a file does not parse or does not say."""
    source = found.source
    if source.is_workbook:
        found_in, remark = workbooks.subjects(path, source, file)
        return [_of_month(*about) for about in found_in], remark
    place = named(file, found.member)
    with open_file(path, found.member, file) as stream:
        rows, header = csv_files.read_csv(stream, source, place, limit=1 if source.national else None)
    remarks = "; ".join(filter(None, [found.remark, header.remark])) or None
    if source.layout == "nof":
        pairs = nof.subjects(nof.with_file_quarter(rows, place), place)
        return [Subject(quarter, quarter, league) for quarter, league in pairs], remarks
    if source.period:
        return [_of_month(*about) for about in months_and_parts(rows, source, place)], remarks
    return [Subject(period=vintage_of(rows, source))], remarks


def _of_month(month: str, part: str | None = None) -> Subject:
    return Subject(Quarter.of_month(month), month, part)


def read_rows(path: Path, member: str | None, source: Source, file: str) -> pd.DataFrame:
    """All rows of one file as text, with `_source_member` and `_source_row`."""
    if source.is_workbook:
        return workbooks.read_workbook(path, source, file)
    place = named(file, member)
    with open_file(path, member, file) as stream:
        rows, _ = csv_files.read_csv(stream, source, place)
    if source.layout == "nof":
        rows = nof.with_file_quarter(rows, place)
    return rows.assign(_source_member=member)
