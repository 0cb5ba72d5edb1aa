"""Supportive care through its doors: what is typed is kept, refusals say why, and each reader sees their part."""

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from notifications import clock
from notifications.models import Clinician, Role
from stepup import care_entries, care_rules, courses
from stepup.models import CareEntry, CareRule, Course
from tests import makers, refused

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def course(site) -> Course:
    now = clock.now()
    return makers.a_course(makers.a_patient(site, name="Alma A", now=now), now=now)


@pytest.fixture
def nurse(site) -> Clinician:
    return makers.a_clinician(site, name="Nora N")


@pytest.fixture
def client(nurse) -> Client:
    return makers.signed_in(nurse)


@pytest.fixture
def prescriber(site) -> Clinician:
    return makers.a_clinician(site, Role.PRESCRIBER, name="Paul P")


def path(name: str, course: Course, item: str = "igg", **more: str) -> str:
    query = "&".join(f"{key}={value}" for key, value in {"item": item, **more}.items())
    return f"{reverse(name, args=[course.pk])}?{query}"


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    plain = re.sub(r"<[^>]+>", " ", html.unescape(answer.content.decode()).replace("\u00a0", " "))
    return re.sub(r"\s+", " ", plain)


def today(course: Course) -> str:
    return str(courses.local_date(course.patient, clock.now()))


def test_something_done_is_typed_once_and_shows_on_the_sheet_the_list_and_beside_the_bloods(
    client, course
) -> None:
    typed = {"on": today(course), "result": "Hb 9.1, ANC 1.8", "read_by": "Nora N", "words": "", "seen": "0"}
    answer = client.post(path("record-supportive-care", course, "blood_count"), typed)
    assert answer["Location"] == reverse("supportive-care", args=[course.pk]) + "#result"
    for address in (
        reverse("supportive-care", args=[course.pk]),
        reverse("patient", args=[course.patient_id]),
        reverse("readiness", args=[course.pk]),
        reverse("supportive-care-list"),
    ):
        assert "Hb 9.1, ANC 1.8" in shown(client, address), address
    assert "recorded by Nora N" in shown(client, reverse("patient", args=[course.patient_id]))


def test_a_result_beside_the_bloods_ticks_nothing(client, site, nurse) -> None:
    now = clock.now()
    course = makers.a_course(makers.a_patient(site, now=now), now=now, is_ready=False)
    readiness = reverse("readiness", args=[course.pk])
    assert "Full blood count: no result recorded." in shown(client, readiness)
    before = course.readiness_statements.count()
    care_entries.record(
        course.pk, "blood_count", on=courses.local_date(course.patient, now),
        result=care_entries.Result("all there", "Nora N"), seen=0, by=nurse, now=now,
    )  # fmt: skip
    after = shown(client, readiness)
    assert "all there" in after
    assert "Nobody has said so yet. Full blood count: Done" in after
    assert course.readiness_statements.count() == before


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"on": "2199-01-01"}, "That day is still to come."),
        ({"on": ""}, "Give the date, like 2026-03-02."),
        ({"read_by": ""}, "Type who read the result."),
        ({"unit": ""}, "Type the unit as it stands on the report."),
        ({"value": "many"}, "Type the number alone, like 0.8."),
    ],
)
def test_what_is_refused_says_why_and_keeps_what_was_typed(client, course, change, sentence) -> None:
    typed = {
        "on": today(course), "result": "IgG 512", "value": "512", "unit": "mg/dL", "read_by": "Nora N", "words": "w",
        "seen": "0",
    } | change  # fmt: skip
    answer = client.post(path("record-supportive-care", course), typed)
    refused.says(answer, sentence)
    refused.keeps(answer, {key: value for key, value in typed.items() if key != "seen"})
    assert not CareEntry.objects.exists()


def test_whoever_types_over_another_s_entry_reads_it_first_and_may_then_press_again(
    client, site, course
) -> None:
    address = path("record-supportive-care", course)
    care_entries.record(
        course.pk, "igg", on=courses.local_date(course.patient, clock.now()),
        result=care_entries.Result("another's 498", "Noah N"), seen=0,
        by=makers.a_clinician(site, name="Noah N"), now=clock.now(),
    )  # fmt: skip
    typed = {"on": today(course), "result": "mine 512", "read_by": "Nora N", "words": "", "seen": "0"}
    answer = client.post(address, typed)
    refused.says(answer, "Noah N has just recorded something of the same.")
    assert "another&#x27;s 498" in answer.content.decode()
    [seen] = re.findall(r'name="seen" value="(\d+)"', answer.content.decode())
    assert client.post(address, typed | {"seen": seen}).status_code == 302
    assert CareEntry.objects.count() == 2


@pytest.mark.parametrize("item", ["", "assumed", "mouth_skin"])
def test_an_item_that_is_not_this_course_s_does_not_exist(client, course, item) -> None:
    assert client.get(path("record-supportive-care", course, item)).status_code == 404


def test_a_prescriber_decides_and_a_nurse_is_offered_no_such_link(client, course, prescriber) -> None:
    sheet = reverse("supportive-care", args=[course.pk])
    assert "Not needed, or decide" not in shown(client, sheet)
    doctor = makers.signed_in(prescriber)
    assert "Not needed, or decide : cytomegalovirus" in shown(doctor, sheet)
    address = path("decide-supportive-care", course, "cmv", **{"from": "list"})
    typed = {"kind": "decided", "words": "monthly PCR here", "again_on": "", "seen": "0"}
    answer = doctor.post(address, typed)
    refused.says(answer, "This comes again: give the day on which it is looked at again.")
    refused.keeps(answer, {"words": "monthly PCR here"})
    ok = doctor.post(
        address,
        typed | {"again_on": str(courses.local_date(course.patient, clock.now() + timedelta(days=7)))},
    )
    assert ok["Location"] == reverse("supportive-care-list") + "#result"
    assert "Decided for this patient : monthly PCR here. Again on" in shown(client, sheet)


def test_nothing_is_offered_to_decide_where_what_was_read_leaves_nothing_open(course, prescriber) -> None:
    page = shown(makers.signed_in(prescriber), path("decide-supportive-care", course, "hiv"))
    assert "Not needed for this patient" in page
    assert "Decided for this patient" not in page


def test_an_entry_taken_back_stays_on_the_sheet_struck_through(client, course, nurse) -> None:
    row = care_entries.record(
        course.pk, "hiv", on=courses.local_date(course.patient, clock.now()),
        result=care_entries.Result("negative", "Nora N"), seen=0, by=nurse, now=clock.now(),
    )  # fmt: skip
    address = reverse("take-back-supportive-care", args=[row.pk])
    refused.says(client.post(address, {"words": ""}), "Say in a few words why it is taken back.")
    assert client.post(address, {"words": "another patient's"}).status_code == 302
    page = client.get(reverse("supportive-care", args=[course.pk])).content.decode()
    assert re.search(
        r'<span class="struck">.*negative.*</span></p><p class="small">Taken back by Nora N', page
    )
    assert "another patient&#x27;s" in page
    refused.says(client.post(address, {"words": "again"}), "Nora N has already taken this back.")
    back = CareEntry.objects.get(kind="back")
    assert client.get(reverse("take-back-supportive-care", args=[back.pk])).status_code == 404


def test_a_site_s_rule_is_set_shown_as_its_own_and_withdrawn(client, site, course, pharmacist) -> None:
    chemist = makers.signed_in(pharmacist)
    address = f"{reverse('supportive-care-rules')}?item=igg"
    typed = {"every_days": "21", "words": "as our clinic does", "source": "", "seen": "0"}
    answer = chemist.post(address, typed)
    refused.says(answer, "Say what the site takes this from.")
    refused.keeps(answer, typed, besides="seen")
    assert chemist.post(address, typed | {"source": "minutes of May"}).status_code == 302
    sheet = reverse("supportive-care", args=[course.pk])
    assert "this site’s own every 21 days; as our clinic does. From: minutes of May. Set by Petra P" in shown(
        client, sheet
    )
    refused.says(chemist.post(address, typed | {"every_days": "367"}), "Type 366 days at most.")
    seen = CareRule.objects.get().pk
    end = {"act": "withdraw", "words": "", "seen": seen}
    refused.says(chemist.post(address, end), "Say in a few words why the rule is withdrawn.")
    assert chemist.post(address, end | {"words": "read again"}).status_code == 302
    assert care_rules.of(site) == {}
    assert "as our clinic does" not in shown(client, sheet)
    assert "as our clinic does" in shown(chemist, address), "every rule so far stays readable"
    assert chemist.get(f"{reverse('supportive-care-rules')}?item=hiv").status_code == 404


def test_to_do_leads_to_the_list_with_the_number_that_waits(client, site, course) -> None:
    page = shown(client, reverse("tasks"))
    assert "Supportive care: 0 overdue or to read" in page
    emergency = makers.signed_in(makers.a_clinician(site, Role.EMERGENCY))
    assert "Supportive care:" not in shown(emergency, reverse("tasks"))


def test_the_list_is_of_one_item_where_one_is_chosen(client, course) -> None:
    whole = shown(client, reverse("supportive-care-list"))
    one = shown(client, f"{reverse('supportive-care-list')}?item=igg")
    assert "hepatitis C serology" in whole
    assert "hepatitis C serology" not in one
    assert "Due today and later: 1" in one
    nothing = shown(client, f"{reverse('supportive-care-list')}?item=nothing")
    assert "Nothing is overdue." in nothing


def test_a_course_of_a_medicine_without_facts_says_so(client, site) -> None:
    now = clock.now()
    course = makers.a_course(makers.a_patient(site, now=now), label="glofitamab-us-2023", now=now)
    assert "Nothing was read about supportive care with this medicine" in shown(
        client, reverse("supportive-care", args=[course.pk])
    )
