"""The processes of an instance of Dagster on this machine: which run, and whether a server answers.

We look because a heartbeat cannot tell: Dagster takes a daemon for healthy until half an hour after its last one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

PROC = Path("/proc")
DAEMON, WEB_SERVER = ("dagster-daemon", "dagster._daemon"), ("dagster-webserver", "dagster_webserver")
CODE_SERVER = ("orchestration.defs.definitions",)  # whatever program serves this module; dagster dev names it, too
SECONDS_TO_ANSWER = 3


def can_be_seen() -> bool:
    """Whether this system tells of its processes as Linux does."""
    return (PROC / "self" / "cmdline").exists()


def running(names: Sequence[str], home: str) -> list[list[str]]:
    """The words of the commands of all processes of a kind that run on DAGSTER_HOME, as far as we may ask."""
    return [words for folder, words in _commands() if _is_one_of(words, names) and _may_be_on(folder, home)]


def settings(names: Sequence[str], home: str) -> dict[str, str] | None:
    """The environment of the first process of a kind that says it runs on DAGSTER_HOME; none where we may see none.
    It may hold secrets."""
    for folder, words in _commands():
        if _is_one_of(words, names) and (found := _environment(folder)) and _is_on(found, home):
            return found
    return None


def answers(words: Sequence[str]) -> tuple[str, bool]:
    """The address of a web server by the words of its command, and whether it answers there."""
    host, port = _option(words, ("-h", "--host"), "127.0.0.1"), _option(words, ("-p", "--port"), "3000")
    prefix = _option(words, ("-l", "--path-prefix"), "")
    asked = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - we compare, and bind to nothing
    address = f"http://{asked}:{port}{prefix}"
    try:
        with closing(HTTPConnection(asked, int(port), timeout=SECONDS_TO_ANSWER)) as connection:
            connection.request("GET", f"{prefix}/server_info")
            return address, connection.getresponse().status < 500
    except (OSError, HTTPException, ValueError):
        return address, False


def _commands() -> Iterator[tuple[Path, list[str]]]:
    for folder in PROC.glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            zombie = (folder / "stat").read_text(errors="replace").rpartition(") ")[2].startswith("Z")
        except OSError:  # it has ended, or is not for us to see
            continue
        if not zombie:
            yield folder, words


def _is_one_of(words: Sequence[str], names: Sequence[str]) -> bool:
    """By its program or module: `python -m dagster._daemon run`, `/…/bin/dagster-daemon run`."""
    return any(word.rpartition("/")[2] in names for word in words)


def _may_be_on(folder: Path, home: str) -> bool:
    """Not where its environment names another home. That of another user cannot be read: it may be."""
    found = _environment(folder)
    return not found or "DAGSTER_HOME" not in found or _is_on(found, home)


def _is_on(environment: dict[str, str], home: str) -> bool:
    return "DAGSTER_HOME" in environment and Path(environment["DAGSTER_HOME"]).resolve() == Path(home).resolve()


def _environment(folder: Path) -> dict[str, str] | None:
    try:
        entries = (folder / "environ").read_bytes().decode(errors="surrogateescape").split("\0")
    except OSError:
        return None
    return {name: value for name, equals, value in (entry.partition("=") for entry in entries) if equals}


def _option(words: Sequence[str], names: Sequence[str], otherwise: str) -> str:
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else following
    return otherwise
