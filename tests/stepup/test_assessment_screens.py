"""The worksheet on the screen: criteria beside each choice, the grade shown before it is kept, and read again."""

from collections.abc import Iterator
from copy import deepcopy
from html import unescape

import pytest
from django.urls import reverse

from monitoring import assessed, escalations
from monitoring.models import Assessment, Reaction
from notifications import clock
from notifications.models import Role
from protocols import astct
from tests import bedside, kept, makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]
OK, FOUND, UNPROCESSABLE = 200, 302, 422
POINTS = [point.id for point in astct.load().ice.points]
CRS_2 = {
    "temperature": "101.5", "treated": ["nothing"], "pressure": "fluids", "oxygen": "none", "crs_other": "no",
}  # fmt: skip
ICANS_1 = {
    "ice": "asked", **{f"point_{point}": "yes" for point in POINTS}, "point_attention": "no", "own_language": "yes",
    "consciousness": "alert", "seizure": "none", "motor": "none", "oedema": "none", "icans_other": "no",
}  # fmt: skip
WHOLE = {"what": "both", **CRS_2, **ICANS_1}


class Ward:
    def __init__(self) -> None:
        self.now = clock.now()
        self.site = makers.a_site()
        self.patient = makers.a_patient(self.site, now=self.now)
        self.course = makers.a_course(self.patient, label=makers.ELRANATAMAB, now=self.now)
        self.doctor = makers.a_clinician(self.site, Role.PRESCRIBER, name="Dr A")
        self.other = makers.a_clinician(self.site, Role.RESPONDER, name="Dr B")

    def asks(
        self, typed: dict[str, object] | None = None, *, do: str = "show", who: str = "doctor", **more: object
    ):
        """The worksheet opened, or sent with one of its buttons."""
        client = makers.signed_in(getattr(self, who))
        path = reverse("assess", args=[self.patient.pk])
        return client.get(path) if typed is None else client.post(path, {**typed, "do": do, **more})

    def keeps(self, typed: dict[str, object], **more: object):
        """The grade shown, then kept as it was shown."""
        shown = self.asks(typed)
        held = {"shown": shown.context["looked"].mark, "seen": shown.context["record"].newest_id}
        return self.asks(typed, do="keep", **held, **more)

    def page(self, name: str, *args: object, who: str = "doctor") -> str:
        return words(makers.signed_in(getattr(self, who)).get(reverse(name, args=args)))


def words(answer) -> str:
    return " ".join(unescape(answer.content.decode()).replace("\u00a0", " ").split())


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[Ward]:
    with kept.made(Ward, django_db_blocker) as ward:
        yield ward


@pytest.fixture
def ward(made_once) -> Ward:
    return deepcopy(made_once)


def test_every_criterion_stands_beside_its_grade_with_where_it_was_read(ward) -> None:
    page = words(ward.asks())
    scale = astct.load()
    for question in (*scale.crs, scale.ice.how, *scale.icans):
        assert question.title in page
        for row in question.rows:
            assert (f"{row.says} (grade {row.grade})" if row.grade else row.says) in page
    assert all(point.says.capitalize() in page for point in scale.ice.points)
    assert all(source.url in page for source in scale.sources)


def test_the_score_is_added_up_as_one_goes_and_nothing_is_asked_yet(ward) -> None:
    answer = ward.asks({"what": "icans", "ice": "asked", "point_year": "yes", "point_city": "no"}, do="add")
    assert answer.status_code == OK
    assert "ICE 1 of 2 asked; ten are asked for a score" in words(answer)
    assert "Nothing was saved" not in words(answer)


def test_an_incomplete_worksheet_names_each_open_field_and_keeps_what_was_typed(ward) -> None:
    answer = ward.asks({**WHOLE, "oxygen": "", "point_year": ""})
    assert answer.status_code == UNPROCESSABLE
    assert set(answer.context["form"].errors) == {"oxygen", "point_year"}
    page = words(answer)
    assert "Say whether oxygen is needed, and how it is given." in page
    assert "Say whether the patient says the year." in page
    assert 'value="101.5"' in page
    assert "Nothing is kept yet." not in page, "no grade is shown of half a worksheet"


def test_the_grade_is_shown_with_reason_and_source_and_nothing_is_kept(ward) -> None:
    page = words(ward.asks(WHOLE))
    assert "CRS grade 2" in page
    assert "ICANS grade 1" in page
    assert "ICE 9 of 10 (grade 1)" in page
    assert "[CRS_GRADES]" in page
    assert "our proposal" in page
    assert "Keep CRS grade 2, ICANS grade 1 for" in page
    assert not Assessment.objects.exists()


def test_management_stands_text_by_text_with_disagreements_and_what_was_not_read_asks(ward) -> None:
    page = words(ward.asks({"what": "crs", **CRS_2, "pressure": "none"}))
    texts = page[page.index("Text by text") :]
    assert texts.index("Elranatamab label card") < texts.index("University of Miami"), (
        "the patient's own first"
    )
    assert "this patient’s medicine" in page
    assert "at home, with rules (CD3xCD20 consensus)" in page
    assert "assess at once for admission (labels)" in page
    assert "The label of this course, about the next dose" in page
    assert "Not read: the 2024 IMWG" in page
    grave = words(ward.asks({"what": "crs", **CRS_2, "pressure": "several"}))
    assert "Not read for grade 4: grades 3 and 4 were not read. Ask the responsible prescriber." in grave


def test_what_was_shown_is_kept_and_the_record_shows_it_everywhere(ward) -> None:
    answer = ward.keeps(WHOLE)
    assert answer.status_code == FOUND
    row = Assessment.objects.get()
    assert (row.crs, row.icans, row.by) == (2, 1, ward.doctor)
    assert [(one.kind, one.grade) for one in Reaction.objects.order_by("kind")] == [("crs", 2), ("icans", 1)]
    for name, pk in (("patient", ward.patient.pk), ("hand-over", ward.course.pk)):
        assert "CRS grade 2, ICANS grade 1" in ward.page(name, pk), name
    assert "Counts back from 100 in tens" in ward.page("patient", ward.patient.pk)
    emergency = makers.signed_in(ward.doctor).post(
        reverse("emergency", args=[ward.patient.emergency_code]), {"born_on": "1960-05-17"}
    )
    assert "CRS grade 2, ICANS grade 1" in words(emergency)


def test_nothing_is_kept_that_was_not_on_the_screen(ward) -> None:
    unseen = ward.asks(WHOLE, do="keep")
    assert unseen.status_code == UNPROCESSABLE
    assert "Nothing was kept." in words(unseen)
    shown = ward.asks(WHOLE).context["looked"].mark
    changed = ward.asks({**WHOLE, "pressure": "one"}, do="keep", shown=shown, seen=0)
    assert changed.status_code == UNPROCESSABLE
    assert "CRS grade 3" in words(changed), "what it is now stands on the screen"
    assert not Assessment.objects.exists()


def test_a_colleague_s_worksheet_meanwhile_is_read_first(ward) -> None:
    shown = ward.asks(WHOLE).context["looked"].mark
    bedside.assessed_as(ward.patient, 3, by=ward.other, now=clock.now())
    answer = ward.asks(WHOLE, do="keep", shown=shown, seen=0)
    assert answer.status_code == UNPROCESSABLE
    assert "CRS grade 3, Dr B" in words(answer).replace("</b>", "")
    assert Assessment.objects.count() == 1


def test_a_lower_grade_asks_why_and_grade_0_asks_whether_it_is_over(ward) -> None:
    bedside.assessed_as(ward.patient, 2, by=ward.other, now=ward.now)
    well = {"what": "crs", **CRS_2, "temperature": "36.8", "pressure": "none"}
    mute = ward.keeps(well)
    assert mute.status_code == UNPROCESSABLE
    assert "say whether it is over" in words(mute)
    silent = ward.keeps(well, crs_over="yes")
    assert list(silent.context["form"].errors) == ["why"]
    assert ward.keeps(well, crs_over="yes", why="well since noon").status_code == FOUND
    assert not Reaction.objects.filter(over_at=None).exists()


def test_a_grave_grade_is_lowered_once_a_second_clinician_has_read_the_worksheet(ward) -> None:
    bedside.assessed_as(ward.patient, 3, by=ward.other, now=ward.now)
    lower = {"what": "crs", **CRS_2, "why": "vasopressor stopped"}
    assert "CRS grade 3 stands</b> until a second clinician" in words(ward.asks(lower))
    ward.keeps(lower)
    row = Assessment.objects.order_by("-pk")[0]
    path = reverse("read-assessment", args=[row.pk])
    assert "You wrote this worksheet: another clinician reads it." in ward.page("read-assessment", row.pk)
    assert "Read the lower grade" in ward.page("patient", ward.patient.pk, who="other")
    reader = makers.signed_in(ward.other)
    page = words(reader.get(path))
    assert "Lower than what stood: vasopressor stopped" in page
    assert reader.post(path, {"agrees": "no"}).status_code == UNPROCESSABLE
    assert reader.post(path, {"agrees": "yes"}).status_code == FOUND
    assert assessed.standing(ward.patient)["crs"].grade == 2


def test_the_case_shows_the_worksheet_and_is_closed_with_its_grades_filled_in(ward) -> None:
    case, _ = escalations.raise_concern(
        site=ward.site, patient=ward.patient, urgency="urgent", headline="fever", now=ward.now
    )
    escalations.take(case.pk, by=ward.doctor, now=ward.now, how="screen")
    escalations.reach(case.pk, by=ward.doctor, now=ward.now)
    ward.keeps(WHOLE)
    page = ward.page("case", case.pk)
    assert "CRS grade 2, ICANS grade 1, Dr A" in page
    assert '<option value="2" selected>grade 2</option>' in page
    assert "Filled in from the worksheets of this case." in page


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"temperature": "50"}, "temperature"), ({"temperature": "hot"}, "temperature"),
        ({"treated": ["nothing", "steroid"]}, "treated"), ({"pressure": "abc"}, "pressure"), ({"what": ""}, "what"),
        ({"crs_other": "yes"}, "crs_cause"), ({"icans_other": "yes"}, "icans_cause"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_beside_its_field(ward, typed, field) -> None:
    answer = ward.asks({**WHOLE, **typed})
    assert answer.status_code == UNPROCESSABLE
    assert list(answer.context["form"].errors) == [field]


@pytest.mark.parametrize(("typed", "celsius"), [("38,6", "38.6"), ("101.5", "38.61"), ("100.4", "38.00")])
def test_a_temperature_is_typed_in_either_unit(ward, typed, celsius) -> None:
    ward.keeps({"what": "crs", **CRS_2, "temperature": typed})
    assert Assessment.objects.get().worksheet["crs"]["celsius"] == celsius
