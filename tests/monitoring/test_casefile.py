"""The card of a case: what is possible, and what is missing for a grade after all that was said."""

import pytest

from monitoring import casefile, desk_calls, escalations
from monitoring.models import Escalation
from notifications.models import Shift
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_the_card_joins_what_every_text_made_possible_and_told() -> None:
    home = Home()
    home.hears("101.3 and shaking", at=NOON + MINUTE)
    before = casefile.of(home.case, now=NOON + MINUTE)
    assert before.provisional == "possible CRS - needs assessment"
    assert "the blood pressure" in before.missing
    home.hears("bp 120/80", at=NOON + 2 * MINUTE)
    home.caregiver_says("she is confused", at=NOON + 3 * MINUTE)
    after = casefile.of(home.case, now=NOON + 3 * MINUTE)
    assert after.provisional == "possible CRS and ICANS - needs assessment"
    assert "the blood pressure" not in after.missing
    assert "the ICE score, asked face to face in a language both speak" in after.missing


def test_the_case_and_the_record_show_what_is_missing(client) -> None:
    home = Home()
    home.hears("101.3 and shaking", at=NOON + MINUTE)
    client.force_login(home.doctors[0])
    for address in (f"/case/{home.case.pk}/", f"/patient/{home.patient.pk}/"):
        page = client.get(address).content.decode()
        assert "whether a low pressure needs no vasopressor, one or several" in page, address


@pytest.mark.parametrize(
    ("words", "told"),
    [("cant breathe", True), ("we are at the emergency room", True), ("101.3", False)],
    ids=["an emergency", "there already", "a fever"],
)
def test_h45_whoever_has_an_emergency_is_given_what_to_tell_the_department(client, words, told) -> None:
    home = Home()
    home.hears(words, at=NOON + MINUTE)
    client.force_login(home.doctors[0])
    page = client.get(f"/case/{home.case.pk}/").content.decode()
    [notice] = page.split('<section class="sheet" aria-labelledby="tell">')[1:] or [""]
    notice = notice.partition("</section>")[0]
    assert ("as CRS and as infection" in notice) == told
    assert ("12:00" in notice) == told, "the time of the dose"
    assert ("not written down: ask" in notice) == told, "which department, and never a guess"


def test_h45_without_a_watch_there_is_no_dose_to_tell_of() -> None:
    home = Home(watched=False)
    home.hears("cant breathe")
    assert not casefile.of(home.case, now=NOON).may_arrive


@pytest.mark.parametrize(
    ("happened", "promised"),
    [
        ([], "the patient"),
        (["STOP"], "the caregiver"),
        (["STOP", "caregiver STOP"], ""),
        (["caregiver he died last night"], ""),
    ],
    ids=["texts go", "texting ended", "both ended", "a death was reported"],
)
def test_the_card_promises_no_text_that_is_then_not_sent(client, happened, promised) -> None:
    home = Home()
    if not happened:
        home.hears("101.3", at=NOON)
    for words in happened:
        says = home.caregiver_says if words.startswith("caregiver") else home.hears
        says(words.removeprefix("caregiver "), at=NOON)
    client.force_login(home.doctors[0])
    page = client.get(f"/case/{home.case.pk}/").content.decode()
    assert ("is told so and given the number to call" in page) is bool(promised)
    assert casefile.of(home.case, now=NOON).told == promised
    home.tick(NOON + HOUR)
    told = home.case.events.filter(what="patient told").values_list("text", flat=True)
    assert [promised in text for text in told] == ([True] if promised else [])


def test_the_card_and_the_paper_show_each_call_to_the_desk_and_how_far_it_got() -> None:
    """Who rings whom is what the paper is asked about later; the desk is rung when nobody else is left."""
    home = Home()
    Shift.objects.all().delete()
    home.hears("101.3", at=NOON + MINUTE)
    home.fails(desk_calls.of(home.case), "no-answer", at=NOON + 2 * MINUTE)
    makers.a_responder(home.site, 1, name="Dr C")
    home.tick(home.case.next_at)
    [paged, rung] = casefile.of(home.case, now=NOON + HOUR).called
    assert (paged.name, paged.desk) == ("Dr C", False)
    assert (rung.name, rung.desk, rung.at) == ("The desk", True, NOON + MINUTE)
    assert (rung.text, rung.voice, rung.generation) == ("no text", "failed (no-answer)", 1)
    assert home.history[:4] == ["opened", "nobody on rung", "nobody on rung", "desk rung"]
    client = makers.signed_in(makers.a_clinician(home.site, "auditor"))
    for address in (f"/case/{home.case.pk}/", f"/case/{home.case.pk}/timeline/"):
        page = client.get(address).content.decode()
        assert "The desk" in page, address
        assert "failed (no-answer)" in page, address


def test_the_paper_holds_what_was_written_word_for_word() -> None:
    home = Home()
    home.hears("101.3 and I feel like a wet dog", at=NOON + MINUTE)
    home.caregiver_says("he is <very> confused", at=NOON + 2 * MINUTE)
    client = makers.signed_in(makers.a_clinician(home.site, "auditor"))
    page = client.get(f"/case/{home.case.pk}/timeline/").content.decode()
    assert page.index("101.3 and I feel like a wet dog") < page.index("he is &lt;very&gt; confused")


def in_order(page: str, *wanted: str) -> None:
    places = [page.index(one) for one in wanted]
    assert places == sorted(places), dict(zip(wanted, places, strict=True))


def test_the_next_act_stands_before_what_was_said_earlier_and_before_the_history() -> None:
    """On a telephone a night of texts and pages is many screens long, and whoever reads it has one thing to do."""
    home = Home()
    home.hears("101.3 and shaking", at=NOON + MINUTE)
    home.hears("101.9 and dizzy", at=NOON + 2 * MINUTE)
    doctor, client = home.doctors[0], makers.signed_in(home.doctors[0])

    def page() -> str:
        return client.get(f"/case/{home.case.pk}/").content.decode()

    take, call, called = f"take case {home.case.code}", "Call the patient", "Who was called"
    in_order(page(), '<q lang="en">101.9 and dizzy', take, call, '<q lang="en">101.3 and shaking', called)
    in_order(page(), "I was called and cannot take it", called)
    escalations.take(home.case.pk, by=doctor, now=NOON + 3 * MINUTE, how="screen")
    in_order(page(), "101.9 and dizzy", call, "101.3 and shaking", "Step 2 of 3", called, "History")
    escalations.reach(home.case.pk, by=doctor, now=NOON + 4 * MINUTE)
    in_order(page(), call, "101.3 and shaking", "Step 3 of 3", called, "History")


def test_the_gravest_words_stand_before_the_button_though_milder_ones_came_after() -> None:
    home = Home()
    home.hears("cant breathe and confused", at=NOON + MINUTE)
    home.hears("still cant breathe", at=NOON + 2 * MINUTE)
    home.caregiver_says("they feel dizzy", at=NOON + 3 * MINUTE)
    page = makers.signed_in(home.doctors[0]).get(f"/case/{home.case.pk}/").content.decode()
    newest, gravest, other = (f'<q lang="en">{words}' for words in (
        "they feel dizzy", "still cant breathe", "cant breathe and confused"
    ))  # fmt: skip
    in_order(page, newest, gravest, f"take case {home.case.code}", other)
    assert page.count(gravest) == 1


def test_what_is_unclear_while_a_case_is_open_is_read_on_its_card_too() -> None:
    """Whoever is about to call reads all that was written since, not only what paged; nothing before or after."""
    home = Home()
    home.hears("I feel bad", at=NOON + MINUTE)
    home.hears("101.3 and shaking", at=NOON + 2 * MINUTE)
    home.hears("I feel bad still", at=NOON + 3 * MINUTE)
    home.caregiver_says("the door is green", at=NOON + 4 * MINUTE)
    home.hears("98.6", at=NOON + 5 * MINUTE)
    assert "joined" not in home.history, "none of it pages"
    home.over(NOON + 6 * MINUTE)
    home.hears("I feel blue", at=NOON + 7 * MINUTE)
    said = [(one.who, one.words) for one in casefile.of(home.case, now=NOON + HOUR).said]
    assert said == [
        ("patient", "98.6"), ("caregiver", "the door is green"), ("patient", "I feel bad still"),
        ("patient", "101.3 and shaking"),
    ]  # fmt: skip


def test_what_a_stranger_writes_while_their_case_is_open_is_read_on_its_card_too() -> None:
    home = Home()
    phone = makers.a_phone()
    home.hears("cant breathe", at=NOON, sender=phone)
    home.hears("the door is green", at=NOON + MINUTE, sender=phone)
    home.hears("the door is blue", at=NOON + 2 * MINUTE, sender=makers.a_phone())
    case = Escalation.objects.get(caller=phone)
    said = [one.words for one in casefile.of(case, now=NOON + HOUR).said]
    assert said == ["the door is green", "cant breathe"]


def test_whatever_forbids_or_changes_the_call_stands_before_its_button() -> None:
    home = Home()
    home.hears("101.3 and shaking", at=NOON + MINUTE)
    home.caregiver_says("he died", at=NOON + 2 * MINUTE)
    page = makers.signed_in(home.doctors[0]).get(f"/case/{home.case.pk}/").content.decode()
    in_order(page, f"A text says that {home.patient.name} has died", "Call the patient")


def test_the_card_of_a_second_case_says_that_the_pocket_dose_was_texted_in_the_first() -> None:
    home = Home()
    home.has_pocket_order()
    home.hears("38.6", at=NOON + MINUTE)
    home.over(NOON + HOUR)
    home.hears("38.7", at=NOON + 2 * HOUR)
    facts = casefile.of(home.case, now=NOON + 2 * HOUR).facts
    assert (facts.pocket_sent_at, facts.pocket_mg) == (NOON + MINUTE, 20)
    page = makers.signed_in(home.doctors[0]).get(f"/case/{home.case.pk}/").content.decode()
    assert "not mentioned in this case" not in page
