"""In which languages a site may enrol: exactly the words a named person approved, and only those."""

import json

import pytest

from monitoring import checkins, languages, patients, words_withdrawn
from monitoring.models import ContentApproval, Patient, Task
from monitoring.patients import Particulars
from notifications.models import AuditEntry, Clinician, Message, Role, Site
from protocols import wording
from protocols.errors import Refusal
from stepup import next_dose, readiness
from tests import makers
from tests.home import HOUR, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def pharmacist(site) -> Clinician:
    return makers.a_clinician(site, Role.PHARMACIST, name="Petra P")


def approve(by: Clinician, code: str, **facts: object) -> ContentApproval:
    said = {"fingerprint": wording.fingerprint(code), "reads_language": code != "en"} | facts
    return languages.approve(by.site, code, by=by, now=NOON, **said)


def an_earlier_approval(by: Clinician, code: str, *, was: str = "Can you breathe?") -> ContentApproval:
    """As it stands after a release that changed one question."""
    content = json.loads(wording.content(code))
    content["texts"]["ask.breath"] = was
    return ContentApproval.objects.create(
        site=by.site, language=code, fingerprint="0" * 64, content=json.dumps(content), reads_language=True,
        by=by, at=NOON,
    )  # fmt: skip


def enrol(site: Site, language: str) -> Patient:
    return patients.enrol(
        site, by=None, now=NOON, identifier="L-1", name="Test Patient", born_on=NOON.date().replace(year=1960),
        phone=makers.a_phone(), language=language, time_zone="America/New_York", caregiver_name="Somebody",
        caregiver_phone=makers.a_phone(),
    )  # fmt: skip


@pytest.mark.parametrize("code", wording.languages())
def test_nobody_is_enrolled_in_a_language_until_its_words_are_approved(site, pharmacist, code) -> None:
    approve(makers.a_clinician(makers.a_site(), Role.PHARMACIST), code)
    with pytest.raises(Refusal, match="A pharmacist or a prescriber") as refused:
        enrol(site, code)
    assert refused.value.code == "language"
    approve(pharmacist, code)
    assert enrol(site, code).language == code


def test_a_language_there_are_no_texts_in_is_refused(site, pharmacist) -> None:
    with pytest.raises(Refusal, match="texts in fr at this site"):
        enrol(site, "fr")
    with pytest.raises(Refusal) as refused:
        approve(pharmacist, "fr", fingerprint="")
    assert refused.value.code == "unknown-language"


def test_nobody_is_changed_to_a_language_that_is_not_approved(site) -> None:
    patient = makers.a_patient(site)
    seen = Particulars.of(patient)
    nurse = makers.a_clinician(site)
    spanish = Particulars(**{**vars(seen), "language": "es"})
    with pytest.raises(Refusal, match="Spanish"):
        patients.correct(patient.pk, seen=seen, said=spanish, by=nurse, now=NOON)
    makers.approved_texts(site, "es")
    assert patients.correct(patient.pk, seen=seen, said=spanish, by=nurse, now=NOON) == ["language"]


def test_an_approval_names_who_when_what_and_the_words(pharmacist) -> None:
    row = approve(pharmacist, "es", note=" read with the interpreter ")
    assert (row.by, row.at, row.reads_language, row.note) == (
        pharmacist,
        NOON,
        True,
        "read with the interpreter",
    )
    assert row.content == wording.content("es")
    entry = AuditEntry.objects.get(act="approved texts")
    assert (entry.subject, entry.by, entry.detail["fingerprint"]) == (
        "language:es",
        pharmacist,
        row.fingerprint,
    )


@pytest.mark.parametrize(
    ("code", "facts", "refusal"),
    [
        ("en", {"fingerprint": "0" * 64}, "content-changed"),
        ("es", {"reads_language": False}, "reads-language"),
        ("zh-Hant", {"reads_language": False}, "reads-language"),
    ],
)
def test_an_approval_is_refused(pharmacist, code, facts, refusal) -> None:
    with pytest.raises(Refusal) as refused:
        approve(pharmacist, code, **facts)
    assert refused.value.code == refusal
    assert not ContentApproval.objects.exists()


def test_the_same_words_are_approved_once(site, pharmacist) -> None:
    approve(pharmacist, "en")
    with pytest.raises(Refusal, match="Petra P has approved exactly these words already"):
        approve(makers.a_clinician(site, Role.PRESCRIBER), "en")


def test_changed_words_wait_for_approval_and_show_what_changed(site, pharmacist) -> None:
    before = an_earlier_approval(pharmacist, "es")
    standing = {one.code: one for one in languages.of_site(site)}["es"]
    assert (standing.is_approved, standing.before, standing.concern) == (False, before, "")
    now = wording.load()["es"].texts["ask.breath"]
    assert languages.changes(before) == (languages.Changed("ask.breath", "Can you breathe?", now),)
    with pytest.raises(Refusal, match="as they are now"):
        enrol(site, "es")
    approve(pharmacist, "es")
    assert languages.is_approved(site, "es")


def test_a_changed_meaning_of_an_answer_is_a_change_too(pharmacist) -> None:
    row = an_earlier_approval(pharmacist, "en")
    content = json.loads(row.content)
    content["texts"] = json.loads(wording.content("en"))["texts"]
    content["questions"]["symptoms"]["menu"]["3"] = "none"
    row.content = json.dumps(content)
    assert [change.name for change in languages.changes(row)] == ["answers to symptoms"]


class TestAfterARelease:
    """A patient who is watched, and whose language's words have changed since they were approved."""

    @pytest.fixture
    def home(self) -> Home:
        home = Home()
        pharmacist = makers.a_clinician(home.site, Role.PHARMACIST, name="Petra P")
        makers.approved_texts(home.site, "es")
        an_earlier_approval(pharmacist, "zh-Hant")
        Patient.objects.filter(pk=home.patient.pk).update(language="zh-Hant")
        home.patient.refresh_from_db()
        return home

    def test_whoever_is_watched_goes_on_being_asked_in_their_language(self, home) -> None:
        checkins.ask_due(now=NOON + 4 * HOUR)
        asked = Message.objects.filter(to=home.patient.phone, key__startswith="checkin:").get()
        assert asked.body == wording.text("ask.temperature", "zh-Hant")

    def test_the_board_says_so(self, home) -> None:
        page = makers.signed_in(makers.a_clinician(home.site)).get("/board/").content.decode()
        assert (
            "The Traditional Chinese texts changed since they were approved. 1 patient is asked in them."
            in page
        )
        assert "The Spanish texts" not in page, "nobody is asked in Spanish"

    def test_the_next_dose_waits_until_they_are_approved_or_a_prescriber_waives(self, home) -> None:
        later = NOON + 72 * HOUR
        home.course.patient.refresh_from_db()
        step = next_dose.decide(home.course, now=later).step or "step_up_dose_2"
        listed = readiness.of(home.course, step=step, now=later)
        [words] = [item for item in listed.open if item.rule.id == "words"]
        assert "Traditional Chinese" in words.why_open
        assert words.rule.waived_by == ("prescriber",)
        approve(makers.a_clinician(home.site, Role.PRESCRIBER), "zh-Hant")
        assert "words" not in [item.rule.id for item in readiness.of(home.course, step=step, now=later).items]


# withdrawn


def withdraw(by: Clinician, code: str = "en", why: str = "says the wrong number") -> None:
    words_withdrawn.withdraw(by.site, code, why=why, by=by, now=NOON + HOUR)


def test_a_withdrawn_approval_ends_enrolment_names_everybody_under_way_and_stops_no_text() -> None:
    home = Home()
    pharmacist = makers.a_clinician(home.site, Role.PHARMACIST, name="Petra P")
    withdraw(pharmacist)
    with pytest.raises(Refusal, match="Nobody has approved the texts in English"):
        enrol(home.site, "en")
    assert [patient.is_watched for patient in languages.under_way(home.site, "en")] == [True]
    task = Task.objects.get(patient=home.patient)
    assert task.what.startswith("Texts in English were withdrawn and go on here")
    standing = next(one for one in languages.of_site(home.site) if one.code == "en")
    assert "were withdrawn by Petra P (says the wrong number)" in standing.concern
    checkins.ask_due(now=NOON + 4 * HOUR)
    assert home.asked.ask[0] == "temperature"
    assert "texts approved" in next_dose_wants(home)


def next_dose_wants(home: Home) -> list[str]:
    return [item.name for item in readiness.of(home.course, step="step_up_dose_2", now=NOON + 4 * HOUR).open]


def test_withdrawn_words_can_be_approved_again_and_withdrawn_again(site, pharmacist) -> None:
    for _ in range(2):
        approve(pharmacist, "en")
        assert languages.is_approved(site, "en")
        withdraw(pharmacist)
        assert not languages.is_approved(site, "en")
    assert [row.withdrawal.why for row in languages.history(site, "en")] == ["says the wrong number"] * 2


def test_a_withdrawal_is_refused(site, pharmacist) -> None:
    nurse = makers.a_clinician(site)
    approve(pharmacist, "en")
    for by, why, code in ((nurse, "x", "role"), (pharmacist, " ", "why")):
        with pytest.raises(Refusal) as refused:
            withdraw(by, why=why)
        assert refused.value.code == code
    withdraw(pharmacist)
    with pytest.raises(Refusal, match="a colleague has withdrawn them already"):
        withdraw(pharmacist)
