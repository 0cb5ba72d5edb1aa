"""The figures for a Prometheus: who may read them, what they say, their format, and the alerts that rest on them."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from monitoring import escalations
from notifications import accounts, clock, heartbeat, outbox
from notifications.models import Account, Channel, Delivery, Lane, Site
from stepup import figures, metrics
from tests import makers
from tests.local.trees import REPOSITORY
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SECOND = timedelta(seconds=1)
TOKEN = "a token for figures"
LOGS = {
    "stepup_missed_texts_age_seconds": heartbeat.MISSED_TEXTS,
    "stepup_log_compared_age_seconds": heartbeat.LOG_COMPARED,
}
ALERTS = (REPOSITORY / "deploy/alerts.yml").read_text()
LINE = re.compile(r'(stepup_[a-z_]+)(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? (-?\d+\.\d+(e[+-]\d+)?)')


@pytest.fixture
def site() -> Site:
    return makers.a_site()


def values(**labels: str) -> dict[str, float]:
    """Every value at NOON with these labels among its own, by its figure."""
    return {
        figure.name: sample.value
        for figure in figures.take(now=NOON)
        for sample in figure.samples
        if labels.items() <= dict(sample.labels).items()
    }


def queue(site: Site, lane: Lane, *, seconds_ago: int) -> Delivery:
    channel = Channel.VOICE if lane == Lane.PAGE_VOICE else Channel.TEXT
    message = outbox.queue(
        site=site, key=f"{lane}:{seconds_ago}", lane=lane, channel=channel, to=makers.a_phone(), body="x",
        valid_for=timedelta(hours=1), now=NOON - seconds_ago * SECOND,
    )  # fmt: skip
    return message.deliveries.get()


def end(delivery: Delivery, state: str, *, seconds_ago: int = 1, code: str = "") -> None:
    at = NOON - seconds_ago * SECOND
    Delivery.objects.filter(pk=delivery.pk).update(state=state, ended_at=at, submitted_at=at, error_code=code)


# Who may read them


@pytest.mark.parametrize(
    ("token", "shown", "status"),
    [("", "Bearer ", 404), (TOKEN, "", 401), (TOKEN, "Bearer another", 401), (TOKEN, f"Bearer {TOKEN}", 200)],
    ids=["no token is set", "none is shown", "another is shown", "the right one"],
)
def test_only_whoever_shows_the_token_reads_the_figures(settings, token, shown, status) -> None:
    settings.METRICS_TOKEN = token
    answer = Client().get("/metrics", headers={"Authorization": shown})
    assert answer.status_code == status
    assert ("stepup_cases" in answer.content.decode()) is (status == 200)
    assert answer["Content-Type"].startswith("text/plain"), "a machine reads it, whatever it says"


# What they say


def test_queues_say_how_many_wait_and_since_when(site) -> None:
    queue(site, Lane.PAGE_TEXT, seconds_ago=20)
    queue(site, Lane.PAGE_TEXT, seconds_ago=90)
    said = values(lane="page by text")
    assert (said["stepup_queue_waiting"], said["stepup_queue_oldest_seconds"]) == (2, 90)
    assert values(lane="reply to a patient")["stepup_queue_waiting"] == 0


def test_outcomes_are_those_of_the_last_hour(site) -> None:
    end(queue(site, Lane.CHECKIN, seconds_ago=50), "delivered")
    end(queue(site, Lane.CHECKIN, seconds_ago=51), "failed", code="30034")
    end(queue(site, Lane.CHECKIN, seconds_ago=4000), "failed", code="30034", seconds_ago=3601)
    assert values(lane="scheduled check-in", state="delivered")["stepup_deliveries_ended"] == 1
    assert values(lane="scheduled check-in", state="failed")["stepup_deliveries_ended"] == 1
    assert values(means="sender")["stepup_delivery_failures"] == 1
    assert values(means="number")["stepup_delivery_failures"] == 0


def test_the_slowest_page_and_no_other_message_is_the_lag(site) -> None:
    end(queue(site, Lane.PAGE_TEXT, seconds_ago=10), "delivered")
    end(queue(site, Lane.PAGE_VOICE, seconds_ago=40), "delivered")
    end(queue(site, Lane.CHECKIN, seconds_ago=600), "delivered")
    assert values()["stepup_page_handover_seconds_max"] == 39


@pytest.mark.parametrize(
    ("claims", "attempt", "seconds"),
    [(1, 1, 3), (2, 1, 303), (1, 2, 303)],
    ids=["as its rung meant it", "not taken at first", "by the second account"],
)
def test_a_call_that_waits_as_its_rung_says_is_not_slow(site, claims, attempt, seconds) -> None:
    call = queue(site, Lane.PAGE_VOICE, seconds_ago=304)
    end(call, "delivered")
    facts = {"due_at": NOON - 4 * SECOND, "fence": claims, "attempt": attempt}
    Delivery.objects.filter(pk=call.pk).update(**facts)
    assert values()["stepup_page_handover_seconds_max"] == seconds


def test_a_page_that_waits_in_the_place_of_an_earlier_one_counts_from_its_own_cause(site) -> None:
    page = queue(site, Lane.PAGE_TEXT, seconds_ago=10)
    end(page, "delivered")
    Delivery.objects.filter(pk=page.pk).update(due_at=NOON - 600 * SECOND, fence=1)
    assert values()["stepup_page_handover_seconds_max"] == 9


def test_cases_are_counted_and_what_is_late_is_timed(site) -> None:
    escalations.raise_concern(site=site, patient=None, caller="+1", urgency="urgent", headline="x", now=NOON)
    assert values(urgency="urgent", state="open")["stepup_cases"] == 1
    assert values()["stepup_case_lag_seconds"] == 0
    escalations.open_cases().update(next_at=NOON - 30 * SECOND)
    assert values()["stepup_case_lag_seconds"] == 30


def test_the_engine_s_parts_and_what_it_found(site) -> None:
    assert values()["stepup_engine_parts_late"] == len(heartbeat.parts()), "none has ever signed in"
    for part in heartbeat.parts():
        heartbeat.sign_in(part, now=NOON - 5 * SECOND, broken={"I3": 2})
    assert values()["stepup_engine_parts_late"] == 0
    assert values(part="engine")["stepup_engine_silent_seconds"] == 5
    assert values(invariant="I3")["stepup_invariant_rows"] == 2
    assert values(invariant="I1")["stepup_invariant_rows"] == 0


@pytest.mark.parametrize("figure", LOGS)
def test_how_long_ago_the_provider_s_log_was_read_and_compared(site, figure) -> None:
    assert figure not in values(), "never, so that an alert on its absence can tell"
    heartbeat.sign_in(LOGS[figure], now=NOON - 90 * SECOND)
    assert values()[figure] == 90
    assert f"absent({figure})" in ALERTS


def test_an_account_that_is_out_is_a_one(site) -> None:
    accounts.note_out(Account.FIRST, "error 30002", now=NOON)
    assert [values(account=one)["stepup_account_out"] for one in Account] == [1, 0]


# Their format


def test_every_line_is_as_prometheus_reads_it(settings, site) -> None:
    heartbeat.sign_in(heartbeat.CHECKS, now=clock.now(), broken={})
    lines = metrics.written(figures.take(now=clock.now())).splitlines()
    told = [line for line in lines if not line.startswith("#")]
    assert [line for line in told if not LINE.fullmatch(line)] == []
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names)), "each figure is announced once"
    assert {LINE.fullmatch(line)[1] for line in told} <= set(names)


def test_a_label_cannot_break_out_of_its_line() -> None:
    odd = figures.Figure("stepup_x", "x", (figures.Sample(1, (("part", 'a"b\\c\nd'),)),))
    assert metrics.written([odd]).splitlines()[-1] == r'stepup_x{part="a\"b\\c\nd"} 1.0'


def test_they_name_nobody(site) -> None:
    patient = makers.a_patient(site)
    page = metrics.written(figures.take(now=NOON))
    assert not any(word in page for word in (patient.name, patient.phone, site.name, site.page_number))


# The alerts that rest on them


def test_every_alert_asks_for_figures_and_values_that_exist() -> None:
    for part in heartbeat.parts():
        heartbeat.sign_in(part, now=NOON)
    for reading in LOGS.values():
        heartbeat.sign_in(reading, now=NOON)
    taken = {figure.name: figure for figure in figures.take(now=NOON)}
    asked = re.findall(r"^ +expr: (.+)$", ALERTS, re.MULTILINE)
    assert len(asked) == ALERTS.count("- alert: ") > 8
    for name, labels in re.findall(r"(stepup_\w+)(\{[^}]*\})?", "\n".join(asked)):
        for label, matches, wanted in re.findall(r'(\w+)([=!]~?)"([^"]*)"', labels):
            known = {dict(sample.labels)[label] for sample in taken[name].samples}
            found = {
                value for value in known if (re.fullmatch if "~" in matches else str.__eq__)(wanted, value)
            }
            alternatives = wanted.split("|") if "~" in matches else [wanted]
            assert len(found) >= len(alternatives), f"{name} has no {label} {wanted}"
        assert name in taken


def test_texts_that_the_carrier_filters_are_told_and_more_than_one_in_a_hundred_calls_somebody() -> None:
    filtered = {alert.split()[0]: alert for alert in ALERTS.split("- alert: ") if 'means="words"' in alert}
    severities = {name: re.search(r"severity: (\w+)", alert)[1] for name, alert in filtered.items()}
    assert severities == {"StepUpTextFiltered": "warn", "StepUpTextsFiltered": "page"}
    assert "> 0.01 * scalar(sum(stepup_deliveries_ended" in filtered["StepUpTextsFiltered"]


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    for alert in ALERTS.split("- alert: ")[1:]:
        assert {"summary:", "do:", "severity:"} <= set(alert.split() + re.findall(r"severity:", alert)), alert
