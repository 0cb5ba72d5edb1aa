"""Rotations, overrides, swaps and time off that no operation would make, made behind every rule's back."""

from collections.abc import Callable
from datetime import time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from monitoring.models import Canary, LadderDrill, ReachTest
from notifications import outbox
from notifications.models import (
    Asked,
    Channel,
    GivenHours,
    Lane,
    LogDifference,
    Message,
    Override,
    Rotation,
    RungRule,
    SettingChange,
    Swap,
    TimeOff,
    Turn,
)
from tests.makers import NOON
from tests.stepup.lies import Clinic

HOUR = timedelta(hours=1)
NIGHT = DateTimeTZRange(NOON, NOON + 8 * HOUR)
NO_END = DateTimeTZRange(NOON, None)
NO_HOURS = DateTimeTZRange(NOON, NOON)


def a_rung_rule(clinic: Clinic, **facts: object) -> RungRule:
    """Rung 1 is the nurse's."""
    row = {
        "site": clinic.site, "rung": 1, "title": "nurse", "role": "nurse", "set_by": clinic.prescriber, "set_at": NOON,
    }  # fmt: skip
    return RungRule.objects.create(**(row | facts))


def a_setting_change(clinic: Clinic, **facts: object) -> SettingChange:
    """A doctor got another telephone."""
    row = {
        "site": clinic.site, "about": clinic.doctors[0], "what": "phone", "was": "+1", "became": "+2", "why": "lost",
        "by": clinic.prescriber, "at": NOON,
    }  # fmt: skip
    return SettingChange.objects.create(**(row | facts))


def a_rotation(clinic: Clinic, **facts: object) -> Rotation:
    """Weekly turns on rung 1 from Monday, of nobody yet."""
    row = {
        "site": clinic.site, "rung": 1, "name": "nurses", "starts_on": NOON.date(), "hand_over": time(8),
        "time_zone": "America/New_York", "turn_hours": 168, "since": NOON, "made_by": clinic.prescriber,
        "made_at": NOON,
    }  # fmt: skip
    return Rotation.objects.create(**(row | facts))


def a_turn(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    """The first place of a rotation."""
    row = {"rotation": a_rotation(clinic), "place": 1, "clinician": clinic.doctors[0]}
    for _ in range(times):
        Turn.objects.create(**(row | facts))


def an_override(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    """A night on rung 1."""
    row = {
        "site": clinic.site, "rung": 1, "clinician": clinic.doctors[1], "period": NIGHT, "why": "ill",
        "made_by": clinic.prescriber, "made_at": NOON,
    }  # fmt: skip
    for _ in range(times):
        Override.objects.create(**(row | facts))


def a_swap(clinic: Clinic, **facts: object) -> Swap:
    """A night offered by one doctor to the other."""
    row = {
        "site": clinic.site, "rung": 1, "period": NIGHT, "offered_by": clinic.doctors[0],
        "offered_to": clinic.doctors[1], "offered_at": NOON,
    }  # fmt: skip
    return Swap.objects.create(**(row | facts))


def a_time_off(clinic: Clinic, **facts: object) -> TimeOff:
    """A night off."""
    row = {
        "site": clinic.site, "clinician": clinic.doctors[0], "period": NIGHT, "made_by": clinic.doctors[0],
        "made_at": NOON,
    }  # fmt: skip
    return TimeOff.objects.create(**(row | facts))


def asked(clinic: Clinic, *, times: int = 1) -> None:
    """One doctor asked of a night that is for whoever takes it."""
    row = a_swap(clinic, offered_to=None)
    for _ in range(times):
        Asked.objects.create(swap=row, clinician=clinic.doctors[1])


def given_hours(clinic: Clinic, **facts: object) -> None:
    """A night that one doctor gave another."""
    row = {
        "site": clinic.site, "clinician": clinic.doctors[0], "rung": 1, "period": NIGHT, "given_by": clinic.doctors[1],
        "given_at": NOON, "tell_at": NOON,
    }  # fmt: skip
    GivenHours.objects.create(**(row | facts))


def a_text(clinic: Clinic) -> Message:
    """Any text to a doctor."""
    return outbox.queue(
        site=clinic.site, key="given", lane=Lane.PAGE_TEXT, channel=Channel.TEXT, to=clinic.doctors[0].phone,
        valid_for=HOUR, now=NOON,
    )  # fmt: skip


def a_reach_test(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    """Asked at the start of a turn on rung 1."""
    for n in range(times):
        text = outbox.queue(
            site=clinic.site, key=f"reach:{n}", lane=Lane.PAGE_TEXT, channel=Channel.TEXT, to=clinic.doctors[0].phone,
            valid_for=HOUR, now=NOON,
        )  # fmt: skip
        row = {
            "site": clinic.site, "clinician": clinic.doctors[0], "kind": "start", "rung": 1, "starts_at": NOON,
            "ends_at": NOON + HOUR, "asked_at": NOON, "due_at": NOON + HOUR, "text": text,
        }  # fmt: skip
        ReachTest.objects.create(**(row | facts))


def a_drill(clinic: Clinic, *, times: int = 1, **facts: object) -> LadderDrill:
    """A drill of a ladder under way."""
    row = {
        "site": clinic.site, "began_by": clinic.doctors[0], "began_at": NOON, "named": "a list", "rules": {},
        "calls": ["on call 1"], "next_at": NOON + HOUR,
    }  # fmt: skip
    return [LadderDrill.objects.create(**(row | facts)) for _ in range(times)][-1]


def of_a_drill(clinic: Clinic, **facts: object) -> None:
    """A test of reach in a drill of a ladder."""
    row = {"kind": "ladder", "starts_at": None, "ends_at": None, "drill": a_drill(clinic)}
    a_reach_test(clinic, **(row | facts))


def a_canary(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    """Texts of the service to itself, each on its way."""
    for n in range(times):
        text = outbox.queue(
            site=clinic.site, key=f"canary:{n}", lane=Lane.PAGE_TEXT, channel=Channel.TEXT,
            to=clinic.site.patient_number, valid_for=HOUR, now=NOON,
        )  # fmt: skip
        row = {"site": clinic.site, "token": f"{n}", "text": text, "sent_at": NOON}
        Canary.objects.create(**(row | facts))


def a_difference(clinic: Clinic, *, times: int = 1, sid: str = "SM1") -> None:
    """A text that only the provider knows of."""
    for _ in range(times):
        LogDifference.objects.create(
            site=clinic.site, account="first", provider_sid=sid, kind="unknown", found_at=NOON
        )


LIES: list[tuple[str, str, Callable[[Clinic], object]]] = [
    ("rung_rule_starts_at_one", "a rung below the first", lambda c: a_rung_rule(c, rung=0)),
    ("rung_rule_role_takes_cases", "a rung of auditors", lambda c: a_rung_rule(c, role="auditor")),
    ("rotation_rung_and_layer_start_at_one", "turns on rung 0", lambda c: a_rotation(c, rung=0)),
    ("rotation_rung_and_layer_start_at_one", "layer 0", lambda c: a_rotation(c, layer=0)),
    ("rotation_has_a_time_zone", "turns on no clock", lambda c: a_rotation(c, time_zone="")),
    ("rotation_turn_is_an_hour_to_a_year", "turns of no time", lambda c: a_rotation(c, turn_hours=0)),
    ("rotation_hours_are_whole", "hours on no day", lambda c: a_rotation(c, opens=time(8), closes=time(17))),
    ("rotation_hours_are_whole", "days without hours", lambda c: a_rotation(c, weekdays=[0])),
    ("rotation_hours_are_whole", "an eighth day of the week",
     lambda c: a_rotation(c, weekdays=[7], opens=time(8), closes=time(17))),
    ("rotation_end_says_who", "ended by nobody", lambda c: a_rotation(c, until=NOON + HOUR)),
    ("rotation_end_says_who", "ended at no time", lambda c: a_rotation(c, ended_by=c.prescriber)),
    ("rotation_end_says_who", "over before it began",
     lambda c: a_rotation(c, until=NOON - HOUR, ended_by=c.prescriber)),
    ("rotation_one_per_layer_at_a_time", "two on one layer", lambda c: (a_rotation(c), a_rotation(c))),
    ("turn_one_person_per_place", "two in one place", lambda c: a_turn(c, times=2)),
    ("turn_places_start_at_one", "a place before the first", lambda c: a_turn(c, place=0)),
    ("override_rung_starts_at_one", "an override on rung 0", lambda c: an_override(c, rung=0)),
    ("override_has_a_reason", "for no reason", lambda c: an_override(c, why="")),
    ("override_period_is_bounded", "an override without an end", lambda c: an_override(c, period=NO_END)),
    ("override_period_is_bounded", "an override of no hours", lambda c: an_override(c, period=NO_HOURS)),
    ("override_end_says_who", "taken back by nobody", lambda c: an_override(c, ended_at=NOON)),
    ("override_one_person_per_rung_at_a_time", "two overrides on rung 1", lambda c: an_override(c, times=2)),
    ("swap_is_between_two", "with oneself", lambda c: a_swap(c, offered_to=c.doctors[0])),
    ("swap_period_is_bounded", "hours without an end", lambda c: a_swap(c, period=NO_END)),
    ("swap_back_is_whole", "hours back on no rung", lambda c: a_swap(c, back_period=NIGHT)),
    ("swap_state_matches_facts", "accepted at no time", lambda c: a_swap(c, state="accepted")),
    ("swap_state_matches_facts", "accepted by nobody",
     lambda c: a_swap(c, offered_to=None, state="accepted", answered_at=NOON)),
    ("swap_to_anyone_is_for_nothing_back", "anyone's hours back",
     lambda c: a_swap(c, offered_to=None, back_rung=1, back_period=NIGHT)),
    ("asked_once_of_a_swap", "one doctor twice", lambda c: asked(c, times=2)),
    ("given_hours_are_bounded", "given for good", lambda c: given_hours(c, period=NO_END)),
    ("given_hours_by_another", "given to oneself", lambda c: given_hours(c, given_by=c.doctors[0])),
    ("given_hours_text_settles", "told and still to tell", lambda c: given_hours(c, text=a_text(c))),
    ("reach_test_once_per_turn", "asked twice", lambda c: a_reach_test(c, times=2)),
    ("reach_test_of_a_turn_says_which", "of no turn", lambda c: a_reach_test(c, starts_at=None)),
    ("reach_test_of_a_turn_says_which", "asked for, of a turn", lambda c: a_reach_test(c, kind="asked")),
    ("reach_test_of_a_turn_says_which", "of no drill", lambda c: of_a_drill(c, drill=None)),
    ("reach_test_of_a_turn_says_which", "of a drill and a turn", lambda c: a_reach_test(c, drill=a_drill(c))),
    ("reach_test_once_per_rung_of_a_drill", "called twice", lambda c: of_a_drill(c, times=2)),
    ("ladder_drill_one_at_a_time_per_site", "two under way", lambda c: a_drill(c, times=2)),
    ("ladder_drill_goes_on_or_has_ended", "with nothing next", lambda c: a_drill(c, next_at=None)),
    ("ladder_drill_goes_on_or_has_ended", "over, nobody says how", lambda c: a_drill(c, ended_at=NOON, next_at=None)),
    ("ladder_drill_goes_on_or_has_ended", "over before it began",
     lambda c: a_drill(c, ended_at=NOON - HOUR, next_at=None, end="done")),
    ("reach_test_answer_says_how", "answered by nothing", lambda c: a_reach_test(c, answered_at=NOON)),
    ("reach_test_has_time", "no time to answer", lambda c: a_reach_test(c, due_at=NOON)),
    ("reach_test_has_time", "silent before its time", lambda c: a_reach_test(c, lapsed_at=NOON)),
    ("canary_one_on_its_way_per_site", "two on their way", lambda c: a_canary(c, times=2)),
    ("canary_comes_back_after_it_was_sent", "back before", lambda c: a_canary(c, back_at=NOON - HOUR)),
    ("canary_is_paged_once_understood_and_taken_once_paged", "taken unpaged", lambda c: a_canary(c, taken_at=NOON)),
    ("canary_is_paged_once_understood_and_taken_once_paged", "paged by nothing", lambda c: a_canary(c, paged_at=NOON)),
    ("canary_is_paged_once_understood_and_taken_once_paged", "a code of no page",
     lambda c: a_canary(c, back_at=NOON, code="4821")),
    ("canary_lapses_after_it_was_sent", "lapsed at once", lambda c: a_canary(c, lapsed_at=NOON)),
    ("log_difference_noted_once", "noted twice", lambda c: a_difference(c, times=2)),
    ("log_difference_names_a_text_or_call", "of nothing", lambda c: a_difference(c, sid="")),
    ("time_off_period_is_bounded", "off for good", lambda c: a_time_off(c, period=NO_END)),
    ("setting_change_has_a_reason", "no reason", lambda c: a_setting_change(c, why="")),
    ("setting_change_changed_something", "the same again", lambda c: a_setting_change(c, became="+1")),
    ("setting_change_of_a_role_is_another_person_s", "one's own role",
     lambda c: a_setting_change(c, what="role", by=c.doctors[0])),
    ("time_off_end_says_who", "taken back by nobody", lambda c: a_time_off(c, ended_at=NOON)),
]  # fmt: skip
