"""The reply inbox: what needs eyes, in what order, and what whoever reads it can do."""

from datetime import timedelta

import pytest
from django.urls import reverse

from monitoring import escalations, inbound, inbox, reader, translations, unread, worklist
from monitoring.models import Escalation, Finding, LearnedPhrase, Patient, Task, Translation
from notifications.models import Clinician
from protocols.errors import Refusal
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
UNCLEAR, ROUTINE = "toast and marmalade", "37.9"
SPANISH = "siento hormigas en la pierna"


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.fixture
def nurse(home) -> Clinician:
    return makers.a_clinician(home.site, name="Nurse N")


def the_task() -> Task:
    return Task.objects.get(done_at=None)


def look(home: Home, *, now=NOON) -> inbox.Inbox:
    return inbox.look(home.site, now=now)


def page(by: Clinician, name: str, *about: int) -> str:
    answer = makers.signed_in(by).get(reverse(name, args=about))
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def post(by: Clinician, name: str, pk: int, **typed: object):
    return makers.signed_in(by).post(reverse(name, args=[pk]), typed)


# the order


def test_h16_one_urgent_text_after_fifty_routine_ones_is_paged_and_stands_above_them(home, nurse) -> None:
    others = [makers.a_patient(home.site) for _ in range(3)]
    for place in range(48):
        sender = [home.patient, *others][place % 4].phone
        home.hears(ROUTINE, at=NOON + place * MINUTE, sender=sender)
    home.hears("I am shaking", at=NOON + HOUR, sender=others[0].phone)
    seen = look(home, now=NOON + HOUR)
    assert [danger.name for danger in seen.cases] == [others[0].name]
    assert seen.items[0].patient == others[0], "whoever is in danger comes first, with the rest they wrote"
    assert Escalation.objects.get().pages.exists(), "paged, not listed"
    shown = page(nurse, "inbox")
    assert shown.index("I am shaking") < shown.index(ROUTINE)


def test_the_gravest_is_first_and_of_equals_the_longest_waiting(home) -> None:
    early, late, routine = (makers.a_patient(home.site) for _ in range(3))
    for patient, words, minute in [(routine, ROUTINE, 0), (late, UNCLEAR, 9), (early, UNCLEAR, 5)]:
        home.hears(words, sender=patient.phone, at=NOON + minute * MINUTE)
    assert [item.patient for item in look(home).items] == [early, late, routine]


def test_h50_what_was_said_once_is_not_buried_under_what_was_said_a_hundred_times(home, nurse) -> None:
    for _ in range(60):
        home.hears("lol")
    home.hears("odd pressure behind one eye")
    for _ in range(39):
        home.hears("LOL")
    [item] = look(home).items
    assert item.count == 100
    assert [(line.words, line.count) for line in item.lines] == [
        ("lol", 99),
        ("odd pressure behind one eye", 1),
    ]
    shown = page(nurse, "inbox")
    assert "(100 texts)" in shown
    assert "99 times" in shown
    assert "odd pressure behind one eye" in shown


# the words


def test_h38_the_raw_words_stand_on_the_page_with_what_was_understood_and_what_was_not(home, nurse) -> None:
    words = "My <dog> has a MILD headache, poor thing"
    home.hears(words)
    shown = page(nurse, "inbox-item", the_task().pk)
    assert "My &lt;dog&gt; has a MILD headache, poor thing" in shown, "as sent, letter by letter"
    [line] = look(home).items[0].lines
    assert line.words == words
    assert "dog" in line.unexplained
    assert "headache" not in line.unexplained
    assert any("headache" in said for said in line.understood)


def test_h38_a_case_from_an_unread_text_shows_the_raw_words(home, nurse) -> None:
    home.hears("toast and MARMALADE!!")
    home.tick(NOON + HOUR)
    assert "toast and MARMALADE!!" in page(nurse, "case", home.case.pk)


@pytest.mark.parametrize("words", ["", "see this"])
def test_h40_a_picture_waits_for_a_person_and_the_page_says_that_it_cannot_be_shown(
    home, nurse, words
) -> None:
    inbound.receive(
        provider_sid="SM-media", sender=home.patient.phone, sent_to=home.site.patient_number, body=words,
        media=1, now=NOON,
    )  # fmt: skip
    assert the_task().pages_when_late, "inside a watch it climbs"
    shown = page(nurse, "inbox-item", the_task().pk)
    assert "This service cannot show or play it" in shown
    assert "Call and ask what it shows" in shown


def test_words_on_which_the_rules_broke_are_read_all_the_same(home, nurse, monkeypatch) -> None:
    from monitoring import findings  # noqa: PLC0415 - only what is broken here

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(findings, "from_reply", breaks)
    home.hears("a strange feeling")
    assert "a strange feeling" in page(nurse, "inbox")
    home.tick(NOON + HOUR)
    assert "a strange feeling" in [event.text for event in home.case.events.all()]


# a number nobody registered


def test_h33_a_possible_match_is_shown_and_a_person_decides(home, nurse) -> None:
    luz = makers.a_patient(home.site, name="Carlos Ejemplo", caregiver_name="Luz Ejemplo")
    stranger = makers.a_phone()
    home.hears("Luz here, he seems odd", sender=stranger)
    shown = page(nurse, "inbox-item", the_task().pk)
    assert "A possible match by name, no more" in shown
    link = f"{reverse('contacts', args=[luz.pk])}?from={the_task().pk}"
    assert link in shown
    contacts = makers.signed_in(nurse).get(link).content.decode()
    assert "The unread text came from" in contacts
    luz.refresh_from_db()
    assert luz.caregiver_phone != stranger, "nothing is joined by itself"
    assert not luz.replies.exists()
    assert the_task().done_at is None, "the text stays to be read"


def test_h33_words_without_a_name_ask_for_one(home, nurse) -> None:
    home.hears("my husband is odd today", sender=makers.a_phone())
    assert "No name of a patient or caregiver" in page(nurse, "inbox-item", the_task().pk)


# what is done about it


def test_reading_it_says_so_and_stops_no_clock(home, nurse) -> None:
    home.hears(UNCLEAR)
    due_at = the_task().due_at
    assert post(nurse, "inbox-take", the_task().pk).status_code == 302
    [item] = look(home).items
    assert (item.reader, item.task.due_at) == ("Nurse N", due_at)
    assert "Nurse N</b> is reading it" in page(nurse, "inbox")
    home.tick(NOON + HOUR)
    assert home.case.headline.startswith("Nobody has done this in time")


def test_read_and_nothing_more_is_one_press_with_its_outcome(home, nurse) -> None:
    home.hears(UNCLEAR)
    [item] = look(home).items
    post(nurse, "inbox-done", item.task.pk, read=item.read, outcome="A joke about the zoo")
    task = Task.objects.get(pk=item.task.pk)
    assert (task.done_by, task.outcome) == (nurse, "A joke about the zoo")
    assert look(home).items == ()


def test_what_came_meanwhile_is_shown_first_and_what_was_typed_is_kept(home, nurse) -> None:
    home.hears(UNCLEAR)
    [item] = look(home).items
    home.hears("and odd pressure behind one eye")
    answer = post(nurse, "inbox-done", item.task.pk, read=item.read, outcome="a joke")
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "odd pressure behind one eye" in shown
    assert 'value="a joke"' in shown
    assert the_task() == item.task


CALLED = [("settled", True), ("more", False), ("nobody", False), ("another", False)]


@pytest.mark.parametrize(("outcome", "is_done"), CALLED)
def test_a_call_is_recorded_and_only_one_that_settles_it_finishes_it(home, nurse, outcome, is_done) -> None:
    home.hears(UNCLEAR)
    [item] = look(home).items
    post(
        nurse, "inbox-call", item.task.pk, read=item.read, whom="patient", call=outcome, said="it was a joke"
    )
    task = Task.objects.get(pk=item.task.pk)
    assert (task.done_at is not None) == is_done
    assert task.events.get().text == f"Called the patient: {reader.CALLS[outcome]}. it was a joke"


@pytest.mark.parametrize(
    ("outcome", "state"), [("more", "reached"), ("nobody", "taken"), ("another", "taken")]
)
def test_a_call_stands_in_the_record_and_reaches_the_patient_in_one_s_own_case(
    home, nurse, outcome, state
) -> None:
    home.hears("38.6")
    escalations.take(home.case.pk, by=nurse, how="screen", now=NOON)
    home.hears(UNCLEAR)
    [item] = look(home).items
    post(nurse, "inbox-call", item.task.pk, read=item.read, whom="patient", call=outcome, said="at home")
    assert home.patient.events.get(what__contains="telephone").text.endswith(
        f"{reader.CALLS[outcome]}. at home"
    )
    assert home.case.state == state


def test_escalating_opens_a_case_in_one_s_name_with_every_text_on_its_card(home, nurse) -> None:
    home.hears(UNCLEAR)
    home.hears("odd pressure behind one eye")
    answer = post(nurse, "inbox-escalate", the_task().pk, urgency="emergency", words="sounds drowsy to me")
    assert answer["Location"].startswith(reverse("case", args=[home.case.pk]))
    assert (home.case.urgency, home.case.headline) == (
        "emergency",
        "Nurse N, who read it: sounds drowsy to me",
    )
    shown = page(nurse, "case", home.case.pk)
    assert UNCLEAR in shown
    assert "odd pressure behind one eye" in shown
    assert Task.objects.get().outcome == f"escalated: case {home.case.code}"


def test_escalating_a_stranger_s_text_opens_the_case_of_that_number(home, nurse) -> None:
    stranger = makers.a_phone()
    home.hears(UNCLEAR, sender=stranger)
    reader.escalate(the_task().pk, urgency="urgent", words="a caregiver?", by=nurse, now=NOON)
    reader_joined = reader.escalate
    assert (home.case.patient, home.case.caller) == (None, stranger)
    home.hears(UNCLEAR, sender=stranger, at=NOON + MINUTE)
    reader_joined(the_task().pk, urgency="urgent", words="again", by=nurse, now=NOON + MINUTE)
    assert Escalation.objects.count() == 1, "joined, and one case it stays"


# translations


def test_a_translation_is_labelled_and_never_takes_the_place_of_the_words(home, nurse) -> None:
    Patient.objects.filter(pk=home.patient.pk).update(language="es")
    home.hears(SPANISH)
    [item] = look(home).items
    post(nurse, "inbox-translate", item.task.pk, reply=item.lines[0].reply, meaning="ants in my leg, I think")
    shown = page(nurse, "inbox-item", item.task.pk)
    assert SPANISH in shown
    assert "ants in my leg, I think" in shown
    assert "Typed by Nurse N" in shown
    assert "not by a professional interpreter" in shown
    assert the_task() == item.task, "still to be read"
    assert Finding.objects.filter(reply=item.lines[0].reply).count() == 1, (
        "nothing is concluded about the patient"
    )


def test_a_translation_that_reads_as_danger_pages_and_one_that_does_not_calms_nothing(home, nurse) -> None:
    home.hears(SPANISH)
    [item] = look(home).items
    about = {"reply_id": item.lines[0].reply, "is_professional": True, "by": nurse, "now": NOON}
    assert translations.add(item.task.pk, words="I am fine, all good", **about) is None
    assert the_task().due_at == item.task.due_at
    case = translations.add(item.task.pk, words="I cannot breathe", **about)
    assert (case.urgency, case.patient) == ("emergency", home.patient)
    assert case.headline.startswith("A translation typed by Nurse N")
    assert case.pages.exists()
    translations.add(item.task.pk, words="I am fine, all good", **about)
    assert escalations.unresolved(home.patient) == case
    assert Translation.objects.count() == 3, "each is kept"


def test_another_s_text_is_not_translated_here(home, nurse) -> None:
    home.hears(UNCLEAR)
    other = home.hears(UNCLEAR, sender=makers.a_phone())
    task = Task.objects.get(patient=home.patient)
    with pytest.raises(Refusal):
        translations.add(task.pk, reply_id=other.pk, words="x", is_professional=False, by=nurse, now=NOON)


# benign words


def test_benign_is_one_press_that_proposes_the_words_and_finishes_the_item(home, nurse) -> None:
    home.hears(UNCLEAR)
    home.hears(UNCLEAR.upper())
    [item] = look(home).items
    [line] = inbox.item(item.task, now=NOON).lines
    assert line.benign == (UNCLEAR,)
    assert f"Benign, learn “{UNCLEAR}”" in page(nurse, "inbox-item", item.task.pk)
    post(nurse, "inbox-benign", item.task.pk, read=item.read, reply=line.reply, words=UNCLEAR)
    phrase = LearnedPhrase.objects.get()
    assert (phrase.words, phrase.proposed_by, phrase.approved_at) == (UNCLEAR, nurse, None)
    assert Task.objects.get(pk=item.task.pk).done_by == nurse


def test_other_words_beside_the_benign_ones_stay_to_be_read(home, nurse) -> None:
    home.hears(UNCLEAR)
    home.hears("lol")
    [item] = look(home).items
    about = {"reply_id": item.lines[0].reply, "words": UNCLEAR, "read": item.read, "by": nurse, "now": NOON}
    assert reader.learn(item.task.pk, **about).done_at is None


def test_only_what_triage_did_not_explain_can_be_proposed(home, nurse) -> None:
    home.hears("mild headache, poor thing")
    [item] = look(home).items
    [line] = inbox.item(item.task, now=NOON).lines
    assert not any("headache" in words for words in line.benign)
    with pytest.raises(Refusal):
        reader.learn(item.task.pk, reply_id=line.reply, words="headache", read=item.read, by=nurse, now=NOON)
    assert the_task() == item.task


def test_nothing_is_learned_beside_words_of_danger(home, nurse) -> None:
    """A reply that alarmed does not wait here; put here by hand, neither it nor what stands beside it teaches."""
    home.hears(UNCLEAR)
    danger = home.hears("I am shaking and toast and marmalade")
    [item] = look(home).items
    unread.put(
        danger,
        patient=home.patient,
        finding=danger.findings.get(),
        due_at=NOON,
        pages_when_late=True,
        now=NOON,
    )
    for reply in (item.lines[0].reply, danger.pk):
        with pytest.raises(Refusal) as refused:
            reader.learn(item.task.pk, reply_id=reply, words=UNCLEAR, read=item.read, by=nurse, now=NOON)
        assert refused.value.code == "danger"
    assert not LearnedPhrase.objects.exists()


# the board


def test_the_board_says_how_much_is_unread_and_when_the_first_becomes_a_case(home, nurse) -> None:
    home.hears(UNCLEAR)
    home.hears(ROUTINE, sender=makers.a_patient(home.site).phone)
    waiting = unread.waiting(home.site, now=NOON + 5 * MINUTE)
    assert (waiting.texts, waiting.senders, waiting.late) == (2, 2, 0)
    assert waiting.pages_at == NOON + timedelta(minutes=15)
    shown = page(nurse, "board")
    assert "2 unread replies" in shown
    assert reverse("inbox") in shown


def test_what_a_colleague_finished_is_said_with_who(home, nurse) -> None:
    home.hears(UNCLEAR)
    [item] = look(home).items
    worklist.finish(item.task.pk, by=home.doctors[0], outcome="called them", read=item.read, now=NOON)
    for name, typed in [
        ("inbox-done", {"outcome": "read"}),
        ("inbox-call", {"whom": "patient", "call": "nobody"}),
        ("inbox-escalate", {"urgency": "urgent", "words": "x"}),
        ("inbox-translate", {"reply": item.lines[0].reply, "meaning": "x"}),
        ("inbox-take", {}),
    ]:
        client = makers.signed_in(nurse)
        client.post(reverse(name, args=[item.task.pk]), {"read": item.read, **typed})
        assert "Dr A has already finished this" in client.get(reverse("inbox")).content.decode(), name
