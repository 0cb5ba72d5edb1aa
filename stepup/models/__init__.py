"""Protocols as signed, courses, doses, and everything people said and arranged about them."""

from stepup.models.adoption import AdoptionStage, StageOverride
from stepup.models.arranging import Appointment, ClosedDay, Hold, IntervalChange, Review
from stepup.models.calendars import CalendarAddress, CalendarFetch, CalendarRevocation
from stepup.models.caring import CareEntry, CareRule
from stepup.models.choosing import VersionChoice
from stepup.models.correcting import DoseCorrection, DoseReport
from stepup.models.courses import Course, CourseEvent, Dose, EmergencyVisit, SiteProtocol
from stepup.models.drafting import Draft, DraftEdit, EntryAnswer, LabelEntry
from stepup.models.emergency import CardPrint, CardReplacement
from stepup.models.looking import OutsideLook
from stepup.models.readiness import ReadinessStatement
from stepup.models.transferring import Transfer
from stepup.models.unit import ChairTime, OpenDay, UnitHours
from stepup.models.weighing import Weight, WeightAnswer

__all__ = [
    "AdoptionStage",
    "Appointment",
    "CalendarAddress",
    "CalendarFetch",
    "CalendarRevocation",
    "CardPrint",
    "CardReplacement",
    "CareEntry",
    "CareRule",
    "ChairTime",
    "ClosedDay",
    "Course",
    "CourseEvent",
    "Dose",
    "DoseCorrection",
    "DoseReport",
    "Draft",
    "DraftEdit",
    "EmergencyVisit",
    "EntryAnswer",
    "Hold",
    "IntervalChange",
    "LabelEntry",
    "OpenDay",
    "OutsideLook",
    "ReadinessStatement",
    "Review",
    "SiteProtocol",
    "StageOverride",
    "Transfer",
    "UnitHours",
    "VersionChoice",
    "Weight",
    "WeightAnswer",
]
