"""A site's own protocols: drafted, changed by several people, completed from the label, frozen, signed, and used."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse

from monitoring import ladders
from notifications.models import AuditEntry, Role
from protocols import drafting, library
from protocols.ladder import Rung
from stepup import approvals, courses, drafts, entries, readiness
from stepup.drafts import Wanted
from stepup.models import Draft, DraftEdit, EntryAnswer, SiteProtocol
from tests import makers
from tests.makers import NOON
from tests.stepup.drafting import ROW, change, refused

pytestmark = [pytest.mark.database, pytest.mark.django_db]


# drafting


def test_a_draft_on_screen_changes_one_value_and_keeps_who_why_and_from_what(draft, pharmacist) -> None:
    client = makers.signed_in(pharmacist)
    path = reverse("draft-change", args=[draft.pk]) + "?part=hours"
    typed = {"watch_hours": "168", "later_watch_hours": "48", "concern_every_hours": "2"}
    answer = client.post(path, typed | {"why": "nights", "source": "", "seen": "0"})
    assert answer.status_code == 302, answer.content.decode()
    edit = draft.edits.get()
    assert (edit.value, edit.was, edit.now, edit.why, edit.by) == (
        "concern_every_hours", "1", "2", "nights", pharmacist,
    )  # fmt: skip
    page = client.get(reverse("draft", args=[draft.pk])).content.decode()
    assert "this site’s own: decided by the site" in page
    assert "(no longer for concern_every_hours: this site set that itself)" in page
    assert drafts.judged(draft).protocol.pathway.concern_every_hours == 2
    assert "changed a draft" in AuditEntry.objects.filter(by=pharmacist).values_list("act", flat=True)


def test_of_two_editors_at_once_the_second_is_told_and_keeps_what_was_typed(site, draft, pharmacist) -> None:
    other = makers.a_clinician(site, Role.PRESCRIBER, name="Paul P")
    change(draft, Wanted("reach_minutes", 20), by=other)
    path = reverse("draft-change", args=[draft.pk]) + "?part=hours"
    typed = {
        "watch_hours": "168", "later_watch_hours": "48", "concern_every_hours": "3", "why": "mine", "seen": "0",
    }  # fmt: skip
    client = makers.signed_in(pharmacist)
    answer = client.post(path, typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Meanwhile Paul P changed minutes until the patient is reached" in page
    assert 'value="3"' in page
    assert 'name="seen" value="1"' in page
    assert draft.edits.count() == 1
    assert client.post(path, typed | {"seen": "1"}).status_code == 302


def test_nothing_is_saved_where_nothing_differs_or_no_reason_is_given(draft, pharmacist) -> None:
    with refused("nothing-changed"):
        change(draft, Wanted("watch_hours", 168), by=pharmacist)
    with refused("why"):
        drafts.change(
            draft.pk, [Wanted("watch_hours", 72)], seen=0, why=" ", source="", by=pharmacist, now=NOON
        )


def test_a_broken_draft_names_what_is_wrong_and_cannot_be_frozen(draft, pharmacist) -> None:
    change(draft, Wanted("silence.caregiver_minutes", 10), Wanted("fever_c", "38.5"), by=pharmacist)
    page = makers.signed_in(pharmacist).get(reverse("draft", args=[draft.pk])).content.decode()
    assert "This draft cannot be signed." in page
    assert "each step must come after the one before it" in page
    assert "every reply is judged by 38.0 C" in page
    assert "Freeze version" not in page
    with refused("broken-draft"):
        drafts.freeze(draft.pk, fingerprint="", by=pharmacist, now=NOON)
    assert not SiteProtocol.objects.exists()


def test_rows_of_check_ins_and_an_item_are_edited_in_fields(draft, pharmacist) -> None:
    client = makers.signed_in(pharmacist)
    path = reverse("draft-change", args=[draft.pk])
    rows = {"from_hour_0": "0", "to_hour_0": "48", "every_hours_0": "6", "ask_0": ["temperature", "breath"]}
    assert client.post(f"{path}?part=later", rows | {"why": "w", "seen": "0"}).status_code == 302
    half = {"from_hour_0": "0", "why": "w", "seen": "1"}
    assert "Type all three hours" in client.post(f"{path}?part=later", half).content.decode()
    item = {
        "name": "travel time", "asks": "close", "because": "so it is", "lasts": "dose", "at_most_minutes": "15",
        "wants": ["minutes"], "waived_by": ["nurse"], "before": ["step_up"], "why": "w", "seen": "1",
    }  # fmt: skip
    assert client.post(f"{path}?item=travel", item).status_code == 302
    new = {"name": "Pets", "asks": "no dog", "because": "ours", "lasts": "course", "why": "w", "seen": "2"}
    assert client.post(f"{path}?item=", new).status_code == 302
    off = {**item, "off": "on", "seen": "3"}
    assert client.post(f"{path}?item=kit", off).status_code == 302
    pathway = drafts.judged(draft).protocol.pathway
    assert (
        pathway.later_rhythm[0].ask == ("breath", "temperature") or pathway.later_rhythm[0].every_hours == 6
    )
    items = {row.id: row for row in pathway.readiness}
    assert (items["travel"].at_most_minutes, items["travel"].before) == (15, ("step_up",))
    assert items["pets"].missing == "decided by the site"
    assert "kit" not in items
    assert client.get(f"{path}?item=kit").status_code == 404
    assert client.get(f"{path}?part=nothing").status_code == 404


@pytest.mark.parametrize(
    "part",
    [
        *(f"part={part}" for part in ("hours", "rhythm", "later", "doses", "silence", "calling", "limits")),
        "part=proposals",
        "part=ladder",
        *(f"item={item.id}" for item in library.pathway("outpatient-us").readiness),
    ],
)
def test_every_part_saved_as_it_opens_changes_nothing(draft, pharmacist, part) -> None:
    """What a form shows is what stands: read out and typed in again, no value differs."""
    client = makers.signed_in(pharmacist)
    path = f"{reverse('draft-change', args=[draft.pk])}?{part}"
    form = client.get(path).context["form"]
    typed = {
        bound.html_name: bound.value()
        for bound in form
        if bound.value() is not None and bound.value() is not False
    }
    answer = client.post(path, typed | {"why": "as it is", "seen": "0"})
    assert "Nothing differs from what stands in the draft." in answer.content.decode()


def test_a_ladder_is_edited_in_rows_and_one_that_cannot_be_climbed_is_not_frozen(draft, pharmacist) -> None:
    client = makers.signed_in(pharmacist)
    path = reverse("draft-change", args=[draft.pk]) + "?part=ladder"
    typed = {"calls_0": "on call 1", "voice_after_minutes_0": "2", "calls_1": "prescriber, on call 2"}
    typed["from_urgency_1"] = "emergency"
    assert client.post(path, typed | {"why": "w", "seen": "0"}).status_code == 302
    assert drafts.contents(draft)["pathway"]["ladder"] == [
        {"calls": ["on call 1"], "voice_after_minutes": 2},
        {"calls": ["prescriber", "on call 2"], "from_urgency": "emergency"},
    ]
    client.post(path, {"calls_0": "on call 1", "urgent_minutes_0": "0", "why": "w", "seen": "1"})
    assert [place for place, _ in drafts.judged(draft).problems] == ["ladder, row 1"]


def test_the_ladder_says_which_rung_only_an_emergency_calls(site) -> None:
    rungs = (Rung(("on call 1",)), Rung(("prescriber",), from_urgency="emergency"))
    shown = {
        "ladder": ladders.at(site, rungs, now=NOON),
        "pathway": library.pathway("outpatient-us"),
        "own": {},
    }
    page = render_to_string("stepup/_ladder.html", shown)
    assert page.count("in an emergency only") == page.count("urgent not called") == 1


def test_edits_rows_and_answers_are_only_added_to(draft, pharmacist) -> None:
    [edit] = change(draft, Wanted("reach_minutes", 20), by=pharmacist)
    entry = makers.an_entry(draft, by=pharmacist)
    answer = entries.confirm(entry.pk, typed=makers.FLAT_ROW, by=makers.a_clinician(draft.site), now=NOON)
    for row in (edit, entry, answer):
        with pytest.raises(Exception, match="append"), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(by=pharmacist)
        with pytest.raises(Exception, match="append"), transaction.atomic():
            type(row).objects.filter(pk=row.pk)._raw_delete("default")


# freezing and signing


def test_a_frozen_draft_is_signed_by_two_and_only_then_starts_a_course(site, draft, pharmacist) -> None:
    change(draft, Wanted("watch_hours", 168 + 12), Wanted("rhythm", LONGER), by=pharmacist)
    row = drafts.freeze(
        draft.pk, fingerprint=drafts.judged(draft).protocol.fingerprint, by=pharmacist, now=NOON
    )
    assert row.pathway_id == f"site{site.pk}-home-v1"
    patient = makers.a_patient(site)
    typed = {
        "regimen": "", "start_on": NOON.date(), "weight_kg": Decimal(70), "weighed_on": NOON.date(),
        "weighed_by": "n", "by": pharmacist, "now": NOON,
        "uncovered_why": "no rota in this test",
    }  # fmt: skip
    path = reverse("protocol-sign", args=[row.label_id, row.pathway_id])
    for signer in (pharmacist, makers.a_clinician(site, Role.PRESCRIBER)):
        with refused("not-approved"):
            courses.open_course(patient, row, **typed)
        makers.signed_in(signer).post(path, {"fingerprint": row.fingerprint})
        row.refresh_from_db()
    assert row.is_approved
    assert row.pharmacist != row.prescriber
    course = courses.open_course(patient, row, **typed)
    assert approvals.content(course.protocol).pathway.watch_hours == 180
    with refused("draft-ended"):
        change(draft, Wanted("reach_minutes", 20), by=pharmacist)


LONGER = [{"from_hour": 0, "to_hour": 180, "every_hours": 6, "ask": ["temperature", "symptoms"]}]


def test_somebody_who_had_not_read_the_last_change_freezes_nothing(site, draft, pharmacist) -> None:
    shown = drafts.judged(draft).protocol.fingerprint
    change(draft, Wanted("reach_minutes", 20), by=makers.a_clinician(site, Role.LEAD))
    with refused("content-changed"):
        drafts.freeze(draft.pk, fingerprint=shown, by=pharmacist, now=NOON)


def test_the_next_version_begins_as_the_approved_one_and_counts_on(site, draft, pharmacist) -> None:
    change(draft, Wanted("reach_minutes", 20), by=pharmacist)
    row = makers.a_frozen_draft(draft)
    form = {"base": f"row:{row.pk}", "name": "home", "title": "At home here"}
    answer = makers.signed_in(pharmacist).post(reverse("drafts"), form)
    assert answer.status_code == 302, answer.content.decode()
    second = Draft.objects.get(version=2)
    assert second.label == draft.label
    assert drafts.judged(second).protocol.pathway.own[0].was == "15"
    with refused("draft-open"):
        drafts.begin_from(row, name="home", title="x", by=pharmacist, now=NOON)
    assert Draft.objects.count() == 2
    third = makers.a_frozen_draft(second)
    assert third.pathway_id.endswith("-home-v2")


def test_an_own_id_is_no_library_s_and_no_other_site_s(site, draft) -> None:
    row, other = makers.a_frozen_draft(draft), makers.a_site()
    theirs = makers.a_frozen_draft(makers.a_draft(other))
    assert row.pathway_id != theirs.pathway_id
    known = {each.id for each in (*library.known_labels(), *library.pathways())}
    assert not any(drafting.is_own(each) for each in known)
    page = reverse("protocol", args=[row.label_id, row.pathway_id])
    assert makers.signed_in(makers.a_clinician(other, Role.PHARMACIST)).get(page).status_code == 404
    assert makers.signed_in(makers.a_clinician(site, Role.PHARMACIST)).get(page).status_code == 200
    listed = (
        makers.signed_in(makers.a_clinician(other, Role.PHARMACIST)).get(reverse("compare")).content.decode()
    )
    assert row.pathway_id not in listed


def test_the_database_keeps_drafts_straight(site, draft, pharmacist) -> None:
    for values in ({"version": 0}, {"dropped": True}, {"ended_at": NOON}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Draft.objects.filter(pk=draft.pk).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        DraftEdit.objects.create(
            draft=draft, number=1, value="x", was="1", now="2", why="", by=pharmacist, at=NOON
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        DraftEdit.objects.create(
            draft=draft, number=1, value="x", was="1", now="1", why="w", by=pharmacist, at=NOON
        )
    entry = makers.an_entry(draft, by=pharmacist)
    with pytest.raises(IntegrityError), transaction.atomic():
        EntryAnswer.objects.create(entry=entry, what="agrees", entered_by=pharmacist, by=pharmacist, at=NOON)


def test_a_dropped_draft_is_only_read(draft, pharmacist) -> None:
    client = makers.signed_in(pharmacist)
    assert client.post(reverse("draft-drop", args=[draft.pk])).status_code == 302
    assert "Dropped." in client.get(reverse("draft", args=[draft.pk])).content.decode()
    with refused("draft-ended"):
        makers.an_entry(draft, by=pharmacist)


# compare and what-if


def test_a_draft_beside_what_is_in_use_shows_each_value_that_differs(site, draft, pharmacist) -> None:
    change(draft, Wanted("reach_minutes", 20), by=pharmacist)
    client = makers.signed_in(makers.a_clinician(site, Role.AUDITOR))
    page = client.get(reverse("draft-compare", args=[draft.pk])).content.decode()
    assert "Pathway: minutes until the patient is reached" in page
    assert '<td data-label="Old">15</td><td data-label="New"><b>20</b></td>' in page
    pair = {"old": f"known:{draft.label}+outpatient-us", "new": f"draft:{draft.pk}"}
    assert "minutes until the patient is reached" in client.get(reverse("compare"), pair).content.decode()
    foreign = makers.a_draft(makers.a_site())
    assert client.get(reverse("compare"), pair | {"new": f"draft:{foreign.pk}"}).status_code == 422


def test_what_if_shows_plan_decision_and_texts_and_writes_nothing(draft, pharmacist) -> None:
    entry = makers.an_entry(draft, kind="restart", row=ROW, by=pharmacist)
    entries.confirm(entry.pk, typed=ROW, by=makers.a_clinician(draft.site), now=NOON)
    before = (DraftEdit.objects.count(), AuditEntry.objects.count(), SiteProtocol.objects.count())
    sample = {
        "start_on": "2027-03-01", "weight_kg": "70", "regimen": "monotherapy", "at": "10:00", "days_late": "7",
        "given": "step_up_dose_1 2027-03-01",
    }  # fmt: skip
    answer = makers.signed_in(pharmacist).get(reverse("draft-try", args=[draft.pk]), sample)
    page = answer.content.decode()
    assert answer.status_code == 200, page
    assert "give step-up dose 1" in page  # the draft's own row
    assert "Nobody is asked anything: no dose may be given." in page  # what is in use asks
    assert "Texts a day to this patient" in page
    assert before == (DraftEdit.objects.count(), AuditEntry.objects.count(), SiteProtocol.objects.count())
    wrong = makers.signed_in(pharmacist).get(
        reverse("draft-try", args=[draft.pk]), sample | {"given": "x 2027-03-01"}
    )
    assert (wrong.status_code, "is no dose here" in wrong.content.decode()) == (422, True)


# readiness by step


def test_the_step_up_list_is_not_asked_before_a_weekly_dose(site) -> None:
    course = makers.a_course(makers.a_patient(site), is_ready=False)
    first = {item.rule.id for item in readiness.of(course, step="step_up_dose_1", now=NOON).items}
    later = {item.rule.id for item in readiness.of(course, step="weekly", now=NOON).items}
    assert first - later == {"ecog", "burden", "cognition", "caregiver", "kit", "tested"}
    assert {"infection", "bloods", "weight", "premedication", "oncall", "consent", "phone"} <= later
