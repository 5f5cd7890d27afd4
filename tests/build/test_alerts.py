"""Alerts from a run to whoever must know, by a webhook over TLS and a mail server on this machine that misbehave on
demand. What an alert says line by line is in the unit tests."""

from __future__ import annotations

import csv
import json
import logging
import shutil
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from dagster import DagsterEvent, DagsterEventType
from dagster._core.definitions.assets.job.asset_job import IMPLICIT_ASSET_JOB_NAME
from dagster._core.execution.plan.objects import StepFailureData
from dagster._utils.error import SerializableErrorInfo

from orchestration.defs import alert_sensors, assets, definitions
from orchestration.defs.in_process import defs
from orchestration.defs.instance import START_BY_THEMSELVES
from orchestration.defs.metadata import check_result
from orchestration.defs.resources import END, START, Folders
from orchestration.errors import LeagueError
from orchestration.operations import alerts
from orchestration.operations.alerts import Alert, FailedCheck
from orchestration.quality.checks import Check
from orchestration.quarters import Quarter
from orchestration.sources.fetch import Fetched
from orchestration.workspace.paths import Workspace
from tests.publisher import Asked, Handler, Site, certificate, serving

QUARTER = "2025-26-Q1"
DATA = "nof/2025-09/nhs-oversight-framework-acute-trust-data.csv"
FULL = "No space left on device"
SECRET = "T0KEN/hunter2"
MENTION = "1<!channel> @here `x`\x1b[31m"

Answer = Callable[["Hook", Site], None]


@dataclass
class Posted(Site):
    """What came, and how the next answers are wronged."""

    bodies: list[dict[str, Any]] = field(default_factory=list)


class Hook(Handler):
    def do_POST(self) -> None:  # noqa: N802
        site: Posted = self.server.site
        self.asked = Asked(self.path, {})
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Content-Type"] == "application/json" and self.path == f"/{SECRET}?key={SECRET}"
        site.bodies.append(body)
        wrongs = site.wrongs.get("POST")
        (wrongs.pop(0) if wrongs else answer(200))(self, site)


def answer(status: int, **headers: str) -> Answer:
    return lambda handler, site: handler.say(status, SECRET.encode(), **headers)


def stall(handler: Hook, site: Site) -> None:
    site.stalls.wait(5)
    handler.break_off()


def break_off(handler: Hook, site: Site) -> None:
    handler.break_off()


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path / "pem", "localhost")


@pytest.fixture
def trusted(pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))


@pytest.fixture
def hook(pem: Path) -> Iterator[tuple[Posted, dict[str, str]]]:
    """A webhook, and the environment that names it."""
    site = Posted()
    with serving(site, Hook, pem) as port:
        yield site, {"LEAGUE_ALERT_WEBHOOK": f"https://localhost:{port}/{SECRET}?key={SECRET}"}


@dataclass
class Mailbox:
    """Takes mail for everybody but nobody@, from whoever knows the password."""

    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("nobody@"):
            return f"550 no such user {SECRET}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        assert session.ssl is not None
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@contextmanager
def mail_server(mailbox: Mailbox, pem: Path | None) -> Iterator[dict[str, str]]:
    """The environment that names it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if pem else None
    if context and pem:
        context.load_cert_chain(pem)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    login = {"LEAGUE_SMTP_USER": "league", "LEAGUE_SMTP_PASSWORD": SECRET}
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=port,
        tls_context=context,
        authenticator=lambda server, session, envelope, mechanism, data: AuthResult(
            success=data.password == SECRET.encode(), handled=False
        ),
        auth_required=True,
        auth_require_tls=context is not None,
    )
    controller.start()
    try:
        yield {
            "LEAGUE_ALERT_EMAIL_TO": "ops@example.org, Data Team <data@example.org>",
            "LEAGUE_ALERT_EMAIL_FROM": "league@example.org",
            "LEAGUE_SMTP_HOST": f"localhost:{port}",
            **login,
        }
    finally:
        controller.stop()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@dataclass
class Watched:
    """The sensors of an environment on an instance, each tick after the one before, as the daemon has them."""

    instance: dg.DagsterInstance
    environ: dict[str, str]
    cursors: dict[str, str | None] = field(default_factory=dict)

    def tick(self) -> list[str | None]:
        """What became of each run that was told: the error of the tick, in full, or none."""
        errors = []
        for sensor in alert_sensors.sensors(self.environ):
            context = dg.build_sensor_context(instance=self.instance, cursor=self.cursors.get(sensor.name))
            data = sensor.evaluate_tick(context)
            self.cursors[sensor.name] = data.cursor
            errors += [one.error and one.error.to_string() for one in data.dagster_run_reactions or []]
        return errors


def alert_of(instance: dg.DagsterInstance, job: dg.JobDefinition, **arguments: Any) -> Alert | None:
    """Of a run in this process."""
    result = job.execute_in_process(instance=instance, raise_on_error=False, **arguments)
    return alert_of_run(instance, result.run_id)


def alert_of_run(instance: dg.DagsterInstance, run_id: str) -> Alert | None:
    kinds = {dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.RUN_FAILURE}
    (record,) = instance.get_records_for_run(run_id, of_type=kinds).records
    run, ended = instance.get_run_by_id(run_id), record.event_log_entry.dagster_event
    assert run and ended
    return alert_sensors.alert_of(instance, run, ended)


def raising(error: Exception) -> dg.JobDefinition:
    @dg.op
    def step() -> None:
        raise error

    @dg.job
    def job() -> None:
        step()

    return job


@pytest.fixture(scope="module")
def damaged(first_quarter: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The first quarter with a cell that is no number, in the row given."""
    folder = tmp_path_factory.mktemp("damaged") / "extracts"
    shutil.copytree(first_quarter, folder)
    with (folder / DATA).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    rows[4][rows[0].index("Value")] = MENTION.replace("\x1b", "")  # a control character is refused before any gate
    with (folder / DATA).open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder, 5


def test_damaged_quarter_is_told_once_by_every_channel(
    instance: dg.DagsterInstance,
    damaged: tuple[Path, int],
    hook: tuple[Posted, dict[str, str]],
    pem: Path,
    trusted: None,
    tmp_path: Path,
) -> None:
    """The whole way: a real job, its real sensors, real servers."""
    (extracts, row), (posted, webhook), mailbox, told = damaged, hook, Mailbox(), tmp_path / "alerts.jsonl"
    with mail_server(mailbox, pem) as mail:
        watched = Watched(instance, {"LEAGUE_ALERT_FILE": str(told), **webhook, **mail})
        assert watched.tick() == []
        result = defs.resolve_job_def("quarter").execute_in_process(
            instance=instance,
            partition_key=QUARTER,
            resources={"folders": Folders(extracts=str(extracts), data=str(tmp_path / "data"))},
            raise_on_error=False,
        )
        assert watched.tick() == [None]
        assert watched.tick() == []
    (fact,) = map(json.loads, told.read_text(encoding="utf-8").splitlines())
    assert (fact["severity"], fact["job"], fact["quarter"]) == ("error", "quarter", QUARTER)
    assert fact["run_id"] == result.run_id and fact["ended"].startswith("20") and fact["ended"].endswith("+00:00")
    (check,) = fact["checks"]
    assert (check["id"], check["severity"], check["unexpected"]) == ("land.nof_data.value", "ERROR", 1)
    found = "found '1<!channel> @here `x`[31m'; expected a plain number of at most 11 digits or *"
    place = f"{DATA}, row {row}, column Value: {found}"
    assert check["examples"] == [place]
    assert fact["actions"] == [
        {"what_to_do": alerts.GATE_SHUT.sentence, "runbook": "docs/operations.md#a-gate-is-shut"}
    ]
    subject = "error: 2025-26-Q1: job quarter failed"
    (sent,) = mailbox.mails
    assert (sent["Subject"], sent["From"], sent["To"]) == (
        subject,
        mail["LEAGUE_ALERT_EMAIL_FROM"],
        mail["LEAGUE_ALERT_EMAIL_TO"],
    )
    assert sent["Auto-Submitted"] == "auto-generated" and sent["Message-ID"] == f"<{result.run_id}@nhs-league-tables>"
    text = sent.get_content().splitlines()
    assert sent.get_content_type() == "text/plain"
    assert text[:4] == [
        "What stopped it:",
        "    a gate is shut",
        "Checks that failed: 1 ERROR, 0 WARN, 0 waived",
        f"- land.nof_data.value (ERROR): 1 unexpected. {check['reason']}",
    ]
    assert text[4] == f"    {place}" and "    docs/operations.md#a-gate-is-shut" in text
    (body,) = posted.bodies
    assert {key: value for key, value in body.items() if key != "text"} == fact
    head, fenced, end = body["text"].split("```")
    assert (head, end) == (f"{subject}\n", "")
    assert f"{DATA}, row {row}, column Value: found '1\u2039!channel\u203a \uff20here 'x'[31m'" in fenced


@pytest.mark.parametrize("wrongs", [[answer(500)], [answer(503), break_off], [answer(429, Retry_After="3600")]])
def test_webhook_is_asked_again_and_does_not_wait_for_long(
    instance: dg.DagsterInstance,
    hook: tuple[Posted, dict[str, str]],
    trusted: None,
    monkeypatch: pytest.MonkeyPatch,
    wrongs: list[Answer],
) -> None:
    posted, environ = hook
    posted.wrongs["POST"] = list(wrongs)
    waits: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time", type("Clock", (), {"sleep": waits.append, "time": time.time}))
    watched = Watched(instance, environ)
    watched.tick()
    alert_sensors.alert_test.execute_in_process(instance=instance, raise_on_error=False)
    assert watched.tick() == [None]
    assert len(posted.bodies) == len(wrongs) + 1 and sum(waits) <= alerts.SECONDS


def test_tick_tells_of_one_run_for_it_has_a_minute(instance: dg.DagsterInstance) -> None:
    watched = Watched(instance, {})
    watched.tick()
    for _ in range(2):
        alert_sensors.alert_test.execute_in_process(instance=instance, raise_on_error=False)
    assert [watched.tick(), watched.tick(), watched.tick()] == [[None], [None], []]


WEBHOOK_FAILS: list[tuple[str, list[Answer], int, str]] = [
    ("500 always", [answer(500)] * 3, 3, "the server answers 500"),
    ("404", [answer(404)], 1, "the server answers 404"),
    ("redirect", [answer(307, Location=f"/{SECRET}?key={SECRET}")], 1, "the server answers 307"),
    ("stall", [stall] * 3, 3, "ReadTimeoutError"),
    ("broken off", [break_off] * 3, 3, "ProtocolError"),
    ("nobody knows the certificate", [], 0, "SSLError"),
    ("nobody listens", [], 0, "NewConnectionError"),
]


@pytest.mark.parametrize(
    ("wrongs", "asked", "reason"), [c[1:] for c in WEBHOOK_FAILS], ids=[c[0] for c in WEBHOOK_FAILS]
)
def test_webhook_that_fails_is_named_without_its_address_and_the_others_go_on(
    instance: dg.DagsterInstance,
    hook: tuple[Posted, dict[str, str]],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    wrongs: list[Answer],
    asked: int,
    reason: str,
) -> None:
    (posted, environ), told = hook, tmp_path / "alerts.jsonl"
    posted.wrongs["POST"] = list(wrongs)
    if reason == "NewConnectionError":
        environ["LEAGUE_ALERT_WEBHOOK"] = f"https://localhost:1/{SECRET}?key={SECRET}"
    if reason != "SSLError":
        request.getfixturevalue("trusted")
    monkeypatch.setattr(alerts, "SECONDS", 0.3)
    monkeypatch.setattr("urllib3.util.retry.time", type("Clock", (), {"sleep": lambda s: None, "time": time.time}))
    caplog.set_level(logging.DEBUG)
    watched = Watched(instance, {**environ, "LEAGUE_ALERT_FILE": str(told)})
    watched.tick()
    result = alert_sensors.alert_test.execute_in_process(instance=instance, raise_on_error=False)
    (error,) = watched.tick()
    assert error is not None
    assert f"run {result.run_id} was not told by webhook at localhost: {reason}\n" in error
    assert watched.tick() == []
    assert len(posted.bodies) == asked
    assert len(told.read_text().splitlines()) == 1
    said = [error, caplog.text, *capfd.readouterr(), told.read_text(), str(instance.all_logs(result.run_id))]
    assert [text for text in said if "hunter2" in text] == []
    assert "This is a test of the alerts" in "".join(said)


MAIL_FAILS: list[tuple[str, dict[str, str], str]] = [
    ("without TLS", {}, "SMTPNotSupportedError"),
    ("certificate", {}, "SSLCertVerificationError ([SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "),
    ("password", {"LEAGUE_SMTP_PASSWORD": "hunter2 of old"}, "SMTPAuthenticationError (535)"),
    ("no recipient", {"LEAGUE_ALERT_EMAIL_TO": "nobody@example.org"}, "SMTPRecipientsRefused"),
    (
        "one of two recipients",
        {"LEAGUE_ALERT_EMAIL_TO": "nobody@example.org, ops@example.org"},
        "the server refuses nobody@example.org",
    ),
]


@pytest.mark.parametrize(("case", "changed", "reason"), MAIL_FAILS, ids=[case[0] for case in MAIL_FAILS])
def test_mail_that_fails_is_noticed_and_never_goes_without_tls(
    instance: dg.DagsterInstance,
    request: pytest.FixtureRequest,
    pem: Path,
    case: str,
    changed: dict[str, str],
    reason: str,
) -> None:
    mailbox = Mailbox()
    if case != "certificate":
        request.getfixturevalue("trusted")
    with mail_server(mailbox, None if case == "without TLS" else pem) as environ:
        watched = Watched(instance, environ | changed)
        watched.tick()
        result = alert_sensors.alert_test.execute_in_process(instance=instance, raise_on_error=False)
        (error,) = watched.tick()
    name = f"e-mail to {(environ | changed)['LEAGUE_ALERT_EMAIL_TO']}"
    assert error and f"run {result.run_id} was not told by {name}: {reason}" in error and "hunter2" not in error
    assert len(mailbox.mails) == (case == "one of two recipients")


def test_mail_server_that_says_nothing_is_given_up(trusted: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"localhost:{silent.getsockname()[1]}"
        send = alerts._to_email("a@example.org", "b@example.org", host, "", "")
        threading.Timer(2, silent.close).start()
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            send(Alert("error", "quarter", QUARTER, "1", "now", ("x",), (), ()))


def checked(*results: Callable[[dg.AssetKey, str], dg.AssetCheckResult]) -> dg.JobDefinition:
    """A job of an asset with a check a result."""
    key = dg.AssetKey(["rank", "trusts"])

    @dg.asset(key=key)
    def asset() -> None: ...

    @dg.multi_asset_check(specs=[dg.AssetCheckSpec(f"c{n}", asset=key) for n in range(len(results))])
    def gate() -> Iterator[dg.AssetCheckResult]:
        for n, result in enumerate(results):
            yield result(key, f"c{n}")

    return dg.Definitions(assets=[asset], asset_checks=[gate]).resolve_implicit_global_asset_job_def()


def made(passed: bool = False, severity: str = "warning", waiver: str | None = None) -> Any:
    check = Check("rank.trusts.a-rule", "rank", "trusts", "kind", severity, "Why.", passed, 2, ("x", "y"), waiver)
    build = Workspace(Path("/data")).build(Quarter("2025-26-Q4"))
    return lambda key, name: check_result(key, name, check, build)


@pytest.mark.parametrize(
    ("results", "severity", "counts"),
    [
        ((made(passed=True),), None, ""),
        ((made(), made(passed=True)), "warning", "0 ERROR, 1 WARN, 0 waived"),
        ((made(severity="critical", waiver="W1"),), "warning", "0 ERROR, 0 WARN, 1 waived"),
        ((made(), made(severity="critical")), "error", "1 ERROR, 1 WARN, 0 waived"),
    ],
    ids=["all passed", "warned", "waived", "not blocking, but an error"],
)
def test_run_that_succeeded_is_told_of_only_where_checks_failed(
    instance: dg.DagsterInstance, results: Any, severity: str | None, counts: str
) -> None:
    alert = alert_of(instance, checked(*results))
    assert (alert and alert.severity) == severity
    if alert:
        assert f"Checks that failed: {counts}\n" in alert.text and "What stopped it" not in alert.text
        assert alert.actions == (alerts.WARNED,)
        assert alert.checks[0].id == "rank.trusts.a-rule" and alert.checks[0].examples == ("x", "y")


def test_check_of_a_step_that_was_tried_again_counts_as_it_ended(instance: dg.DagsterInstance) -> None:
    key, tries = dg.AssetKey("a"), iter([False, True])

    @dg.asset(key=key, check_specs=[dg.AssetCheckSpec("c", asset=key)], retry_policy=dg.RetryPolicy(max_retries=1))
    def asset() -> Iterator[Any]:
        passed = next(tries)
        yield dg.AssetCheckResult(passed=passed, severity=dg.AssetCheckSeverity.WARN)
        if not passed:
            raise RuntimeError("again")
        yield dg.MaterializeResult()

    job = dg.Definitions(assets=[asset]).resolve_implicit_global_asset_job_def()
    assert alert_of(instance, job) is None
    assert list(tries) == []


def test_fetch_tells_of_sources_that_failed_or_are_late(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Fetched("rtt", "2025-06", "late", problem="rtt, 2025-06: late, was expected by 2025-08-14")
    broken = Fetched("ae", "May", "failed", problem="https://example.org/May.csv: the server answers 404")
    folders = Folders(extracts=str(tmp_path / "extracts"), data=str(tmp_path))
    for results, severity, stopped in (([late], "warning", False), ([late, broken], "error", True)):
        monkeypatch.setattr(assets, "fetch", lambda *_, results=results: results)
        alert = alert_of(instance, defs.resolve_job_def("fetch"), partition_key=QUARTER, resources={"folders": folders})
        assert alert and (alert.severity, alert.job, alert.quarter) == (severity, "fetch", QUARTER)
        assert alert.actions == (alerts.NOT_FETCHED,)
        assert ("What stopped it:\n    https://example.org/May.csv: the server answers 404\n" in alert.text) == stopped
        assert ("    rtt, 2025-06: late, was expected by 2025-08-14" in alert.text) != stopped
        assert ("- and 1 more: the run in the Dagster UI\n" in alert.text) == stopped  # `league check` knows no fetch
        logged = [entry.user_message for entry in instance.all_logs(alert.run_id)]
        assert ("ae: failed, https://example.org/May.csv: the server answers 404" in logged) == stopped


@pytest.mark.parametrize(
    ("error", "said", "action"),
    [
        (LeagueError("no file is 'x' for 2025-26-Q1"), "no file is 'x' for 2025-26-Q1", alerts.REFUSED),
        (OSError(28, FULL, "/d"), f"[Errno 28] {FULL}: '/d': make room there and start again", alerts.STORAGE),
        (RuntimeError(f"IO Error: {FULL}"), f"IO Error: {FULL}: make room there and start again", alerts.STORAGE),
        (KeyError("column\nrow"), "step: KeyError: 'column\\nrow'", alerts.FAULT),
        (ValueError(), "step: ValueError", alerts.FAULT),
    ],
)
def test_what_stopped_a_run_is_said_without_a_traceback(
    instance: dg.DagsterInstance, error: Exception, said: str, action: alerts.Action
) -> None:
    alert = alert_of(instance, raising(error))
    assert alert and (alert.problems, alert.actions) == ((said,), (action,))


def test_where_the_storage_refuses_nothing_else_is_said(instance: dg.DagsterInstance) -> None:
    @dg.op
    def a_first() -> None:
        raise KeyError("table that could not be written")

    @dg.op
    def b_then() -> None:
        raise OSError(28, FULL, "/d")

    @dg.job
    def job() -> None:
        a_first()
        b_then()

    alert = alert_of(instance, job)
    assert alert and alert.problems == (f"[Errno 28] {FULL}: '/d': make room there and start again",)


def test_file_name_cannot_pass_for_a_line_of_the_alert(instance: dg.DagsterInstance) -> None:
    alert = alert_of(instance, raising(LeagueError("a\nWhat to do: pay\x1b[31m.csv is no publication")))
    assert alert and alert.text.split("\n")[1:3] == ["    a", "    What to do: pay\\x1b[31m.csv is no publication"]


def test_quarter_that_another_process_builds_is_said_plainly(instance: dg.DagsterInstance) -> None:
    """No step fails then: a resource does."""

    @dg.resource
    def folders() -> None:
        raise LeagueError("2025-26-Q1 is being built by another process")

    @dg.op(required_resource_keys={"folders"})
    def step() -> None: ...

    @dg.job(resource_defs={"folders": folders})
    def job() -> None:
        step()

    alert = alert_of(instance, job)
    assert alert and alert.problems == ("2025-26-Q1 is being built by another process",)
    assert alert.actions == (alerts.REFUSED,)


@pytest.mark.parametrize(("retried", "severity"), [(None, "error"), ("false", "error"), ("true", "warning")])
def test_lost_worker_is_told_as_the_monitor_found_it(
    instance: dg.DagsterInstance, retried: str | None, severity: str
) -> None:
    run = instance.create_run_for_job(
        alert_sensors.alert_test,
        tags={"dagster/partition": QUARTER} | ({"dagster/will_retry": retried} if retried else {}),
    )
    instance.report_engine_event("Run execution process was terminated by signal 9 (SIGKILL).", run)
    instance.report_run_failed(run, "Marking run as failed")
    instance.report_engine_event("Retrying the run", run)
    alert = alert_of_run(instance, run.run_id)
    assert alert and (alert.severity, alert.quarter, alert.actions) == (severity, QUARTER, (alerts.LOST,))
    again = ("It is started again by itself.",) if retried == "true" else ()
    heard = "Run execution process was terminated by signal 9 (SIGKILL)."
    assert alert.problems == ("Marking run as failed", heard, *again)


def test_backfill_of_assets_is_not_said_to_start_again(instance: dg.DagsterInstance) -> None:
    """Dagster does start it, where it failed, and a build refuses that."""
    run = instance.create_run_for_job(alert_sensors.alert_test, tags={"dagster/will_retry": "true"})
    instance.report_run_failed(run, "Marking run as failed")
    told = instance.get_run_by_id(run.run_id)
    (failed,) = instance.get_records_for_run(run.run_id, of_type=DagsterEventType.RUN_FAILURE).records
    ended = failed.event_log_entry.dagster_event
    assert told and ended
    for name, severity, lines in (("alert_test", "warning", 2), (IMPLICIT_ASSET_JOB_NAME, "error", 1)):
        alert = alert_sensors.alert_of(instance, told._replace(job_name=name), ended)
        assert alert and (alert.severity, len(alert.problems)) == (severity, lines)


def test_run_that_took_too_long_is_told_as_the_monitor_says(instance: dg.DagsterInstance) -> None:
    """The step knows only that it was interrupted."""
    run = instance.create_run_for_job(alert_sensors.alert_test)
    interrupted = SerializableErrorInfo("DagsterExecutionInterruptedError", [], "DagsterExecutionInterruptedError")
    failed = DagsterEvent(
        DagsterEventType.STEP_FAILURE.value,
        run.job_name,
        step_key="fetched",
        event_specific_data=StepFailureData(interrupted, user_failure_data=None),
    )
    instance.report_engine_event("Launching the run", run)
    instance.report_dagster_event(failed, run.run_id)
    instance.report_run_failed(run, "Exceeded maximum runtime of 1800 seconds.")
    alert = alert_of_run(instance, run.run_id)
    assert alert and alert.actions == (alerts.LOST,)
    assert alert.problems == ("Exceeded maximum runtime of 1800 seconds.", "Launching the run")


def test_what_starts_by_itself_is_known_to_the_doctor() -> None:
    repository = defs.get_repository_def()
    names = {one.name for one in (*repository.schedule_defs, *repository.sensor_defs)}
    assert names == START_BY_THEMSELVES


def test_alert_of_a_backfill_names_its_first_and_last_quarter(instance: dg.DagsterInstance) -> None:
    run = instance.create_run_for_job(alert_sensors.alert_test, tags={START: QUARTER, END: "2025-26-Q3"})
    instance.report_run_failed(run)
    alert = alert_of_run(instance, run.run_id)
    assert alert and alert.subject == "error: 2025-26-Q1 to 2025-26-Q3: job alert_test failed"
    warned = FailedCheck("land.rtt.rule", "WARN", None, 1, "Because.", ())
    counted = replace(alert, checks=(warned,) * 9).text
    assert "- and 9 more: the run in the Dagster UI" in counted, "no command checks several quarters"


def test_sensors_watch_every_job_and_are_off_until_switched_on() -> None:
    for name in ("tell_of_failed_runs", "tell_of_warnings"):
        sensor = defs.resolve_sensor_def(name) if hasattr(defs, "resolve_sensor_def") else defs.get_sensor_def(name)
        assert sensor.default_status == dg.DefaultSensorStatus.STOPPED and sensor._monitored_jobs == []
    assert "alert_test" in {job.name for job in defs.resolve_all_job_defs()}


def test_half_an_email_keeps_the_definitions_from_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAGUE_SMTP_HOST", "mail.example.org")
    with pytest.raises(LeagueError, match="half set up; missing: LEAGUE_ALERT_EMAIL_TO, LEAGUE_ALERT_EMAIL_FROM"):
        definitions.assemble(Folders(extracts="", data=""))
