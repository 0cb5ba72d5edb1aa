"""People, roles and numbers: who may change what, what is kept of it, and the page of everything that is silent."""

from datetime import timedelta

import pytest
from django.urls import reverse

from monitoring import escalations, watches
from monitoring.models import Task
from monitoring.rules import DEFAULT
from notifications import clock, oncall
from notifications.models import AuditEntry, Clinician, Role, SettingChange, Site
from protocols.errors import Refusal
from stepup import provider_numbers, silences, staff
from stepup.staff import Person
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY = timedelta(days=1)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def lead(site) -> Clinician:
    return makers.a_clinician(site, Role.LEAD)


@pytest.fixture
def doctor(site) -> Clinician:
    return makers.a_responder(site, 1, name="Dr A", since=clock.now())


def changed(person: Clinician, by: Clinician, **facts: object) -> tuple[str, ...]:
    """Change what differs of a person, on a page that has seen everything."""
    said = {
        "name": person.name,
        "role": person.role,
        "phone": person.phone,
        "is_active": person.is_active,
    } | facts
    return staff.change(
        person.pk, said=Person(**said), seen_at=staff.seen(person.site, person), why="asked", by=by, now=clock.now()
    )  # fmt: skip


def silent(site: Site) -> set[str]:
    return {line.what for line in silences.of(site, now=clock.now()) if not line.speaks}


def test_a_change_is_kept_with_what_it_was_who_and_why(site, lead, doctor) -> None:
    before = doctor.phone
    assert changed(doctor, lead, phone="+15550111222") == ("phone",)
    [kept] = SettingChange.objects.filter(about=doctor)
    assert (kept.what, kept.was, kept.became, kept.by, kept.why) == (
        "phone",
        before,
        "+15550111222",
        lead,
        "asked",
    )
    entry = AuditEntry.objects.get(act="changed a person")
    assert (entry.subject, "+1555" in str(entry.detail)) == (f"clinician:{doctor.pk}", False), (
        "ids, no numbers"
    )


def test_nobody_changes_their_own_role_or_leaves_by_themselves(site, lead) -> None:
    for facts in ({"role": Role.PHARMACIST}, {"is_active": False}):
        with pytest.raises(Refusal, match="Nobody changes their own role"):
            changed(lead, lead, **facts)
    assert changed(lead, lead, name="Dr L") == ("name",)


def test_whoever_has_a_case_hands_it_over_before_they_leave(site, lead, doctor) -> None:
    now = clock.now()
    case, _ = escalations.raise_concern(
        site=site, patient=makers.a_patient(site), urgency="urgent", headline="a fever", now=now
    )
    escalations.take(case.pk, by=doctor, now=now, how="screen")
    with pytest.raises(Refusal, match=f"has case {case.code}"):
        changed(doctor, lead, is_active=False)


def test_who_left_can_do_nothing_here_and_their_hours_are_gaps(site, lead, doctor) -> None:
    client, now = makers.signed_in(doctor), clock.now()
    assert not oncall.gaps(site, since=now, until=now + DAY)
    changed(doctor, lead, is_active=False)
    assert client.get(reverse("tasks")).status_code == 302, "to the sign-in"
    assert oncall.gaps(site, since=now, until=now + DAY)
    assert {"People who left", "Hours nobody covers"} <= silent(site)


def test_two_people_never_share_a_phone_and_a_page_older_than_the_newest_change_is_refused(
    site, lead, doctor
) -> None:
    other = makers.a_clinician(site, phone=makers.a_phone())
    with pytest.raises(Refusal, match="phone of their own"):
        changed(other, lead, phone=doctor.phone)
    old = staff.seen(site, doctor)
    changed(doctor, lead, name="Dr B")
    with pytest.raises(Refusal, match="A colleague changed this meanwhile"):
        staff.change(
            doctor.pk,
            said=Person("Dr C", doctor.role, doctor.phone),
            seen_at=old,
            why="x",
            by=lead,
            now=clock.now(),
        )


def test_a_new_person_signs_in_and_a_weak_password_is_refused(site, lead) -> None:
    said, now = Person("Nurse N", Role.NURSE, ""), clock.now()
    with pytest.raises(Refusal, match="too short"):
        staff.add(site, username="nurse-n", password="short", said=said, why="new", by=lead, now=now)
    staff.add(
        site, username="nurse-n", password="chair by the window", said=said, why="new", by=lead, now=now
    )
    with pytest.raises(Refusal, match="Choose another"):
        staff.add(
            site, username="NURSE-N", password="chair by the window", said=said, why="new", by=lead, now=now
        )
    assert Clinician.objects.get(username="nurse-n").check_password("chair by the window")


def test_a_new_password_ends_the_sessions_of_its_person(site, lead, doctor) -> None:
    client = makers.signed_in(doctor)
    staff.set_password(doctor.pk, password="chair by the window", why="lost", by=lead, now=clock.now())
    assert client.get(reverse("tasks")).status_code == 302


def test_the_desk_is_changed_and_every_page_says_so(site, lead) -> None:
    said = {"oncall_number": "+12155550142", "emergency_number": site.emergency_number}
    names = staff.change_numbers(
        site.pk, said=said, seen_at=0, why="moved", by=lead, now=clock.now()
    )  # fmt: skip
    assert names == ("on-call desk",)
    page = makers.signed_in(lead).get(reverse("administration")).content.decode()
    assert "(215)\u00a0555-0142" in page.replace("\u2011", "-")
    assert "moved" in page


@pytest.mark.parametrize("number", ["", "nine", "9 1 1 please"])
def test_without_an_emergency_number_nothing_is_saved_and_the_field_is_named(site, lead, number) -> None:
    typed = {"oncall_number": "+12155550142", "emergency_number": number, "why": "x"}
    page = makers.signed_in(lead).post(reverse("site-numbers"), typed)
    assert page.status_code == 422
    assert "Type the number in figures, like 911." in page.content.decode()
    assert Site.objects.get(pk=site.pk).emergency_number == site.emergency_number


def test_what_ends_texting_stands_first_on_the_page_of_what_is_silent(site, lead, doctor) -> None:
    patient = makers.a_patient(site)
    assert "Texting ended" not in silent(site)
    # What a STOP leaves behind.
    type(patient).objects.filter(pk=patient.pk).update(texting_ended_at=clock.now(), texting_ended_why="STOP")
    assert "Texting ended" in silent(site)
    page = makers.signed_in(lead).get(reverse("administration")).content.decode()
    assert page.index("Texting ended") < page.index("Learned phrases")
    assert patient.name not in page, "an administrator sees no patient"


def provider(site: Site, **facts: str) -> dict[str, str]:
    said = {name: getattr(site, name) for name in staff.OF_A_PROVIDER}
    return said | facts


def test_another_number_at_the_provider_is_kept_and_colleagues_are_asked_to_try_it(site, lead) -> None:
    said = provider(site, page_number="+15550100990", time_zone="America/Chicago")
    names = provider_numbers.change(
        site.pk, said=said, will_ring=False, seen_at=0, why="moved", by=lead, now=clock.now()
    )
    site.refresh_from_db()
    assert (names, site.page_number, site.time_zone) == (
        ("number for pages", "time zone"), "+15550100990", "America/Chicago",
    )  # fmt: skip
    assert [task.what for task in Task.objects.filter(site=site)] == [provider_numbers.TRY["page_number"]]
    assert SettingChange.objects.filter(site=site, by=lead).count() == 2


def test_while_somebody_is_watched_the_number_for_patients_changes_only_with_a_call_to_each(
    site, lead
) -> None:
    now = clock.now()
    watches.open_(
        makers.a_patient(site), drug="teclistamab", step="step_up_dose_1", protocol="p", rules=DEFAULT, given_at=now,
        ends_at=now + DAY, times=[], now=now,
    )  # fmt: skip
    typed = provider(site, patient_number="+15550100991") | {"why": "moved"}
    client = makers.signed_in(lead)
    refused = client.post(reverse("site-provider"), typed)
    assert refused.status_code == 422
    assert "Say that each of them is rung, or wait." in refused.content.decode()
    assert client.post(reverse("site-provider"), typed | {"will_ring": "on"}).status_code == 302
    assert Task.objects.filter(site=site, what=provider_numbers.RING).exists()


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"page_number": "+15550100992", "patient_number": "+15550100992"}, "same-number"),
        ({"time_zone": "Nowhere/Town"}, "time-zone"),
        ({"fallback_number": "of another"}, "number-in-use"),
    ],
)
def test_a_number_in_use_or_for_two_things_and_an_unknown_zone_are_refused(site, lead, facts, code) -> None:
    other = makers.a_site()
    facts = {name: other.page_number if value == "of another" else value for name, value in facts.items()}
    with pytest.raises(Refusal) as refused:
        provider_numbers.change(
            site.pk, said=provider(site, **facts), will_ring=True, seen_at=0, why="x", by=lead, now=clock.now()
        )  # fmt: skip
    assert refused.value.code == code
    assert not SettingChange.objects.exists()
