"""The terminal that everything is printed on: text from outside is shown, never obeyed."""

from __future__ import annotations

from typing import Any

import rich.console
from rich.text import Text

from orchestration.text import visible


class Console(rich.console.Console):
    """Takes no markup from text and writes control characters out: releases may come from elsewhere."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how, markup=False)

    def render_str(self, text: str, **how: Any) -> Text:
        return super().render_str(visible(text), **how)
