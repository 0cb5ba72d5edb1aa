"""Bad input at every door: a sentence that says what to do, everything typed still there, nothing lost or half kept."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from twilio.request_validator import RequestValidator

from monitoring import hearing
from monitoring.models import Patient, Reply, Task
from notifications import clock
from notifications.models import Delivery, Site
from stepup import approvals
from stepup.models import Course, Dose
from tests import makers
from tests.refused import keeps, says

pytestmark = [pytest.mark.database, pytest.mark.django_db]

BASE, TOKEN = "https://stepup.example", "the token in force"
INBOUND = "/webhooks/twilio/inbound"
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
    return makers.signed_in(makers.a_clinician(site))


# enrolment


def enrolment(site: Site, **changed: str) -> dict[str, str]:
    """A form somebody filled in well, but for what is changed."""
    makers.approved_texts(site)
    row = approvals.approved(site) or [makers.an_approved_protocol(site)]
    good = {
        "identifier": "T-77", "name": "Ann O'Test <b>", "born_on": "1960-05-17", "phone": "+1 215 555 0142",
        "language": "en", "time_zone": "America/Chicago", "caregiver_name": "Bo Test",
        "caregiver_phone": "+1 215 555 0143", "allergies": "penicillin", "protocol": str(row[0].pk),
        "start_on": "2027-03-02", "weight_kg": "70.5", "weighed_on": "2027-03-01", "weighed_by": "Nurse Test",
        "uncovered_why": "no rota in this test",
    }  # fmt: skip
    return good | changed


def test_the_form_itself_is_good(site, nurse) -> None:
    """Otherwise every refusal below would prove nothing."""
    assert nurse.post(reverse("enrol"), enrolment(site)).status_code == 302
    assert Patient.objects.get(site=site).courses.count() == 1


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("born_on", "2027-02-30", "That date does not exist: type it like 2026-03-02."),
        ("born_on", "yesterday", "That date does not exist: type it like 2026-03-02."),
        ("born_on", "2027-03-05", "2027-03-05 cannot be a date of birth."),
        ("born_on", "1850-01-01", "1850-01-01 cannot be a date of birth."),
        ("start_on", "2027-13-01", "That date does not exist: type it like 2026-03-02."),
        ("start_on", "", "Give the date, like 2026-03-02."),
        ("weight_kg", "700", "A weight of 700 kg is not plausible: type the weight in kg"),
        ("weight_kg", "-70", "is not plausible: type the weight in kg"),
        ("weight_kg", "NaN", "That is not a weight: type it in kg, like 70.5."),
        ("weight_kg", "seventy", "That is not a weight: type it in kg, like 70.5."),
        ("weight_kg", "155 lb", "That is not a weight: type it in kg, like 70.5."),
        ("weight_kg", "70,5", "That is not a weight: type it in kg, like 70.5."),
        ("weight_kg", "70.55", "with one decimal at most, like 70.5."),
        ("weighed_on", "2027-03-09", "The weight cannot be from the future."),
        ("phone", "my daughter's", "is not a telephone number: write it like +1 215 555 0142."),
        ("phone", "555 0142", "is not a telephone number: write it like +1 215 555 0142."),
        ("phone", "+1 215 555 0142 ext. 5", "is not a telephone number: write it like +1 215 555 0142."),
        ("caregiver_phone", "911", "is not a telephone number: write it like +1 215 555 0142."),
        ("caregiver_phone", "(215) 555-0142", "The caregiver needs a phone of their own"),
        ("name", "", "Type the patient's full name."),
    ],
)
def test_enrolment_names_the_fix_and_keeps_the_rest(site, nurse, field, typed, sentence) -> None:
    form = enrolment(site, **{field: typed})
    answer = nurse.post(reverse("enrol"), form)
    says(answer, sentence)
    keeps(answer, form)
    assert not Patient.objects.filter(site=site).exists(), "neither a patient nor half of one"


def test_several_mistakes_are_told_at_once(site, nurse) -> None:
    answer = nurse.post(reverse("enrol"), enrolment(site, weight_kg="700", born_on="2027-02-30"))
    says(answer, "That date does not exist")
    says(answer, "A weight of 700 kg is not plausible")


def test_a_phone_that_speaks_for_somebody_else_is_refused(site, nurse) -> None:
    other = makers.a_patient(site)
    form = enrolment(site, phone=other.phone)
    answer = nurse.post(reverse("enrol"), form)
    says(answer, "This number already speaks for another patient. Use one that is theirs alone.")
    keeps(answer, form)


def test_a_course_cannot_start_on_a_protocol_nobody_approved(site, nurse) -> None:
    form = enrolment(site)
    half = approvals.propose(site, makers.ELRANATAMAB, "outpatient-us")
    answer = nurse.post(reverse("enrol"), form | {"protocol": str(half.pk)})
    says(answer, "Protocol")
    keeps(answer, form, besides="protocol")
    assert not Patient.objects.filter(site=site).exists()


def test_without_any_approved_protocol_the_form_says_who_must_sign(site, nurse) -> None:
    shown = nurse.get(reverse("enrol")).content.decode()
    assert "No protocol is approved at this site yet. A pharmacist and a prescriber sign one first" in shown


# doses


@pytest.fixture
def course(site) -> Course:
    return makers.a_course(makers.a_patient(site))


def dose(**changed: str) -> dict[str, str]:
    """Step-up dose 1 for 70 kg, given at 11:30 on the day itself, but for what is changed."""
    good = {"on": "2027-03-01", "at": "11:30", "step": "step_up_dose_1", "given_mg": "4.2", "deviation": ""}
    return good | changed


def record(nurse: Client, course: Course, typed: dict[str, str], *, sure: bool = True) -> Any:
    ticks = (
        {"sure": "yes", "name_checked": "on", "born_checked": "on", "password": makers.PASSWORD}
        if sure
        else {}
    )
    return nurse.post(reverse("record-dose", args=[course.pk]), typed | ticks)


def test_a_good_dose_is_recorded(nurse, course) -> None:
    assert record(nurse, course, dose()).status_code == 302
    assert Dose.objects.get(course=course).given_at == NOON - timedelta(minutes=30)


@pytest.mark.parametrize("sure", [False, True], ids=["first step", "final button"])
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"on": "2027-02-29"}, "That date does not exist: type it like 2026-03-02."),
        ({"at": "25:10"}, "25:10 is not a time: type it on a 24-hour clock, like 14:05."),
        ({"at": "noon"}, "noon is not a time: type it on a 24-hour clock, like 14:05."),
        ({"at": "12:30"}, "That time is still to come. Record a dose after it was given."),
        ({"on": "2028-03-01"}, "That time is still to come. Record a dose after it was given."),
        ({"on": "2026-03-01"}, "That is more than 180 days ago. Check the date."),
        ({"given_mg": "a little"}, "That is not an amount: type it in mg, like 4.2."),
        ({"given_mg": "0"}, "Type an amount above 0 mg."),
        ({"given_mg": "42"}, "If it was given all the same, say why, and it is recorded."),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
def test_a_dose_that_cannot_be_so_is_refused_with_the_fix(nurse, course, *, changed, sentence, sure) -> None:
    typed = dose(**changed)
    answer = record(nurse, course, typed, sure=sure)
    says(answer, sentence)
    keeps(answer, typed)
    assert not course.doses.exists()


def test_a_dose_before_its_window_needs_a_reason_and_is_kept_with_it(nurse, course, monkeypatch) -> None:
    makers.a_dose(course, given_at=NOON)
    it_is(monkeypatch, NOON + timedelta(days=1))
    typed = dose(on="2027-03-02", step="step_up_dose_2", given_mg="21")
    answer = record(nurse, course, typed)
    says(answer, "Not before day 2")
    says(answer, "If it was given all the same, say why, and it is recorded.")
    keeps(answer, typed)
    assert record(nurse, course, typed | {"deviation": "ordered by Dr Test"}).status_code == 302
    assert course.doses.get(step="step_up_dose_2").deviation == "ordered by Dr Test"


def test_ux4c_the_final_button_names_amount_drug_and_time_beside_name_and_birth(nurse, course) -> None:
    page = record(nurse, course, dose(), sure=False).content.decode().replace("\N{NO-BREAK SPACE}", " ")
    strip = re.sub(r"<[^>]+>", "", page[page.index('class="confirm-strip"') :])
    assert "Record 4.2 mg teclistamab given at 11:30 EST" in strip
    assert f"{course.patient.name}, born 17 May 1960" in strip


def test_the_final_button_without_the_ticks_records_nothing(nurse, course) -> None:
    answer = nurse.post(reverse("record-dose", args=[course.pk]), dose() | {"sure": "yes"})
    says(answer, "Ask for the name and tick it.")
    says(answer, "Ask for the date of birth and tick it.")
    assert not course.doses.exists()


# the two nights on which the clocks change, in New York


def test_ux10b_an_hour_that_came_twice_is_asked_about(site, nurse, monkeypatch) -> None:
    it_is(monkeypatch, datetime(2027, 11, 7, 12, tzinfo=UTC))
    course = makers.a_course(makers.a_patient(site), now=clock.now())
    typed = dose(on="2027-11-07", at="01:30")
    answer = record(nurse, course, typed)
    says(answer, "The clocks went back and showed 01:30 twice: say which, 01:30 EDT or 01:30 EST.")
    keeps(answer, typed)
    assert not course.doses.exists()
    assert record(nurse, course, typed | {"which": "second"}).status_code == 302
    assert course.doses.get().given_at == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)


def test_ux10b_an_hour_that_never_was_is_refused(site, nurse, monkeypatch) -> None:
    it_is(monkeypatch, datetime(2027, 3, 14, 12, tzinfo=UTC))
    course = makers.a_course(makers.a_patient(site), now=clock.now())
    typed = dose(on="2027-03-14", at="02:30")
    answer = record(nurse, course, typed)
    says(answer, "The clocks went forward that night and never showed 02:30. Type the time they did show.")
    keeps(answer, typed)
    assert not course.doses.exists()


# texts and the provider's webhooks


@pytest.fixture(autouse=True)
def our_address(settings) -> None:
    settings.PUBLIC_BASE_URL, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_AUTH_TOKEN_PREVIOUS = (
        BASE,
        TOKEN,
        "",
    )


def provider_posts(form: Mapping[str, str], *, token: str = TOKEN, path: str = INBOUND) -> HttpResponse:
    """A form as the provider signs it with the token."""
    signature = RequestValidator(token).compute_signature(BASE + path, dict(form))
    return Client().post(path, form, headers={"X-Twilio-Signature": signature})


def text(sender: str, site: Site, body: str = "38.6 and shaking", sid: str = "SM1") -> dict[str, str]:
    return {"MessageSid": sid, "From": sender, "To": site.patient_number, "Body": body, "NumMedia": "0"}


def test_a_text_from_an_unknown_number_is_kept_answered_and_read_by_a_person(site) -> None:
    stranger = makers.a_phone()
    assert provider_posts(text(stranger, site, "is this the clinic?")).status_code == 200
    reply = Reply.objects.get(provider_sid="SM1")
    assert (reply.body, reply.patient, reply.site) == ("is this the clinic?", None, site)
    assert Task.objects.get(reply=reply).due_at <= NOON + timedelta(hours=1)
    answer = Delivery.objects.select_related("message").get(message__to=stranger).message.body
    assert site.emergency_number in answer
    assert "use the number on their card" in answer


def test_danger_from_an_unknown_number_opens_a_case(site) -> None:
    stranger = makers.a_phone()
    assert provider_posts(text(stranger, site)).status_code == 200
    assert site.escalations.get().caller == stranger


def test_danger_from_nobody_the_webhook_names_opens_a_case(site) -> None:
    """Nobody can answer it; whoever is on call reads the words."""
    said = {**text("", site), "Body": "my husband cannot breathe"}
    del said["From"]
    assert provider_posts(said).status_code == 200
    assert site.escalations.get().caller == hearing.NO_SENDER


@pytest.mark.parametrize("missing", [["MessageSid"], ["MessageSid", "From", "To", "Body", "NumMedia"]])
def test_a_signed_webhook_that_lacks_its_id_is_told_so_and_stores_nothing(site, missing) -> None:
    form = {name: value for name, value in text(makers.a_phone(), site).items() if name not in missing}
    answer = provider_posts(form)
    assert answer.status_code == 400
    assert answer.content.decode() == "A text needs MessageSid. Nothing was stored."
    assert answer["Content-Type"] == "text/plain"
    assert not Reply.objects.exists()


def test_a_text_without_words_is_kept_and_answered(site) -> None:
    patient = makers.a_patient(site)
    assert provider_posts(text(patient.phone, site, "")).status_code == 200
    assert Reply.objects.get(provider_sid="SM1").body == ""
    assert Delivery.objects.filter(message__to=patient.phone, message__key__startswith="answer:").exists()


@pytest.mark.parametrize(
    "odd",
    [{"NumMedia": "many"}, {"Body": "x" * 5000}, {"Body": "\x00 38.6"}, {"To": "+15550000000"}, {"From": "client:?"}],
    ids=["media in words", "very long", "a null character", "a number nobody has", "no number"],
)  # fmt: skip
def test_an_odd_webhook_never_loses_the_words(site, odd) -> None:
    patient = makers.a_patient(site)
    assert provider_posts(text(patient.phone, site) | odd).status_code == 200
    reply = Reply.objects.get(provider_sid="SM1")
    assert reply.understood_at is not None
    assert reply.body == (odd.get("Body") or "38.6 and shaking").replace("\x00", "")


@pytest.mark.parametrize("headers", [{}, {"X-Twilio-Signature": "forged"}], ids=["unsigned", "forged"])
def test_a_webhook_that_is_not_the_provider_s_is_refused(site, headers) -> None:
    form = text(makers.a_phone(), site)
    assert Client().post(INBOUND, form, headers=headers).status_code == 403
    assert provider_posts(form, token="somebody else's").status_code == 403
    assert not Reply.objects.exists()


def test_a_replayed_webhook_changes_nothing(site) -> None:
    patient = makers.a_patient(site)
    for _ in range(3):
        assert provider_posts(text(patient.phone, site)).status_code == 200
    assert Reply.objects.count() == 1
    assert patient.escalations.count() == 1
    assert patient.escalations.get().events.filter(what="joined").count() == 0


@pytest.mark.parametrize(
    "path", ["/webhooks/twilio/voice/no-such-call", "/webhooks/twilio/voice/no-such-call/key"]
)
def test_a_call_nobody_placed_is_answered_in_words(site, path) -> None:
    answer = provider_posts({"Digits": "1"}, path=path)
    assert answer.status_code == 404
    assert answer.content.decode().startswith("No such call")
    assert answer["Content-Type"] == "text/plain"


# other forms


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"ends_on": "2027-02-31"}, "That date does not exist: type it like 2026-03-02."),
        ({"ends_on": "2027-03-01"}, "The shift ends before it starts. Check both dates and times."),
        ({"starts_at": "8 am"}, "8 am is not a time: type it on a 24-hour clock, like 14:05."),
        ({"rung": "0"}, "The first rung is 1."),
        ({"rung": "first"}, "Type the rung as a number: 1 is called first."),
        ({"rung": "1"}, "Somebody else is on rung 1 for part of that time. Change theirs first."),
        ({"starts_on": "2027-03-14", "starts_at": "02:30", "ends_on": "2027-03-15"}, "never showed 02:30."),
        (
            {"starts_on": "2027-11-07", "starts_at": "01:30", "ends_on": "2027-11-08"},
            "That time comes twice this night.",
        ),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
def test_a_shift_that_cannot_be_is_refused_with_the_fix(site, nurse, typed, sentence) -> None:
    who = makers.a_clinician(site, phone=makers.a_phone())
    form = {"clinician": str(who.pk), "rung": "2", "starts_on": "2027-03-02", "starts_at": "07:00"}
    form |= {"ends_on": "2027-03-03", "ends_at": "06:00"} | typed
    answer = nurse.post(reverse("add-shift"), form)
    says(answer, sentence)
    keeps(answer, form)
    assert not who.shifts.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Type the date of birth as month, day, year, like 03/14/1958."),
        ("31/31/1960", "Type the date of birth as month, day, year, like 03/14/1958."),
        (
            "05/18/1960",
            "That is not this patient's date of birth. Check the wristband or the patient's papers.",
        ),
    ],
)
def test_a_date_of_birth_that_is_wrong_is_told_kindly(site, typed, sentence) -> None:
    patient = makers.a_patient(site)
    form = {"born_on": typed, "callback": "+1 215 555 0199"}
    answer = Client().post(reverse("emergency", args=[patient.emergency_code]), form)
    says(answer, sentence)
    keeps(answer, form)
    assert patient.name not in answer.content.decode()
