"""Who may do what. The table below is the one a programme lead would sign; the code must say the same."""

import re
from pathlib import Path

import pytest

from notifications import roles
from notifications.models import Clinician, Role

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = {
    "see the board": "nurse pharmacist prescriber responder emergency lead auditor admin",
    "see a patient": "nurse pharmacist prescriber responder emergency lead auditor",
    "enrol a patient": "nurse prescriber",
    "correct contacts": "nurse prescriber",
    "give an emergency card": "nurse prescriber",
    "end an enrolment": "nurse prescriber",
    "state readiness": "nurse pharmacist prescriber",
    "record a weight": "nurse prescriber",
    "answer a weight": "nurse pharmacist prescriber",
    "record a dose": "nurse prescriber",
    "report a dose": "nurse prescriber",
    "correct a dose": "nurse prescriber",
    "end a watch": "prescriber",
    "end closer questions": "nurse prescriber responder",
    "confirm a dose": "nurse pharmacist prescriber",
    "move a dose": "nurse pharmacist prescriber",
    "skip a dose": "nurse prescriber",
    "hold a dose": "nurse pharmacist prescriber responder",
    "lift a hold": "pharmacist prescriber",
    "confirm an interval": "prescriber",
    "record a review": "prescriber",
    "transfer a course": "prescriber",
    "answer a version": "prescriber",
    "work on a case": "nurse prescriber responder",
    "finish a task": "nurse prescriber responder",
    "text a patient": "nurse prescriber responder",
    "read replies": "nurse prescriber responder",
    "record a hospital stay": "nurse prescriber responder",
    "record a death": "nurse prescriber responder",
    "record the home kit": "nurse prescriber",
    "record a reaction": "nurse prescriber responder",
    "strike a reaction": "prescriber",
    "assess a patient": "nurse prescriber responder",
    "read a lower grade": "prescriber responder",
    "sign a pocket order": "prescriber",
    "revoke a pocket order": "prescriber",
    "approve as pharmacist": "pharmacist",
    "approve as prescriber": "prescriber",
    "see texts": "nurse pharmacist prescriber responder emergency lead auditor admin",
    "approve texts": "pharmacist prescriber",
    "withdraw texts": "pharmacist prescriber lead",
    "draft a protocol": "pharmacist prescriber lead",
    "read a label row": "nurse pharmacist prescriber",
    "see protocols": "nurse pharmacist prescriber responder lead auditor admin",
    "see who is on call": "nurse pharmacist prescriber responder emergency lead auditor admin",
    "change who is on call": "nurse lead admin",
    "drill the ladder": "nurse prescriber lead admin",
    "swap hours on call": "nurse prescriber responder",
    "note time off": "nurse prescriber responder lead admin",
    "set closed days": "nurse lead admin",
    "set hours and chairs": "nurse lead admin",
    "see adoption": "nurse pharmacist prescriber responder lead auditor admin",
    "set adoption numbers": "pharmacist prescriber lead",
    "open a stage": "lead",
    "go back a stage": "pharmacist prescriber lead",
    "override a stage": "prescriber",
    "see the week": "nurse pharmacist prescriber responder lead auditor",
    "have a calendar": "nurse pharmacist prescriber responder emergency lead admin",
    "make the unit's calendar": "nurse lead",
    "see supportive care": "nurse pharmacist prescriber responder lead auditor",
    "record supportive care": "nurse pharmacist prescriber",
    "decide supportive care": "pharmacist prescriber",
    "take back supportive care": "nurse pharmacist prescriber",
    "set a supportive care rule": "pharmacist prescriber",
    "see learned phrases": "nurse pharmacist prescriber responder lead auditor",
    "propose a phrase": "nurse pharmacist prescriber responder",
    "approve a phrase": "pharmacist prescriber",
    "approve the rules": "pharmacist prescriber",
    "see reports": "pharmacist prescriber lead auditor",
    "review a rule": "pharmacist prescriber lead",
    "see the status": "nurse pharmacist prescriber responder emergency lead auditor admin",
    "record a trial": "lead admin",
    "see the first-run guide": "nurse pharmacist prescriber lead auditor admin",
    "end own sessions": "nurse pharmacist prescriber responder emergency lead auditor admin",
    "see the administration": "nurse pharmacist prescriber lead auditor admin",
    "change people": "lead admin",
    "change the numbers": "lead admin",
    "make a site": "admin",
    "print the downtime list": "nurse prescriber responder lead admin",
}
WALK = [(act, role) for act in roles.MAY for role in Role]


@pytest.mark.parametrize(("act", "role"), WALK, ids=[f"{role}: {act}" for act, role in WALK])
def test_every_role_and_every_act(act, role) -> None:
    assert roles.may(Clinician(role=role), act) is (role in TABLE[act].split())


def test_the_two_tables_name_the_same_acts() -> None:
    assert set(roles.MAY) == set(TABLE)


def test_every_role_may_do_something() -> None:
    assert set().union(*roles.MAY.values()) == set(Role)


def test_somebody_who_has_left_may_do_nothing() -> None:
    assert not any(roles.may(Clinician(role=role, is_active=False), act) for act, role in WALK)


def test_an_act_nobody_wrote_down_is_an_error_and_not_a_no() -> None:
    with pytest.raises(KeyError):
        roles.may(Clinician(role=Role.ADMIN), "do as they please")


def test_the_two_signatures_of_a_protocol_belong_to_different_people() -> None:
    assert not roles.MAY["approve as pharmacist"] & roles.MAY["approve as prescriber"]


def test_no_screen_asks_for_an_act_the_table_does_not_name() -> None:
    asked = re.compile(r"@(?:access\.)?act\(\"([^\"]+)\"\)")
    named = {
        act
        for app in ("monitoring", "stepup", "notifications")
        for source in (ROOT / app).rglob("*.py")
        for act in asked.findall(source.read_text(encoding="utf-8"))
    }
    assert named <= set(roles.MAY)
