"""One site never sees another's records."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.urls import reverse

from monitoring import findings
from notifications.models import Role
from tests import kept, makers
from tests.stepup.wards import Ward, page

pytestmark = [pytest.mark.database, pytest.mark.django_db]

SCREENS = [
    "board",
    "board-rows",
    "tasks",
    "inbox",
    "on-call",
    "on-call-duty",
    "ladder-drills",
    "closed-days",
    "unit-hours",
    "adoption",
    "week",
    "calendars",
    "protocols",
    "downtime",
    "enrol",
    "supportive-care-list",
    "phrases",
    "texts",
    "rules",
    "administration",
    "sessions",
    "status",
    "first-run",
]


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[tuple[Ward, Ward]]:
    with kept.made(lambda: (Ward("Hereford"), Ward("Thereton")), django_db_blocker) as wards:
        yield wards


@pytest.fixture
def here(made_once) -> Ward:
    return deepcopy(made_once[0])


@pytest.fixture
def there(made_once) -> Ward:
    return deepcopy(made_once[1])


def own_pages(ward: Ward) -> list[str]:
    return [
        reverse("assess", args=[ward.patient.pk]),
        *(reverse(name) for name in SCREENS), f"{reverse('board')}?wall=1",
        reverse("patient", args=[ward.patient.pk]), reverse("case", args=[ward.case.pk]),
        reverse("contacts", args=[ward.patient.pk]), reverse("end-enrolment", args=[ward.patient.pk]),
        reverse("record-reaction", args=[ward.patient.pk]), reverse("patient-texts", args=[ward.patient.pk]),
        reverse("looked", args=[ward.patient.pk]), reverse("look", args=[ward.patient.pk]),
        reverse("temperatures", args=[ward.patient.pk]), reverse("card", args=[ward.patient.pk]),
        reverse("emergency-texts", args=["en"]), reverse("downtime-csv"),
        reverse("admit", args=[ward.patient.pk]),
        reverse("home-kit", args=[ward.patient.pk]), reverse("prove-number", args=[ward.patient.pk]),
        reverse("death", args=[ward.patient.pk]),
        *(reverse(name, args=[ward.stay.pk]) for name in ("still-in", "discharge", "stay-mistake")),
        reverse("texts-of", args=["en"]),
        reverse("case-log", args=[ward.case.pk]), reverse("record-dose", args=[ward.course.pk]),
        reverse("move-dose", args=[ward.course.pk]), reverse("skip-dose", args=[ward.course.pk]),
        reverse("hold-course", args=[ward.course.pk]), reverse("hand-over", args=[ward.course.pk]),
        reverse("readiness", args=[ward.course.pk]), reverse("supportive-care", args=[ward.course.pk]),
        f"{reverse('record-supportive-care', args=[ward.course.pk])}?item=igg",
        reverse("take-back-supportive-care", args=[ward.care.pk]),
        reverse("courses-of-version", args=[ward.course.protocol_id]), reverse("course-version", args=[ward.course.pk]),
        reverse("record-weight", args=[ward.course.pk]), reverse("answer-weight", args=[ward.weight.pk]),
        reverse("draft", args=[ward.draft.pk]), reverse("draft-compare", args=[ward.draft.pk]), reverse("compare"),
        reverse("draft-try", args=[ward.draft.pk]), f"{reverse('row-enter', args=[ward.draft.pk])}?kind=dispensing",
        reverse("row-confirm", args=[ward.entry.pk]), reverse("row-back", args=[ward.entry.pk]),
        reverse("phrase", args=[ward.phrase.pk]), reverse("phrase-propose", args=[ward.phrase.reply_id]),
        *(reverse("inbox-item", args=[task.pk]) for task in (ward.unread, ward.unknown)),
        f"{reverse('contacts', args=[ward.patient.pk])}?from={ward.unknown.pk}",
        reverse("row-out", args=[ward.draft.pk]),
        reverse("confirm-dose", args=[ward.dose.pk]), reverse("protocol", args=[makers.TECLISTAMAB, "outpatient-us"]),
    ]  # fmt: skip


def test_a_prescribers_screens_show_nothing_of_another_site(here, there) -> None:
    client, _ = here.client(Role.PRESCRIBER)
    for name, row in [
        ("lift-hold", here.hold),
        ("confirm-interval", here.course),
        ("record-review", here.course),
        ("transfer-course", here.course),
        ("override-stage", here.course),
        ("draft", here.draft),
        ("draft-change", here.draft),
        ("supportive-care-rules", None),
        ("read-assessment", here.assessment),
    ]:
        shown = page(client, reverse(name, args=[row.pk] if row else []))
        assert here.mark in shown
        assert not [word for word in there.words() if word in shown], name


def test_no_screen_shows_anything_of_another_site(here, there) -> None:
    client, _ = here.client()
    for path in own_pages(here):
        shown = page(client, path)
        found = [word for word in there.words() if word in shown]
        assert not found, f"{path} shows {found}"


@pytest.mark.parametrize(
    ("name", "mine"),
    [
        ("board", "patient"), ("board", "case"), ("tasks", "task"), ("downtime", "patient"), ("on-call", "responder"),
        ("closed-days", "closed"), ("adoption", "stage"), ("week", "patient"), ("calendars", "address"),
        ("supportive-care-list", "patient"), ("phrases", "phrase"), ("texts", "reader"),
    ],
)  # fmt: skip
def test_the_same_screens_show_what_is_one_s_own(here, there, name, mine) -> None:
    """Otherwise an empty screen would keep sites apart, too."""
    client, _ = here.client()
    wanted = {
        "patient": here.patient.name, "case": here.case.code, "task": here.task.what, "responder": here.responder.name,
        "closed": here.closed.name, "stage": here.stage.why, "address": f"by {here.nurse.name}",
        "phrase": here.phrase.words,
        "reader": here.reader.name,
    }  # fmt: skip
    assert wanted[mine] in page(client, reverse(name))


def test_the_counts_of_the_board_are_one_s_own(here, there) -> None:
    client, _ = here.client()
    assert "1 case nobody has, 0 taken, 1 patient being watched" in page(client, reverse("board"))


def test_a_shift_cannot_be_given_to_somebody_of_another_site(here, there) -> None:
    client, _ = here.client()
    day = {"starts_on": "2030-01-01", "starts_at": "08:00", "ends_on": "2030-01-02", "ends_at": "08:00"}
    answer = client.post(reverse("add-shift"), {"clinician": there.responder.pk, "rung": "1", **day})
    assert answer.status_code == 422
    assert not there.responder.shifts.filter(site=here.site).exists()


def test_a_course_cannot_start_on_another_site_s_signatures(here, there) -> None:
    """The protocol is approved there and here; the row that is named decides."""
    client, _ = here.client()
    patient = makers.a_patient(here.site, now=here.now)
    foreign = there.course.protocol
    day = str(here.now.date())
    typed = {"start_on": day, "weight_kg": "70", "weighed_on": day, "weighed_by": "x"}
    answer = client.post(reverse("open-course", args=[patient.pk]), {"protocol": foreign.pk, **typed})
    assert answer.status_code == 422
    assert not patient.courses.exists()


def test_another_site_s_code_takes_nothing(here, there) -> None:
    here.hears(there.case.code, sender=here.responder.phone, to=here.site.page_number)
    there.case.refresh_from_db()
    assert there.case.owner is None


def test_a_text_to_the_wrong_site_s_number_stays_with_the_patient_s_own(here, there) -> None:
    here.hears(
        "I fell down the stairs and nobody is here", sender=there.patient.phone, to=here.site.patient_number
    )
    client, _ = here.client()
    for name in ("board", "tasks"):
        assert there.patient.name not in page(client, reverse(name))


def test_words_the_service_could_not_read_stay_with_the_patient_s_own_site_too(
    here, there, monkeypatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(findings, "from_reply", breaks)
    here.hears("a strange feeling", sender=there.patient.phone, to=here.site.patient_number)
    client, _ = here.client()
    assert there.patient.name not in page(client, reverse("tasks"))
