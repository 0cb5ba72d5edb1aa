"""Patients and what was asked, answered, found and done about it."""

from monitoring.models.approving import ContentApproval, ContentWithdrawal
from monitoring.models.canaries import Canary
from monitoring.models.cases import CaseOffer, Escalation, EscalationEvent, Page, PocketInstruction, Task
from monitoring.models.conversing import ClinicianText
from monitoring.models.dying import DeathNotice
from monitoring.models.hearing import Finding, Reply
from monitoring.models.kits import HomeKit
from monitoring.models.people import Patient, PatientEvent, PocketOrder, Reaction, ReactionStrike
from monitoring.models.phrases import LearnedPhrase
from monitoring.models.reaching import LadderDrill, ReachTest
from monitoring.models.ruling import RuleReview, RulesApproval
from monitoring.models.staying import Admission
from monitoring.models.unread import TaskEvent, Translation, Unread
from monitoring.models.watching import CheckIn, CloserQuestions, Watch
from monitoring.models.worksheets import Assessment, AssessmentReading

__all__ = [
    "Admission",
    "Assessment",
    "AssessmentReading",
    "Canary",
    "CaseOffer",
    "CheckIn",
    "ClinicianText",
    "CloserQuestions",
    "ContentApproval",
    "ContentWithdrawal",
    "DeathNotice",
    "Escalation",
    "EscalationEvent",
    "Finding",
    "HomeKit",
    "LadderDrill",
    "LearnedPhrase",
    "Page",
    "Patient",
    "PatientEvent",
    "PocketInstruction",
    "PocketOrder",
    "ReachTest",
    "Reaction",
    "ReactionStrike",
    "Reply",
    "RuleReview",
    "RulesApproval",
    "Task",
    "TaskEvent",
    "Translation",
    "Unread",
    "Watch",
]
