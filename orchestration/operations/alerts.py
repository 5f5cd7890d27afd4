"""Alerts: what a person is told of a run that went wrong, what to do about it, and by which channels.

Belongs here: the text of an alert, which heading of the runbook a kind of cause has, settings from the environment,
sending. Does not: what a run did (`defs/alert_sensors.py`). A webhook's address and a password are secrets and stay
in this module: no message names them, and a library's own message, which may, is not passed on."""

from __future__ import annotations

import json
import logging
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import MaxRetryError

from orchestration.errors import LeagueError
from orchestration.operations.runbook import RUNBOOK
from orchestration.quarters import WRITTEN
from orchestration.sources.http import HEADERS, https

FIRST_CHECKS, FIRST_EXAMPLES, FIRST_LINES, LONGEST_LINE = 5, 3, 10, 400
SECONDS = 5  # for each answer of a server: with all retries less than the 60 s that a sensor has
RETRIES = urllib3.Retry(
    total=2,
    allowed_methods=["POST"],
    status_forcelist=(429, 500, 502, 503, 504),
    backoff_factor=1,
    retry_after_max=SECONDS,
    raise_on_status=False,
)
LOGS_OF_URLLIB3 = [logging.getLogger(f"urllib3.{name}") for name in ("connectionpool", "util.retry")]  # say addresses
SUBMISSION_PORT = 587
MAIL = ("LEAGUE_ALERT_EMAIL_TO", "LEAGUE_ALERT_EMAIL_FROM", "LEAGUE_SMTP_HOST")
LOGIN = ("LEAGUE_SMTP_USER", "LEAGUE_SMTP_PASSWORD")
# What a chat tool reads as code, a link or a mention, and what stands there instead.
MARKUP = str.maketrans({"`": "'", "<": "\u2039", ">": "\u203a", "@": "\uff20"})


@dataclass(frozen=True)
class Action:
    """What to do, in a sentence, and the heading of the runbook that says more."""

    heading: str
    sentence: str

    @property
    def anchor(self) -> str:
        return f"{RUNBOOK}#{self.heading.lower().replace(' ', '-')}"


NOT_FETCHED = Action(
    "A source is late or was not fetched",
    "Look at the publisher's page; a file that is there goes into the folder of extracts by hand.",
)
FILE_REFUSED = Action(
    "A file is refused",
    "Look at the row and column named; get the file again or take it out of the folder, then build again.",
)
GATE_SHUT = Action(
    "A gate is shut",
    "Look at the rows under each check; put the file right or have the check waived, then build again.",
)
REFUSED = Action("A run is refused", "Do what the message asks for, then start the run again.")
STORAGE = Action("The storage fails", "Make room or give back the right to write, then start the run again.")
LOST = Action(
    "The process of a run is gone",
    "Look at the machine (memory, disk, a restart); start the run again where it does not start by itself.",
)
WARNED = Action("Checks warn", "Read the warnings before anybody approves the release.")
FAULT = Action("Anything else", "It is a fault of the workflow: report it with the log of the run.")

ACTIONS = {  # by the class of the error that stopped a step; what the storage refuses has no class of its own
    "Failure": NOT_FETCHED,
    "InputError": FILE_REFUSED,
    "GateError": GATE_SHUT,
    "LeagueError": REFUSED,
}


@dataclass(frozen=True)
class FailedCheck:
    """A check that failed: `severity` is ERROR or WARN, `waiver` the id of that which is granted."""

    id: str
    severity: str
    waiver: str | None
    unexpected: int | None
    reason: str
    examples: tuple[str, ...]

    def __str__(self) -> str:
        kind = f"waived by {self.waiver}" if self.waiver else self.severity
        found = f": {self.unexpected} unexpected" if self.unexpected else ""
        return f"{self.id} ({kind}){found}" + (f". {self.reason}" if self.reason else "")


@dataclass(frozen=True)
class Alert:
    """What there is to say of one run. Every text is `one_line`. `problems` are the lines of what stopped it. `quarter`
    has the first and last of a backfill's quarters."""

    severity: str  # error, warning
    job: str
    quarter: str | None
    run_id: str
    ended: str
    problems: tuple[str, ...]
    checks: tuple[FailedCheck, ...]
    actions: tuple[Action, ...]

    @property
    def subject(self) -> str:
        about = f"{self.quarter}: " if self.quarter else ""
        outcome = "failed" if self.problems else f"succeeded, checks that failed: {len(self.checks)}"
        return f"{self.severity}: {about}job {self.job} {outcome}"

    @property
    def first_checks(self) -> tuple[FailedCheck, ...]:
        """Of a run that failed those that stopped it."""
        return tuple(c for c in self.checks if not self.problems or c.severity == "ERROR")[:FIRST_CHECKS]

    @property
    def text(self) -> str:
        """What comes from files and errors is indented or follows a dash, and cannot pass for anything else."""
        lines, said = [], "\n".join(self.problems[:FIRST_LINES])
        if self.problems:
            lines += ["What stopped it:", *(f"    {problem}" for problem in self.problems[:FIRST_LINES])]
        if len(self.problems) > FIRST_LINES:
            lines.append(f"- and {len(self.problems) - FIRST_LINES} more lines: the run in the Dagster UI")
        if self.checks:
            waived = sum(check.waiver is not None for check in self.checks)
            errors = sum(check.severity == "ERROR" for check in self.checks)
            warned = len(self.checks) - errors - waived
            lines.append(f"Checks that failed: {errors} ERROR, {warned} WARN, {waived} waived")
        for check in self.first_checks:
            places = [place for place in check.examples if place not in said][:FIRST_EXAMPLES]
            if check.id not in said and (places or not check.examples):
                lines += [f"- {check}", *(f"    {place}" for place in places)]
        if more := len(self.checks) - len(self.first_checks):
            checked = WRITTEN.fullmatch(self.quarter or "") and NOT_FETCHED not in self.actions
            command = f"`league check --quarter {self.quarter}` or " if checked else ""
            lines.append(f"- and {more} more: {command}the run in the Dagster UI")
        for action in self.actions:
            lines += [f"What to do: {action.sentence}", f"    {action.anchor}"]
        return "\n".join([*lines, f"Run {self.run_id}, ended {self.ended}", ""])

    @property
    def facts(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "severity": self.severity,
            "job": self.job,
            "quarter": self.quarter,
            "run_id": self.run_id,
            "ended": self.ended,
            "problems": self.problems[:FIRST_LINES],
            "checks_failed": len(self.checks),
            "checks": [asdict(check) | {"examples": check.examples[:FIRST_EXAMPLES]} for check in self.first_checks],
            "actions": [{"what_to_do": action.sentence, "runbook": action.anchor} for action in self.actions],
        }


Channel = Callable[[Alert], None]


def one_line(text: str) -> str:
    """A text as one line of printable characters: a terminal, a mail program or a log acts on the others."""
    shown = text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]} ..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)


def channels(environ: Mapping[str, str]) -> dict[str, Channel]:
    """The channels that the environment asks for, by a name without secrets; the log is always one more. Raises
    LeagueError on wrong or incomplete settings."""
    found: dict[str, Channel] = {}
    if path := environ.get("LEAGUE_ALERT_FILE"):
        found[f"file {path}"] = _to_file(Path(path))
    if url := environ.get("LEAGUE_ALERT_WEBHOOK"):
        found[f"webhook at {_host(url)}"] = _to_webhook(url)
    mail = {name: environ.get(name, "") for name in (*MAIL, *LOGIN)}
    if any(mail.values()):
        needed = [*MAIL, *LOGIN] if any(mail[name] for name in LOGIN) else MAIL
        missing = [name for name in needed if not mail[name]]
        if missing:
            raise LeagueError(f"e-mail of alerts is half set up; missing: {', '.join(missing)}")
        found[f"e-mail to {mail['LEAGUE_ALERT_EMAIL_TO']}"] = _to_email(*mail.values())
    return found


def send(alert: Alert, by: Mapping[str, Channel], log: logging.Logger) -> None:
    """Says an alert in the log and by every channel. Raises LeagueError that names the channels that failed."""
    log.log(logging.getLevelNamesMapping()[alert.severity.upper()], f"{alert.subject}\n{alert.text}")
    failed = []
    for name, send in by.items():
        try:
            send(alert)
        except Exception as error:  # whatever it is, it must not stop the other channels
            failed.append(f"{name}: {_reason(error)}")
    if failed:
        raise LeagueError(f"run {alert.run_id} was not told by {'; '.join(failed)}")


def _reason(error: Exception) -> str:
    if isinstance(error, LeagueError):
        return str(error)
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    detail = getattr(cause, "smtp_code", None) or getattr(cause, "strerror", None)
    return f"{type(cause).__name__} ({detail})" if detail else type(cause).__name__


def _to_file(path: Path) -> Channel:
    def send(alert: Alert) -> None:
        with path.open("ab", buffering=0) as file:
            file.write(json.dumps(alert.facts).encode() + b"\n")

    return send


def _host(url: str) -> str:
    """Raises LeagueError that does not repeat the address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname:
        raise LeagueError("LEAGUE_ALERT_WEBHOOK is not an address that begins with https://")
    return parts.hostname


def _to_webhook(url: str) -> Channel:
    def without_address(record: logging.LogRecord) -> bool:
        return urlsplit(url).path not in record.getMessage()

    def send(alert: Alert) -> None:
        subject, text = alert.subject.translate(MARKUP), alert.text.translate(MARKUP)
        body = {"text": f"{subject}\n```\n{text}```", **alert.facts}
        for log in LOGS_OF_URLLIB3:
            log.addFilter(without_address)
        try:
            with https() as pool:
                answer = pool.request(
                    "POST", url, json=body, headers=HEADERS, timeout=SECONDS, redirect=False, retries=RETRIES
                )
        finally:
            for log in LOGS_OF_URLLIB3:
                log.removeFilter(without_address)
        if not 200 <= answer.status < 300:
            raise LeagueError(f"the server answers {answer.status}")

    return send


def _to_email(recipient: str, sender: str, host: str, user: str, password: str) -> Channel:
    name, _, port = host.partition(":")
    if port and not port.isdecimal():
        raise LeagueError(
            "LEAGUE_SMTP_HOST is not a name, or name:port; a login is LEAGUE_SMTP_USER, LEAGUE_SMTP_PASSWORD"
        )

    def send(alert: Alert) -> None:
        message = EmailMessage()
        message["Subject"] = alert.subject
        message["From"] = sender
        message["To"] = recipient
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{alert.run_id}@nhs-league-tables>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(alert.text)
        with smtplib.SMTP(name, int(port or SUBMISSION_PORT), timeout=SECONDS) as server:
            server.starttls(context=ssl.create_default_context())
            if user:
                server.login(user, password)
            refused = server.send_message(message)
        if refused:
            raise LeagueError(f"the server refuses {', '.join(refused)}")

    return send
