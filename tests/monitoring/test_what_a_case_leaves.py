"""What each act on a case leaves behind: its lines in the case and in the ledger; and nothing still waits to ring."""

import pytest
from celery import current_app

from monitoring import climbing, closer, escalations, offers
from monitoring.models import Escalation, Page, Reaction
from notifications.models import AuditEntry, Delivery, Message
from protocols.errors import Refusal
from tests import makers
from tests.home import FEVER, MINUTE, NIGHT, Home

pytestmark = [pytest.mark.database, pytest.mark.django_db]
State = Escalation.State
RULED_OUT = [("crs", 0), ("icans", 0)]


def ledger() -> list[str]:
    """The acts in the ledger about cases, oldest first."""
    return list(
        AuditEntry.objects.filter(subject__startswith="case:").order_by("pk").values_list("act", flat=True)
    )


def lines(home: Home, since: int = 0) -> list[tuple[str, str]]:
    return [(one.what, one.text) for one in home.case.events.order_by("number")[since:]]


def states(case: Escalation) -> set[str]:
    """How the deliveries of this case's pages stand."""
    return set(
        Delivery.objects.filter(message__page_as_text__escalation=case).values_list("state", flat=True)
    ) | set(Delivery.objects.filter(message__page_as_voice__escalation=case).values_list("state", flat=True))


def in_columns(case: Escalation) -> dict[str, object]:
    """Everything the row of a case holds."""
    return {field.attname: getattr(case, field.attname) for field in case._meta.concrete_fields}


# Lines


def test_a_case_taken_reached_and_resolved_has_a_line_for_each_and_so_has_the_ledger(home) -> None:
    first = home.doctors[0]
    escalations.take(home.case.pk, by=first, now=NIGHT, how="text")
    assert escalations.reach(home.case.pk, by=first, now=NIGHT, text="shivers").state == State.REACHED
    case = escalations.resolve(
        home.case.pk, by=first, now=NIGHT, outcome="clinic", text="seen", grades=[("crs", 1), ("icans", 0)]
    )
    assert (case.state, case.outcome, case.note, case.next_at) == (State.RESOLVED, "clinic", "seen", None)
    opened, paged, *acts = lines(home)
    assert (opened[0], paged) == ("opened", ("paged", "Rung 1: Dr A, by text and voice."))
    assert acts == [
        ("taken", "By text."),
        ("reached", "shivers"),
        ("resolved", "comes to the clinic; crs grade 1, icans grade 0. seen"),
    ]
    assert ledger() == ["took the case", "reached the patient", "resolved the case"]
    assert Reaction.objects.get(grade=1).kind == "crs"


def test_the_case_that_an_act_answers_stands_as_it_is_kept(home) -> None:
    first, case = home.doctors[0], home.case.pk
    taken = escalations.take(case, by=first, now=NIGHT, how="text")
    assert (taken.owner, taken.taken_at, taken.tell_patient_at) == (first, NIGHT, None)
    assert in_columns(taken) == in_columns(Escalation.objects.get(pk=case))
    reached = escalations.reach(case, by=first, now=NIGHT + MINUTE)
    assert reached.reached_at == NIGHT + MINUTE
    assert in_columns(reached) == in_columns(Escalation.objects.get(pk=case))
    resolved = escalations.resolve(case, by=first, now=NIGHT + 2 * MINUTE, outcome="no concern", text="well")
    assert in_columns(resolved) == in_columns(Escalation.objects.get(pk=case))


def test_a_case_closed_without_a_grade_says_so(home) -> None:
    first = home.doctors[0]
    escalations.take(home.case.pk, by=first, now=NIGHT, how="text")
    escalations.reach(home.case.pk, by=first, now=NIGHT)
    escalations.resolve(home.case.pk, by=first, now=NIGHT, outcome="no concern")
    assert lines(home)[-1] == ("resolved", "not a reaction; nothing further needed; no grade.")


def test_a_case_declined_and_one_handed_back_say_who_and_why(home) -> None:
    first, second = home.doctors
    escalations.decline(home.case.pk, by=first, now=NIGHT, reason="driving")
    escalations.take(home.case.pk, by=second, now=NIGHT, how="screen")
    escalations.hand_back(home.case.pk, by=second, now=NIGHT, reason="in theatre")
    said = [(one.what, one.by, one.text) for one in home.case.events.order_by("number")[2:]]
    assert said[:3] == [
        ("declined", first, "driving"), ("taken", second, "By screen."), ("handed back", second, "in theatre"),
    ]  # fmt: skip
    assert ledger() == ["declined the case", "took the case", "handed the case back"]


@pytest.mark.parametrize(
    ("reached", "why"), [(False, "not reached in time"), (True, "no outcome recorded in time")]
)
def test_a_case_that_lapses_says_what_was_not_done_and_whom_it_pages(home, reached, why) -> None:
    escalations.take(home.case.pk, by=home.doctors[1], now=NIGHT, how="text")
    if reached:
        escalations.reach(home.case.pk, by=home.doctors[1], now=NIGHT)
    before = home.case.events.count()
    escalations.climb(now=home.case.next_at)
    assert lines(home, before) == [
        ("reopened", why),
        ("paged", "Rung 1: Dr A, by text and voice."),
        ("paged", "Dr B again, who had it, by text and voice."),
    ]


def test_whoever_had_it_and_stands_on_the_first_rung_is_paged_once(home) -> None:
    escalations.take(home.case.pk, by=home.doctors[0], now=NIGHT, how="text")
    escalations.climb(now=home.case.next_at)
    assert [page.clinician for page in Page.objects.filter(generation=2)] == [home.doctors[0]]


# Worse news, and news of what was reached


def worse(home: Home) -> bool:
    _, paged = escalations.raise_concern(
        site=home.site, patient=home.patient, urgency="emergency", headline="confused", now=NIGHT + MINUTE
    )
    return paged


def test_worse_news_opens_a_taken_case_and_pages_from_the_foot_of_the_ladder(home) -> None:
    escalations.take(home.case.pk, by=home.doctors[1], now=NIGHT, how="text")
    before = home.case.events.count()
    assert worse(home)
    case = home.case
    assert (case.state, case.owner, case.generation, case.rung) == (State.OPEN, None, 2, 1)
    assert (case.urgency, case.headline, case.tell_patient_at) == (
        "emergency",
        "confused",
        NIGHT + 11 * MINUTE,
    )
    assert [what for what, _ in lines(home, before)] == ["raised", "paged", "paged"]
    assert {page.clinician for page in Page.objects.filter(generation=2)} == set(home.doctors)


def test_worse_news_puts_off_nothing_that_the_patient_was_promised(home) -> None:
    promised = home.case.tell_patient_at
    assert promised == NIGHT + 10 * MINUTE
    worse(home)
    assert (home.case.generation, home.case.tell_patient_at) == (2, promised)
    escalations.climb(now=promised)
    assert home.history.count("patient told") == 1


def test_worse_news_after_the_patient_was_told_is_a_new_promise(home) -> None:
    escalations.climb(now=NIGHT + 10 * MINUTE)
    escalations.raise_concern(
        site=home.site,
        patient=home.patient,
        urgency="emergency",
        headline="confused",
        now=NIGHT + 11 * MINUTE,
    )
    assert home.case.tell_patient_at == NIGHT + 21 * MINUTE


def test_worse_news_takes_back_what_still_waits_of_the_pages_before_it(home) -> None:
    before = set(Message.objects.filter(page_as_text__isnull=False).values_list("pk", flat=True))
    worse(home)
    assert set(Delivery.objects.filter(message__in=before).values_list("state", flat=True)) == {"cancelled"}
    assert not Delivery.objects.filter(message__page_as_text__generation=2).exclude(state="pending").exists()


def test_any_news_after_the_patient_was_reached_is_news_that_somebody_must_have(home) -> None:
    escalations.take(home.case.pk, by=home.doctors[0], now=NIGHT, how="text")
    escalations.reach(home.case.pk, by=home.doctors[0], now=NIGHT)
    home.hears("38.8", at=NIGHT + MINUTE)
    assert (home.case.state, home.case.urgency, home.case.generation) == (State.OPEN, "urgent", 2)


def test_a_worse_case_keeps_its_weight_when_lighter_news_opens_it_again(home) -> None:
    worse(home)
    escalations.take(home.case.pk, by=home.doctors[0], now=NIGHT + MINUTE, how="text")
    escalations.reach(home.case.pk, by=home.doctors[0], now=NIGHT + MINUTE)
    home.hears(FEVER, at=NIGHT + 2 * MINUTE)
    assert home.case.urgency == "emergency"


# What is over rings nobody, and what was promised ends with it


@pytest.mark.parametrize("act", ["taken", "resolved"])
def test_what_still_waits_to_ring_is_called_back(home, act) -> None:
    if act == "resolved":
        escalations.take(home.case.pk, by=home.doctors[0], now=NIGHT, how="text")
        escalations.reach(home.case.pk, by=home.doctors[0], now=NIGHT)
        offers.make(home.case.pk, to=home.doctors[1], reason="theatre", by=home.doctors[0], now=NIGHT)
        escalations.resolve(home.case.pk, by=home.doctors[0], now=NIGHT, outcome="home", grades=RULED_OUT)
        assert home.case.offers.get().end == "withdrawn"
    else:
        escalations.take(home.case.pk, by=home.doctors[0], now=NIGHT, how="text")
    assert states(home.case) == {"cancelled"}


def test_whoever_carries_pages_is_nudged_when_somebody_declines(
    home, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    nudged: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: nudged.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        escalations.decline(home.case.pk, by=home.doctors[0], now=NIGHT, reason="driving")
    assert "monitoring.climb" in nudged


def test_closer_questions_end_with_the_case(home) -> None:
    assert closer.of(home.watch) is not None
    makers.resolved(home.case, by=home.doctors[0], now=NIGHT)
    assert closer.of(home.watch) is None


def test_a_page_that_failed_is_noticed_once_however_often_it_is_looked_at(home) -> None:
    page = Page.objects.get()
    home.fails(Message.objects.filter(to=home.doctors[0].phone), "30003", at=NIGHT)
    assert [climbing._bring_forward(page.pk, NIGHT + MINUTE) for _ in range(2)] == [1, 0]
    assert home.history.count("page failed") == 1
    assert home.case.next_at == NIGHT + MINUTE


def test_the_patient_is_not_told_before_the_minute_whoever_asks(home) -> None:
    before = home.texts_to(home.patient.phone)
    assert climbing._tell_patient(home.case.pk, NIGHT + MINUTE) == 0
    assert home.texts_to(home.patient.phone) == before
    assert "patient told" not in home.history


def test_an_act_on_a_case_that_is_not_due_is_none(home) -> None:
    assert escalations._act_on(home.case.pk, NIGHT + MINUTE) == 0
    assert Page.objects.count() == 1


# What is refused


def test_an_outcome_is_one_of_the_list_and_grades_are_given_or_ruled_out(home) -> None:
    first = home.doctors[0]
    escalations.take(home.case.pk, by=first, now=NIGHT, how="text")
    escalations.reach(home.case.pk, by=first, now=NIGHT)
    for outcome, grades, code in (
        ("better", RULED_OUT, "outcome"), ("home", [], "grades"), ("home", RULED_OUT[:1], "grades"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            escalations.resolve(home.case.pk, by=first, now=NIGHT, outcome=outcome, grades=grades)
        assert refused.value.code == code
    assert home.case.state == State.REACHED


def test_whoever_speaks_with_the_patient_too_late_reads_that_nobody_has_it_now(home) -> None:
    escalations.take(home.case.pk, by=home.doctors[0], now=NIGHT, how="text")
    escalations.climb(now=home.case.next_at)
    with pytest.raises(Refusal, match=rf"^Case {home.case.code}: nobody has it yet\.$"):
        escalations.reach(home.case.pk, by=home.doctors[0], now=NIGHT + 20 * MINUTE)


def test_a_stranger_s_case_needs_no_grade(home) -> None:
    case, _ = escalations.raise_concern(
        site=home.site, patient=None, caller=makers.a_phone(), urgency="urgent", headline="help", now=NIGHT
    )
    escalations.take(case.pk, by=home.doctors[0], now=NIGHT, how="text")
    escalations.reach(case.pk, by=home.doctors[0], now=NIGHT)
    assert (
        escalations.resolve(case.pk, by=home.doctors[0], now=NIGHT, outcome="clinic").state == State.RESOLVED
    )


@pytest.mark.parametrize("act", ["reach", "hand back", "decline", "resolve"])
def test_an_act_out_of_its_order_is_refused_and_moves_nothing(home, act) -> None:
    first = home.doctors[0]
    if act in {"decline", "resolve"}:
        escalations.take(home.case.pk, by=first, now=NIGHT, how="text")
    facts = {"by": first, "now": NIGHT}
    before = (home.case.state, home.history)
    with pytest.raises(Refusal):
        {
            "reach": lambda: escalations.reach(home.case.pk, **facts),
            "hand back": lambda: escalations.hand_back(home.case.pk, reason="no", **facts),
            "decline": lambda: escalations.decline(home.case.pk, reason="no", **facts),
            "resolve": lambda: escalations.resolve(home.case.pk, outcome="home", grades=RULED_OUT, **facts),
        }[act]()
    assert (home.case.state, home.history) == before


def test_the_second_to_take_it_hears_who_has_it_and_whoever_presses_twice_has_it_once(home) -> None:
    first, second = home.doctors
    escalations.take(home.case.pk, by=first, now=NIGHT, how="text")
    before = home.history
    assert escalations.take(home.case.pk, by=first, now=NIGHT, how="screen").owner == first
    with pytest.raises(Refusal, match=rf"Case {home.case.code}: taken by Dr A at"):
        escalations.take(home.case.pk, by=second, now=NIGHT, how="text")
    assert (home.case.owner, home.history) == (first, before)
