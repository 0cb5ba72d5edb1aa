"""Rows of the label that nobody had read: entered by one person, typed again by another, and then used."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from notifications.models import Clinician, Site
from protocols import dosing, library
from protocols.errors import Refusal
from stepup import approvals, corrections, courses, drafts, entries, plans
from stepup.models import SiteProtocol
from tests import makers
from tests.makers import NOON
from tests.refused import says
from tests.stepup.drafting import ROW, TYPED, refused

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_a_row_counts_once_another_person_has_typed_it_again(site, draft, pharmacist) -> None:
    nurse = makers.a_clinician(site, name="Nora N")
    path = reverse("row-enter", args=[draft.pk]) + "?kind=restart"
    whole = TYPED | {"after": "step_up_dose_1", "printed": "a made-up bound"} | makers.SOURCE
    assert makers.signed_in(nurse).post(path, whole).status_code == 302
    [entry] = draft.entries.all()
    assert drafts.judged(draft).protocol.label.table("restart").read == "no"
    confirm = reverse("row-confirm", args=[entry.pk])
    same = makers.signed_in(nurse).post(confirm, TYPED)
    assert (same.status_code, "Another person types the row again" in same.content.decode()) == (422, True)
    shown = makers.signed_in(pharmacist).get(confirm).content.decode()
    assert "28" not in shown.partition("<form method")[2].partition("</form>")[0].replace("ask-28", "")
    assert makers.signed_in(pharmacist).post(confirm, TYPED).status_code == 302
    label = drafts.judged(draft).protocol.label
    assert label.table("restart").read == "partly"
    assert label.id == f"site{site.pk}-elranatamab-us-2025-07-home-v1"
    [row] = [row for row in label.restart if row.then != "ask"]
    said = label.cite(row.sources)
    assert said.startswith("this site's own entry: Elrexfio prescribing information, 2.4, page 5, 7/2025")
    with refused("answered-already"):
        entries.confirm(entry.pk, typed=ROW, by=makers.a_clinician(site), now=NOON)


def test_figures_that_differ_stop_and_both_are_shown_and_kept(site, draft, pharmacist) -> None:
    entry = makers.an_entry(draft, by=makers.a_clinician(site))
    typed = {
        "strength": "40", "vial_millilitres": "1.1", "mg": "12", "millilitres": "0.2", "vials": "1",
    }  # fmt: skip
    answer = makers.signed_in(pharmacist).post(reverse("row-confirm", args=[entry.pk]), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "mL: 0.3 was entered, you have 0.2" in page
    assert entry.answers.get().what == "differs"
    assert drafts.confirmed(draft) == []
    with refused("entry-waits"):
        makers.a_frozen_draft(draft)
    makers.signed_in(pharmacist).post(reverse("row-back", args=[entry.pk]), {"reason": "misread"})
    assert makers.a_frozen_draft(draft).is_approved


OTHER_ROWS = [
    ("reaction", makers.ELRANATAMAB_ASKS, {
        "kind": "icans", "occurrence": "any", "grades": ["1", "2"], "text": "made up", "then": "give",
        "premedicate": "unspecified", "clear_hours": "24",
    }),
    ("count", makers.ELRANATAMAB_ASKS, {
        "count": "platelets", "at_least": "21", "below": "32", "only_with": "bleeding", "until": "43",
        "and_without": "bleeding", "text": "made up",
    }),
    ("window", "linvoseltamab-us-2025-07", {
        "dose": "monotherapy:step_up_dose_2", "min_days": "5", "max_days": "9",
    }),
    ("premedication", "linvoseltamab-us-2025-07", {
        "before": ["step_up_dose_1"], "timing": "an hour before", "agents": "class; medicine; 1 mg; oral",
    }),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "label", "typed"), OTHER_ROWS, ids=[row[0] for row in OTHER_ROWS])
def test_every_other_kind_of_row_is_entered_and_typed_again_on_screen(
    site: Site, pharmacist: Clinician, *, kind: str, label: str, typed: dict[str, object]
) -> None:
    draft = makers.a_draft(site, label=label, name="other", by=pharmacist)
    nurse = makers.signed_in(makers.a_clinician(site))
    path = f"{reverse('row-enter', args=[draft.pk])}?kind={kind}"
    answer = nurse.post(path, typed | makers.SOURCE)
    assert answer.status_code == 302, answer.content.decode()
    entry = draft.entries.get()
    answer = makers.signed_in(pharmacist).post(reverse("row-confirm", args=[entry.pk]), typed)
    assert answer.status_code == 302, answer.content.decode()
    assert makers.a_frozen_draft(draft).is_approved
    row = SiteProtocol.objects.get()
    page = (
        makers.signed_in(pharmacist)
        .get(reverse("protocol", args=[row.label_id, row.pathway_id]))
        .content.decode()
    )
    whole = page.replace("&#x27;", "'")
    assert (
        "this site’s own: SITE-1" in page
        or "this site's own entry: Elrexfio" in whole.partition("Sources</h2>")[0]
    )


@pytest.mark.parametrize(
    ("kind", "row", "said"),
    [
        ("restart", {**ROW, "days": "8-40"}, "crosses day 28"),
        ("dispensing", {**makers.FLAT_ROW, "millilitres": "0.4"}, "hold 16"),
        ("dispensing", {**makers.FLAT_ROW, "mg": "16", "millilitres": "0.4"}, "the rule of"),
        ("dispensing", {**makers.FLAT_ROW, "vials": 2}, "already hold"),
    ],
)
def test_a_row_that_would_break_the_label_is_refused_at_once(draft, pharmacist, kind, row, said) -> None:
    with pytest.raises(Refusal, match=said):
        makers.an_entry(draft, kind=kind, row=row, by=pharmacist)


def test_a_part_that_was_read_cannot_be_written_over(site, pharmacist) -> None:
    read = makers.a_draft(site, label=makers.TECLISTAMAB, name="tec", by=pharmacist)
    with pytest.raises(Refusal, match="meets two rows"):
        makers.an_entry(read, kind="restart", row=ROW, by=pharmacist)


def test_volumes_come_from_the_approved_table_alone_and_a_weight_between_asks(site, pharmacist) -> None:
    draft = makers.a_draft(site, label=makers.TECLISTAMAB, name="tec", by=pharmacist)
    row = {
        "doses": ["step_up_dose_1"], "strength": "10", "vial_millilitres": "3", "from_kg": "65", "to_kg": "69",
        "mg": "4", "millilitres": "0.4", "vials": 1,
    }  # fmt: skip
    for each in (row, {**row, "from_kg": "70", "to_kg": "74", "mg": "4.3", "millilitres": "0.43"}):
        entry = makers.an_entry(draft, row=each, by=pharmacist)
        entries.confirm(entry.pk, typed=each, by=makers.a_clinician(site), now=NOON)
    protocol = makers.a_frozen_draft(draft)
    label = approvals.content(protocol).label
    first = label.regimens[0].steps[0]
    found = {
        kg: dosing.amount(label, first, Decimal(kg)) for kg in ("64.9", "65", "69", "69.5", "70", "74.1")
    }
    assert [amount.table_mg for amount in found.values()] == [
        None, Decimal(4), Decimal(4), None, Decimal("4.3"), None,
    ]  # fmt: skip
    assert found["69.5"].volume.startswith(
        "ask: This site's approved table has no row for a weight of 69.5 kg"
    )
    assert found["70"].volume.startswith(
        "0.43 mL of 10 mg/mL, 1 vial of 3 mL, holds 4.3 mg for 70 to 74 kg (this site's"
    )
    unsigned = library.label(makers.TECLISTAMAB)
    assert dosing.amount(unsigned, first, Decimal(70)).volume.startswith("ask: ")

    makers.a_responder(site, 1, name="Dr A")
    patient = makers.a_patient(site)
    course = courses.open_course(
        patient, protocol, regimen="", start_on=NOON.date(), weight_kg=Decimal(70), weighed_on=NOON.date(),
        weighed_by="n", by=pharmacist, now=NOON, uncovered_why="no rota in this test",
    )  # fmt: skip
    assert "0.43 mL" in plans.as_arranged(course)[0].volume
    makers.ready(course, now=NOON - timedelta(minutes=1))
    recorded = courses.record_dose(
        course.pk, step="step_up_dose_1", given_at=NOON, given_mg=Decimal("4.3"), by=pharmacist, now=NOON
    )
    assert (recorded.dose.planned_mg, recorded.dose.deviation) == (Decimal("4.3"), "")
    assert recorded.dose.sum == "0.06 mg/kg x 70 kg = 4.2 mg; this site's own table: 4.3 mg"
    moved = corrections.correct(
        recorded.dose.pk, corrections.Facts("step_up_dose_1", NOON - timedelta(hours=1), Decimal("4.3")),
        reason="read off the pump", by=pharmacist, now=NOON,
    )  # fmt: skip
    assert (moved.planned_mg, moved.deviation) == (Decimal("4.3"), ""), (
        "the table's amount is the plan's still"
    )
    page = (
        makers.signed_in(makers.a_clinician(site))
        .get(reverse("record-dose", args=[course.pk]))
        .content.decode()
    )
    assert "Volume: " in page


def test_a_row_of_an_earlier_version_is_left_out_with_a_reason_and_its_days_ask_again(
    site, draft, pharmacist
) -> None:
    entry = makers.an_entry(draft, kind="restart", row=ROW, by=makers.a_clinician(site))
    entries.confirm(entry.pk, typed=ROW, by=pharmacist, now=NOON)
    second = drafts.begin_from(
        makers.a_frozen_draft(draft), name="home", title="At home", by=pharmacist, now=NOON
    )
    nurse = makers.signed_in(makers.a_clinician(site))
    path = reverse("row-out", args=[second.pk]) + "?row=SITE-1"
    assert path in nurse.get(reverse("draft", args=[second.pk])).content.decode()
    assert "8-28" in nurse.get(path).content.decode()
    says(nurse.post(path, {"why": "", "seen": "0"}), "Say why in a few words.")
    assert nurse.post(path, {"why": "the page was of another revision", "seen": "0"}).status_code == 302
    assert "does not rest on such a row" in nurse.get(path).content.decode()
    label = drafts.judged(second).protocol.label
    assert label == library.label(draft.label), "the site's own no longer"
    history = makers.signed_in(pharmacist).get(reverse("draft", args=[second.pk])).content.decode()
    assert "the page was of another revision" in history
    compared = makers.signed_in(pharmacist).get(reverse("draft-compare", args=[second.pk])).content.decode()
    assert "a made-up bound" in compared
    with refused("no-such-row"):
        drafts.leave_row_out(second.pk, "SITE-1", why="again", seen=1, by=pharmacist, now=NOON)
    assert makers.a_frozen_draft(second).is_approved
