"""Another site made on screen: whole or not at all, led to the guide, and apart from the one it was made at."""

import pytest
from django.test import Client
from django.urls import reverse

from notifications import clock
from notifications.models import AuditEntry, Clinician, Role, SettingChange, Site
from protocols.errors import Refusal
from stepup import sites
from stepup.staff import Person
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]
TYPED = {
    "site_name": "Thereton Hospital", "time_zone": "America/Chicago", "oncall_number": "+15550100801",
    "emergency_number": "911", "patient_number": "+15550100802", "page_number": "+15550100803",
    "name": "Dr A", "username": "thereton", "phone": "", "new_password": "a long word of theirs",
    "why": "a second hospital joins", "password": makers.PASSWORD,
}  # fmt: skip


@pytest.fixture
def maker() -> Clinician:
    return makers.a_clinician(makers.a_site(name="Hereford Hospital"), Role.ADMIN, name="Hereford Admin")


def made(maker: Clinician, **changed: str) -> str:
    """Make it on the page, and return what the page says."""
    answer = makers.signed_in(maker).post(reverse("make-site"), TYPED | changed, follow=True)
    return answer.content.decode()


def signed_in_by_the_page(username: str) -> tuple[Client, str]:
    """A client that typed the first password, and where it was led."""
    client = Client()
    answer = client.post(reverse("sign-in"), {"username": username, "password": TYPED["new_password"]})
    return client, answer["Location"]


def test_the_first_person_of_a_new_site_signs_in_and_begins_with_its_guide(maker) -> None:
    assert "Thereton Hospital is made" in made(maker)
    site = Site.objects.get(name="Thereton Hospital")
    assert [site.patient_number, site.page_number, site.oncall_number, site.fallback_number, site.time_zone] == [
        "+15550100802", "+15550100803", "+15550100801", "", "America/Chicago",
    ]  # fmt: skip
    client, led_to = signed_in_by_the_page("thereton")
    assert led_to == reverse("first-run")
    assert "Thereton Hospital" in client.get(led_to).content.decode()
    assert client.get(reverse("add-person")).status_code == 200, "they add the others"
    makers.a_patient(site)
    assert signed_in_by_the_page("thereton")[1] == reverse("board"), (
        "a site that has begun opens on its board"
    )


def test_neither_site_shows_anything_of_the_other(maker) -> None:
    made(maker)
    client, _ = signed_in_by_the_page("thereton")
    there = client.get(reverse("administration")).content.decode()
    assert "a second hospital joins" in there, "who made it and why is the new site's to know"
    assert "Hereford Hospital" not in there
    here = makers.signed_in(maker)
    for name in ("administration", "board", "first-run"):
        shown = here.get(reverse(name)).content.decode()
        assert "Thereton" not in shown, name
        assert TYPED["patient_number"][-4:] not in shown, name
    newcomer = Clinician.objects.get(username="thereton")
    assert here.get(reverse("person", args=[newcomer.pk])).status_code == 404


def test_who_made_it_and_why_stays_in_both_ledgers_without_a_name_or_a_number(maker) -> None:
    made(maker)
    site = Site.objects.get(name="Thereton Hospital")
    lines = AuditEntry.objects.filter(act="made a site", subject=f"site:{site.pk}", by=maker)
    assert {line.site for line in lines} == {maker.site, site}
    assert {str(line.detail) for line in lines} == {"{}"}
    kept = SettingChange.objects.get(site=site, what=sites.MADE)
    assert (kept.became, kept.by, kept.why) == ("Thereton Hospital", maker, "a second hospital joins")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"patient_number": "{in use}"}, "The service uses one of these numbers already."),
        ({"page_number": "{in use}"}, "The service uses one of these numbers already."),
        ({"page_number": "+15550100802"}, "each need a number of their own"),
        ({"username": "taken"}, "Somebody has this sign-in name."),
        ({"new_password": "short"}, "too short"),
        ({"oncall_number": ""}, "Type the number of the desk."),
        ({"emergency_number": "nine"}, "Type the number in figures, like 911."),
        ({"time_zone": ""}, "Choose the time zone of the site."),
        ({"site_name": ""}, "Type the name of the hospital or practice."),
    ],
    ids=str,
)
def test_what_cannot_be_names_the_fix_and_keeps_nothing(maker, changed, sentence) -> None:
    Clinician.objects.filter(pk=maker.pk).update(username="taken")
    used = {name: typed.replace("{in use}", maker.site.patient_number) for name, typed in changed.items()}
    page = made(maker, **used)
    assert sentence in page
    assert 'value="+15550100801"' in page or "oncall_number" in changed, "what was typed stays"
    assert Site.objects.count() == 1
    assert not SettingChange.objects.filter(what=sites.MADE).exists()


def test_two_sites_of_one_name_are_told_apart_and_nobody_is_asked_for_it(maker) -> None:
    made(maker)
    more = {"patient_number": "+15550100812", "page_number": "+15550100813", "username": "another"}
    made(maker, **more)
    assert sorted(Site.objects.exclude(pk=maker.site_id).values_list("slug", flat=True)) == [
        "thereton-hospital", "thereton-hospital-2",
    ]  # fmt: skip


def test_the_first_person_is_an_administrator(maker) -> None:
    numbers = {name: TYPED[name] for name in ("time_zone", "patient_number", "page_number")}
    with pytest.raises(Refusal, match="is an administrator"):
        sites.make(
            name="X", numbers=numbers, username="x", password="a long word of theirs", why="x", by=maker,
            first=Person("Nurse N", Role.NURSE, ""), now=clock.now(),
        )  # fmt: skip
