"""The emergency page in three languages: shown once a named person approved it, and never in two at once."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from monitoring import languages, pocket
from monitoring.models import Reaction, Task
from notifications import clock
from notifications.models import AuditEntry, Clinician, Role
from protocols import lexicon, library, wording
from stepup import emergency, emergency_approvals, emergency_texts
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON
from tests.stepup.caring import refused

pytestmark = [pytest.mark.database, pytest.mark.django_db]
CODES = tuple(emergency_texts.load())
OTHERS = CODES[1:]
REPLACED_WORD = re.compile(r"{\w+}")


@pytest.fixture
def site():
    return makers.a_site()


def approve(site, code: str, *, reads: bool = True) -> None:
    emergency_approvals.approve(
        site, code, fingerprint=emergency_texts.of(code).fingerprint, reads_language=reads,
        by=makers.a_clinician(site, Role.PHARMACIST, name="Petra P"), now=NOON,
    )  # fmt: skip


def page_of(patient, code: str, **typed: str) -> str:
    path = reverse("emergency", args=[patient.emergency_code]) + f"?in={code}"
    answer = Client().post(path, typed) if typed else Client().get(path)
    return answer.content.decode()


def of_language(page: str) -> str:
    return str(re.search(r'<html lang="([^"]+)"', page)[1])


def test_there_is_a_page_in_every_language_patients_are_asked_in() -> None:
    assert set(CODES) == set(wording.languages())


@pytest.mark.parametrize("code", OTHERS)
def test_ux12a_a_language_nobody_approved_is_not_ready_and_english_is_shown_with_a_plain_statement(
    site, code
) -> None:
    patient = makers.a_patient(site)
    page = page_of(patient, code)
    assert of_language(page) == "en"
    assert f"Not ready in {wording.name(code)}." in page
    assert emergency_texts.of("en").body["first"]["says"] in page
    assert emergency_texts.of(code).body["first"]["says"] not in page


@pytest.mark.parametrize("code", OTHERS)
def test_ux12a_no_mixing_in_one_page(site, code) -> None:
    """Every sentence of the approved language is there, and none of the English ones: mistakes and locks included."""
    approve(site, code)
    patient = makers.a_patient(site)
    own, english = emergency_texts.of(code), emergency_texts.of("en")
    pages = [page_of(patient, code), page_of(patient, code, born_on="x")]
    pages += [page_of(patient, code, born_on="01/02/1903") for _ in range(emergency.TRIES)]
    for page in pages:
        assert of_language(page) == code
        assert all(said["says"] in page for said in own.body["recognise"] + own.body["treat"])
        sentences = [said["says"] for said in english.body["treat"]] + [
            part for word in english.words.values() for part in REPLACED_WORD.split(word) if len(part) > 12
        ]
        assert [words for words in sentences if words in page] == []
    assert own.words["born_wrong"] in pages[1]
    assert own.words["born_other"] in pages[2]
    assert own.words["locked"] in pages[-1]


@pytest.mark.parametrize("code", CODES)
def test_ux12a_the_facts_come_in_the_language_of_the_page_and_in_no_other(code) -> None:
    home = Home()
    approve(home.site, code)
    home.has_pocket_order()
    home.hears("38.6, took tylenol", at=NOON)
    graded = {"kind": "icans", "grade": 2, "seen_on": NOON.date(), "noted_at": NOON}
    Reaction.objects.create(patient=home.patient, noted_by=home.doctors[0], **graded)
    makers.a_stay(home.patient, by=makers.a_clinician(home.site))
    page = page_of(home.patient, code, born_on="05/17/1960")
    own, english = emergency_texts.of(code).facts, emergency_texts.of("en").facts
    assert of_language(page) == code
    for key in (
        "drug",
        "subcutaneous",
        "masked",
        "antipyretic",
        "steroid_at_home",
        "not_over",
        "in_hospital",
    ):
        assert own[key] in page, key
    assert own["step_up_dose"].format(number=1) in page
    assert own["icans"].format(grade=2) in page
    if code != "en":
        sentences = {said for key, said in english.items() if said != own[key] and len(said) > 4}
        assert [said for said in sentences if f">{said}<" in page or f", {said}" in page] == []


@pytest.mark.parametrize("code", CODES)
def test_the_department_reads_when_the_patient_was_told_to_take_their_steroid(code) -> None:
    """Nobody may have said that it was taken: a second dose is given, or a normal temperature believed, without it."""
    home = Home()
    approve(home.site, code)
    home.has_pocket_order()
    said = emergency_texts.of(code).facts["pocket_sent"].partition("{")[0]
    assert said not in page_of(home.patient, code, born_on="05/17/1960")
    home.hears("38.6", at=NOON + MINUTE)
    page = page_of(home.patient, code, born_on="05/17/1960")
    assert said in page
    assert 'datetime="2027-03-01T17:01:00Z"' in page.partition(said)[2][:200]
    makers.a_dose(home.course, given_at=NOON + 72 * HOUR, now=NOON + 72 * HOUR, deviation="to see it gone")
    assert said not in page_of(home.patient, code, born_on="05/17/1960"), "of the dose before"


def test_an_instruction_that_was_called_off_before_it_left_told_nobody() -> None:
    home = Home()
    order = home.has_pocket_order()
    home.hears("38.6", at=NOON + MINUTE)
    prescriber = Clinician.objects.get(pk=order.signed_by_id)
    pocket.revoke(order.pk, by=prescriber, reason="infection", now=NOON + 2 * MINUTE)
    page = page_of(home.patient, "en", born_on="05/17/1960")
    assert home.patient.name in page
    assert "told by text" not in page


def test_every_language_has_a_word_for_whatever_a_fact_may_be() -> None:
    english = emergency_texts.of("en").facts
    assert set(Reaction.Kind.values) <= set(english)
    medicines = {match.name for match in lexicon.load().danger.all() if match.group == "medicine"}
    assert medicines | {label.route for label in library.known_labels()} <= set(english.values())


def test_the_page_states_its_version_who_approved_it_and_until_when_it_is_valid(site) -> None:
    patient = makers.a_patient(site)
    assert "Nobody has approved this page for this hospital yet." in page_of(patient, "en")
    approve(site, "en")
    page = page_of(patient, "en")
    advice = emergency_texts.of("en")
    assert f"version {advice.version} of {advice.written_on}, valid until {advice.review_on}" in page
    assert f"Approved for {site.name} by Petra P, {NOON:%Y-%m-%d}." in page


@pytest.mark.parametrize(("days", "said"), [(0, False), (1, True)])
def test_an_expired_page_says_so_and_keeps_the_number(site, monkeypatch, days, said) -> None:
    advice = emergency_texts.of("en")
    noon = NOON.replace(year=advice.review_on.year, month=advice.review_on.month, day=advice.review_on.day)
    patient = makers.a_patient(site)
    monkeypatch.setattr(clock, "now", lambda: noon + timedelta(days=days))
    page = page_of(patient, "en")
    assert (f"This advice expired on {advice.review_on}." in page) == said
    assert "tel:" in page


def test_an_approval_is_of_exactly_these_words_by_somebody_who_reads_them(site) -> None:
    by = makers.a_clinician(site, Role.PHARMACIST)
    with refused("content-changed"):
        emergency_approvals.approve(site, "es", fingerprint="0" * 64, reads_language=True, by=by, now=NOON)
    with refused("reads-language"):
        approve(site, "es", reads=False)
    approve(site, "es")
    with refused("already-approved"):
        approve(site, "es")
    assert AuditEntry.objects.filter(site=site, act="approved the emergency page").count() == 1


def test_the_approval_of_one_site_counts_nowhere_else(site) -> None:
    approve(makers.a_site(), "es")
    assert emergency_approvals.ready(site, "es") is None


def test_approving_the_page_approves_no_text_to_patients(site) -> None:
    approve(site, "es")
    assert not languages.is_approved(site, "es")
    [spanish] = [one for one in languages.of_site(site) if one.code == "es"]
    assert (spanish.approval, spanish.before, languages.history(site, "es")) == (None, None, [])


def test_a_pharmacist_reads_every_word_and_approves_it_on_the_screen(site) -> None:
    client = makers.signed_in(makers.a_clinician(site, Role.PHARMACIST, name="Petra P"))
    path = reverse("emergency-texts", args=["zh-Hant"])
    page = client.get(path).content.decode()
    assert all(row["says"] in page for row in emergency_texts.of("zh-Hant").body["treat"])
    assert "No clinician has read it yet." in page
    form = {"fingerprint": emergency_texts.of("zh-Hant").fingerprint, "read_all": "on"}
    approve_at = reverse("approve-emergency-texts", args=["zh-Hant"])
    assert client.post(approve_at, form).status_code == 422
    assert client.post(approve_at, form | {"reads_language": "on"}).status_code == 302
    assert "Approved by Petra P, pharmacist" in client.get(path).content.decode()
    assert client.get(reverse("emergency-texts", args=["xx"])).status_code == 404


def test_a_language_that_says_less_than_english_does_not_load(tmp_path) -> None:
    for path in emergency_texts.FOLDER.glob("*.toml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    spanish = (tmp_path / "es.toml").read_text("utf-8")
    cut = re.sub(r"\[\[treat\]\].*?(?=\[\[treat\]\])", "", spanish, count=1, flags=re.DOTALL)
    for broken in (
        cut,
        spanish.replace('["ASCO_FN"]', '["ICE"]', 1),
        spanish.replace("callback =", "call =", 1),
    ):
        (tmp_path / "es.toml").write_text(broken, "utf-8")
        emergency_texts.load.cache_clear()
        with pytest.raises(emergency_texts.BrokenLabel, match=r"es\.toml"):
            emergency_texts.load(tmp_path)
    emergency_texts.load.cache_clear()


def test_whoever_opens_the_page_in_any_language_is_noticed(site) -> None:
    patient = makers.a_patient(site, now=clock.now())
    page_of(patient, "es")
    assert Task.objects.filter(patient=patient, what__startswith="The emergency page was opened").exists()
