"""A rotation of many people, begun and changed on its page: nobody is dropped without a word."""

import pytest
from django.test import Client
from django.urls import reverse

from notifications import clock, rotations
from notifications.models import Clinician, Role, Rotation, Site, Turn
from tests import makers
from tests.stepup.test_on_call_screens import DAY, typed, words

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def client(site) -> Client:
    return makers.signed_in(makers.a_clinician(site, Role.LEAD))


def nurses(site: Site, many: int) -> list[Clinician]:
    return [makers.a_clinician(site, name=f"Nurse {n:02}", phone=makers.a_phone()) for n in range(many)]


def in_order(row: Rotation) -> list[str]:
    return [turn.clinician.name for turn in row.turns.all()]


def as_shown(client: Client, row: Rotation) -> dict[str, object]:
    """The form as its page fills it in, sent back with a new name. A list shows nothing that is no choice of it."""
    form = client.get(reverse("change-rotation", args=[row.pk])).context["form"]
    values = {name: form[name].value() for name in form.fields}
    offered = {"", *(value for value, _ in form.fields["person_1"].choices)}
    people = {n: v if v in offered else "" for n, v in values.items() if n.startswith("person_")}
    sent = {name: value for name, value in (values | people).items() if value is not None}
    return sent | {"name": "once more"}


def test_as_many_as_take_turns_are_begun_and_replaced_by_the_form(client, site) -> None:
    people = nurses(site, rotations.MOST_PEOPLE)
    chosen = {f"person_{n}": one.pk for n, one in enumerate(people, start=1)}
    client.post(reverse("new-rotation"), typed(site, people) | chosen)
    row = Rotation.objects.get()
    assert in_order(row) == [one.name for one in people]
    client.post(reverse("change-rotation", args=[row.pk]), as_shown(client, row))
    assert in_order(Rotation.objects.get(name="once more")) == [one.name for one in people]


def test_of_a_longer_list_than_may_be_nobody_is_left_out_unsaid(client, site) -> None:
    """Written before there was a most, or by hand."""
    people, now = nurses(site, rotations.MOST_PEOPLE + 1), clock.now()
    lead = makers.a_clinician(site, Role.LEAD)
    plan = rotations.Plan(
        rung=1, layer=1, name="all", people=people[:1], starts_on=(now - DAY).date(), hand_over=now.time(),
        turn_hours=24, since=now,
    )  # fmt: skip
    row = rotations.begin(site, plan, by=lead, now=now)
    Turn.objects.bulk_create(
        Turn(rotation=row, place=n, clinician=one) for n, one in enumerate(people[1:], start=2)
    )
    answer = client.post(reverse("change-rotation", args=[row.pk]), as_shown(client, row))
    assert "At most 12 people take turns in one rotation." in words(answer)
    assert Rotation.objects.count() == 1


def test_whoever_can_be_called_no_more_is_named_before_a_rotation_is_changed(client, site) -> None:
    """They are no choice of the form any more, so their place would be left out without a word."""
    people = nurses(site, 3)
    client.post(reverse("new-rotation"), typed(site, people) | {"person_3": people[2].pk})
    row = Rotation.objects.get()
    Clinician.objects.filter(pk=people[1].pk).update(phone="")
    page = client.get(reverse("change-rotation", args=[row.pk]))
    assert "Nurse 01 cannot be called any more and is left out" in words(page)
    client.post(reverse("change-rotation", args=[row.pk]), as_shown(client, row))
    assert in_order(Rotation.objects.get(name="once more")) == ["Nurse 00", "Nurse 02"]
