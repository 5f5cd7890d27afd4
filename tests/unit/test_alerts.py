"""What an alert says, how long it is, and what settings its channels take. No server, no run."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration import errors
from orchestration.errors import LeagueError
from orchestration.operations import alerts
from orchestration.operations.alerts import Action, Alert, FailedCheck, channels, one_line, send
from orchestration.workspace.paths import PROJECT

SECRET = "T0KEN/hunter2"
WEBHOOK = {"LEAGUE_ALERT_WEBHOOK": f"https://hooks.example.org/{SECRET}"}
MAIL = {
    "LEAGUE_ALERT_EMAIL_TO": "ops@example.org",
    "LEAGUE_ALERT_EMAIL_FROM": "league@example.org",
    "LEAGUE_SMTP_HOST": "mail.example.org",
}
LOGIN = {"LEAGUE_SMTP_USER": "league", "LEAGUE_SMTP_PASSWORD": SECRET}
REFUSED = Alert(
    severity="error",
    job="quarter",
    quarter="2025-26-Q1",
    run_id="1b4d",
    ended="2026-11-22T11:13:02+00:00",
    problems=("a.csv, row 3, column Value: is no number; found 'x'; expected a number",),
    checks=(),
    actions=(alerts.FILE_REFUSED,),
)


def check(number: int, severity: str = "WARN", waiver: str | None = None, examples: int = 1) -> FailedCheck:
    places = tuple(f"c{number}.csv, row {row}, column V: found 'x'; expected y" for row in range(1, examples + 1))
    return FailedCheck(f"land.rtt.rule-{number}", severity, waiver, examples, "Because.", places)


def test_alert_says_what_failed_where_and_what_to_do() -> None:
    assert REFUSED.subject == "error: 2025-26-Q1: job quarter failed"
    assert REFUSED.text.splitlines() == [
        "What stopped it:",
        "    a.csv, row 3, column Value: is no number; found 'x'; expected a number",
        "What to do: Look at the row and column named; get the file again or take it out of the folder, "
        "then build again.",
        "    docs/operations.md#a-file-is-refused",
        "Run 1b4d, ended 2026-11-22T11:13:02+00:00",
    ]
    assert REFUSED.facts["actions"] == [
        {"what_to_do": alerts.FILE_REFUSED.sentence, "runbook": "docs/operations.md#a-file-is-refused"}
    ]


def test_many_warnings_are_counted_and_the_first_are_shown() -> None:
    checks = (*(check(n, examples=9) for n in range(40)), *(check(n, waiver=f"W{n}") for n in range(40, 43)))
    alert = replace(REFUSED, severity="warning", problems=(), checks=checks, actions=(alerts.WARNED,))
    assert alert.subject == "warning: 2025-26-Q1: job quarter succeeded, checks that failed: 43"
    lines = alert.text.splitlines()
    assert lines[0] == "Checks that failed: 0 ERROR, 40 WARN, 3 waived"
    assert lines[1:6] == [
        "- land.rtt.rule-0 (WARN): 9 unexpected. Because.",
        *(f"    c0.csv, row {row}, column V: found 'x'; expected y" for row in (1, 2, 3)),
        "- land.rtt.rule-1 (WARN): 9 unexpected. Because.",
    ]
    assert "- and 38 more: `league check --quarter 2025-26-Q1` or the run in the Dagster UI" in lines
    assert len(lines) == 1 + 5 * 4 + 1 + 2 + 1
    assert alert.facts["checks_failed"] == 43 and len(alert.facts["checks"]) == 5
    waived = replace(alert, checks=checks[-1:])
    assert "- land.rtt.rule-42 (waived by W42): 1 unexpected. Because." in waived.text


def test_run_that_failed_shows_the_checks_that_stopped_it_and_counts_the_others() -> None:
    alert = replace(REFUSED, problems=("a gate is shut",), checks=(check(1, "ERROR"), check(2)))
    assert "rule-1 (ERROR)" in alert.text and "rule-2" not in alert.text
    assert "Checks that failed: 1 ERROR, 1 WARN, 0 waived" in alert.text and "- and 1 more:" in alert.text


def test_check_that_an_error_told_already_is_not_told_twice() -> None:
    whole = check(1, "ERROR")
    alert = replace(REFUSED, problems=("the land gate is shut", str(whole), *whole.examples), checks=(whole,))
    assert alert.text.count("rule-1") == alert.text.count("c1.csv") == 1
    bare = replace(whole, examples=())
    assert replace(alert, problems=(str(bare),), checks=(bare,)).text.count("rule-1") == 1
    late = replace(whole, id="extract.fetched.ae_on_time", examples=("ae, 2025-05: overdue",))
    alert = replace(REFUSED, problems=("ae, 2025-05: overdue",), checks=(late,))
    assert alert.text.count("ae, 2025-05: overdue") == 1


def test_long_error_is_cut_and_what_it_did_not_tell_is_told() -> None:
    problems = tuple(f"line {n}" for n in range(30))
    alert = replace(REFUSED, problems=(*problems, "land.rtt.rule-1"), checks=(check(1, "ERROR"),))
    assert "    line 9\n- and 21 more lines: the run in the Dagster UI\n" in alert.text and "line 10" not in alert.text
    assert "- land.rtt.rule-1 (ERROR)" in alert.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Kethrinmere, Ångström & Söhne", "Kethrinmere, Ångström & Söhne"),
        ("a\nb\r\tc\x00\x1b[31m\x7f", r"a\nb\r\tc\x00\x1b[31m\x7f"),
        ("\u202egnp.exe\u2028x\u200b", r"\u202egnp.exe\u2028x\u200b"),
        ("\udcff.csv", r"\udcff.csv"),  # a file name that is no UTF-8
        ("x" * 500, "x" * 400 + " ..."),
    ],
)
def test_line_is_one_line_of_printable_characters(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_without_settings_there_is_no_channel() -> None:
    assert channels({}) == {} == channels(dict.fromkeys({**WEBHOOK, **MAIL, **LOGIN, "LEAGUE_ALERT_FILE": ""}, ""))


def test_channels_are_named_without_secrets() -> None:
    found = channels({"LEAGUE_ALERT_FILE": "/var/log/league/alerts.jsonl", **WEBHOOK, **MAIL, **LOGIN})
    assert list(found) == [
        "file /var/log/league/alerts.jsonl",
        "webhook at hooks.example.org",
        "e-mail to ops@example.org",
    ]
    assert SECRET not in repr(found)
    assert list(channels(MAIL)) == ["e-mail to ops@example.org"]


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"LEAGUE_SMTP_HOST": "mail.example.org"}, "LEAGUE_ALERT_EMAIL_TO, LEAGUE_ALERT_EMAIL_FROM"),
        ({k: v for k, v in MAIL.items() if not k.endswith("_TO")}, "LEAGUE_ALERT_EMAIL_TO"),
        ({**MAIL, "LEAGUE_SMTP_USER": "league"}, "LEAGUE_SMTP_PASSWORD"),
        ({**MAIL, "LEAGUE_SMTP_PASSWORD": SECRET}, "LEAGUE_SMTP_USER"),
        (LOGIN, "LEAGUE_ALERT_EMAIL_TO, LEAGUE_ALERT_EMAIL_FROM, LEAGUE_SMTP_HOST"),
    ],
)
def test_half_an_email_is_refused_by_what_is_missing(environ: dict[str, str], missing: str) -> None:
    with pytest.raises(LeagueError) as refusal:
        channels(environ)
    assert str(refusal.value) == f"e-mail of alerts is half set up; missing: {missing}"


@pytest.mark.parametrize(
    "url", [f"http://hooks.example.org/{SECRET}", SECRET, f"https:///{SECRET}", f"https://[{SECRET}"]
)
def test_webhook_that_is_not_https_is_refused_without_its_address(url: str) -> None:
    with pytest.raises(LeagueError) as refusal:
        channels({"LEAGUE_ALERT_WEBHOOK": url})
    assert str(refusal.value) == "LEAGUE_ALERT_WEBHOOK is not an address that begins with https://"
    assert refusal.value.__cause__ is refusal.value.__context__ is None


@pytest.mark.parametrize("host", ["mail:smtp", f"league:{SECRET}@mail:587", f"smtp://league:{SECRET}@mail"])
def test_port_of_the_mail_server_is_a_number(host: str) -> None:
    """Somebody may write a login there, so it is not repeated."""
    with pytest.raises(LeagueError) as refusal:
        channels({**MAIL, "LEAGUE_SMTP_HOST": host})
    assert str(refusal.value) == (
        "LEAGUE_SMTP_HOST is not a name, or name:port; a login is LEAGUE_SMTP_USER, LEAGUE_SMTP_PASSWORD"
    )


def test_channel_that_fails_stops_no_other_and_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(alert: Alert) -> None:
        raise RuntimeError(SECRET)

    gone, there = tmp_path / "gone" / "a.jsonl", tmp_path / "a.jsonl"
    by = {
        "webhook at x": broken,
        **channels({"LEAGUE_ALERT_FILE": str(gone)}),
        **channels({"LEAGUE_ALERT_FILE": str(there)}),
    }
    log = logging.getLogger("test")
    for _ in range(2):
        with pytest.raises(LeagueError) as told:
            send(REFUSED, by, log)
        missing = f"file {gone}: FileNotFoundError (No such file or directory)"
        assert str(told.value) == f"run 1b4d was not told by webhook at x: RuntimeError; {missing}"
        assert told.value.__cause__ is told.value.__context__ is None
    assert [json.loads(row)["run_id"] for row in there.read_text().splitlines()] == ["1b4d"] * 2
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("ERROR", f"{REFUSED.subject}\n{REFUSED.text}")
    ] * 2


def test_runbook_has_every_heading_and_opens_it_with_what_to_do() -> None:
    runbook = (PROJECT / alerts.RUNBOOK).read_text(encoding="utf-8")
    actions = [value for value in vars(alerts).values() if isinstance(value, Action)]
    assert len(actions) >= 8 and set(alerts.ACTIONS.values()) <= set(actions)
    for action in actions:
        assert runbook.count(f"\n### {action.heading}\n{action.sentence}") == 1, action.heading
        assert re.fullmatch(r"docs/operations\.md#[a-z-]+", action.anchor)


def test_every_refusal_of_ours_says_what_to_do() -> None:
    ours = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, LeagueError)}
    assert ours <= set(alerts.ACTIONS)
