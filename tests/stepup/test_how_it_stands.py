"""The status page and the first-run guide: read from the rows, and honest about what nobody can see."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.urls import reverse

from monitoring import canary, languages
from monitoring.models import Canary
from notifications import accounts, clock, heartbeat
from notifications.models import Account, AuditEntry, Role, SettingChange, Site
from protocols import wording
from stepup import first_run, standing, trials
from tests import makers
from tests.makers import NOON
from tests.stepup.caring import refused

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NB = "\u00a0"
ENGINE = standing.WORDS[heartbeat.ENGINE]


@pytest.fixture
def site() -> Site:
    return makers.a_site()


def works(site: Site) -> dict[str, bool | None]:
    return {part.name: part.works for part in standing.parts(site, now=clock.now())}


def done(site: Site) -> dict[str, bool | None]:
    return {line.what: line.is_done for line in first_run.guide(site, now=clock.now())}


@pytest.mark.parametrize(("silent_for", "well"), [(5, True), (20, False)])
def test_a_part_that_stopped_signing_in_stands_first_and_says_since_when(site, silent_for, well) -> None:
    now = clock.now()
    for name in heartbeat.parts():
        heartbeat.sign_in(name, now=now)
    heartbeat.sign_in(heartbeat.ENGINE, now=now - timedelta(seconds=silent_for))
    assert works(site)[ENGINE] is well
    page = makers.signed_in(makers.a_clinician(site, Role.EMERGENCY)).get(reverse("status")).content.decode()
    row = page[page.index(f'<th scope="row">{ENGINE}') :].split("</tr>")[0]
    assert ("silent since" in row) is not well
    assert ("from the downtime list" in row) is not well


def test_nobody_on_call_and_an_account_that_is_out_do_not_work(site) -> None:
    names = ("Somebody on rung 1", f"The {Account.FIRST.label}")
    makers.a_responder(site, 1, name="Dr A", since=clock.now())
    assert [works(site)[name] for name in names] == [True, True]
    site.shifts.all().delete()
    makers.a_responder(site, 1, name="Dr B", since=clock.now() - timedelta(days=90))
    accounts.note_out(Account.FIRST, "refused us", now=clock.now())
    assert [works(site)[name] for name in names] == [False, False]


@pytest.mark.parametrize(
    ("reading", "what", "minutes"),
    [
        (heartbeat.MISSED_TEXTS, "Fetching texts that never reached us", 5),
        (heartbeat.LOG_COMPARED, "Comparing the provider's log with ours", 30),
    ],
)
def test_a_log_that_was_not_read_or_compared_for_long_does_not_work(site, reading, what, minutes) -> None:
    assert {one.name: one.works for one in standing.parts(site, now=NOON)}[what] is None
    heartbeat.sign_in(reading, now=NOON)
    for later, well in ((0, True), (1, False)):
        now = NOON + timedelta(minutes=minutes, seconds=later)
        [part] = [one for one in standing.parts(site, now=now) if one.name == what]
        assert (part.works, part.at, bool(part.instead)) == (well, NOON, not well)


BACKUP = str(trials.KINDS[trials.BACKUP])


def tried(site: Site, **changed: object) -> None:
    facts = {"kind": trials.BACKUP, "on": NOON.date(), "worked": True, "words": "last night's, 12 minutes"}
    trials.record(site.pk, by=makers.a_clinician(site, Role.LEAD, name="Lee L"), now=NOON, **facts | changed)


def test_a_backup_read_back_is_known_for_a_year_and_one_that_failed_does_not_work(site) -> None:
    tried(site, on=NOON.date() - timedelta(days=2))
    [part] = [one for one in standing.parts(site, now=NOON) if one.name == BACKUP]
    assert (part.works, part.said) == (True, "it worked, Sat 27 Feb 2027, recorded by Lee L")
    assert [one.works for one in standing.parts(site, now=NOON + trials.HOLDS) if one.name == BACKUP] == [
        None
    ]
    tried(site, worked=False)
    [part] = [one for one in standing.parts(site, now=NOON) if one.name == BACKUP]
    assert (part.works, part.instead) == (False, "Tell whoever runs the service.")
    assert works(makers.a_site())[BACKUP] is None, "another site has its own"


def test_a_trial_is_refused_before_its_day_and_twice(site) -> None:
    with refused("not-yet"):
        tried(site, on=NOON.date() + timedelta(days=1))
    tried(site)
    with refused("kept"):
        tried(site)
    assert SettingChange.objects.filter(site=site, what=trials.BACKUP).count() == 1


def test_a_trial_is_recorded_on_the_screen_and_stands_on_the_status_page(site) -> None:
    client = makers.signed_in(makers.a_clinician(site, Role.ADMIN, name="Ada A"))
    assert reverse("trial") in client.get(reverse("status")).content.decode()
    typed = {"kind": trials.FAULTS, "on": "2020-02-03", "how": "worked", "words": "broker pulled"}
    wrong = client.post(reverse("trial"), typed | {"words": "", "on": "2020-02-31"})
    assert wrong.status_code == 422
    assert "Say in a few words what was done." in wrong.content.decode()
    page = client.post(reverse("trial"), typed, follow=True).content.decode()
    assert "it worked, Mon 03 Feb 2020, recorded by Ada A" in page.replace(NB, " ")
    assert AuditEntry.objects.filter(site=site, act="recorded a trial").count() == 1


def test_more_enrolled_than_the_number_asks_in_time_is_said_although_the_protocol_was_signed_before(
    site,
) -> None:
    name = "Everybody enrolled is asked in time"
    assert name not in works(site), "no course is under way"
    site.patient_texts_per_second = Decimal("0.01")
    site.save()
    makers.a_course(makers.a_patient(site))
    for _ in range(2):
        makers.a_patient(site)
    assert works(site)[name] is True
    makers.a_patient(site)
    assert works(site)[name] is False
    [part] = [part for part in standing.parts(site, now=clock.now()) if part.name == name]
    assert part.said == "4 enrolled, and the number asks 3 in time"


def test_what_nothing_here_records_is_not_known_and_never_called_well(site) -> None:
    found = works(site)
    assert found["A backup read back"] is None
    assert found["A test alarm is paged and taken"] is None
    assert found[f"The {Account.SECOND.label}"] is None


def test_a_new_site_has_everything_open_and_each_line_is_done_by_what_it_names(site) -> None:
    assert True not in done(site).values()
    now = clock.now()
    for role in (Role.NURSE, Role.PHARMACIST, Role.PRESCRIBER):
        makers.a_clinician(site, role)
    assert done(site)["Add the people"] is True
    makers.a_responder(site, 1, name="Dr A", since=now)
    assert done(site)["Fill the on-call list for 14 days"] is True
    assert done(site)["Prove each phone on call"] is False, "on the list, and never heard from"
    pharmacist = site.clinicians.get(role=Role.PHARMACIST)
    languages.approve(
        site, "en", fingerprint=wording.fingerprint("en"), reads_language=True, by=pharmacist, now=now
    )
    assert done(site)["Read and approve the texts"] is True
    makers.a_course(makers.a_patient(site), now=now)
    assert done(site)["Approve a protocol"] is True
    assert done(site)["Enrol the first patient and open the course"] is True
    assert done(site)["Give each patient an emergency card"] is False


def test_a_test_alarm_that_was_taken_is_the_proof_of_the_way_there_and_back(site) -> None:
    now = clock.now()
    canary.send_due(now=now)
    assert works(site)["A test alarm is paged and taken"] is None
    went = {
        "back_at": now,
        "code": "4821",
        "page": F("text"),
        "paged_at": now,
        "answer": F("text"),
        "taken_at": now,
    }
    Canary.objects.filter(site=site).update(**went)
    assert done(site)["See a test alarm paged and taken"] is True
    assert works(site)["A test alarm is paged and taken"] is True
