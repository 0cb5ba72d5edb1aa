"""One site never sees another's records, and whoever reads or writes a patient's record is in the ledger."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from monitoring import escalations, findings, inbound, pocket, worklist
from monitoring.models import Reaction, Reply, Task
from notifications import clock, phones
from notifications.models import AuditEntry, Clinician, Role, Site
from protocols.staging import Stage
from stepup import (
    adoption,
    appointments,
    calendars,
    care_entries,
    care_rules,
    closures,
    courses,
    drafts,
    holds,
    reviews,
    weights,
)
from stepup.models import Course
from tests import bedside, kept, makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]

SCREENS = [
    "board",
    "board-rows",
    "tasks",
    "inbox",
    "on-call",
    "closed-days",
    "unit-hours",
    "adoption",
    "week",
    "calendars",
    "protocols",
    "downtime",
    "enrol",
    "supportive-care-list",
    "phrases",
    "texts",
    "rules",
]


class Ward:
    """A site in the middle of its day. `mark` is in every word of it, so that none can be missed elsewhere."""

    def __init__(self, mark: str) -> None:
        self.mark, self.now = mark, clock.now()
        self.site: Site = makers.a_site(name=f"{mark} Hospital")
        self.nurse = makers.a_clinician(self.site, name=f"{mark} Nurse")
        self.reader = makers.a_clinician(self.site, Role.PHARMACIST, name=f"{mark} Reader")
        makers.approved_texts(self.site, by=self.reader, now=self.now)
        self.responder = makers.a_responder(self.site, 1, name=f"{mark} Responder", since=self.now)
        self.patient = makers.a_patient(
            self.site, now=self.now, name=f"{mark} Patient", identifier=f"{mark}-1", caregiver_name=f"{mark} Carer",
            allergies=f"{mark} allergy",
        )  # fmt: skip
        self.course = makers.a_course(self.patient, now=self.now)
        planned = courses.plan(self.course)[0]
        self.dose = courses.record_dose(
            self.course.pk, step=planned.step, given_at=self.now, given_mg=planned.calculated_mg, by=self.nurse,
            now=self.now,
        ).dose  # fmt: skip
        self.order = pocket.sign(
            self.patient, dose_mg=Decimal(8), expires_at=self.now + timedelta(days=9),
            by=makers.a_clinician(self.site, Role.PRESCRIBER, name=f"{mark} Prescriber"), now=self.now,
        )  # fmt: skip
        weighing = weights.Weighing(Decimal(90), courses.local_date(self.patient, self.now), f"{mark} scale")
        self.weight = weights.record(self.course.pk, weighing, by=self.nurse, now=self.now)
        self.hears("38.6 and shaking", sender=self.patient.phone)
        self.case = escalations.unresolved(self.patient)
        self.closed = closures.add(
            self.site, on=self.now.date() + timedelta(days=9), name=f"{mark} day", by=self.nurse,
            today=self.now.date(), now=self.now,
        )  # fmt: skip
        appointments.move(
            self.course.pk, at=self.now + timedelta(days=4), seen_before=appointments.seen(self.course),
            reason="other", words=f"{mark} reason", by=self.nurse, now=self.now,
        )  # fmt: skip
        self.hold = holds.place(self.course.pk, reason=f"{mark} hold", by=self.nurse, now=self.now)
        self.prescriber = makers.a_clinician(self.site, Role.PRESCRIBER, name=f"{mark} Prescriber")
        reviews.record(self.course.pk, words=f"{mark} review", by=self.prescriber, now=self.now)
        self.draft = makers.a_draft(self.site, by=self.prescriber, now=self.now)
        drafts.change(
            self.draft.pk, [drafts.Wanted("reach_minutes", 20)], seen=0, why=f"{mark} why",
            source=f"{mark} audit", by=self.prescriber, now=self.now,
        )  # fmt: skip
        self.entry = makers.an_entry(self.draft, by=self.nurse, now=self.now)
        self.stage = adoption.set_numbers(
            self.site, stage=Stage.ALL, numbers={}, why=f"{mark} board", seen_before=0, by=self.prescriber,
            now=self.now,
        )  # fmt: skip
        bedside.assessed_as(self.patient, 2, by=self.nurse, now=self.now)
        self.assessment = bedside.assessed_as(
            self.patient, 1, by=self.prescriber, now=self.now, why=f"{mark} fluids"
        )
        self.address, _ = calendars.make(is_unit=True, by=self.nurse, now=self.now)
        self.stay = makers.a_stay(self.patient, by=self.nurse, now=self.now, ward=f"{mark} ward")
        self.care = care_entries.record(
            self.course.pk, "igg", on=self.now.date() - timedelta(days=9),
            result=care_entries.Result(f"{mark} result", f"{mark} reader"), seen=0, by=self.nurse, now=self.now,
        )  # fmt: skip
        care_rules.set_rule(
            self.site, "igg", every_days=14, option="", words=f"{mark} way", source=f"{mark} minutes", seen=0,
            by=self.prescriber, now=self.now,
        )  # fmt: skip
        self.phrase = makers.a_phrase(
            self.patient, by=self.nurse, words=f"{mark} marmalade toast", now=self.now
        )
        self.stranger = makers.a_phone()
        self.hears(f"{mark} who is this", sender=self.stranger)
        self.hears(f"{mark} elephants", sender=self.patient.phone)
        self.unread, self.unknown = (
            Task.objects.exclude(unread_from="").order_by("patient").filter(site=self.site)
        )
        self.task = worklist.open_task(
            site=self.site, patient=self.patient, what=f"{mark} task", due_at=self.now, pages_when_late=True,
            now=self.now,
        )  # fmt: skip

    def hears(self, words: str, *, sender: str, to: str = "") -> None:
        inbound.receive(
            provider_sid=f"SM{makers.a_phone()}", sender=sender, sent_to=to or self.site.patient_number, body=words,
            now=self.now,
        )  # fmt: skip

    @property
    def reply(self) -> Reply:
        """A harmless text of the patient."""
        self.hears("98.6, buttered crumpets today", sender=self.patient.phone)
        return Reply.objects.order_by("pk").last()

    def client(self, role: str = Role.NURSE) -> tuple[Client, Clinician]:
        """Somebody new of this site, signed in."""
        clinician = makers.a_clinician(self.site, role, name=f"{self.mark} {role}")
        client = Client()
        client.force_login(clinician, backend="django.contrib.auth.backends.ModelBackend")
        return client, clinician

    def words(self) -> list[str]:
        """What only this site's own screens may show."""
        numbers = [self.patient.phone, self.patient.caregiver_phone, self.stranger, self.site.oncall_number]
        read = [phones.for_reading(number) for number in numbers]
        return [self.mark, f"case {self.case.code}", self.patient.emergency_code, *numbers, *read]


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[tuple[Ward, Ward]]:
    with kept.made(lambda: (Ward("Hereford"), Ward("Thereton")), django_db_blocker) as wards:
        yield wards


@pytest.fixture
def here(made_once) -> Ward:
    return deepcopy(made_once[0])


@pytest.fixture
def there(made_once) -> Ward:
    return deepcopy(made_once[1])


def page(client: Client, path: str) -> str:
    answer = client.get(path, headers={"HX-Request": "true"} if path.endswith("/log/") else None)
    assert answer.status_code == 200, path
    return answer.content.decode().replace("\u00a0", " ")


def own_pages(ward: Ward) -> list[str]:
    return [
        reverse("assess", args=[ward.patient.pk]),
        *(reverse(name) for name in SCREENS), f"{reverse('board')}?wall=1",
        reverse("patient", args=[ward.patient.pk]), reverse("case", args=[ward.case.pk]),
        reverse("contacts", args=[ward.patient.pk]), reverse("end-enrolment", args=[ward.patient.pk]),
        reverse("record-reaction", args=[ward.patient.pk]), reverse("patient-texts", args=[ward.patient.pk]),
        reverse("temperatures", args=[ward.patient.pk]),
        reverse("admit", args=[ward.patient.pk]),
        reverse("home-kit", args=[ward.patient.pk]),
        *(reverse(name, args=[ward.stay.pk]) for name in ("still-in", "discharge", "stay-mistake")),
        reverse("texts-of", args=["en"]),
        reverse("case-log", args=[ward.case.pk]), reverse("record-dose", args=[ward.course.pk]),
        reverse("move-dose", args=[ward.course.pk]), reverse("skip-dose", args=[ward.course.pk]),
        reverse("hold-course", args=[ward.course.pk]), reverse("hand-over", args=[ward.course.pk]),
        reverse("readiness", args=[ward.course.pk]), reverse("supportive-care", args=[ward.course.pk]),
        f"{reverse('record-supportive-care', args=[ward.course.pk])}?item=igg",
        reverse("take-back-supportive-care", args=[ward.care.pk]),
        reverse("courses-of-version", args=[ward.course.protocol_id]), reverse("course-version", args=[ward.course.pk]),
        reverse("record-weight", args=[ward.course.pk]), reverse("answer-weight", args=[ward.weight.pk]),
        reverse("draft", args=[ward.draft.pk]), reverse("draft-compare", args=[ward.draft.pk]), reverse("compare"),
        reverse("draft-try", args=[ward.draft.pk]), f"{reverse('row-enter', args=[ward.draft.pk])}?kind=dispensing",
        reverse("row-confirm", args=[ward.entry.pk]), reverse("row-back", args=[ward.entry.pk]),
        reverse("phrase", args=[ward.phrase.pk]), reverse("phrase-propose", args=[ward.phrase.reply_id]),
        *(reverse("inbox-item", args=[task.pk]) for task in (ward.unread, ward.unknown)),
        f"{reverse('contacts', args=[ward.patient.pk])}?from={ward.unknown.pk}",
        reverse("row-out", args=[ward.draft.pk]),
        reverse("confirm-dose", args=[ward.dose.pk]), reverse("protocol", args=[makers.TECLISTAMAB, "outpatient-us"]),
    ]  # fmt: skip


def test_a_prescribers_screens_show_nothing_of_another_site(here, there) -> None:
    client, _ = here.client(Role.PRESCRIBER)
    for name, row in [
        ("lift-hold", here.hold),
        ("confirm-interval", here.course),
        ("record-review", here.course),
        ("transfer-course", here.course),
        ("override-stage", here.course),
        ("draft", here.draft),
        ("draft-change", here.draft),
        ("supportive-care-rules", None),
        ("read-assessment", here.assessment),
    ]:
        shown = page(client, reverse(name, args=[row.pk] if row else []))
        assert here.mark in shown
        assert not [word for word in there.words() if word in shown], name


def test_no_screen_shows_anything_of_another_site(here, there) -> None:
    client, _ = here.client()
    for path in own_pages(here):
        shown = page(client, path)
        found = [word for word in there.words() if word in shown]
        assert not found, f"{path} shows {found}"


@pytest.mark.parametrize(
    ("name", "mine"),
    [
        ("board", "patient"), ("board", "case"), ("tasks", "task"), ("downtime", "patient"), ("on-call", "responder"),
        ("closed-days", "closed"), ("adoption", "stage"), ("week", "patient"), ("calendars", "address"),
        ("supportive-care-list", "patient"), ("phrases", "phrase"), ("texts", "reader"),
    ],
)  # fmt: skip
def test_the_same_screens_show_what_is_one_s_own(here, there, name, mine) -> None:
    """Otherwise an empty screen would keep sites apart, too."""
    client, _ = here.client()
    wanted = {
        "patient": here.patient.name, "case": here.case.code, "task": here.task.what, "responder": here.responder.name,
        "closed": here.closed.name, "stage": here.stage.why, "address": f"by {here.nurse.name}",
        "phrase": here.phrase.words,
        "reader": here.reader.name,
    }  # fmt: skip
    assert wanted[mine] in page(client, reverse(name))


def test_the_counts_of_the_board_are_one_s_own(here, there) -> None:
    client, _ = here.client()
    assert "1 case nobody has, 0 taken, 1 patient being watched" in page(client, reverse("board"))


def test_a_shift_cannot_be_given_to_somebody_of_another_site(here, there) -> None:
    client, _ = here.client()
    day = {"starts_on": "2030-01-01", "starts_at": "08:00", "ends_on": "2030-01-02", "ends_at": "08:00"}
    answer = client.post(reverse("add-shift"), {"clinician": there.responder.pk, "rung": "1", **day})
    assert answer.status_code == 422
    assert not there.responder.shifts.filter(site=here.site).exists()


def test_a_course_cannot_start_on_another_site_s_signatures(here, there) -> None:
    """The protocol is approved there and here; the row that is named decides."""
    client, _ = here.client()
    patient = makers.a_patient(here.site, now=here.now)
    foreign = there.course.protocol
    day = str(here.now.date())
    typed = {"start_on": day, "weight_kg": "70", "weighed_on": day, "weighed_by": "x"}
    answer = client.post(reverse("open-course", args=[patient.pk]), {"protocol": foreign.pk, **typed})
    assert answer.status_code == 422
    assert not patient.courses.exists()


def test_another_site_s_code_takes_nothing(here, there) -> None:
    here.hears(there.case.code, sender=here.responder.phone, to=here.site.page_number)
    there.case.refresh_from_db()
    assert there.case.owner is None


def test_a_text_to_the_wrong_site_s_number_stays_with_the_patient_s_own(here, there) -> None:
    here.hears(
        "I fell down the stairs and nobody is here", sender=there.patient.phone, to=here.site.patient_number
    )
    client, _ = here.client()
    for name in ("board", "tasks"):
        assert there.patient.name not in page(client, reverse(name))


def test_words_the_service_could_not_read_stay_with_the_patient_s_own_site_too(
    here, there, monkeypatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(findings, "from_reply", breaks)
    here.hears("a strange feeling", sender=there.patient.phone, to=here.site.patient_number)
    client, _ = here.client()
    assert there.patient.name not in page(client, reverse("tasks"))


# the ledger


@pytest.mark.parametrize(
    ("role", "name", "row", "act"),
    [
        (Role.AUDITOR, "patient", "patient", "read the record"),
        (Role.AUDITOR, "temperatures", "patient", "read the record"),
        (Role.NURSE, "home-kit", "patient", "read the record"),
        (Role.RESPONDER, "case", "case", "read a case"),
        (Role.PHARMACIST, "confirm-dose", "dose", "read a dose"),
        (Role.NURSE, "record-dose", "course", "read the record"),
        (Role.NURSE, "open-course", "patient", "read the record"),
        (Role.NURSE, "move-dose", "course", "read the record"),
        (Role.NURSE, "skip-dose", "course", "read the record"),
        (Role.RESPONDER, "hold-course", "course", "read the record"),
        (Role.PHARMACIST, "lift-hold", "hold", "read the record"),
        (Role.PRESCRIBER, "confirm-interval", "course", "read the record"),
        (Role.PRESCRIBER, "record-review", "course", "read the record"),
        (Role.NURSE, "stop-course", "course", "read the record"),
        (Role.AUDITOR, "hand-over", "course", "read the hand-over"),
        (Role.PRESCRIBER, "transfer-course", "course", "read the record"),
        (Role.NURSE, "course-version", "course", "read the record"),
        (Role.NURSE, "contacts", "patient", "read the record"),
        (Role.NURSE, "end-enrolment", "patient", "read the record"),
        (Role.NURSE, "record-reaction", "patient", "read the record"),
        (Role.PRESCRIBER, "revoke-pocket-order", "order", "read the record"),
        (Role.PHARMACIST, "readiness", "course", "read the record"),
        (Role.NURSE, "record-weight", "course", "read the record"),
        (Role.PHARMACIST, "answer-weight", "weight", "read the record"),
        (Role.NURSE, "downtime", "", "read the downtime list"),
        (Role.NURSE, "board", "", "read the board"),
        (Role.NURSE, "tasks", "", "read the list"),
        (Role.RESPONDER, "inbox", "", "read the replies"),
        (Role.RESPONDER, "inbox-item", "unread", "read replies"),
        (Role.AUDITOR, "supportive-care", "course", "read the record"),
        (Role.NURSE, "take-back-supportive-care", "care", "read the record"),
        (Role.LEAD, "supportive-care-list", "", "read the list"),
        (Role.LEAD, "phrases", "", "read the learned phrases"),
        (Role.AUDITOR, "rules", "", "read the rules"),
        (Role.NURSE, "phrase-propose", "reply", "read a reply"),
    ],
)
def test_whoever_reads_a_record_is_in_the_ledger(here, role, name, row, act) -> None:
    client, reader = here.client(role)
    page(client, reverse(name, args=[getattr(here, row).pk] if row else []))
    entry = AuditEntry.objects.get(by=reader)
    assert (entry.act, entry.site) == (act, here.site)
    assert here.mark not in f"{entry.subject}{entry.detail}", "ids only, no names"


def _day(ward: Ward) -> str:
    return str(courses.local_date(ward.patient, ward.now))


def _another_course(ward: Ward) -> Course:
    today = courses.local_date(ward.patient, ward.now)
    course = courses.open_course(
        makers.a_patient(ward.site, now=ward.now), ward.course.protocol, regimen="", start_on=today,
        weight_kg=Decimal(70), weighed_on=today, weighed_by="a nurse", by=ward.nurse, now=ward.now,
        uncovered_why="no rota in this test",
    )  # fmt: skip
    return makers.ready(course, now=ward.now - timedelta(hours=1))


WRITES = [
    (Role.NURSE, "confirm-dose", "dose", {"figure_mg": "4.2"}, "confirmed a dose"),
    (Role.NURSE, "stop-course", "course", {"reason": "moved away"}, "stopped a course"),
    (Role.NURSE, "hold-course", "course", {"reason": "infection"}, "placed a hold"),
    (Role.PHARMACIST, "lift-hold", "hold", {"why": "culture negative"}, "lifted a hold"),
    (Role.PRESCRIBER, "record-review", "course", {"words": "goes on"}, "recorded a review"),
    (Role.NURSE, "remove-closed-day", "closed", {}, "removed a closed day"),
    (Role.NURSE, "practice", "course", {}, "sent a practice text"),
    (Role.PHARMACIST, "answer-weight", "weight", {"use": "use"}, "answered a weight"),
    (
        Role.PRESCRIBER,
        "pocket-order",
        "patient",
        {"dose_mg": "1", "expires_on": "2030-01-01"},
        "signed a pocket order",
    ),
    (Role.PRESCRIBER, "revoke-pocket-order", "order", {"reason": "moved"}, "revoked a pocket order"),
    (Role.RESPONDER, "case-take", "case", {}, "took the case"),
    (Role.RESPONDER, "case-decline", "case", {"reason": "driving"}, "declined the case"),
    (Role.NURSE, "task-done", "task", {"outcome": "called"}, "finished a task"),
    (Role.NURSE, "reaction-over", "reaction", {}, "ended a reaction"),
    (Role.NURSE, "phrase-propose", "reply", {"words": "crumpets"}, "proposed a phrase"),
    (Role.PHARMACIST, "phrase-end", "phrase", {"why": "too vague"}, "refused a phrase"),
    (
        Role.NURSE,
        "home-kit",
        "patient",
        {"thermometer": "ear", "cuff": "yes", "oximeter": "no", "seen": "0"},
        "recorded the home kit",
    ),
    (
        Role.NURSE,
        "record-reaction",
        "patient",
        {"kind": "infection", "grade": "2", "on": "2026-03-02"},
        "recorded a reaction",
    ),
]


@pytest.mark.parametrize(("role", "name", "row", "typed", "act"), WRITES, ids=[write[1] for write in WRITES])
def test_whoever_writes_into_a_record_is_in_the_ledger(
    here: Ward, *, role: str, name: str, row: str, typed: dict[str, str], act: str
) -> None:
    here.reaction = Reaction.objects.create(
        patient=here.patient,
        escalation=here.case,
        kind="crs",
        grade=1,
        noted_by=here.responder,
        noted_at=here.now,
    )
    client, writer = here.client(role)
    answer = client.post(reverse(name, args=[getattr(here, row).pk]), typed)
    assert answer.status_code == 302, answer.content.decode()
    assert act in AuditEntry.objects.filter(by=writer, site=here.site).values_list("act", flat=True)


def test_every_act_of_a_case_s_owner_is_in_the_ledger(here) -> None:
    client, writer = here.client(Role.RESPONDER)
    steps = [
        ("case-take", {}, "took the case"),
        ("case-hand-back", {"reason": "relieved"}, "handed the case back"),
        ("case-take", {}, "took the case"),
        ("case-reach", {"text": "spoke"}, "reached the patient"),
        ("case-resolve", {"outcome": "home", "crs": "0", "icans": "0", "text": "well"}, "resolved the case"),
    ]
    for name, typed, _ in steps:
        assert client.post(reverse(name, args=[here.case.pk]), typed).status_code == 302, name
    acts = AuditEntry.objects.filter(by=writer, subject=str(here.case)).order_by("pk")
    assert list(acts.values_list("act", flat=True)) == [act for _, _, act in steps]


def test_enrolling_and_recording_are_in_the_ledger(here) -> None:
    client, writer = here.client()
    form = {
        "identifier": "N-1", "name": "New", "born_on": "1960-01-01", "phone": "+12155550142", "language": "en",
        "time_zone": "America/New_York", "caregiver_name": "Next", "caregiver_phone": "+12155550143",
        "protocol": here.course.protocol.pk, "start_on": _day(here), "weight_kg": "70", "weighed_on": _day(here),
        "weighed_by": "n", "uncovered_why": "no rota in this test",
    }  # fmt: skip
    assert client.post(reverse("enrol"), form).status_code == 302
    acts = AuditEntry.objects.filter(by=writer).order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["enrolled a patient", "opened a course"]


def test_recording_a_dose_is_in_the_ledger_once_and_its_preview_is_not(here) -> None:
    course = _another_course(here)
    client, writer = here.client()
    path = reverse("record-dose", args=[course.pk])
    local = here.now.astimezone(ZoneInfo(here.site.time_zone))
    typed = {"on": f"{local:%Y-%m-%d}", "at": f"{local:%H:%M}", "step": "step_up_dose_1", "given_mg": "4.2"}
    assert client.post(path, typed).status_code == 200
    assert not AuditEntry.objects.filter(by=writer).exists()
    sure = {"sure": "yes", "name_checked": "on", "born_checked": "on"}
    assert client.post(path, typed | sure).status_code == 302
    assert AuditEntry.objects.get(by=writer).act == "recorded a dose"


def test_moving_a_dose_is_in_the_ledger_and_looking_at_its_changes_is_a_read(here) -> None:
    client, writer = here.client()
    path = reverse("move-dose", args=[here.course.pk])
    at = (
        (here.now + timedelta(days=4))
        .astimezone(ZoneInfo(here.site.time_zone))
        .replace(second=0, microsecond=0)
    )
    typed = {"on": f"{at:%Y-%m-%d}", "at": f"{at:%H:%M}", "reason": "patient", "words": "asked for it"}
    assert client.post(path, typed).status_code == 200
    assert AuditEntry.objects.get(by=writer).act == "read the record"
    sure = {"sure": "yes", "seen": appointments.seen(here.course), "shown": at.astimezone(UTC).isoformat()}
    assert client.post(path, typed | sure).status_code == 302
    assert "moved a dose" in AuditEntry.objects.filter(by=writer).values_list("act", flat=True)


def test_an_emergency_team_s_look_is_in_the_ledger_without_a_name(here) -> None:
    path = reverse("emergency", args=[here.patient.emergency_code])
    for born_on, act in (
        ("01/02/1903", "tried the emergency facts"),
        ("05/17/1960", "opened the emergency facts"),
    ):
        Client().post(path, {"born_on": born_on})
        assert AuditEntry.objects.filter(by=None, site=here.site, act=act).count() == 1
