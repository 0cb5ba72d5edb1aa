"""What a new site has to do before its first dose at home: each line done or open, read from the rows themselves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from monitoring import canary, languages, phone_proofs
from monitoring.models import Patient
from notifications import oncall, phones
from notifications.models import Role, Site
from stepup import approvals, unit
from stepup.models import AdoptionStage, CardPrint, Course


@dataclass(frozen=True)
class Line:
    """One thing to do. `is_done` is None where nothing here can show it: somebody has to look. `where` names a page."""

    what: str
    why: str
    is_done: bool | None
    stands: str
    where: str


def is_new(site: Site) -> bool:
    """Whether nobody was ever enrolled here: who signs in then is led to the guide."""
    return not Patient.objects.filter(site=site).exists()


def guide(site: Site, *, now: datetime) -> tuple[Line, ...]:
    """Every line, in the order in which it is best done."""
    return (*_people(site), *_signed(site), *_nights(site, now), *_lines(site), *_first_patient(site))


def _people(site: Site) -> Iterable[Line]:
    here = set(site.clinicians.filter(is_active=True).values_list("role", flat=True))
    wanted = {Role.NURSE: "a nurse", Role.PHARMACIST: "a pharmacist", Role.PRESCRIBER: "a prescriber"}
    missing = [words for role, words in wanted.items() if role not in here]
    yield Line(
        "Add the people", "A protocol needs two signatures, and every dose somebody to check it.", not missing,
        f"missing: {', '.join(missing)}" if missing else "a nurse, a pharmacist and a prescriber can sign in",
        "administration",
    )  # fmt: skip
    yield Line(
        "Dial the desk's number and the emergency number", "They stand in every text about danger and on every card.",
        None, f"{phones.for_reading(site.oncall_number)} and {site.emergency_number}: nothing here can dial them",
        "administration",
    )  # fmt: skip


def _signed(site: Site) -> Iterable[Line]:
    signed = approvals.approved(site)
    yield Line(
        "Approve a protocol", "No course is opened on anything a pharmacist and a prescriber have not signed.",
        bool(signed), f"{len(signed)} approved", "protocols",
    )  # fmt: skip
    ready = [one.name for one in languages.of_site(site) if languages.is_approved(site, one.code)]
    yield Line(
        "Read and approve the texts", "Nobody is enrolled in a language whose texts nobody here has read.", bool(ready),
        f"approved: {', '.join(ready)}" if ready else "none approved", "texts",
    )  # fmt: skip
    stage = AdoptionStage.objects.filter(site=site).exists()
    yield Line(
        "Decide which doses go home first", "A site that sets no stage is refused nothing.", stage,
        "set" if stage else "no stage is set: every dose may go home", "adoption",
    )  # fmt: skip
    hours = bool(unit.of(site).rows)
    yield Line(
        "Enter hours and chairs", "Without them no dose is checked against either.", hours,
        "entered" if hours else "not entered", "unit-hours",
    )  # fmt: skip


def _nights(site: Site, now: datetime) -> Iterable[Line]:
    signed = [approvals.content(row).pathway.ladder for row in approvals.approved(site)]
    gaps = oncall.gaps(site, since=now, until=now + oncall.LOOK_AHEAD, ladders=signed)
    on_now = [one.clinician for one in oncall.people_now(site, now=now)]
    covered = bool(on_now) and not gaps
    yield Line(
        "Fill the on-call list for 14 days", "In an hour nobody covers a fever reaches nobody.", covered,
        "every hour is covered" if covered else f"{len(gaps)} spans nobody covers" if gaps else "nobody is on it",
        "on-call",
    )  # fmt: skip
    proofs = phone_proofs.of(on_now)
    unproved = [one.name for one in on_now if proofs[one.pk].heard_at is None or proofs[one.pk].is_unproved]
    yield Line(
        "Prove each phone on call", "Each presses “page me now” once and answers.", bool(on_now) and not unproved,
        f"not proved: {', '.join(unproved)}" if unproved else "all proved" if on_now else "nobody is on call",
        "on-call",
    )  # fmt: skip


def _lines(site: Site) -> Iterable[Line]:
    back = canary.walked_at(site)
    yield Line(
        "See a test alarm paged and taken", "The only proof that the numbers, the account and the way back work.",
        back is not None, "one was" if back else "none was yet", "status",
    )  # fmt: skip
    rates = None not in (site.patient_texts_per_second, site.page_texts_per_second, site.calls_per_second)
    yield Line(
        "State what each number may send a second", "Where nobody states it the slowest is assumed.", rates,
        "stated" if rates else "not all stated", "administration",
    )  # fmt: skip
    yield Line(
        "Print the downtime list, and say where it lies", "It is what is left when everything else is away.", None,
        "nothing here can see paper", "downtime",
    )  # fmt: skip


def _first_patient(site: Site) -> Iterable[Line]:
    patients = list(Patient.objects.filter(site=site, is_active=True).values_list("pk", flat=True))
    courses = Course.objects.filter(patient__in=patients, state=Course.State.ACTIVE).count()
    yield Line(
        "Enrol the first patient and open the course", "The plan, the list before each dose and the watch come of it.",
        bool(courses), f"{courses} under way", "enrol",
    )  # fmt: skip
    with_card = CardPrint.objects.filter(patient__in=patients).values("patient").distinct().count()
    yield Line(
        "Give each patient an emergency card", "An emergency department that never heard of the drug finds the number.",
        bool(patients) and with_card == len(patients), f"{with_card} of {len(patients)} have one", "board",
    )  # fmt: skip
