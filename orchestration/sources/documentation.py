"""The list of publications in `docs/sources.md`, made from their descriptions: `make docs` writes it.

Belongs here: what people are told of a description. Does not: the text above the list, which people write in the page
itself."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.sources.descriptions import Calendar, Fetch, Source, known_sources
from orchestration.workspace.files import write_atomically
from orchestration.workspace.paths import PROJECT

PAGE = PROJECT / "docs" / "sources.md"
MARK = "<!-- `make docs` makes what follows from data/sources/*.yml: change it there. -->\n"
OF = {"every_month": "every month", "last_month": "the last month of a quarter", "quarter": "every quarter"}


def page(written: str) -> str:
    """Return the page with its list made anew; what stands above the mark stays as it is written."""
    above, mark, _ = written.partition(MARK)
    assert mark, f"{PAGE} lost its mark"
    sources = known_sources().values()
    retired = ", ".join(source.id for source in sources if source.retired) or "none"
    sections = ["\n".join([f"## {source.id}", *section(source)]) for source in sources]
    return f"{above}{MARK}\nRetired: {retired}.\n\n" + "\n\n".join(sections) + "\n"


def section(source: Source) -> Iterator[str]:
    """Yield the lines about one source."""
    use = "Required" if source.required else "Used when present"
    yield f"{source.title}. {source.publisher}, {source.licence}. {use}."
    yield ""
    if source.retired:
        yield f"- Retired: since {source.retired.since}, {source.retired.reason}"
    yield f"- Landing page: {source.landing_page}"
    yield f"- Cadence: {source.cadence}"
    yield f"- Revisions: {source.revisions}"
    yield f"- Maturity without a mark in the name: {source.maturity}"
    yield _fetched(source.fetch) if source.fetch else "- Not fetched: put the file into the folder"
    if source.calendar:
        yield _expected(source.calendar)
    for quirk in source.quirks:
        yield f"- {quirk}"


def _fetched(how: Fetch) -> str:
    where = "linked on the landing page" + (f" or pages below it like `{how.pages}`" if how.pages else "")
    found = f"`{how.files}` {where}" if how.files else how.address
    hosts = f", from {', '.join(how.hosts)} too" if how.hosts else ""
    return f"- Fetched: {found}{hosts}. Assumed: {how.assumed}"


def _expected(calendar: Calendar) -> str:
    parts = f" ({', '.join(calendar.parts)})" if calendar.parts else ""
    days = f"{calendar.due_days} days after its end, overdue after {calendar.alert_days}"
    return f"- Expected: {OF[calendar.of]}{parts}, {days}. Basis: {calendar.basis}"


if __name__ == "__main__":
    write_atomically(PAGE, page(PAGE.read_text(encoding="utf-8")).encode())
