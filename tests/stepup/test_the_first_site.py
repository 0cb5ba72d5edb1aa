"""`manage.py first_site`: whole or not at all, once, and whoever it makes can sign in and begin."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from notifications.models import AuditEntry, Clinician, Role, SettingChange, Site

pytestmark = [pytest.mark.database, pytest.mark.django_db]
TYPED = {
    "name": "Hereford Hospital", "time_zone": "America/Chicago", "on_call": "(215) 555-0100", "emergency": "911",
    "patient_texts": "(215) 555-0101", "pages": "(215) 555-0102", "administrator": "Ada A", "username": "ada",
}  # fmt: skip
PASSWORD = "a long word of theirs"


def made(monkeypatch, password: str = PASSWORD, **changed: str) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    printed = io.StringIO()
    call_command("first_site", stdout=printed, **TYPED | changed)
    return printed.getvalue()


def test_its_administrator_signs_in_and_begins_with_the_guide(monkeypatch) -> None:
    assert "Hereford Hospital is made. Sign in as ada" in made(monkeypatch)
    site = Site.objects.get()
    assert (site.patient_number, site.page_number, site.oncall_number) == (
        "+12155550101", "+12155550102", "+12155550100",
    )  # fmt: skip
    client = Client()
    answer = client.post(reverse("sign-in"), {"username": "ada", "password": PASSWORD})
    assert answer["Location"] == reverse("first-run")
    assert client.get(reverse("add-person")).status_code == 200
    assert Clinician.objects.get().role == Role.ADMIN
    assert SettingChange.objects.get().what == "made"
    assert set(AuditEntry.objects.filter(site=site, by=None).values_list("act", flat=True)) >= {
        "made a site", "added a person",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"password": "short"}, "too short"),
        ({"pages": TYPED["patient_texts"]}, "number"),
        ({"pages": "12"}, "--pages:"),
        ({"time_zone": "Chicago"}, "time zone"),
    ],
)
def test_bad_input_is_one_sentence_and_makes_nothing(monkeypatch, changed, says) -> None:
    with pytest.raises(CommandError, match=says):
        made(monkeypatch, **changed)
    assert not Site.objects.exists()
    assert not Clinician.objects.exists()


def test_a_second_site_is_not_made_from_the_outside(monkeypatch) -> None:
    made(monkeypatch)
    with pytest.raises(CommandError, match="There is a site already"):
        made(monkeypatch, username="another")
    assert Site.objects.count() == 1
