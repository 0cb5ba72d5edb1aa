"""Histories are only ever added to: the database refuses to change or remove a line of any of them."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.db import IntegrityError, transaction

from monitoring.models import (
    Assessment,
    AssessmentReading,
    ContentApproval,
    ContentWithdrawal,
    DeathNotice,
    EscalationEvent,
    Finding,
    HomeKit,
    LearnedPhrase,
    ReactionStrike,
    Reply,
    RuleReview,
    RulesApproval,
    TaskEvent,
    Translation,
    Unread,
)
from notifications.models import RungRule, SettingChange, Turn
from stepup.models import (
    AdoptionStage,
    Appointment,
    CalendarAddress,
    CalendarRevocation,
    CardPrint,
    CardReplacement,
    CareEntry,
    CareRule,
    ChairTime,
    CourseEvent,
    DoseCorrection,
    DoseReport,
    Draft,
    DraftEdit,
    EntryAnswer,
    IntervalChange,
    LabelEntry,
    OpenDay,
    OutsideLook,
    ReadinessStatement,
    Review,
    StageOverride,
    Transfer,
    UnitHours,
    VersionChoice,
    Weight,
    WeightAnswer,
)
from tests import kept
from tests.stepup.lies import (
    Clinic,
    a_care_rule,
    a_chair_time,
    a_correction,
    a_report,
    a_review,
    a_stage_override,
    a_transfer,
    a_version_choice,
    an_answer,
    an_appointment,
    an_edit,
    an_interval_change,
    an_open_day,
    taken_back,
)
from tests.stepup.lies_of_assessments import an_assessment_reading
from tests.stepup.lies_of_calendars import a_calendar_revocation
from tests.stepup.lies_of_rotas import a_rung_rule, a_setting_change, a_turn
from tests.stepup.lies_of_words import (
    a_card_print,
    a_card_replacement,
    a_death_notice,
    a_finding,
    a_kit,
    a_phrase,
    a_rule_review,
    a_rules_approval,
    a_strike,
    a_translation,
    a_withdrawal,
    an_outside_look,
)

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[Clinic]:
    with kept.made(Clinic, django_db_blocker) as clinic:
        yield clinic


@pytest.fixture
def clinic(made_once) -> Clinic:
    return deepcopy(made_once)


# One row at least of each history that the clinic does not begin with.
ADDED = [
    an_assessment_reading,
    an_appointment, a_review, an_interval_change, an_answer, a_correction, a_report, an_open_day, a_chair_time,
    a_transfer, a_stage_override, a_calendar_revocation, taken_back, a_care_rule,
    a_version_choice, a_strike, a_finding, a_phrase, a_kit, a_rule_review, a_rules_approval, a_translation,
    a_rung_rule, a_turn, a_setting_change,
    a_card_print, a_card_replacement, a_death_notice, a_withdrawal, an_outside_look,
]  # fmt: skip
HISTORIES = {
    "case": (EscalationEvent.objects, "what"),
    "rule review": (RuleReview.objects, "words"),
    "content withdrawal": (ContentWithdrawal.objects, "why"),
    "death notice": (DeathNotice.objects, "words"),
    "content approval": (ContentApproval.objects, "note"),
    "reaction strike": (ReactionStrike.objects, "why"),
    "unread reply": (Unread.objects, "reply"),
    "unread task": (TaskEvent.objects, "what"),
    "translation": (Translation.objects, "words"),
    "home kit": (HomeKit.objects, "thermometer"),
    "course": (CourseEvent.objects, "what"),
    "appointment": (Appointment.objects, "words"),
    "interval": (IntervalChange.objects, "response"),
    "review": (Review.objects, "words"),
    "readiness": (ReadinessStatement.objects, "state"),
    "weight": (Weight.objects, "method"),
    "answer": (WeightAnswer.objects, "used"),
    "assessment": (Assessment.objects, "why"),
    "assessment reading": (AssessmentReading.objects, "words"),
    "draft edit": (DraftEdit.objects, "why"),
    "label row": (LabelEntry.objects, "page"),
    "label row answer": (EntryAnswer.objects, "typed"),
    "correction": (DoseCorrection.objects, "reason"),
    "report": (DoseReport.objects, "reason"),
    "unit hours": (UnitHours.objects, "chairs"),
    "open day": (OpenDay.objects, "weekday"),
    "version choice": (VersionChoice.objects, "why"),
    "chair time": (ChairTime.objects, "minutes"),
    "transfer": (Transfer.objects, "reason"),
    "stage": (AdoptionStage.objects, "why"),
    "stage override": (StageOverride.objects, "reason"),
    "calendar address": (CalendarAddress.objects, "digest"),
    "calendar revocation": (CalendarRevocation.objects, "reason"),
    "outside look": (OutsideLook.objects, "words"),
    "card print": (CardPrint.objects, "language"),
    "card replacement": (CardReplacement.objects, "reason"),
    "care entry": (CareEntry.objects, "words"),
    "care rule": (CareRule.objects, "words"),
    "finding": (Finding.objects, "because"),
    "rules approval": (RulesApproval.objects, "why"),
    "reply": (Reply.objects, "body"),
    "rung rule": (RungRule.objects, "title"),
    "setting change": (SettingChange.objects, "became"),
    "turn": (Turn.objects, "place"),
    "learned phrase": (LearnedPhrase.objects, "words"),
}


@pytest.mark.parametrize(("rows", "column"), HISTORIES.values(), ids=HISTORIES.keys())
@pytest.mark.parametrize(
    "act",
    [lambda rows, column: rows.update(**{column: "0"}), lambda rows, _: rows.all()._raw_delete(rows.db)],
)
def test_history_is_only_ever_added_to(clinic, rows, column, act) -> None:
    for made in ADDED:
        made(clinic)
    an_edit(clinic, draft=Draft.objects.get())
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        act(rows, column)
