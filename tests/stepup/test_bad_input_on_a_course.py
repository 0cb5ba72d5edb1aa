"""Bad input where a dose is moved or left out, a course held, an interval confirmed or a day closed."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from notifications import clock
from notifications.models import Role, Site
from stepup import courses, holds
from stepup.models import Course
from tests import makers
from tests.refused import REFUSED, keeps, says

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NOON = makers.NOON


@pytest.fixture(autouse=True)
def at_noon(monkeypatch) -> None:
    it_is(monkeypatch, NOON)


def it_is(monkeypatch, now: datetime) -> None:
    """Every door reads this time."""
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def site() -> Site:
    site = makers.a_site()
    makers.on_call(site)
    return site


@pytest.fixture
def nurse(site) -> Client:
    return somebody(site, Role.NURSE)


@pytest.fixture
def course(site) -> Course:
    return makers.a_course(makers.a_patient(site))


# moving a dose


def a_move(**changed: str) -> dict[str, str]:
    """The first dose put on the Wednesday after at 10:00, but for what is changed."""
    good = {"on": "2027-03-03", "at": "10:00", "reason": "patient", "words": "", "override": ""}
    return good | changed


def moves(nurse: Client, course: Course, typed: dict[str, str], *, sure: bool = True) -> Any:
    """The form as the browser sends it: what was shown is what is typed."""
    path = reverse("move-dose", args=[course.pk])
    if sure:
        shown = nurse.post(path, typed).content.decode()
        typed = (
            typed
            | {"sure": "yes", "password": makers.PASSWORD}
            | dict(re.findall(r'name="(seen|shown)" value="([^"]*)"', shown))
        )
    return nurse.post(path, typed)


def test_a_good_move_is_saved_only_by_the_final_button(nurse, course) -> None:
    shown = moves(nurse, course, a_move(), sure=False)
    assert "Delay step-up dose 1 to" in shown.content.decode()
    assert not course.appointments.exists()
    assert moves(nurse, course, a_move()).status_code == 302
    assert course.appointments.get().planned_at == datetime(2027, 3, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize("sure", [False, True], ids=["what changes", "final button"])
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"on": "2027-02-30"}, "That date does not exist: type it like 2026-03-02."),
        ({"on": ""}, "Give the date, like 2026-03-02."),
        ({"at": "25:00"}, "25:00 is not a time: type it on a 24-hour clock, like 14:05."),
        ({"at": ""}, "Type the time on a 24-hour clock, like 14:05."),
        ({"on": "2027-02-01"}, "That time has passed. Choose one that is still to come."),
        ({"on": "2029-03-03"}, "That is more than a year ahead. Check the date."),
        ({"on": "2027-03-14", "at": "02:30"}, "never showed 02:30."),
        ({"on": "2027-11-07", "at": "01:30"}, "showed 01:30 twice: say which, 01:30 EDT or 01:30 EST."),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
def test_a_move_that_cannot_be_is_refused_with_the_fix(nurse, course, *, changed, sentence, sure) -> None:
    typed = a_move(**changed)
    answer = moves(nurse, course, typed, sure=sure)
    says(answer, sentence)
    keeps(answer, {name: typed[name] for name in ("on", "at")})
    assert not course.appointments.exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"reason": ""}, "Choose the reason."),
        ({"reason": "other"}, "Say in a few words why this date is right all the same."),
        ({"on": "2027-03-06"}, "Say in a few words why this date is right all the same."),
        ({"on": "2027-03-29"}, "Fill the on-call list first, choose another time, or say why"),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
def test_a_move_that_lacks_its_reason_keeps_everything_typed(nurse, course, changed, sentence) -> None:
    typed = a_move(**changed)
    answer = moves(nurse, course, typed)
    says(answer, sentence)
    keeps(answer, typed)
    assert not course.appointments.exists()


def test_a_date_changed_after_its_changes_were_shown_is_shown_again_first(nurse, course) -> None:
    path = reverse("move-dose", args=[course.pk])
    shown = nurse.post(path, a_move()).content.decode()
    hidden = dict(re.findall(r'name="(seen|shown)" value="([^"]*)"', shown))
    answer = nurse.post(path, a_move(on="2027-03-04") | hidden | {"sure": "yes"})
    assert answer.status_code == REFUSED
    assert "You changed the date or the time." in answer.content.decode()
    assert not course.appointments.exists()


def test_the_hour_that_comes_twice_is_asked_about_and_kept(site, nurse, monkeypatch) -> None:
    it_is(monkeypatch, datetime(2027, 11, 4, 12, tzinfo=UTC))
    course = makers.a_course(makers.a_patient(site), now=clock.now())
    typed = a_move(
        on="2027-11-07", at="01:30", words="night clinic", override="the desk answers", which="second"
    )
    assert moves(nurse, course, typed).status_code == 302
    assert course.appointments.get().planned_at == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"on": "2027-02-30"}, "That date does not exist: type it like 2026-03-02."),
        ({"on": "2027-02-01"}, "That day is over. Choose one that is still to come."),
        ({"name": ""}, "Say what the day is called, like Thanksgiving."),
    ],
)
def test_a_closed_day_that_cannot_be_is_refused_with_the_fix(site, nurse, changed, sentence) -> None:
    typed = {"on": "2027-07-05", "name": "Independence Day"} | changed
    answer = nurse.post(reverse("closed-days"), typed)
    says(answer, sentence)
    keeps(answer, typed)
    assert not site.closed_days.exists()


# hold, lift, skip, interval, review


def somebody(site: Site, role: str) -> Client:
    return makers.signed_in(makers.a_clinician(site, role))


@pytest.mark.parametrize(
    ("role", "name", "field", "sentence"),
    [
        ("nurse", "hold-course", "reason", "Say why no dose may be given."),
        ("pharmacist", "lift-hold", "why", "Say why doses may go on."),
        ("prescriber", "record-review", "words", "Say what was weighed and what came of it."),
    ],
)
@pytest.mark.parametrize("typed", ["", "   ", "x" * 301], ids=["empty", "blanks", "too long"])
def test_what_is_held_lifted_or_reviewed_says_why(
    site, course, *, role, name, field, sentence, typed
) -> None:
    hold = holds.place(course.pk, reason="infection", by=makers.a_clinician(site), now=NOON)
    row = hold if name == "lift-hold" else course
    answer = somebody(site, role).post(reverse(name, args=[row.pk]), {field: typed})
    says(answer, sentence if not typed.strip() else "Ensure this value has at most 300 characters")
    keeps(answer, {field: typed.strip()})
    hold.refresh_from_db()
    assert (course.holds.count(), course.reviews.count(), hold.lifted_at) == (1, 0, None)


def test_a_hold_lifted_twice_says_who_was_first(site, course) -> None:
    hold = holds.place(course.pk, reason="infection", by=makers.a_clinician(site), now=NOON)
    for _ in range(2):
        answer = somebody(site, "pharmacist").post(reverse("lift-hold", args=[hold.pk]), {"why": "over"})
    says(answer, "has lifted this hold already.")


def test_a_step_up_dose_cannot_be_left_out_on_the_screen_either(nurse, course) -> None:
    answer = nurse.post(reverse("skip-dose", args=[course.pk]), a_move())
    says(answer, "A step-up dose is never left out. Delay it, and see what that changes.")
    keeps(answer, {"on": "2027-03-03", "at": "10:00"})


def test_an_interval_that_is_not_on_offer_is_not_confirmed(site, course) -> None:
    path = reverse("confirm-interval", args=[course.pk])
    answer = somebody(site, "prescriber").post(path, {"phase": "biweekly", "response": "CR"})
    says(answer, "That interval is not the next one for this patient any more. Look again.")
    assert not course.interval_changes.exists()


def test_a_confirmed_interval_is_kept_with_its_response(site, course, monkeypatch) -> None:
    for day in (0, 3, 6, 13):
        at = NOON + timedelta(days=day)
        makers.a_dose(course, given_at=at, step=courses.plan(course)[0].step)
    it_is(monkeypatch, at + timedelta(days=1))
    path, paul = reverse("confirm-interval", args=[course.pk]), somebody(site, "prescriber")
    shown = paul.get(path).content.decode()
    assert "complete response or better, held for at least 6 months" in shown
    assert paul.post(path, {"phase": "biweekly", "response": "CR since August"}).status_code == 302
    assert course.interval_changes.get().response == "CR since August"
