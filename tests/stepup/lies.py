"""One of everything at a clinic, and rows made behind every rule's back: what only the database can refuse."""

from datetime import time, timedelta
from decimal import Decimal

from django.db import connection

from monitoring import escalations, pocket, watches
from monitoring.models import (
    Admission,
    CaseOffer,
    CheckIn,
    ClinicianText,
    Escalation,
    EscalationEvent,
    Reaction,
    Task,
)
from notifications.models import Message, Role
from stepup.models import (
    AdoptionStage,
    Appointment,
    CareEntry,
    CareRule,
    ChairTime,
    ClosedDay,
    Course,
    DoseCorrection,
    DoseReport,
    Draft,
    DraftEdit,
    EntryAnswer,
    Hold,
    IntervalChange,
    LabelEntry,
    OpenDay,
    Review,
    SiteProtocol,
    StageOverride,
    Transfer,
    UnitHours,
    VersionChoice,
)
from tests import makers
from tests.makers import NOON

HOUR = timedelta(hours=1)


class Clinic:
    """One of everything, and two where two must not be the same."""

    def __init__(self) -> None:
        self.site = makers.a_site()
        self.doctors = [makers.a_responder(self.site, rung, name=f"Dr {rung}") for rung in (1, 2)]
        self.patients = [makers.a_patient(self.site) for _ in range(2)]
        self.course = makers.a_course(self.patients[0])
        self.dose = makers.a_dose(self.course)
        self.said = self.course.readiness_statements.filter(state="met")[0]
        self.watch = watches.current(self.patients[0])
        self.case = self.open_case(patient=self.patients[0])
        self.prescriber = makers.a_clinician(self.site, Role.PRESCRIBER)
        self.order = pocket.sign(
            self.patients[0], dose_mg=Decimal(8), expires_at=NOON + 24 * HOUR, by=self.prescriber, now=NOON
        )
        self.reaction = Reaction.objects.create(
            patient=self.patients[0], kind="crs", grade=1, noted_at=NOON, noted_by=self.prescriber
        )
        self.task = Task.objects.create(
            site=self.site, what="call", opened_at=NOON, due_at=NOON, pages_when_late=False
        )

    def open_case(self, **about: object) -> Escalation:
        facts = {"patient": None, **about}
        case, _ = escalations.raise_concern(
            site=self.site, urgency="urgent", headline="fever", now=NOON, **facts
        )
        return case

    def first_checkins(self) -> list[CheckIn]:
        return list(self.watch.checkins.filter(state=CheckIn.State.WAITING)[:2])


def change(rows: object, **facts: object) -> None:
    """Update behind every rule's back."""
    rows.update(**facts)


def copy(row: object, **facts: object) -> None:
    """The same row once more, with some facts changed."""
    row.pk = None
    for name, value in facts.items():
        setattr(row, name, value)
    row.save(force_insert=True)


def a_case_offer(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    """A case offered behind every rule's back."""
    first, second = clinic.doctors
    row = {"escalation": clinic.case, "by": first, "to": second, "reason": "x", "at": NOON, "answer_by": NOON}
    for _ in range(times):
        CaseOffer.objects.create(**(row | facts))


def a_line_in_the_place_of_the_first(clinic: Clinic) -> None:
    """Another line in the place of a case's first one, past the trigger that sets the place."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE monitoring_escalationevent DISABLE TRIGGER monitoring_escalationevent_link"
        )
        copy(EscalationEvent.objects.get(escalation=clinic.case, number=1))


def ask(checkins: list[CheckIn]) -> None:
    CheckIn.objects.filter(pk__in=[one.pk for one in checkins]).update(state="asked", question_at=NOON)


def make_extra(checkins: list[CheckIn]) -> None:
    CheckIn.objects.filter(pk__in=[one.pk for one in checkins]).update(extra=True)


def an_appointment(clinic: Clinic, *, twice: bool = False, **facts: object) -> None:
    """The next dose put on tomorrow, behind every rule's back."""
    row = {
        "course": clinic.course, "number": 1, "after": clinic.dose, "kind": "delayed", "step": "step_up_dose_2",
        "planned_at": NOON + 24 * HOUR, "planned_on": NOON.date(), "reason": "patient", "by": clinic.prescriber,
        "at": NOON,
    }  # fmt: skip
    for _ in range(2 if twice else 1):
        Appointment.objects.create(**(row | facts))


def a_hold(clinic: Clinic, **facts: object) -> None:
    row = {"course": clinic.course, "reason": "infection", "placed_by": clinic.prescriber, "placed_at": NOON}
    Hold.objects.create(**(row | facts))


def a_review(clinic: Clinic, *, words: str = "goes on") -> None:
    Review.objects.create(course=clinic.course, after=clinic.dose, words=words, by=clinic.prescriber, at=NOON)


def an_interval_change(clinic: Clinic) -> None:
    IntervalChange.objects.create(
        course=clinic.course, phase="biweekly", response="CR", by=clinic.prescriber, at=NOON
    )


def a_correction(clinic: Clinic, **facts: object) -> DoseCorrection:
    row = {
        "dose": clinic.dose,
        "kind": "never_given",
        "reason": "not given",
        "by": clinic.prescriber,
        "at": NOON,
    }
    return DoseCorrection.objects.create(**(row | facts))


def a_report(clinic: Clinic, **facts: object) -> None:
    row = {
        "dose": clinic.dose,
        "place": "elsewhere",
        "hospital": "General",
        "told_by": "a letter",
        "reason": "moved",
    }
    DoseReport.objects.create(**(row | facts))


def at_once() -> None:
    """What would be looked at when the transaction ends is looked at now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def a_transfer(clinic: Clinic, *, state: str = "transferred", **facts: object) -> None:
    """The course transferred, with its row; a lie where they do not belong together."""
    row = {
        "course": clinic.course, "to_site": "General", "to_person": "Dr G", "to_phone": "+15550107777",
        "reason": "moved", "next_dose": "Wait.", "by": clinic.prescriber, "at": NOON,
    }  # fmt: skip
    Transfer.objects.create(**(row | facts))
    Course.objects.filter(pk=clinic.course.pk).update(state=state)


def a_dose_after_a_transfer(clinic: Clinic) -> None:
    a_transfer(clinic)
    copy(clinic.dose, given_at=NOON - HOUR)


def another_course_s_appointment(clinic: Clinic) -> Appointment:
    """An appointment of the other patient's course, behind every rule's back."""
    an_appointment(clinic, course=makers.a_course(clinic.patients[1]), after=None)
    return Appointment.objects.latest("pk")


def a_closed_day(clinic: Clinic, *, name: str = "Thanksgiving") -> None:
    ClosedDay.objects.create(
        site=clinic.site, on=NOON.date(), name=name, added_by=clinic.prescriber, added_at=NOON
    )


def a_draft(clinic: Clinic, *, number: int = 1, **facts: object) -> Draft:
    """A draft behind every rule's back."""
    row = {
        "site": clinic.site, "label": "x", "name": "home", "title": "x", "version": number, "base": "{}",
        "made_by": clinic.prescriber, "made_at": NOON,
    }  # fmt: skip
    return Draft.objects.create(**(row | facts))


def another_version(clinic: Clinic, *, digit: str = "0") -> SiteProtocol:
    """Approved behind every rule's back."""
    row = SiteProtocol.objects.get(pk=clinic.course.protocol_id)
    row.pk, row.fingerprint = None, digit * 64
    row.save(force_insert=True)
    return row


def a_version_choice(clinic: Clinic, **facts: object) -> VersionChoice:
    """An answer that the course stays."""
    was = clinic.course.protocol
    row = {
        "course": clinic.course, "number": 1, "was": was, "runs_on": was, "why": "x", "by": clinic.prescriber,
        "at": NOON,
    }  # fmt: skip
    if "offered" not in facts:
        facts["offered"] = another_version(clinic)
    return VersionChoice.objects.create(**(row | facts))


def two_version_choices(clinic: Clinic) -> None:
    offered = another_version(clinic)
    for _ in range(2):
        a_version_choice(clinic, offered=offered)


def an_answer_not_carried_out(clinic: Clinic) -> None:
    """It says that the course moves, and the course does not."""
    other = another_version(clinic)
    a_version_choice(clinic, offered=other, runs_on=other)
    at_once()


def an_edit(clinic: Clinic, *, draft: Draft | None = None, **facts: object) -> Draft:
    draft = draft or a_draft(clinic)
    row = {
        "number": 1,
        "value": "x",
        "was": "1",
        "now": "2",
        "why": "audit",
        "by": clinic.prescriber,
        "at": NOON,
    }
    DraftEdit.objects.create(draft=draft, **(row | facts))
    return draft


def a_label_row(clinic: Clinic, **facts: object) -> LabelEntry:
    row = {
        "document": "PI",
        "revised": "2025",
        "section": "2",
        "page": "5",
        "by": clinic.prescriber,
        "at": NOON,
    }
    return LabelEntry.objects.create(draft=a_draft(clinic), kind="restart", row="{}", **(row | facts))


def an_answer(clinic: Clinic, *, entry: LabelEntry | None = None, **facts: object) -> LabelEntry:
    entry = entry or a_label_row(clinic)
    row = {"what": "agrees", "entered_by": clinic.prescriber, "by": clinic.doctors[0], "at": NOON}
    EntryAnswer.objects.create(entry=entry, **(row | facts))
    return entry


def unit_hours(clinic: Clinic, **facts: object) -> UnitHours:
    row = {
        "site": clinic.site,
        "from_on": NOON.date(),
        "chairs": 1,
        "set_by": clinic.prescriber,
        "set_at": NOON,
    }
    return UnitHours.objects.create(**(row | facts))


def an_open_day(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    row = {"week": unit_hours(clinic), "weekday": 0, "opens": time(8), "closes": time(16)}
    for _ in range(times):
        OpenDay.objects.create(**(row | facts))


def a_chair_time(clinic: Clinic, *, times: int = 1, minutes: int = 30) -> None:
    week = unit_hours(clinic)
    for _ in range(times):
        ChairTime.objects.create(week=week, label_id="x", step="y", minutes=minutes)


def a_stage(clinic: Clinic, **facts: object) -> AdoptionStage:
    row = {
        "site": clinic.site, "number": 1, "kind": "set", "stage": "maintenance", "least_days": 9, "why": "begun",
        "by": clinic.prescriber, "at": NOON,
    }  # fmt: skip
    return AdoptionStage.objects.create(**(row | facts))


def an_opening(clinic: Clinic, **facts: object) -> AdoptionStage:
    row = {
        "number": 2,
        "kind": "opened",
        "stage": "later",
        "least_days": None,
        "numbers_by": clinic.doctors[0],
    }
    return a_stage(clinic, **(row | facts))


def a_stage_override(clinic: Clinic, *, times: int = 1, reason: str = "next door") -> None:
    stage = a_stage(clinic)
    for _ in range(times):
        StageOverride.objects.create(
            course=clinic.course,
            step="step_up_dose_2",
            stage=stage,
            reason=reason,
            by=clinic.prescriber,
            at=NOON,
        )


def a_stay(clinic: Clinic) -> Admission:
    """The patient in hospital since an hour ago."""
    return makers.a_stay(clinic.patients[0], by=clinic.doctors[0])


def a_stay_with(clinic: Clinic, **facts: object) -> None:
    """A stay of which something is not true."""
    a_stay(clinic)
    change(Admission.objects, **facts)


def a_clinician_s_text(clinic: Clinic, **facts: object) -> None:
    """A text a clinician wrote, behind every rule's back."""
    patient, message = clinic.patients[0], Message.objects.latest("pk")
    ClinicianText.objects.create(
        **{
            "site": clinic.site, "patient": patient, "to": "patient", "by": clinic.prescriber, "at": NOON,
            "message": message, "unanswered_since": NOON, "quiet_until": NOON + HOUR, **facts,
        }
    )  # fmt: skip


def a_care_entry(clinic: Clinic, **facts: object) -> CareEntry:
    """An item done, behind every rule's back."""
    row = {"course": clinic.course, "item": "igg", "kind": "done", "by": clinic.prescriber, "at": NOON}
    done = {} if facts.get("kind", "done") != "done" else {"on": NOON.date()}
    return CareEntry.objects.create(**(row | done | facts))


def taken_back(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    """An entry taken back, of the same item unless another is named."""
    row = {"kind": "back", "words": "wrong", "takes_back": a_care_entry(clinic)}
    for _ in range(times):
        a_care_entry(clinic, **(row | facts))


def a_taking_back_taken_back(clinic: Clinic) -> None:
    back = a_care_entry(clinic, kind="back", words="wrong", takes_back=a_care_entry(clinic))
    taken_back(clinic, takes_back=back)


def a_care_rule(clinic: Clinic, **facts: object) -> None:
    row = {
        "site": clinic.site,
        "item": "cmv",
        "every_days": 28,
        "source": "minutes",
        "by": clinic.prescriber,
        "at": NOON,
    }
    CareRule.objects.create(**(row | facts))
