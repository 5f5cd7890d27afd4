"""Telling fictional files, which `league sample` writes, from files of real publishers.

Belongs here: what gives a fictional file away, refusing a mixture. Does not: keeping releases apart
(`releases/shelf.py`).

We look at what a file says, not at a mark beside it: a mark is left behind when a file is copied, and a flag is
forgotten. Every row that the sample writes about an organisation has an invented code: Z, a letter, a digit for trusts;
X, a letter from A to E, a digit for ICBs; E01999 and three digits for small areas. No real file that we have holds such
a code as a whole cell. A test looks at every file of the sample and at every real one. Should NHS England or the Office
for National Statistics ever use such a code, the file is taken for fictional and refused beside the real ones: the
mistake is loud."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO

from orchestration.errors import LeagueError
from orchestration.sources.archives import HEAD, is_archive, members, open_archive, open_file
from orchestration.text import first_of

MAX_START = 4_000_000  # bytes of a first row, of as many characters as `csv_files` reads
NAMED = 3  # files of each kind that a refusal names
# A whole cell: between commas or ends of line in CSV, quoted or not; between tags in the XML of a workbook.
INVENTED_CODE = re.compile(rb'(?m)(?:^|,|>)"?(?:Z[A-Z]\d|X[A-E]\d|E01999\d{3})"?(?:,|<|\r?$)')


def is_fictional(path: Path, file: str) -> bool:
    """Looks for an invented code at the start of a file. Raises InputError, which names `file`, on an archive that may
    not be opened."""
    if not is_archive(path):
        with open_file(path, None, file) as stream:
            return INVENTED_CODE.search(_start(stream)) is not None
    with open_archive(path, file) as archive:
        for member in members(archive):
            with archive.open(member) as stream:
                if INVENTED_CODE.search(_start(stream)):
                    return True
    return False


def _start(stream: IO[bytes]) -> bytes:
    """The first row, in which quotes may hold ends of line, and some more. It may be as long as any row."""
    start = stream.readline(HEAD)
    while not start.startswith(b"<") and not (start.endswith(b"\n") and start.count(b'"') % 2 == 0):  # no part of xlsx
        line = stream.readline(MAX_START - len(start))
        if not line:
            break
        start += line
    return start + stream.read(HEAD)


def all_fictional(files: dict[str, bool]) -> bool:
    """Tells whether files, by name, are fictional. Raises LeagueError, which names some, where only a part is."""
    fictional, real = ([name for name, found in files.items() if found is kind] for kind in (True, False))
    if fictional and real:
        raise LeagueError(
            f"fictional files of league sample lie among real ones: {first_of(fictional, NAMED)} are fictional,"
            f" {first_of(real, NAMED)} are real. Give each a folder of their own"
        )
    return bool(fictional)
