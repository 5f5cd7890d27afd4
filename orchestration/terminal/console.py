"""The terminal that everything is printed on: text from outside is shown, never obeyed, whatever letters the terminal
has and however narrow it is."""

from __future__ import annotations

import codecs
import json
import os
import sys
import textwrap
from typing import Any

import rich.console
from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from orchestration.text import visible

PLAIN = {  # what stands for a letter that a terminal does not have
    "\N{BLACK UP-POINTING TRIANGLE}": "+",
    "\N{BLACK DOWN-POINTING TRIANGLE}": "-",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{EN DASH}": "-",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{BOX DRAWINGS LIGHT HORIZONTAL}": "-",
}
WIDEST = 10_000
NARROWEST = 20  # characters of a line that anything is broken for
SHOW_CURSOR = "\x1b[?25h"


class Console(rich.console.Console):
    """Takes no markup from text and writes control characters out: releases may come from elsewhere."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how, markup=False)

    def render_str(self, text: str, **how: Any) -> Text:
        return super().render_str(visible(text), **how)

    def say(self, text: object, **how: Any) -> None:
        """Prints a sentence without colours of its own. On a terminal its lines end between words; a word longer than
        a line, such as a path, stays one that can be copied."""
        for line in str(text).split("\n"):
            lines = _wrapped(line, self.width) if self.is_terminal else [line]
            self.print("\n".join(lines), highlight=False, soft_wrap=True, **how)

    def table(self, table: Table) -> None:
        """Prints a table; where no line is wide enough for its longest words, each row as lines of its own."""
        wide = self.options.update(width=WIDEST)
        columns = [Measurement.get(self, wide, Group(column.header, *column.cells)) for column in table.columns]
        least = [found.minimum for found in columns]
        whole = [
            found.maximum if column.no_wrap else found.minimum
            for found, column in zip(columns, table.columns, strict=True)
        ]
        room = self.width - (Measurement.get(self, wide, table).maximum - sum(found.maximum for found in columns))
        if sum(least) > room:
            self._stacked(table)
            return
        # Of what is left over, each column is given what its longest line lacks: rich would narrow the widest column,
        # whatever its words.
        widths = whole if sum(whole) <= room else least
        for _ in range(room - sum(widths)):
            lacking = max(range(len(widths)), key=lambda n: columns[n].maximum / max(widths[n], 1))
            widths[lacking] += widths[lacking] < columns[lacking].maximum
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        self.print(table)

    def _stacked(self, table: Table) -> None:
        cells = [[str(self.render_str(str(cell))) for cell in column.cells] for column in table.columns]
        headings = [" ".join(str(column.header).split()) for column in table.columns]
        if table.title:
            self.say(table.title, style="italic")
        for row, styled in zip(zip(*cells, strict=True), table.rows, strict=True):
            for number, (heading, cell) in enumerate(zip(headings, row, strict=True)):
                if cell.strip():
                    said = f"{heading}: {cell}" if heading else cell
                    lines = _wrapped(said, self.width, "  " if number else "", "    ")
                    self.print("\n".join(lines), highlight=False, soft_wrap=True, style=styled.style)
        if table.caption:
            self.say(table.caption, style="dim")
        self.print()

    def on_broken_pipe(self) -> None:
        """Goes on where nobody reads any more, as under `| head`: the exit code says how the command ended."""
        stop_printing()


def new_table(**how: Any) -> Table:
    """A table as all of ours look: close columns, a line below the headings, title and caption to the left."""
    look: dict[str, Any] = {"box": SIMPLE_HEAD, "pad_edge": False, "padding": (0, 1, 0, 0)}
    look |= {"title_justify": "left", "caption_justify": "left"}
    return Table(**(look | how))


def _wrapped(text: str, width: int, first: str = "", others: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        max(width, NARROWEST),
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def stop_printing() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say_json(document: object) -> None:
    """Prints what a program is to read; decimals and days are text."""
    try:
        sys.stdout.write(json.dumps(document, indent=1, default=str) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        stop_printing()


def write_plainly_where_needed() -> None:
    """Replaces what a terminal has no letter for by something near to it, in place of a traceback."""
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="plain")  # type: ignore[union-attr]


def _plain(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "".join(PLAIN.get(letter, "?") for letter in error.object[error.start : error.end]), error.end
