"""Who may do what: one written table, walked by the tests and obeyed by every screen."""

from notifications.models import Clinician, Role

N, PH, PR, RE, EM, LE, AU, AD = (
    Role.NURSE,
    Role.PHARMACIST,
    Role.PRESCRIBER,
    Role.RESPONDER,
    Role.EMERGENCY,
    Role.LEAD,
    Role.AUDITOR,
    Role.ADMIN,
)

MAY: dict[str, frozenset[Role]] = {
    "see the board": frozenset({N, PH, PR, RE, EM, LE, AU, AD}),
    "see a patient": frozenset({N, PH, PR, RE, EM, LE, AU}),
    "enrol a patient": frozenset({N, PR}),
    "correct contacts": frozenset({N, PR}),
    "end an enrolment": frozenset({N, PR}),
    "state readiness": frozenset({N, PH, PR}),
    "record a weight": frozenset({N, PR}),
    "answer a weight": frozenset({N, PH, PR}),
    "record a dose": frozenset({N, PR}),
    "report a dose": frozenset({N, PR}),
    "correct a dose": frozenset({N, PR}),
    "end a watch": frozenset({PR}),
    "confirm a dose": frozenset({N, PH, PR}),
    "move a dose": frozenset({N, PH, PR}),
    "skip a dose": frozenset({N, PR}),
    "hold a dose": frozenset({N, PH, PR, RE}),
    "lift a hold": frozenset({PH, PR}),
    "confirm an interval": frozenset({PR}),
    "record a review": frozenset({PR}),
    "transfer a course": frozenset({PR}),
    "answer a version": frozenset({PR}),
    "work on a case": frozenset({N, PR, RE}),
    "finish a task": frozenset({N, PR, RE}),
    "text a patient": frozenset({N, PR, RE}),
    "record a hospital stay": frozenset({N, PR, RE}),
    "record a reaction": frozenset({N, PR, RE}),
    "strike a reaction": frozenset({PR}),
    "sign a pocket order": frozenset({PR}),
    "revoke a pocket order": frozenset({PR}),
    "approve as pharmacist": frozenset({PH}),
    "approve as prescriber": frozenset({PR}),
    "draft a protocol": frozenset({PH, PR, LE}),
    "read a label row": frozenset({N, PH, PR}),
    "see protocols": frozenset({N, PH, PR, RE, LE, AU, AD}),
    "see who is on call": frozenset({N, PH, PR, RE, EM, LE, AU, AD}),
    "change who is on call": frozenset({N, LE, AD}),
    "set closed days": frozenset({N, LE, AD}),
    "set hours and chairs": frozenset({N, LE, AD}),
    "see adoption": frozenset({N, PH, PR, RE, LE, AU, AD}),
    "set adoption numbers": frozenset({PH, PR, LE}),
    "open a stage": frozenset({LE}),
    "go back a stage": frozenset({PH, PR, LE}),
    "override a stage": frozenset({PR}),
    "see the week": frozenset({N, PH, PR, RE, LE, AU}),
    "have a calendar": frozenset({N, PH, PR, RE, EM, LE, AD}),
    "make the unit's calendar": frozenset({N, LE}),
    "see supportive care": frozenset({N, PH, PR, RE, LE, AU}),
    "record supportive care": frozenset({N, PH, PR}),
    "decide supportive care": frozenset({PH, PR}),
    "take back supportive care": frozenset({N, PH, PR}),
    "set a supportive care rule": frozenset({PH, PR}),
    "print the downtime list": frozenset({N, PR, RE, LE, AD}),
}


def may(clinician: Clinician, act: str) -> bool:
    """Whether this clinician's role allows the act. An act the table does not name is a programming error."""
    return clinician.is_active and clinician.role in MAY[act]
