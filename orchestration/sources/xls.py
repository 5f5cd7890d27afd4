"""Workbooks of the old kind, .xls, read in a process of their own.

calamine makes room for every cell between the first and the last of a sheet. So 22 kB of file can ask for 20 GB, and
where there is no room its process ends. Hence that process is another one, within bounds.

Belongs here: that process, and what it hands over. Does not: what a workbook holds (`sheets.py`)."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

from orchestration.errors import InputError
from orchestration.workspace.paths import PROJECT

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # of OLE2, which Word and Outlook write, too
MAX_MEMORY = 1024 * 1024 * 1024  # of addresses; one sheet of 65,536 x 256 cells asks for all of it (2026-11)
MAX_SECONDS = 60  # of computing; the most known takes 0.1 (DM01, June 2025)
MAX_TEXT = 32 * 1024 * 1024  # of what is handed over; the most known is 1.5 MB (DM01, June 2025)


def is_xls(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read_xls(path: Path, file: str) -> dict[str, list[list[Any]]]:
    """The rows of every sheet, the first to the last with a value. Raises InputError on a file that is damaged or asks
    for too much."""
    command = [sys.executable, "-m", "orchestration.sources.xls", str(path.resolve())]
    sheets: dict[str, list[list[Any]]] = {}
    rows: list[list[Any]] = []
    left = MAX_TEXT
    said: str | None = f"it takes more than {MAX_MEMORY >> 20} MB or {MAX_SECONDS} seconds to read"
    with subprocess.Popen(  # noqa: S603 - as the second process is started
        command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        try:
            while line := process.stdout.readline(left):
                left -= len(line)
                if not left:
                    raise InputError("is too large", file=file, expected=f"at most {MAX_TEXT} bytes as text")
                match json.loads(line):
                    case str(name):
                        rows = sheets[name] = []
                    case {"ended": None | str() as said}:
                        pass
                    case cells:
                        rows.append([_value(value) for value in cells])
        except ValueError:
            pass  # it broke off in the middle of a line
        finally:
            process.kill()
    if said is not None:
        raise InputError(f"is a damaged workbook ({said}): download it again", file=file)
    return sheets


def _value(handed_over: Any) -> Any:
    return datetime.fromisoformat(handed_over["date"]) if isinstance(handed_over, dict) else handed_over


def _hand_over(path: str) -> None:
    """Write a line a sheet, its name, and then a line a row, its cells; at last whether it went well."""
    import resource

    from python_calamine import CalamineWorkbook

    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    try:
        # By its content: what a path leads to is read by the ending of its name, whatever it is.
        book = CalamineWorkbook.from_filelike(io.BytesIO(Path(path).read_bytes()))
        for name in book.sheet_names:
            _write(name)
            # From the first row and column on, so that messages name where a cell stands.
            for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False):
                _write([_plain(value) for value in row])
        _write({"ended": None})
    except BaseException as error:  # a panic of Rust is no Exception
        _write({"ended": f"{type(error).__name__}: {error}"})


def _write(line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | float | str):
        return value
    return {"date": value.isoformat()} if isinstance(value, date) else str(value)


if __name__ == "__main__":
    _hand_over(sys.argv[1])
