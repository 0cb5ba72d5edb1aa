"""Plain functions with plain defaults that make what a test needs, through the service's own operations."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

from django.test import Client

from monitoring import (
    admissions,
    escalations,
    identity,
    inbound,
    languages,
    patients,
    phrases,
    unread,
    worklist,
)
from monitoring.models import Admission, Escalation, LearnedPhrase, Patient, Reply, Task
from notifications import clock, oncall
from notifications.models import Clinician, Role, Site
from protocols import library, wording
from protocols.errors import Refusal
from stepup import approvals, courses, drafts, entries, next_dose, readiness
from stepup.models import Course, Dose, Draft, LabelEntry, SiteProtocol

NOON = datetime(2027, 3, 1, 17, 0, tzinfo=UTC)  # a Monday, 12:00 EST
TECLISTAMAB = "teclistamab-us-2025-03"
ELRANATAMAB = "elranatamab-us-2023"
ELRANATAMAB_ASKS = "elranatamab-us-2025-07"
PASSWORD = "correct horse battery"

_numbers = count(1)


def a_site(**facts: str) -> Site:
    """A site in New York with its own numbers."""
    n = next(_numbers)
    defaults = {
        "name": f"Test Hospital {n}",
        "slug": f"test-{n}",
        "time_zone": "America/New_York",
        "emergency_number": "911",
        "oncall_number": f"+15559{n:06d}",
        "patient_number": f"+15558{n:06d}",
        "page_number": f"+15557{n:06d}",
    }
    return Site.objects.create(**(defaults | facts))


def a_clinician(site: Site, role: str = Role.NURSE, *, name: str = "", phone: str = "") -> Clinician:
    """Somebody who can sign in with PASSWORD; with a phone when one is given."""
    n = next(_numbers)
    return Clinician.objects.create_user(
        f"user{n}", PASSWORD, name=name or f"{role} {n}", role=role, site=site, phone=phone
    )


def a_phone() -> str:
    """A fictional number nobody else in the test has."""
    return f"+15550{200_000 + next(_numbers)}"


def a_responder(site: Site, rung: int, *, name: str, since: datetime = NOON, days: int = 30) -> Clinician:
    """Somebody on a rung around the clock from a day before `since`."""
    clinician = a_clinician(site, Role.RESPONDER, name=name, phone=a_phone())
    oncall.add_shift(
        site, clinician, rung, starts_at=since - timedelta(days=1), ends_at=since + timedelta(days=days)
    )
    return clinician


def doctors(site: Site, *, since: datetime = NOON) -> list[Clinician]:
    """Dr A on the first rung and Dr B on the second."""
    return [a_responder(site, rung, name=name, since=since) for rung, name in ((1, "Dr A"), (2, "Dr B"))]


def on_call(site: Site, *, since: datetime = NOON, days: int = 30) -> Clinician:
    """Dr A on the first place for so many days, and somebody on the second for long: whom the shipped ladders call."""
    a_responder(site, 2, name="Dr Second", since=since, days=400)
    return a_responder(site, 1, name="Dr A", since=since, days=days)


def a_patient(site: Site, *, now: datetime = NOON, **facts: object) -> Patient:
    """An enrolled patient with a caregiver, both with phones of their own."""
    n = next(_numbers)
    defaults: dict[str, object] = {
        "identifier": f"T-{n}",
        "name": f"Test Patient {n}",
        "born_on": date(1960, 5, 17),
        "phone": a_phone(),
        "language": "en",
        "time_zone": "America/New_York",
        "caregiver_name": f"Test Caregiver {n}",
        "caregiver_phone": a_phone(),
    }
    facts = defaults | facts
    approved_texts(site, str(facts["language"]), now=now)
    return patients.enrol(site, by=None, now=now, **facts)


def approved_texts(
    site: Site, language: str = "en", *, by: Clinician | None = None, now: datetime = NOON
) -> None:
    """The texts of a language approved at this site by a pharmacist who reads it."""
    if not languages.is_approved(site, language):
        languages.approve(
            site, language, fingerprint=wording.fingerprint(language), reads_language=True,
            by=by or a_clinician(site, Role.PHARMACIST), now=now,
        )  # fmt: skip


def an_approved_protocol(site: Site, label: str = TECLISTAMAB, *, now: datetime = NOON) -> SiteProtocol:
    """A protocol signed by a pharmacist and a prescriber."""
    row = approvals.propose(site, label, f"outpatient-{library.label(label).jurisdiction.lower()}")
    if row.is_approved:
        return row
    approvals.approve(row.pk, by=a_clinician(site, Role.PHARMACIST), now=now)
    return approvals.approve(row.pk, by=a_clinician(site, Role.PRESCRIBER), now=now)


def a_draft(
    site: Site,
    *,
    label: str = ELRANATAMAB_ASKS,
    name: str = "home",
    by: Clinician | None = None,
    now: datetime = NOON,
) -> Draft:
    """An open draft of the site's own, begun as the library's outpatient pathway."""
    base = library.protocol(label, f"outpatient-{library.label(label).jurisdiction.lower()}")
    by = by or a_clinician(site, Role.PHARMACIST)
    return drafts.begin(site, base=base, name=name, title="At home here", by=by, now=now)


SOURCE = {"document": "Elrexfio prescribing information", "revised": "7/2025", "section": "2.4", "page": "5"}
FLAT_ROW = {
    "doses": ["step_up_dose_1"],
    "strength": "40",
    "vial_millilitres": "1.1",
    "mg": "12",
    "millilitres": "0.3",
    "vials": 1,
}


def an_entry(
    draft: Draft, *, by: Clinician, kind: str = "dispensing", row: object = None, now: datetime = NOON
) -> LabelEntry:
    """A row of the label as one person read it; made-up figures that hold together."""
    return entries.enter(draft.pk, kind=kind, row=row or FLAT_ROW, source=SOURCE, by=by, now=now)


def a_frozen_draft(draft: Draft, *, now: datetime = NOON) -> SiteProtocol:
    """The draft frozen, and signed by two people."""
    judged = drafts.judged(draft)
    assert judged.protocol is not None, judged.problems
    by = a_clinician(draft.site, Role.PHARMACIST)
    row = drafts.freeze(draft.pk, fingerprint=judged.protocol.fingerprint, by=by, now=now)
    approvals.approve(row.pk, by=by, now=now)
    return approvals.approve(row.pk, by=a_clinician(draft.site, Role.PRESCRIBER), now=now)


def a_newer_version(
    row: SiteProtocol, *wanted: drafts.Wanted, name: str = "home", now: datetime = NOON
) -> SiteProtocol:
    """The next version of an approved protocol, with these values set, frozen and signed."""
    by = a_clinician(row.site, Role.PHARMACIST)
    draft = drafts.begin_from(row, name=name, title="At home here", by=by, now=now)
    changes = wanted or (drafts.Wanted("reach_minutes", 20),)
    drafts.change(draft.pk, changes, seen=0, why="audit", source="", by=by, now=now)
    return a_frozen_draft(draft, now=now)


def a_course(
    patient: Patient,
    *,
    label: str = TECLISTAMAB,
    regimen: str = "",
    weight_kg: Decimal = Decimal(70),
    now: datetime = NOON,
    is_ready: bool = True,
    uncovered_why: str = "a test without a rota",
    protocol: SiteProtocol | None = None,
) -> Course:
    """A course that starts today on an approved protocol, with everything wanted before its first dose."""
    course = courses.open_course(
        patient,
        protocol or an_approved_protocol(patient.site, label, now=now),
        regimen=regimen,
        start_on=courses.local_date(patient, now),
        weight_kg=weight_kg,
        weighed_on=courses.local_date(patient, now),
        weighed_by="a nurse",
        by=a_clinician(patient.site),
        now=now,
        uncovered_why=uncovered_why,
    )
    return ready(course, now=now - timedelta(hours=12)) if is_ready else course


def ready(course: Course, *, now: datetime, but: Collection[str] = ()) -> Course:
    """Everything the pathway wants before the next dose is stated; what the records do not show is waived."""
    step = _to_come(course, now)
    listed = readiness.of(course, step=step, now=now)
    for derived in (False, True):
        said = [
            a_statement(item.rule.id, course, now=now, waived=derived)
            for item in listed.open
            if bool(item.rule.derived) == derived and item.rule.id not in but
        ]
        by = a_clinician(course.site, Role.PRESCRIBER) if derived else course.opened_by
        newest = course.readiness_statements.order_by("-pk").first()
        about = {"step": step, "dose_number": listed.dose_number, "seen": newest.pk if newest else 0}
        if said:
            readiness.state(course.pk, said, **about, by=by, now=now)
    return course


def a_statement(item: str, course: Course, *, now: datetime, waived: bool = False) -> readiness.Said:
    """What a nurse says of an item when all is well; or a prescriber's waiver."""
    if waived:
        return readiness.Said(item, readiness.WAIVED, reason="a test without it")
    facts: dict[str, dict[str, object]] = {
        "travel": {"minutes": 20},
        "tocilizumab": {"said": "no"},
        "night": {"said": "the patient wakes for each text"},
        "caregiver": {"said": "Test Caregiver"},
        "bloods": {"on": courses.local_date(course.patient, now)},
        "rescue": {"on": courses.local_date(course.patient, now), "said": "Test Pharmacist"},
        "emergency": {"said": "Dr Emergency"},
    }
    return readiness.Said(item, readiness.MET, **facts.get(item, {}))


def _to_come(course: Course, now: datetime) -> str:
    """The step that the label has next. Not by deciding on it: whether it is ready is what is being made."""
    try:
        return next_dose.by_the_label(course, now=now).step or courses.plan(course)[0].step
    except Refusal:
        return "no dose"


def a_dose(
    course: Course,
    *,
    given_at: datetime = NOON,
    step: str = "",
    now: datetime | None = None,
    deviation: str = "",
) -> Dose:
    """The next planned dose, recorded as given and confirmed by somebody else."""
    ready(course, now=given_at - timedelta(minutes=1))
    given = {dose.step for dose in course.doses.all()}
    planned = next(p for p in courses.plan(course) if p.step == step or (not step and p.step not in given))
    recorded = courses.record_dose(
        course.pk,
        step=planned.step,
        given_at=given_at,
        given_mg=planned.calculated_mg or Decimal(1),
        by=a_clinician(course.site),
        now=now or given_at,
        deviation=deviation,
    )
    return courses.confirm_dose(
        recorded.dose.pk,
        by=a_clinician(course.site, Role.PHARMACIST),
        figure_mg=recorded.dose.given_mg,
        now=now or given_at,
    )


def resolved(case: Escalation, *, by: Clinician, now: datetime) -> Escalation:
    """The case taken, reached and closed at one moment by one person, with CRS and ICANS ruled out."""
    escalations.take(case.pk, by=by, now=now, how="screen")
    escalations.reach(case.pk, by=by, now=now)
    return escalations.resolve(case.pk, by=by, now=now, outcome="home", grades=[("crs", 0), ("icans", 0)])


def signed_in(clinician: Clinician) -> Client:
    """A browser in which this clinician has just signed in with their password."""
    client = Client()
    client.force_login(clinician, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[identity.KEY] = clock.now().isoformat()
    session.save()
    return client


def a_task(patient: Patient, *, what: str, pages_when_late: bool, now: datetime = NOON) -> Task:
    """Something a person must do for this patient within an hour."""
    return worklist.open_task(
        site=patient.site, patient=patient, what=what, due_at=now + timedelta(hours=1),
        pages_when_late=pages_when_late, now=now,
    )  # fmt: skip


def routine_is_read(*, by: Clinician, now: datetime) -> None:
    """Somebody reads what is routine, like the day's date, before it is late; what is unclear stays unread."""
    for task in Task.objects.filter(done_at=None).exclude(unread_from=""):
        if all(unread.urgency(one) == "routine" for one in unread.of(task)):
            worklist.finish(task.pk, by=by, outcome="read", read=unread.newest(task), now=now)


def a_stay(patient: Patient, *, by: Clinician, now: datetime = NOON, ward: str = "ward 4B") -> Admission:
    """The patient in hospital since an hour ago."""
    where = admissions.Ward("Riverside Hospital", ward, "+15550177001")
    return admissions.admit(
        patient.pk, where=where, reason="fever", admitted_at=now - timedelta(hours=1), by=by, now=now
    )


def a_phrase(
    patient: Patient, *, by: Clinician, words: str = "toast and tea", now: datetime = NOON
) -> LearnedPhrase:
    """A harmless phrase that somebody proposed from a text of this patient."""
    sid = f"SM{a_phone()}"
    inbound.receive(
        provider_sid=sid, sender=patient.phone, sent_to=patient.site.patient_number, body=f"98.6, {words}", now=now
    )  # fmt: skip
    return phrases.propose(reply=Reply.objects.get(provider_sid=sid), words=words, by=by, now=now)
