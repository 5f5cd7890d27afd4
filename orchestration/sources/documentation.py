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
    files = "\n".join(files_table())
    sections = ["\n".join([f"## {source.id}", *section(source)]) for source in sources]
    return f"{above}{MARK}\n{files}\n\nRetired: {retired}.\n\n" + "\n\n".join(sections) + "\n"


def files_table() -> Iterator[str]:
    """Yield the lines of the table of files to download: where each is, what it is called there and what it is for."""
    yield "| publication | page | called there | of which periods | needed |"
    yield "|---|---|---|---|---|"
    described = known_sources()
    for source in sorted(described.values(), key=lambda one: (not one.required, one.publication, one.id)):
        calendar = described[source.publication].calendar
        until = f", until {source.retired.since:%Y-%m}" if source.retired else ""
        of = f"{_of(described[source.publication])}{until}" if calendar else _of_period(source)
        yield f"| [{source.id}](#{source.id}) | {_address(source)} | {source.found_as} | {of} | {_need(source)} |"


def _address(source: Source) -> str:
    address = (source.fetch and source.fetch.address) or source.landing_page
    return f"<{address}>" if address.startswith("https:") else "no address is known"


def _need(source: Source) -> str:
    if source.required:
        return "always"
    if source.form_of:
        return f"{'instead of' if source.fetch and source.fetch.spare else 'a form of'} {source.form_of}"
    return "one of these at least" if source.calendar and source.figures else "optional"


def section(source: Source) -> Iterator[str]:
    """Yield the lines about one source."""
    use = "Required" if source.required else "Used when present"
    yield f"{source.title}. {source.publisher}, {source.licence}. {use}."
    yield ""
    if source.retired:
        yield f"- Retired: since {source.retired.since}, {source.retired.reason}"
    if source.form_of:
        spare = "; fetched only where no other form came" if source.fetch and source.fetch.spare else ""
        yield f"- A form of: {source.form_of}{spare}"
    yield f"- Landing page: {source.landing_page}"
    yield f"- Called there: {source.found_as}"
    yield f"- Cadence: {source.cadence}"
    yield f"- Revisions: {source.revisions}"
    yield f"- Maturity without a mark in the name: {source.maturity}"
    yield _fetched(source.fetch) if source.fetch else "- Not fetched: put the file into the folder"
    if source.calendar:
        yield _expected(source, source.calendar)
    for quirk in source.quirks:
        yield f"- {quirk}"


def _fetched(how: Fetch) -> str:
    where = "linked on the landing page" + (f" or pages below it like `{how.pages}`" if how.pages else "")
    found = f"`{how.files}` {where}" if how.files else how.address
    hosts = f", from {', '.join(how.hosts)} too" if how.hosts else ""
    return f"- Fetched: {found}{hosts}. Assumed: {how.assumed}"


def _of_period(source: Source) -> str:
    """Of which periods the files are where nobody expects them by a calendar."""
    if not source.period:
        return "one file"
    of_month = any(part in written for written in source.period.format for part in ("%b", "%B", "%m"))
    return "any month" if of_month else "any year"


def _of(source: Source) -> str:
    assert source.calendar
    return OF[source.calendar.of] + (" of the quarter before" if source.arrears else "")


def _expected(source: Source, calendar: Calendar) -> str:
    parts = f" ({', '.join(calendar.parts)})" if calendar.parts else ""
    days = f"{calendar.due_days} days after its end, overdue after {calendar.alert_days}"
    return f"- Expected: {_of(source)}{parts}, {days}. Basis: {calendar.basis}"


if __name__ == "__main__":
    write_atomically(PAGE, page(PAGE.read_text(encoding="utf-8")).encode())
