"""What sqlfluff takes for dbt's adapter: it lints the form of DuckDB."""

from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context


@pass_context
def dispatch(context: Context, name: str) -> Any:
    return context.resolve(f"default__{name}")
