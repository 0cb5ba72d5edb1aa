"""Stay or move on the screens: who waits for an answer, what would change, and the answer with its reason."""

import pytest
from django.test import Client
from django.urls import reverse

from monitoring import escalations
from notifications import clock
from notifications.models import AuditEntry, Clinician, Role
from stepup import approvals, version_choices
from stepup.models import Course, SiteProtocol, VersionChoice
from tests import makers, refused
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
WHY = "the night team asked for it"


@pytest.fixture(autouse=True)
def _it_is_noon(monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def course(site) -> Course:
    makers.on_call(site, days=400)
    return makers.a_course(makers.a_patient(site, name="Alma Sample"))


@pytest.fixture
def newer(course) -> SiteProtocol:
    return makers.a_newer_version(course.protocol)


@pytest.fixture
def prescriber(site) -> Clinician:
    return makers.a_clinician(site, Role.PRESCRIBER, name="Dr Paul")


def shown(reader: Clinician, path: str) -> str:
    answer = makers.signed_in(reader).get(path)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def version(course: Course, to: SiteProtocol | None = None) -> str:
    return reverse("course-version", args=[course.pk]) + (f"?to={to.pk}" if to else "")


def typed(course: Course, to: SiteProtocol, **said: str) -> dict[str, str]:
    facts = {"to": str(to.pk), "seen": version_choices.seen(course), "why": WHY, "answer": "move"}
    return facts | said


def answer(client: Client, course: Course, data: dict[str, str]):
    return client.post(reverse("answer-version", args=[course.pk]), data)


def test_the_record_and_the_protocol_say_that_a_newer_version_waits(course, newer, prescriber) -> None:
    record, protocol = reverse("patient", args=[course.patient_id]), reverse("protocol", args=[
        newer.label_id, newer.pathway_id])  # fmt: skip
    page = shown(prescriber, record)
    assert "A newer version is approved: At home here, version 1" in page
    assert "Answer stay or move" in page
    assert "1 course in progress on an earlier version waits" in shown(prescriber, protocol)
    nurse = makers.a_clinician(course.site)
    assert "See what the newer version changes" in shown(nurse, record)
    answer(makers.signed_in(prescriber), course, typed(course, newer, answer="stay"))
    page = shown(prescriber, record)
    assert "Stays on Outpatient step-up, watched at home" in page
    assert WHY in page
    assert "A newer version is approved" not in page
    assert "in progress on an earlier version" not in shown(prescriber, protocol)


def test_the_list_names_each_course_and_its_answer(course, newer, prescriber) -> None:
    makers.a_course(makers.a_patient(course.site, name="Bert Sample"))
    answer(makers.signed_in(prescriber), course, typed(course, newer))
    page = shown(makers.a_clinician(course.site), reverse("courses-of-version", args=[newer.pk]))
    assert page.index("Bert Sample") < page.index("Alma Sample"), "who waits comes first"
    assert "1 without an answer" in page
    assert WHY in page
    assert "See what changes for Bert Sample" in page
    assert "See what changes for Alma Sample" not in page, "moved already"


def test_a_nurse_reads_what_changes_and_is_offered_no_answer(course, newer) -> None:
    page = shown(makers.a_clinician(course.site), version(course, newer))
    assert "Minutes until the patient is reached" in page
    assert "A prescriber answers for this course." in page
    assert '<form method="post" action="/course' not in page


def test_a_prescriber_moves_a_course_having_read_what_changes(course, newer, prescriber) -> None:
    page = shown(prescriber, version(course, newer))
    assert "1 thing would be different for this patient" in page
    assert "Move Alma Sample to At home here, version 1" in page
    assert "Stay on Outpatient step-up, watched at home" in page
    done = answer(makers.signed_in(prescriber), course, typed(course, newer))
    assert done["Location"] == reverse("patient", args=[course.patient_id]) + "#result"
    assert VersionChoice.objects.get().why == WHY
    assert AuditEntry.objects.filter(act="moved a course to another version", by=prescriber).exists()
    assert "version moved" in shown(prescriber, reverse("patient", args=[course.patient_id]))


def test_a_refused_answer_keeps_what_was_typed(course, newer, prescriber) -> None:
    client = makers.signed_in(prescriber)
    refused.says(answer(client, course, typed(course, newer, why="")), "Say why in a few words.")
    told = answer(client, course, typed(course, newer, seen="9.9.9.9"))
    refused.says(told, "Look at what changes from here.")
    refused.keeps(told, {"why": WHY})
    refused.says(answer(client, course, typed(course, newer, answer="")), "Press one of the two buttons.")
    escalations.raise_concern(
        site=course.site, patient=course.patient, urgency="urgent", headline="a fever", now=NOON
    )
    told = answer(client, course, typed(course, newer))
    refused.says(told, "no dose while a case is unresolved")
    page = told.content.decode()
    assert "This course cannot move now." in page
    assert "Move Alma Sample" not in page
    assert "Stay on" in page
    assert not VersionChoice.objects.exists()


def test_whoever_is_second_reads_that_the_course_was_moved(course, newer, prescriber) -> None:
    second = typed(course, newer)
    answer(makers.signed_in(prescriber), course, typed(course, newer))
    other = makers.signed_in(makers.a_clinician(course.site, Role.PRESCRIBER))
    told = answer(other, course, second)
    refused.says(told, "Meanwhile Dr Paul moved this course.")
    assert "This course runs on that version already." in told.content.decode()


def test_another_pathway_is_chosen_from_the_course(course, site, prescriber) -> None:
    assert "No other protocol for this drug and regimen is approved" in shown(prescriber, version(course))
    row = approvals.propose(site, makers.TECLISTAMAB, "inpatient-us")
    approvals.approve(row.pk, by=makers.a_clinician(site, Role.PHARMACIST), now=NOON)
    row = approvals.approve(row.pk, by=prescriber, now=NOON)
    assert "Move this course to another protocol" in shown(
        prescriber, reverse("patient", args=[course.patient_id])
    )
    assert "Inpatient step-up" in shown(prescriber, version(course))
    page = shown(prescriber, version(course, row))
    assert "Move to another protocol" in page
    assert "Stay on" not in page
    assert answer(makers.signed_in(prescriber), course, typed(course, row)).status_code == 302
    course.refresh_from_db()
    assert course.protocol == row


def test_no_version_of_another_site_or_drug_is_looked_at_or_moved_to(course, newer, prescriber) -> None:
    foreign = makers.an_approved_protocol(makers.a_site())
    other_drug = makers.an_approved_protocol(course.site, makers.ELRANATAMAB)
    client = makers.signed_in(prescriber)
    for row in (foreign, other_drug):
        assert client.get(version(course, row)).status_code == 422
        assert answer(client, course, typed(course, row)).status_code == 404
    elsewhere = makers.signed_in(makers.a_clinician(foreign.site, Role.PRESCRIBER))
    assert elsewhere.get(reverse("courses-of-version", args=[newer.pk])).status_code == 404


def test_an_earlier_dose_says_under_which_version_it_was_given(course, prescriber) -> None:
    makers.a_dose(course)
    record = reverse("patient", args=[course.patient_id])
    assert "given under" not in shown(prescriber, record)
    newer = makers.a_newer_version(course.protocol)
    version_choices.move(
        course.pk,
        to=newer,
        seen_before=version_choices.seen(course),
        why="x",
        by=prescriber,
        now=NOON.replace(hour=18),
    )
    assert "given under Outpatient step-up, watched at home" in shown(prescriber, record)


def test_whoever_reads_the_list_is_in_the_ledger_by_ids(course, newer, prescriber) -> None:
    shown(prescriber, reverse("courses-of-version", args=[newer.pk]))
    entry = AuditEntry.objects.get(by=prescriber, act="read which courses a version asks")
    assert entry.detail["courses"] == [course.pk]
