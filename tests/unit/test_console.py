"""The terminal: tables whatever its width, sentences, letters that it lacks."""

from __future__ import annotations

import io

import pytest
from rich.box import SIMPLE_HEAD
from rich.table import Table

from orchestration.terminal.console import Console, write_plainly_where_needed

ROWS = [
    ("OF0057", "Urgent Community Response two-hour performance", "97.91 %", "/a/path/that/is/long"),
    ("X", "Short", "", "row 7"),
]


def table(no_wrap: bool) -> Table:
    found = Table("metric", "title of it", "value", title="A title\nof two lines", caption="a note", box=SIMPLE_HEAD)
    found.add_column("where", no_wrap=no_wrap)
    for row in ROWS:
        found.add_row(*row)
    return found


@pytest.mark.parametrize("no_wrap", [True, False])
def test_every_word_is_whole_at_every_width(no_wrap: bool) -> None:
    for width in range(20, 140):
        out = io.StringIO()
        Console(file=out, width=width).table(table(no_wrap))
        said = out.getvalue().split()
        assert [word for row in ROWS for cell in row for word in cell.split() if word not in said] == [], width
        longest = max(len(word) for row in ROWS for cell in row for word in cell.split()) + len("where: ") + 4
        assert max(map(len, out.getvalue().splitlines())) <= max(width, longest)


def test_wide_table_has_a_line_a_row_and_a_narrow_one_a_line_a_cell() -> None:
    wide, narrow = io.StringIO(), io.StringIO()
    Console(file=wide, width=139).table(table(False))
    Console(file=narrow, width=20).table(table(False))
    assert any(all(cell in line for cell in ROWS[0]) for line in wide.getvalue().splitlines())
    assert "  where: row 7\n" in narrow.getvalue() and "metric: X\n" in narrow.getvalue()
    assert "  value: \n" not in narrow.getvalue()


@pytest.mark.parametrize(("terminal", "lines"), [(True, 2), (False, 1)])
def test_sentence_ends_its_lines_between_words_on_a_terminal_only(terminal: bool, lines: int) -> None:
    out = io.StringIO()
    Console(file=out, width=30, force_terminal=terminal, no_color=True).say(
        "/a/path/longer/than/the/line/is/wide and so on"
    )
    assert len(out.getvalue().splitlines()) == lines and "/line/is/wide" in out.getvalue()


@pytest.mark.parametrize(("encoding", "said"), [("ascii", "+3 A->B ... ?"), ("cp1252", "+3 A->B … ?"), ("utf-8", None)])
def test_letters_that_a_terminal_lacks_are_replaced(
    monkeypatch: pytest.MonkeyPatch, encoding: str, said: str | None
) -> None:
    text, streams = "\N{BLACK UP-POINTING TRIANGLE}3 A\N{RIGHTWARDS ARROW}B … \N{SNOWMAN}", [io.BytesIO(), io.BytesIO()]
    for name, stream in zip(("sys.stdout", "sys.stderr"), streams, strict=True):
        monkeypatch.setattr(name, io.TextIOWrapper(stream, encoding=encoding, write_through=True))
    write_plainly_where_needed()
    Console(width=80).say(text)
    assert streams[0].getvalue().decode(encoding).rstrip("\n") == (said or text)
