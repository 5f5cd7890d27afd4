"""Zip archives and workbooks, which are zips too: refused before anything is inflated where they could not be honest.
Nothing is ever extracted to disk."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from orchestration.errors import InputError

MAX_BYTES = 512 * 1024 * 1024  # the largest publication known is an 85 MB CSV (RTT, January 2026)
MAX_MEMBERS = 1000  # the most known is 88 (cancer workbook, April 2025)
# The most known is 37 (DM01, every field quoted; workbooks 10), text of zeros gives 1000 (2026-11). Small members may
# be anything: their size bounds them.
MAX_RATIO, RATIO_FROM = 200, 1024 * 1024
ENCRYPTED = 1


def is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


@contextmanager
def open_archive(path: Path, file: str) -> Iterator[ZipFile]:
    """The archive, when it may be opened. Raises InputError where it may not, is cut off, or turns out to be damaged
    while it is read."""
    try:
        archive = ZipFile(path)
    except (BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise _damaged(file, error) from None
    with archive:
        if any(member.header_offset < 0 for member in archive.infolist()):
            raise _damaged(file, BadZipFile("bytes are missing"))
        if problem := _problem(archive.infolist()):
            raise InputError(f"is an archive that {problem}, so it is not opened: download it again", file=file)
        try:
            yield archive
        except (BadZipFile, EOFError, zlib.error) as error:
            raise _damaged(file, error) from None


@contextmanager
def open_file(path: Path, member: str | None, file: str) -> Iterator[IO[bytes]]:
    """The bytes of a file, or of a member of an archive."""
    if member is None:
        with path.open("rb") as stream:
            yield stream
        return
    with open_archive(path, file) as archive, archive.open(member) as stream:
        yield stream
        # zipfile reads no more than the size declared and checks its CRC; less than declared it does not notice.
        if stream.tell() < archive.getinfo(member).file_size and not stream.read(1):
            raise BadZipFile(f"{member} is shorter than it says")


def _damaged(file: str, error: Exception) -> InputError:
    return InputError(f"is a damaged archive ({error}): download it again", file=file)


def _problem(members: list[ZipInfo]) -> str | None:
    names = [member.filename for member in members]
    if len(members) > MAX_MEMBERS:
        return f"has {len(members)} members, more than {MAX_MEMBERS}"
    if len(set(names)) < len(names):
        return f"has {max(names, key=names.count)} twice"
    for member in members:
        path = PureWindowsPath(member.filename)  # takes / and \ for separators, and knows drives
        if path.anchor or ".." in path.parts:
            return f"has a member outside itself, {member.filename}"
        if member.flag_bits & ENCRYPTED:
            return f"has an encrypted member, {member.filename}"
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            return f"has a member of an unknown compression, {member.filename}"
        if member.file_size > max(RATIO_FROM, MAX_RATIO * member.compress_size):
            return f"says that {member.filename} inflates more than {MAX_RATIO} times"
    if sum(member.file_size for member in members) > MAX_BYTES:
        return f"inflates to more than {MAX_BYTES} bytes"
    return None
