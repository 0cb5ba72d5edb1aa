"""The record of response: how long each step took, every miss, what rules were worth; no figure of too little."""

import csv
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from monitoring import economy, escalations, reports, response
from monitoring.models import EscalationEvent, RuleReview, Watch
from monitoring.rules import WatchRules
from notifications import clock
from notifications.models import AuditEntry, Clinician, Role, Site
from protocols.errors import Refusal
from tests import makers
from tests.home import FEVER, HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("minutes", "median", "most", "worst"),
    [
        ([], None, None, None),
        ([3, 1, 2], None, None, 3),
        ([4, 1, 2, 3], None, None, 4),
        ([5, 1, 2, 3, 4], 3, None, 5),
        (range(1, 20), 10, None, 19),
        (range(1, 21), 10, 19, 20),
        (range(1, 101), 50, 95, 100),
    ],
)
def test_a_figure_is_a_time_that_was_measured_and_is_not_made_of_too_few(
    minutes, median, most, worst
) -> None:
    times = [one * MINUTE for one in minutes]
    spread = response.spread([*times, None], "take", "urgent")
    figures = [None if one is None else one * MINUTE for one in (median, most, worst)]
    assert [spread.median, spread.most, spread.worst] == figures
    assert (spread.count, spread.waiting) == (len(times), 1)


@pytest.fixture
def home() -> Home:
    """A fever at noon, paged at once and handed over after 2 s; taken only on the second rung, then let lapse."""
    home = Home()
    home.hears(FEVER)
    case = home.case
    page = case.pages.get()
    page.text.deliveries.update(submitted_at=NOON + timedelta(seconds=2))
    page.voice.deliveries.update(submitted_at=NOON + timedelta(seconds=3))
    escalations.climb(now=case.next_at)
    escalations.take(case.pk, by=home.doctors[1], now=NOON + 20 * MINUTE, how="text")
    escalations.climb(now=NOON + 40 * MINUTE)
    escalations.take(case.pk, by=home.doctors[0], now=NOON + 41 * MINUTE, how="text")
    escalations.reach(case.pk, by=home.doctors[0], now=NOON + 50 * MINUTE)
    return home


def report(home: Home) -> reports.Report:
    return reports.of(home.site, days=1, now=NOON + DAY)


def resolved(home: Home, outcome: str = "home") -> None:
    escalations.resolve(
        home.case.pk, by=home.doctors[0], now=NOON + HOUR, outcome=outcome, grades=[("crs", 1), ("icans", 0)]
    )


def test_times_count_from_the_opening_to_the_first_such_moment(home) -> None:
    [one] = report(home).cases
    assert (one.page, one.take, one.reach) == (timedelta(seconds=2), 20 * MINUTE, 50 * MINUTE)
    assert one.resolve is None
    resolved(home)
    assert report(home).cases[0].resolve == HOUR
    assert reports.of(home.site, days=1, now=NOON + 2 * DAY).cases == []


def test_that_nobody_was_left_to_call_is_a_miss_though_it_was_taken_in_time() -> None:
    home = Home()
    home.hears(FEVER)
    for doctor in home.doctors:
        escalations.decline(home.case.pk, by=doctor, now=NOON + MINUTE, reason="in theatre")
        escalations.climb(now=NOON + MINUTE)
    escalations.take(home.case.pk, by=home.doctors[0], now=NOON + 2 * MINUTE, how="screen")
    [missed] = report(home).misses
    assert (missed.what, missed.at) == ("desk rung", NOON + MINUTE)
    assert missed.why == "nobody was left to call, so the desk was rung"


def took(home: Home, step: str, urgency: str) -> tuple[int, int, timedelta | None]:
    """How often a step was done so urgently, how often it is waited for, and the longest."""
    [one] = [one for one in report(home).spreads if (one.step, one.urgency) == (step, urgency)]
    return one.count, one.waiting, one.worst


def test_each_time_a_case_was_open_counts_by_itself_to_the_next_such_moment(home) -> None:
    assert [(one.what, one.take, one.reach) for one in report(home).waits] == [
        ("opened", 20 * MINUTE, 50 * MINUTE),
        ("reopened", MINUTE, 10 * MINUTE),
    ]
    assert took(home, "take", "urgent") == (2, 0, 20 * MINUTE)
    home.hears(FEVER, at=NOON + 55 * MINUTE)
    assert took(home, "take", "urgent") == (2, 1, 20 * MINUTE), "it came back and nobody has it yet"
    escalations.take(home.case.pk, by=home.doctors[0], now=NOON + 57 * MINUTE, how="text")
    escalations.hand_back(home.case.pk, by=home.doctors[0], now=NOON + 58 * MINUTE, reason="ill")
    assert [one.what for one in report(home).waits] == ["opened", "reopened", "raised", "handed back"]
    assert took(home, "take", "urgent") == (3, 1, 20 * MINUTE)


@pytest.fixture
def worse() -> Home:
    """A fever at noon, taken after a minute; at five past an emergency, and somebody has it again ten minutes later."""
    home = Home()
    home.hears(FEVER)
    escalations.take(home.case.pk, by=home.doctors[0], now=NOON + MINUTE, how="text")
    home.hears("she is confused and will not wake up", at=NOON + 5 * MINUTE)
    assert home.case.urgency == "emergency"
    return home


def test_a_late_answer_to_an_emergency_is_not_hidden_by_the_early_one_before_it_got_worse(worse) -> None:
    assert took(worse, "take", "emergency") == (0, 1, None)
    escalations.take(worse.case.pk, by=worse.doctors[0], now=NOON + 16 * MINUTE, how="text")
    assert took(worse, "take", "urgent") == (1, 0, MINUTE)
    assert took(worse, "take", "emergency") == (1, 0, 11 * MINUTE)
    assert [(one.what, one.at) for one in report(worse).misses] == [("not taken", NOON + 15 * MINUTE)]
    shown = makers.signed_in(makers.a_clinician(worse.site, Role.AUDITOR))
    shown = shown.get(f"/case/{worse.case.pk}/timeline/").content.decode()
    assert "Raised" in shown
    assert "11 min" in shown


def test_news_after_the_patient_was_reached_is_as_grave_as_what_was_found_in_it() -> None:
    home = Home()
    home.hears(FEVER)
    for minute, words in ((3, FEVER), (6, "she is confused and will not wake up"), (9, FEVER)):
        escalations.take(home.case.pk, by=home.doctors[0], now=NOON + (minute - 2) * MINUTE, how="text")
        escalations.reach(home.case.pk, by=home.doctors[0], now=NOON + (minute - 1) * MINUTE)
        home.hears(words, at=NOON + minute * MINUTE)
    assert [(one.what, one.urgency) for one in report(home).waits] == [
        ("opened", "urgent"),
        ("raised", "urgent"),
        ("raised", "emergency"),
        ("raised", "emergency"),
    ]
    unknown = Home()
    stranger = {"site": unknown.site, "patient": None, "caller": "+15550001111", "headline": "x"}
    case, _ = escalations.raise_concern(**stranger, urgency="urgent", now=NOON)
    escalations.take(case.pk, by=unknown.doctors[0], now=NOON + MINUTE, how="text")
    escalations.reach(case.pk, by=unknown.doctors[0], now=NOON + 2 * MINUTE)
    escalations.raise_concern(**stranger, urgency="emergency", now=NOON + 3 * MINUTE)
    assert {one.urgency for one in report(unknown).waits} == {"emergency"}, "nothing tells: the graver"


def test_a_stranger_whom_nobody_calls_back_is_a_miss_although_nobody_at_home_is_told() -> None:
    home = Home()
    case, _ = escalations.raise_concern(
        site=home.site, patient=None, caller="+15550001111", urgency="urgent", headline="x", now=NOON
    )
    told = WatchRules.thaw(case.rules).tell_patient * MINUTE
    assert reports.Report(home.site, NOON, NOON + told).misses == []
    [miss] = reports.Report(home.site, NOON, NOON + told + MINUTE).misses
    assert (miss.what, miss.at) == ("not taken", NOON + told)
    assert miss.text == "Opened, urgent. Nobody took it within 10 minutes."
    escalations.take(case.pk, by=home.doctors[0], now=NOON + told, how="text")
    assert report(home).misses == [], "in its last moment"


def test_a_page_that_a_case_did_not_need_any_more_is_not_waited_for() -> None:
    home = Home()
    home.hears(FEVER)
    assert took(home, "page", "urgent") == (0, 1, None)
    escalations.take(home.case.pk, by=home.doctors[0], now=NOON + MINUTE, how="screen")
    assert took(home, "page", "urgent") == (0, 0, None)
    escalations.hand_back(home.case.pk, by=home.doctors[0], now=NOON + 2 * MINUTE, reason="ill")
    paged = home.case.pages.filter(generation=2).get(rung=1)
    paged.text.deliveries.update(submitted_at=NOON + 3 * MINUTE)
    assert took(home, "page", "urgent") == (1, 0, MINUTE), "counted from when it was handed back"


def test_every_miss_is_named(home) -> None:
    assert [(one.what, one.at) for one in report(home).misses] == [
        ("reopened", NOON + 40 * MINUTE),
        ("patient told", home.case.opened_at + 15 * MINUTE),
    ]


@pytest.fixture
def nights(home) -> Home:
    """What `home` has, taken again too late after it got worse, and two strangers nobody calls back in time."""
    first = home.case
    for caller, minute in (("+15550001111", 30), ("+15550001112", 45)):
        at, about = NOON + minute * MINUTE, {"site": home.site, "patient": None, "caller": caller}
        case, _ = escalations.raise_concern(**about, urgency="urgent", headline="x", now=at)
    escalations.take(case.pk, by=home.doctors[1], now=NOON + 3 * HOUR, how="text")
    home.hears("she is confused and will not wake up", at=NOON + 55 * MINUTE)
    escalations.take(first.pk, by=home.doctors[0], now=NOON + 80 * MINUTE, how="text")
    return home


def moments(site: Site) -> list[datetime]:
    """Whenever anything happened to a case of the site, and whenever its report says so, with the microsecond on
    either side.
    """
    lines = EscalationEvent.objects.filter(escalation__site=site).values_list("at", flat=True)
    at = {*lines, *(one.at for one in reports.Report(site, NOON - DAY, NOON + DAY).misses)}
    return sorted(
        {one + microseconds * timedelta(microseconds=1) for one in at for microseconds in (-1, 0, 1)}
    )


def test_each_miss_is_in_one_of_two_reports_that_follow_each_other_wherever_they_meet(nights) -> None:
    site, start, end = nights.site, NOON - DAY, NOON + DAY
    whole = reports.Report(site, start, end).misses
    assert {one.what for one in whole} == {"reopened", "patient told", "not taken"}
    assert len(whole) > 4
    for meet in moments(site):
        parts = [*reports.Report(site, meet, end).misses, *reports.Report(site, start, meet).misses]
        assert parts == whole, meet


def test_a_miss_counts_in_the_week_in_which_it_happened_although_its_case_is_older(home) -> None:
    later = reports.Report(home.site, NOON + 30 * MINUTE, NOON + DAY)
    assert later.cases == []
    assert [one.what for one in later.misses] == ["reopened"]
    [_, (_, code, *_)] = list(csv.reader(StringIO(reports.table(later, "misses"))))
    assert code == home.case.code


def test_a_rule_is_worth_what_came_of_its_cases(home) -> None:
    def first() -> economy.Worth:
        return report(home).rules[0]

    assert (first().fired, len(first().cases), first().resolved, first().acted_on) == (1, 1, 0, 0)
    home.hears(FEVER, at=NOON + 55 * MINUTE)
    escalations.take(home.case.pk, by=home.doctors[0], now=NOON + 56 * MINUTE, how="text")
    escalations.reach(home.case.pk, by=home.doctors[0], now=NOON + 57 * MINUTE)
    resolved(home)
    assert (first().fired, len(first().cases), first().resolved, first().acted_on) == (2, 1, 1, 1)
    assert first().share is None


def test_a_case_that_was_no_reaction_was_not_acted_on(home) -> None:
    resolved(home, outcome="no concern")
    assert {(one.resolved, one.acted_on) for one in report(home).rules} == {(1, 0)}


def test_h15_alarms_are_measured_by_the_days_that_patients_were_watched(home) -> None:
    assert report(home).load == economy.Load(1, Decimal(1))
    short = reports.Report(home.site, NOON - HOUR, NOON + 12 * HOUR)
    assert short.load == economy.Load(1, Decimal("0.5")), "the hours before the watch do not count"
    Watch.objects.update(closed_at=NOON + 12 * HOUR, closed_why="over")
    assert report(home).load.days == Decimal("0.5")
    assert report(Home()).load.cases == 0
    assert economy.Load(9, Decimal("19.9")).per_day is None
    assert economy.Load(9, Decimal(20)).per_day == Decimal("0.45")


def test_a_share_is_said_of_twenty_cases_and_not_of_nineteen() -> None:
    assert economy.Worth("x", resolved=19, acted_on=19).share is None
    assert economy.Worth("x", resolved=20, acted_on=15).share == 75


def test_a_review_names_an_owner_and_the_newest_counts(home) -> None:
    lead = makers.a_clinician(home.site, Role.LEAD)
    rule = report(home).rules[0].rule
    for words in ("too often at night", "as it should be"):
        economy.review(home.site, rule=rule, owner=lead, words=words, by=lead, now=NOON)
    review = report(home).rules[0].review
    assert (review.words, review.owner) == ("as it should be", lead)
    for code, facts in (
        ("words", {"words": " "}),
        ("rule", {"rule": "no such rule"}),
        ("owner", {"owner": makers.a_clinician(makers.a_site(), Role.LEAD)}),
        ("owner", {"owner": makers.a_clinician(home.site, Role.NURSE)}),
    ):
        with pytest.raises(Refusal) as refused:
            economy.review(
                home.site, **({"rule": rule, "owner": lead, "words": "x"} | facts), by=lead, now=NOON
            )
        assert refused.value.code == code
    assert RuleReview.objects.count() == 2


def test_other_sites_are_not_in_it(home) -> None:
    other = reports.of(makers.a_site(), days=1, now=NOON + DAY)
    assert (other.cases, other.misses, other.rules) == ([], [], [])


def test_the_queries_do_not_grow_with_the_cases(home) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            made = report(home)
            assert all([made.cases, made.spreads, made.misses, made.rules])
            reports.table(made, "cases")
        return len(asked)

    before = queries()
    for caller in range(4):
        escalations.raise_concern(
            site=home.site,
            patient=None,
            caller=f"+1555000000{caller}",
            urgency="urgent",
            headline="x",
            now=NOON,
        )
    assert queries() == before


@pytest.mark.parametrize("name", ["cases", "waits", "misses", "rules"])
def test_each_table_is_whole_as_csv_and_no_cell_is_a_formula(home, name) -> None:
    lead = makers.a_clinician(home.site, Role.LEAD)
    rule = report(home).rules[0].rule
    economy.review(home.site, rule=rule, owner=lead, words="=1+1", by=lead, now=NOON)
    head, *rows = csv.reader(StringIO(reports.table(report(home), name)))
    assert len(rows) == len(getattr(report(home), name))
    assert all(len(row) == len(head) for row in rows)
    assert not any(cell.startswith("=") for row in rows for cell in row)
    if name == "cases":
        assert rows[0][head.index("take_seconds")] == "1200"
        assert rows[0][head.index("opened_as")] == "urgent"


def recent(site) -> Clinician:
    """A case of just now, for the doors, which read the real clock; and a lead to read it."""
    escalations.raise_concern(
        site=site, patient=None, caller="+15550001111", urgency="urgent", headline="x", now=clock.now() - HOUR
    )
    return makers.a_clinician(site, Role.LEAD)


def test_the_page_says_that_few_cases_have_no_percentile_and_is_in_the_ledger() -> None:
    lead = recent(makers.a_site())
    client = makers.signed_in(lead)
    shown = client.get(reverse("reports")).content.decode()
    assert "0 times: no median" in shown
    assert "0, and 1 not yet" in shown
    assert "A rung had nobody on it" in shown
    exported = client.get(reverse("reports-csv", args=["cases"]))
    assert exported["Content-Type"].startswith("text/csv")
    assert client.get(reverse("reports-csv", args=["patients"])).status_code == 404
    assert set(AuditEntry.objects.filter(by=lead).values_list("act", flat=True)) >= {
        "read the reports", "exported a report",
    }  # fmt: skip


def test_a_review_is_recorded_on_the_page_and_what_was_typed_is_kept() -> None:
    home = Home(watched=False)
    home.hears("39.6", at=clock.now() - HOUR)
    lead = makers.a_clinician(home.site, Role.LEAD)
    client, path = makers.signed_in(lead), reverse("rule-review")
    rule = reports.of(home.site, days=1, now=clock.now()).rules[0].rule
    typed = {"rule": rule, "owner": str(lead.pk), "words": "as it should be"}
    wrong = client.post(path, typed | {"words": ""})
    assert (wrong.status_code, "Say in a few words" in wrong.content.decode()) == (422, True)
    shown = client.post(path, typed, follow=True).content.decode()
    assert f"Owner: <b>{lead.name}</b>" in shown
