"""Zip archives, workbooks, which are zips too, and gzip. What could not be honest is refused before anything is
inflated. Gzip does not say its size, so it is refused once it is too much."""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PureWindowsPath
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from orchestration.errors import InputError
from orchestration.text import IN_NAMES

if TYPE_CHECKING:
    from typing_extensions import Buffer

# The largest that we have is an 85 MB CSV (RTT, January 2026). The catchments of April 2026, not seen, are some 550 MB
# of XML in an .ods, which is streamed.
MAX_BYTES = 640 * 1024 * 1024
MAX_UNPACKED = 2048 * 1024 * 1024  # of all members of an archive; a year of RTT has 1 GB
# Of what is held as a whole, of a workbook all but its sheets; the most known is 5 MB (AmbSYS, August 2025). At the
# limit the worst that was made up took 0.7 GB of memory (6 500 000 empty shared texts, 2026-11).
MAX_HELD = 32 * 1024 * 1024
# Of the list of members, which zipfile reads as a whole: 90 000 entries; the most known is 8 kB.
MAX_DIRECTORY = 4 * 1024 * 1024
MAX_MEMBERS = 1000  # the most known is 88 (cancer workbook, April 2025)
# The most known is 37 (DM01, every field quoted; workbooks 10), text of zeros gives 1000 (2026-11). Small members may
# be anything: their size bounds them.
MAX_RATIO, RATIO_FROM = 200, 1024 * 1024
ENCRYPTED = 1
ZIP, GZIP = (b"PK\x03\x04", b"PK\x05\x06"), b"\x1f\x8b"  # how files start
HEAD = 65536  # of a file, to recognise it by
# What file managers leave in archives.
LEFT_BY_TOOLS = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


def is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in ZIP


def members(archive: ZipFile) -> list[ZipInfo]:
    """The files in an archive that somebody put there."""
    return [one for one in archive.infolist() if not one.is_dir() and not LEFT_BY_TOOLS.search(one.filename)]


def refuse_to_hold(size: int, file: str, limit: int = MAX_HELD) -> None:
    """Raises InputError on what is too large to be read as a whole."""
    if size > limit:
        raise InputError("is too large", file=file, found=size, expected=f"at most {limit} bytes, unpacked")


class _Bounded(io.FileIO):
    """A file of which nothing large is read at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = max(os.fstat(self.fileno()).st_size - self.tell(), 0)
        if size > MAX_DIRECTORY:
            raise BadZipFile(f"its list of members has {size} bytes, more than {MAX_DIRECTORY}")
        return super().read(size) or b""


@contextmanager
def open_archive(path: Path, file: str) -> Iterator[ZipFile]:
    """The archive, when it may be opened. Raises InputError where it may not, is cut off, or turns out to be damaged
    while it is read."""
    with _Bounded(path) as content, _archive(content, file) as archive:
        if any(member.header_offset < 0 for member in archive.infolist()):
            raise _damaged(file, BadZipFile("bytes are missing"))
        if problem := _problem(archive.infolist()):
            raise InputError(f"is an archive that {problem}, so it is not opened: download it again", file=file)
        try:
            yield archive
        except (BadZipFile, EOFError, zlib.error) as error:
            raise _damaged(file, error) from None


def _archive(content: IO[bytes], file: str) -> ZipFile:
    try:
        return ZipFile(content)
    except (BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise _damaged(file, error) from None


@contextmanager
def open_file(path: Path, member: str | None, file: str) -> Iterator[IO[bytes]]:
    """The bytes of a file, inflated where it is gzip, or of a member of an archive."""
    if member is None:
        with path.open("rb") as stream:
            is_gzip = stream.read(2) == GZIP
            stream.seek(0)
            yield io.BufferedReader(_Inflated(stream, file)) if is_gzip else stream
        return
    with open_archive(path, file) as archive, archive.open(member) as stream:
        yield stream
        # zipfile reads no more than the size declared and checks its CRC; less than declared it does not notice.
        if stream.tell() < archive.getinfo(member).file_size and not stream.read(1):
            raise BadZipFile(f"{member} is shorter than it says")


@contextmanager
def unpacked(path: Path, within: tuple[str, ...], file: str) -> Iterator[Path]:
    """A member of an archive, or a member of such a member, as a file of its own for as long as it is looked at."""
    if not within:
        yield path
        return
    with TemporaryDirectory() as folder:
        scratch = Path(folder) / "member"
        with open_file(path, within[0], file) as stream, scratch.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
        with unpacked(scratch, within[1:], f"{file}/{within[0]}") as last:
            yield last


def first_bytes(path: Path) -> bytes:
    """What a file or the first member of an archive starts with, though it may not be opened as a whole."""
    with path.open("rb") as file:
        start = file.read(HEAD)
    with suppress(struct.error, zlib.error):
        if start.startswith(GZIP):
            return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(start, HEAD)
        if start.startswith(ZIP):
            method, name, extra = struct.unpack_from("<8xH16x2H", start)
            content = start[30 + name + extra :]
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, HEAD) if method == ZIP_DEFLATED else content
    return start


class _Inflated(io.RawIOBase):
    """The content of a gzip file, as far as it may go."""

    def __init__(self, stream: IO[bytes], file: str) -> None:
        size = os.fstat(stream.fileno()).st_size
        self._limit = min(MAX_BYTES, max(RATIO_FROM, MAX_RATIO * size))
        self._content, self._file = gzip.GzipFile(fileobj=stream), file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._content.seek(offset, whence)

    def tell(self) -> int:
        return self._content.tell()

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        try:
            content = self._content.read(len(view))
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise _damaged(self._file, error) from None
        if self._content.tell() > self._limit:
            raise InputError("inflates to more than it may", file=self._file, expected=f"at most {self._limit} bytes")
        view[: len(content)] = content
        return len(content)


def _damaged(file: str, error: Exception) -> InputError:
    return InputError(f"is a damaged archive ({error}): download it again", file=file)


def _problem(members: list[ZipInfo]) -> str | None:
    names = [member.filename for member in members]
    if len(members) > MAX_MEMBERS:
        return f"has {len(members)} members, more than {MAX_MEMBERS}"
    if len(set(names)) < len(names):
        return f"has {max(names, key=names.count)} twice"
    for member in members:
        if IN_NAMES.search(member.filename):
            return f"has a member with a control character in its name, {member.filename!r}"
        path = PureWindowsPath(member.filename)  # takes / and \ for separators, and knows drives
        if path.anchor or ".." in path.parts:
            return f"has a member outside itself, {member.filename}"
        if member.flag_bits & ENCRYPTED:
            return f"has an encrypted member, {member.filename}"
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            return f"has a member of an unknown compression, {member.filename}"
        if member.file_size > max(RATIO_FROM, MAX_RATIO * member.compress_size):
            return f"says that {member.filename} inflates more than {MAX_RATIO} times"
        if member.file_size > MAX_BYTES:
            return f"says that {member.filename} inflates to more than {MAX_BYTES} bytes"
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        return f"inflates to more than {MAX_UNPACKED} bytes"
    return None
