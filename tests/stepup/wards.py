"""A ward with a row of everything a screen shows, to be made twice: for two sites that must not see each other."""

from datetime import timedelta
from decimal import Decimal

from django.test import Client

from monitoring import escalations, inbound, pocket, worklist
from monitoring.models import Reply, Task
from notifications import clock, phones
from notifications.models import Clinician, Role, Site
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
from tests import bedside, makers


class Ward:
    """A site in the middle of its day. `mark` is in every word of it, so that none can be missed elsewhere."""

    def __init__(self, mark: str) -> None:
        self.mark, self.now = mark, clock.now()
        self.site: Site = makers.a_site(name=f"{mark} Hospital")
        self.nurse = makers.a_clinician(self.site, name=f"{mark} Nurse")
        self.reader = makers.a_clinician(self.site, Role.PHARMACIST, name=f"{mark} Reader")
        makers.approved_texts(self.site, by=self.reader, now=self.now)
        makers.a_responder(self.site, 2, name=f"{mark} Second", since=self.now)
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
        return makers.signed_in(clinician), clinician

    def words(self) -> list[str]:
        """What only this site's own screens may show."""
        numbers = [self.patient.phone, self.patient.caregiver_phone, self.stranger, self.site.oncall_number]
        read = [phones.for_reading(number) for number in numbers]
        return [self.mark, f"case {self.case.code}", self.patient.emergency_code, *numbers, *read]


def page(client: Client, path: str) -> str:
    answer = client.get(path, headers={"HX-Request": "true"} if path.endswith("/log/") else None)
    assert answer.status_code == 200, path
    return answer.content.decode().replace("\u00a0", " ")
