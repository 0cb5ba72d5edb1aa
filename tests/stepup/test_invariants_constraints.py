"""What the database itself refuses to believe, for the shell, for bulk updates and for the next developer alike.

One lie at least for every constraint of every model; a constraint without a lie here fails the last test.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import time, timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from monitoring.models import (
    CheckIn,
    Escalation,
    Finding,
    Page,
    Patient,
    PocketOrder,
    Reaction,
    Reply,
    Task,
    Watch,
)
from notifications.models import AccountState, Clinician, Delivery, Message, Pace, Shift, Site
from tests import kept, makers
from tests.makers import NOON
from tests.stepup import lies_about_courses, lies_of_rotas
from tests.stepup.lies import (
    Clinic,
    a_care_entry,
    a_care_rule,
    a_case_offer,
    a_chair_time,
    a_clinician_s_text,
    a_line_in_the_place_of_the_first,
    a_stay,
    a_stay_with,
    a_taking_back_taken_back,
    an_open_day,
    ask,
    change,
    copy,
    make_extra,
    taken_back,
    unit_hours,
)
from tests.stepup.lies_of_assessments import an_assessment, an_assessment_reading
from tests.stepup.lies_of_calendars import a_calendar_address, a_calendar_fetch, a_calendar_revocation
from tests.stepup.lies_of_words import (
    a_card_print,
    a_card_replacement,
    a_death_notice,
    a_kit,
    a_phrase,
    a_rule_review,
    a_rules_approval,
    a_strike,
    a_translation,
    a_withdrawal,
    an_approval,
    an_outside_look,
    an_unread_reply,
    an_unread_task,
    closer_questions,
)

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR = timedelta(hours=1)

TAKEN = {"state": "taken", "taken_at": NOON, "next_at": NOON}
OTHER_PHONE = "+15550299999"

LIES: list[tuple[str, str, Callable[[Clinic], object]]] = [
    # the site and its people
    ("site_has_emergency_number", "no ambulance", lambda c: change(Site.objects, emergency_number="")),
    ("site_has_oncall_number", "no number at night", lambda c: change(Site.objects, oncall_number="")),
    ("site_patient_rate_is_above_zero", "texts that never leave",
     lambda c: change(Site.objects, patient_texts_per_second=0)),
    ("site_page_rate_is_above_zero", "pages that never leave", lambda c: change(Site.objects, page_texts_per_second=0)),
    ("site_call_rate_is_above_zero", "calls that never ring", lambda c: change(Site.objects, calls_per_second=-1)),
    ("pace_one_per_sender", "two paces of one number", lambda c:
     [Pace.objects.create(sender="1", channel="text", free_at=NOON, noted_at=NOON) for _ in range(2)]),
    ("site_fallback_number_is_one_sites", "one number for two sites",
     lambda c: [makers.a_site(fallback_number=OTHER_PHONE) for _ in range(2)]),
    ("account_that_is_out_says_why", "out for no reason",
     lambda c: AccountState.objects.create(account="first", out_since=NOON)),
    ("account_that_is_out_says_why", "a reason, and not out",
     lambda c: AccountState.objects.create(account="first", out_why="x")),
    ("clinician_phone_is_one_persons", "two on one phone",
     lambda c: change(Clinician.objects.filter(shifts__isnull=False), phone=OTHER_PHONE)),
    ("shift_rung_starts_at_one", "rung 0", lambda c: change(Shift.objects.filter(rung=1), rung=0)),
    ("shift_period_is_bounded", "no hours at all",
     lambda c: change(Shift.objects.filter(rung=1), period=(NOON, NOON))),
    ("shift_period_is_bounded", "no end in sight",
     lambda c: change(Shift.objects.filter(rung=1), period=(NOON, None))),
    ("shift_one_person_per_rung_at_a_time", "two on rung 1", lambda c: change(Shift.objects, rung=1)),
    # the unit
    ("unit_has_a_chair", "no chair", lambda c: unit_hours(c, chairs=0)),
    ("unit_minutes_are_a_days", "a minute", lambda c: unit_hours(c, minutes=4)),
    ("unit_minutes_are_a_days", "more than a day", lambda c: unit_hours(c, minutes=1441)),
    ("open_day_once", "two Mondays", lambda c: an_open_day(c, times=2)),
    ("open_day_is_a_weekday", "an eighth day", lambda c: an_open_day(c, weekday=7)),
    ("open_day_closes_after_it_opens", "never open", lambda c: an_open_day(c, closes=time(8))),
    ("chair_time_once", "two lengths", lambda c: a_chair_time(c, times=2)),
    ("chair_time_is_a_days", "a minute", lambda c: a_chair_time(c, minutes=1)),
    ("calendar_digest_is_a_sha256", "the secret itself", lambda c: a_calendar_address(c, digest="s3cret")),
    ("calendar_revocation_has_a_reason", "ended for no reason", lambda c: a_calendar_revocation(c, reason="")),
    ("calendar_fetch_is_within_its_hour", "before its hour", lambda c: a_calendar_fetch(c, hour_at=NOON + HOUR)),
    ("calendar_fetch_is_within_its_hour", "fetched no times", lambda c: a_calendar_fetch(c, in_hour=0)),
    # looking from outside the team
    ("outside_look_ends", "for ever", lambda c: an_outside_look(c, until=NOON)),
    ("outside_look_says_why", "no reason", lambda c: an_outside_look(c, words="")),
    # emergency cards
    ("card_print_has_a_code", "a card that leads nowhere", lambda c: a_card_print(c, code="")),
    ("card_replacement_has_its_code_and_a_reason", "for no reason", lambda c: a_card_replacement(c, reason="")),
    ("card_replacement_has_its_code_and_a_reason", "no code replaced", lambda c: a_card_replacement(c, code="")),
    ("stepup_cardreplacement_code_key", "one code replaced twice", lambda c: a_card_replacement(c, times=2)),
    # learned phrases
    ("learned_phrase_one_live", "learned twice", lambda c: a_phrase(c, times=2)),
    ("learned_phrase_has_words", "no words", lambda c: a_phrase(c, words="")),
    ("learned_phrase_is_approved_by_another_person", "one person alone",
     lambda c: a_phrase(c, approved_by=c.doctors[0])),
    ("learned_phrase_approval_says_who_and_what_changed", "nothing was replayed",
     lambda c: a_phrase(c, approved_by=c.prescriber, replayed=None)),
    ("learned_phrase_end_says_who_and_why", "refused without a reason",
     lambda c: a_phrase(c, ended_at=NOON, ended_by=c.prescriber)),
    ("rule_review_says_what_it_found", "a review of nothing said", lambda c: a_rule_review(c, words="")),
    ("rules_approval_once_per_site", "approved twice", lambda c: a_rules_approval(c, times=2)),
    ("rules_approval_of_lost_pages_has_a_reason", "a page lost, and nobody says why",
     lambda c: a_rules_approval(c, lost_pages=1)),
    # supportive care
    ("care_entry_kind_has_its_facts", "done on no day", lambda c: a_care_entry(c, on=None)),
    ("care_entry_kind_has_its_facts", "done, and due again by decree",
     lambda c: a_care_entry(c, again_on=NOON.date())),
    ("care_entry_kind_has_its_facts", "not needed without a reason", lambda c: a_care_entry(c, kind="not_needed")),
    ("care_entry_kind_has_its_facts", "decided without words", lambda c: a_care_entry(c, kind="decided")),
    ("care_entry_kind_has_its_facts", "taken back without a reason", lambda c: taken_back(c, words="")),
    ("care_entry_kind_has_its_facts", "nothing taken back", lambda c: taken_back(c, takes_back=None)),
    ("care_entry_kind_has_its_facts", "a kind nobody knows", lambda c: a_care_entry(c, kind="assumed", words="x")),
    ("care_entry_only_what_was_done_has_a_result", "a result of what was not done",
     lambda c: a_care_entry(c, kind="not_needed", words="x", result="normal", read_by="x")),
    ("care_entry_result_has_a_reader", "a result nobody read", lambda c: a_care_entry(c, result="512 mg/dL")),
    ("care_entry_result_has_a_reader", "a number nobody read", lambda c: a_care_entry(c, value=5, unit="g/L")),
    ("care_entry_value_has_a_unit", "a number without a unit", lambda c: a_care_entry(c, value=5, read_by="x")),
    ("care_entry_value_has_a_unit", "a unit without a number", lambda c: a_care_entry(c, unit="g/L")),
    ("care_entry_value_has_a_unit", "below zero", lambda c: a_care_entry(c, value=-1, unit="g/L", read_by="x")),
    ("care_entry_takes_back_its_own", "another item's entry", lambda c: taken_back(c, item="cmv")),
    ("care_entry_takes_back_its_own", "a taking back taken back", a_taking_back_taken_back),
    ("stepup_careentry_takes_back_id", "taken back twice", lambda c: taken_back(c, times=2)),
    ("care_rule_says_something", "a rule of nothing", lambda c: a_care_rule(c, every_days=None)),
    ("care_rule_says_something", "withdrawn without a reason",
     lambda c: a_care_rule(c, every_days=None, is_withdrawn=True)),
    ("care_rule_says_something", "withdrawn, and every 28 days",
     lambda c: a_care_rule(c, is_withdrawn=True, words="x")),
    ("care_rule_days_are_a_years", "every 0 days", lambda c: a_care_rule(c, every_days=0)),
    ("care_rule_days_are_a_years", "every 367 days", lambda c: a_care_rule(c, every_days=367)),
    ("care_rule_has_a_source", "a rule from nowhere", lambda c: a_care_rule(c, source="")),
    # deliveries
    ("delivery_one_row_per_attempt", "the first attempt twice",
     lambda c: copy(Delivery.objects.all()[0], token="another")),
    ("delivery_state_matches_facts", "waiting and leased",
     lambda c: change(Delivery.objects.filter(state="pending"), lease_until=NOON)),
    ("delivery_state_matches_facts", "claimed for ever", lambda c: change(Delivery.objects, state="claimed")),
    ("delivery_state_matches_facts", "perhaps sent, never submitted",
     lambda c: change(Delivery.objects, state="ambiguous")),
    ("delivery_state_matches_facts", "with the provider without its id",
     lambda c: change(Delivery.objects, state="accepted", deadline_at=NOON)),
    ("delivery_state_matches_facts", "with the provider without a deadline",
     lambda c: change(Delivery.objects.filter(pk=Delivery.objects.all()[0].pk), state="accepted", provider_sid="S")),
    ("delivery_state_matches_facts", "delivered, never ended", lambda c: change(Delivery.objects, state="delivered")),
    ("delivery_state_matches_facts", "ended and waiting", lambda c: change(Delivery.objects, ended_at=NOON)),
    ("delivery_state_matches_facts", "a state nobody knows", lambda c: change(Delivery.objects, state="sent?")),
    # patients, orders, reactions
    ("patient_identifier_once_per_site", "one number for two", lambda c: change(Patient.objects, identifier="T")),
    ("patient_phone_is_one_active_persons", "one phone for two", lambda c: change(Patient.objects, phone=OTHER_PHONE)),
    ("patient_texting_end_has_a_reason", "texting ended for no reason",
     lambda c: change(Patient.objects, texting_ended_at=NOON)),
    ("patient_texting_end_has_a_reason", "a reason for nothing",
     lambda c: change(Patient.objects, texting_ended_why="STOP")),
    ("patient_caregiver_texting_end_has_a_reason", "caregiver's texting ended for no reason",
     lambda c: change(Patient.objects, caregiver_texting_ended_at=NOON)),
    ("patient_caregiver_texting_end_has_a_reason", "a reason for nothing",
     lambda c: change(Patient.objects, caregiver_texting_ended_why="STOP")),
    ("pocket_order_dose_is_positive", "no dose", lambda c: change(PocketOrder.objects, dose_mg=0)),
    ("pocket_order_expires_after_signing", "expired when signed",
     lambda c: change(PocketOrder.objects, expires_at=NOON)),
    ("pocket_order_revoked_says_who_and_why", "revoked by nobody",
     lambda c: change(PocketOrder.objects, revoked_at=NOON, revoked_why="x")),
    ("pocket_order_revoked_says_who_and_why", "revoked for no reason",
     lambda c: change(PocketOrder.objects, revoked_at=NOON, revoked_by=c.prescriber)),
    ("pocket_order_revoked_says_who_and_why", "a reason while in force",
     lambda c: change(PocketOrder.objects, revoked_why="x")),
    ("pocket_order_one_in_force_per_patient", "two in force", lambda c: copy(c.order)),
    ("patient_enrolment_end_has_a_reason", "ended for no reason",
     lambda c: change(Patient.objects, is_active=False, enrolment_ended_at=NOON)),
    ("patient_enrolment_end_has_a_reason", "ended at no time",
     lambda c: change(Patient.objects, is_active=False, enrolment_ended_why="moved")),
    ("patient_enrolment_end_has_a_reason", "a reason while enrolled",
     lambda c: change(Patient.objects, enrolment_ended_why="moved")),
    ("reaction_grade_1_to_4", "grade 0", lambda c: change(Reaction.objects, grade=0)),
    ("reaction_grade_1_to_4", "grade 5", lambda c: change(Reaction.objects, grade=5)),
    ("reaction_over_names_who", "over, says nobody", lambda c: change(Reaction.objects, over_at=NOON)),
    ("closer_questions_once_at_a_time", "closer twice at once", lambda c: closer_questions(c, times=2)),
    (
        "closer_questions_are_ended_by_somebody_who_says_why",
        "ended by nobody",
        lambda c: closer_questions(c, ended_at=NOON, ended_why="x"),
    ),
    ("content_approval_once", "the same words twice", lambda c: an_approval(c, times=2)),
    ("content_approval_by_somebody_who_reads_it", "unread Spanish", lambda c: an_approval(c, reads_language=False)),
    ("content_withdrawal_says_why", "withdrawn for nothing", lambda c: a_withdrawal(c, why="")),
    ("monitoring_contentwithdrawal_approval_id", "withdrawn twice", lambda c: a_withdrawal(c, times=2)),
    ("death_notice_is_a_text_s_or_somebody_s_in_words", "died, says nobody", lambda c: a_death_notice(c, by=None)),
    ("death_notice_is_a_text_s_or_somebody_s_in_words", "died, in no words", lambda c: a_death_notice(c, words="")),
    ("death_notice_is_a_text_s_or_somebody_s_in_words", "reported by no text",
     lambda c: a_death_notice(c, said="reported", by=None)),
    ("reaction_strike_says_why", "struck for nothing", lambda c: a_strike(c, why="")),
    ("monitoring_reactionstrike_reaction_id", "struck twice", lambda c: [a_strike(c), a_strike(c)]),
    ("home_kit_thermometer_is_known", "of glass", lambda c: a_kit(c, thermometer="glass")),
    ("home_kit_pressure_is_whole", "half a pressure", lambda c: a_kit(c, usual_upper=130)),
    ("home_kit_pressure_is_whole", "measured on no day", lambda c: a_kit(c, usual_upper=130, usual_lower=80)),
    ("home_kit_pressure_is_whole", "the wrong way round",
     lambda c: a_kit(c, usual_upper=80, usual_lower=130, usual_on=NOON.date())),
    ("home_kit_pressure_is_whole", "of nobody",
     lambda c: a_kit(c, usual_upper=10, usual_lower=5, usual_on=NOON.date())),
    ("assessment_grades_something", "no grade", lambda c: an_assessment(c, crs=None)),
    ("assessment_grade_0_to_4", "CRS 5", lambda c: an_assessment(c, crs=5)),
    ("assessment_grade_0_to_4", "ICANS 5", lambda c: an_assessment(c, icans=5)),
    ("assessment_lower_grade_says_why", "lower, why", lambda c: an_assessment(c, why="")),
    ("assessment_lower_grade_says_why", "ICANS lower, why",
     lambda c: an_assessment(c, crs=None, icans=0, icans_stood=1, why="")),
    ("assessment_grave_grade_lowered_wants_a_second", "by one alone", lambda c: an_assessment(c, wants_second=False)),
    ("assessment_over_is_grade_0", "over at grade 2", lambda c: an_assessment(c, crs_over=True)),
    ("assessment_over_is_grade_0", "over, never assessed", lambda c: an_assessment(c, icans_over=True)),
    ("assessment_reading_is_another_person_s", "by oneself",
     lambda c: an_assessment_reading(c, by=c.prescriber)),
    ("assessment_reading_disagrees_in_words", "no, but why", lambda c: an_assessment_reading(c, agrees=False)),
    ("monitoring_assessmentreading_assessment_id", "read twice", lambda c: an_assessment_reading(c, times=2)),
    ("reaction_of_another_kind_says_which", "other, but what", lambda c: change(Reaction.objects, kind="other")),
    ("reaction_low_count_has_its_value", "low, but how low",
     lambda c: change(Reaction.objects, kind="blood_count", count="platelets")),
    ("reaction_low_count_has_its_value", "low, but which",
     lambda c: change(Reaction.objects, kind="blood_count", value=40)),
    ("reaction_low_count_has_its_value", "below nothing",
     lambda c: change(Reaction.objects, kind="blood_count", count="platelets", value=-1)),
    ("reaction_low_count_has_its_value", "a value of CRS", lambda c: change(Reaction.objects, value=40)),
    ("reaction_came_back_where_a_low_count_is_over", "CRS back to 2", lambda c: change(Reaction.objects, back_to=2)),
    ("reaction_came_back_where_a_low_count_is_over", "back, not over",
     lambda c: change(Reaction.objects, kind="blood_count", count="platelets", value=9, back_to=40)),
    ("reaction_came_back_where_a_low_count_is_over", "back to below nothing",
     lambda c: change(Reaction.objects, kind="blood_count", count="platelets", value=9, over_at=NOON,
                      over_by=c.prescriber, back_to=-1)),
    # watches and check-ins
    ("watch_one_open_per_patient", "two watches", lambda c: copy(c.watch)),
    ("watch_starts_with_a_dose", "a dose to come", lambda c: change(Watch.objects, given_at=NOON + HOUR)),
    ("watch_close_has_a_reason", "closed for no reason", lambda c: change(Watch.objects, closed_at=NOON)),
    ("watch_close_has_a_reason", "a reason while open", lambda c: change(Watch.objects, closed_why="over")),
    ("admission_one_open_per_patient", "in two hospitals", lambda c: copy(a_stay(c))),
    *(("admission_says_where_and_why", f"no {name}", lambda c, name=name: a_stay_with(c, **{name: ""}))
      for name in ("hospital", "ward", "phone", "reason")),
    ("admission_has_happened", "recorded ahead", lambda c: a_stay_with(c, admitted_at=NOON + HOUR)),
    ("admission_ends_with_its_facts", "left, says nobody", lambda c: a_stay_with(c, discharged_at=NOON)),
    ("admission_mistake_lasted_no_time", "a mistake that lasts", lambda c: a_stay_with(c, mistaken=True)),
    ("admission_ends_with_its_facts", "words while in", lambda c: a_stay_with(c, discharge_words="home")),
    ("clinician_text_one_quiet_per_patient", "quiet twice over",
     lambda c: [a_clinician_s_text(c), a_clinician_s_text(c, message=Message.objects.earliest("pk"))]),
    ("clinician_text_quiet_has_its_times", "over before it began",
     lambda c: a_clinician_s_text(c, quiet_until=NOON)),
    ("clinician_text_quiet_has_its_times", "unanswered before it was written",
     lambda c: a_clinician_s_text(c, unanswered_since=NOON + HOUR)),
    ("clinician_text_quiet_is_ended_at_a_time", "ended at no time",
     lambda c: a_clinician_s_text(c, quiet_over_by=c.prescriber)),
    ("checkin_state_matches_facts", "waiting for nothing", lambda c: change(CheckIn.objects, next_at=None)),
    ("checkin_state_matches_facts", "asked without a question", lambda c: change(CheckIn.objects, state="asked")),
    ("checkin_state_matches_facts", "answered and still due", lambda c: change(CheckIn.objects, state="answered")),
    ("checkin_state_matches_facts", "missed for no reason",
     lambda c: change(CheckIn.objects, state="missed", next_at=None, ended_at=NOON)),
    ("checkin_state_matches_facts", "vanished", lambda c: change(CheckIn.objects, state="gone")),
    ("checkin_one_asked_per_watch", "two questions at once", lambda c: ask(c.first_checkins())),
    ("checkin_one_extra_waiting_per_watch", "two extra ones", lambda c: make_extra(c.first_checkins())),
    # what was heard and concluded
    ("finding_comes_from_somewhere", "about nobody, from nowhere",
     lambda c: Finding.objects.create(site=c.site, at=NOON, urgency="none", human_task=False, because="")),
    # cases
    ("escalation_one_unresolved_per_patient", "two cases", lambda c: copy(c.case, code="0000")),
    ("escalation_one_unresolved_per_stranger", "two cases of one stranger",
     lambda c: copy(c.open_case(caller=OTHER_PHONE), code="0000")),
    ("escalation_open_codes_differ", "one code for two",
     lambda c: copy(c.open_case(caller=OTHER_PHONE), caller="+15550299998")),
    ("escalation_is_about_someone", "about nobody", lambda c: change(Escalation.objects, patient=None)),
    ("escalation_state_matches_facts", "nothing happens next", lambda c: change(Escalation.objects, next_at=None)),
    ("escalation_state_matches_facts", "open and owned", lambda c: change(Escalation.objects, owner=c.doctors[0])),
    ("escalation_state_matches_facts", "open with an outcome", lambda c: change(Escalation.objects, outcome="home")),
    ("escalation_state_matches_facts", "taken by nobody", lambda c: change(Escalation.objects, **TAKEN)),
    ("escalation_state_matches_facts", "taken, nothing happens next",
     lambda c: change(Escalation.objects, **TAKEN | {"owner": c.doctors[0], "next_at": None})),
    ("escalation_state_matches_facts", "reached at no time",
     lambda c: change(Escalation.objects, **TAKEN | {"owner": c.doctors[0], "state": "reached"})),
    ("escalation_state_matches_facts", "resolved without an outcome",
     lambda c: change(
         Escalation.objects, state="resolved", owner=c.doctors[0], taken_at=NOON, reached_at=NOON, resolved_at=NOON,
         next_at=None)),
    ("escalation_state_matches_facts", "resolved and never reached",
     lambda c: change(
         Escalation.objects, state="resolved", owner=c.doctors[0], taken_at=NOON, resolved_at=NOON, outcome="home",
         next_at=None)),
    ("case_offer_one_open_per_case", "offered to two at once", lambda c: a_case_offer(c, times=2)),
    ("case_offer_is_to_somebody_else_for_a_reason", "offered to oneself", lambda c: a_case_offer(c, to=c.doctors[0])),
    ("case_offer_is_to_somebody_else_for_a_reason", "offered for no reason", lambda c: a_case_offer(c, reason="")),
    ("case_offer_ends_somehow", "ended somehow", lambda c: a_case_offer(c, ended_at=NOON)),
    ("case_offer_ends_somehow", "accepted at no time", lambda c: a_case_offer(c, end="accepted")),
    ("escalationevent_one_line_per_place", "two first lines", a_line_in_the_place_of_the_first),
    ("page_once_per_person_and_climb", "one person paged twice",
     lambda c: copy(c.case.pages.all()[0], text_id=c.case.pages.all()[0].voice_id,
                    voice_id=c.case.pages.all()[0].text_id, token=None)),
    ("task_done_has_an_outcome", "done, and nothing came of it", lambda c: change(Task.objects, done_at=NOON)),
    ("task_done_has_an_outcome", "an outcome of nothing", lambda c: change(Task.objects, outcome="called")),
    ("task_one_unread_per_sender", "one sender's texts twice on the list", lambda c: an_unread_task(c, times=2)),
    ("unread_once_on_a_task", "one text counted twice", lambda c: an_unread_reply(c, times=2)),
    ("translation_has_words", "a translation into nothing", lambda c: a_translation(c, words="")),
    *lies_about_courses.LIES,
    *lies_of_rotas.LIES,
]  # fmt: skip


# What no constraint of one table can say: of doses, of what corrects them, and of courses that went elsewhere.
HELD_BY_TRIGGERS = {
    "dose_once_per_moment", "stepup_dose is append-only", "stepup_dosecorrection_dose_id", "corrected_dose_is_replaced",
    "dose_replaces_one_of_its_course", "course_is_transferred_with_its_row", "course_is_transferred_for_good",
    "transfer_ends_its_course", "transfer_gives_up_its_own_appointment", "dose_is_given_before_the_transfer",
    "care_entry_takes_back_its_own", "stepup_careentry_takes_back_id", "monitoring_reactionstrike_reaction_id",
    "monitoring_assessmentreading_assessment_id", "stepup_cardreplacement_code_key",
    "monitoring_contentwithdrawal_approval_id",
    "version_choice_is_of_what_it_runs_on", "version_choice_is_carried_out", "course_moves_by_a_choice",
}  # fmt: skip


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[Clinic]:
    with kept.made(Clinic, django_db_blocker) as clinic:
        yield clinic


@pytest.fixture
def clinic(made_once) -> Clinic:
    return deepcopy(made_once)


@pytest.mark.parametrize(
    ("constraint", "what", "lie"), LIES, ids=[f"{name}: {what}" for name, what, _ in LIES]
)
def test_the_database_refuses(clinic, constraint, what, lie) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        lie(clinic)


def test_the_provider_s_ids_are_unique() -> None:
    """What makes every inbound request harmless when it comes twice."""
    assert Reply._meta.get_field("provider_sid").unique
    assert Delivery._meta.get_field("provider_sid").unique
    assert Page._meta.get_field("text").unique


def test_every_constraint_has_a_lie_here() -> None:
    ours = [
        model
        for app in ("notifications", "monitoring", "stepup")
        for model in apps.get_app_config(app).get_models()
    ]
    constraints = {constraint.name for model in ours for constraint in model._meta.constraints}
    assert constraints == {name for name, _, _ in LIES} - HELD_BY_TRIGGERS
