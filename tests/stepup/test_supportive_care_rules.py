"""A site's own rule of supportive care: where nobody has read one, or where the published ones disagree."""

from datetime import timedelta

import pytest

from notifications.models import Clinician, Role
from stepup import care_rules
from stepup.models import CareRule, Course
from tests import makers
from tests.makers import NOON
from tests.stepup.caring import TODAY, done, line, refused, rule

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY = timedelta(days=1)


@pytest.fixture
def nurse(site) -> Clinician:
    return makers.a_clinician(site, name="Nora N")


@pytest.fixture
def prescriber(site) -> Clinician:
    return makers.a_clinician(site, Role.PRESCRIBER, name="Paul P")


@pytest.fixture
def course(site) -> Course:
    return makers.a_course(makers.a_patient(site))


def test_a_site_s_interval_answers_what_was_not_read_for_every_course_of_that_site_only(
    site, course, nurse, pharmacist
) -> None:
    other = makers.a_course(makers.a_patient(makers.a_site()))
    done(course, "cmv", nurse)
    rule("cmv", pharmacist, every_days=28)
    assert (line(course, "cmv").due.on, line(course, "cmv").due.asks) == (TODAY + 28 * DAY, "")
    assert (line(course, "cmv").rule.by, line(course, "cmv").rule.source) == ("Petra P", "minutes of 1 March")
    assert line(other, "cmv").state == "ask"
    rule("cmv", pharmacist, every_days=14)
    assert line(course, "cmv").due.on == TODAY + 14 * DAY
    care_rules.withdraw(site, "cmv", words="no longer", seen=2**31, by=pharmacist, now=NOON)
    assert (line(course, "cmv").state, line(course, "cmv").rule) == ("ask", None)
    assert [row.is_withdrawn for row in care_rules.history(site, "cmv")] == [True, False, False]


def test_a_site_says_which_of_the_published_rules_is_its_own(course, prescriber) -> None:
    rule("immunoglobulin", prescriber, option="below_400_3_to_6_weeks")
    assert line(course, "immunoglobulin").rule.published.startswith("MajesTEC-1 authors: IgG below 400 mg/dL")
    assert line(course, "immunoglobulin").due.on == TODAY, "a rule answers for no patient"


@pytest.mark.parametrize(
    ("code", "item", "facts"),
    [
        ("says-nothing", "cmv", {}),
        ("says-nothing", "cmv", {"words": "  "}),
        ("source", "cmv", {"every_days": 28, "source": " "}),
        ("interval", "cmv", {"every_days": 0}),
        ("interval", "cmv", {"every_days": 367}),
        ("no-interval", "herpes", {"every_days": 28}),
        ("unknown-option", "herpes", {"option": "below_400"}),
        ("no-rule-here", "hiv", {"words": "once"}),
        ("no-rule-here", "assumed", {"words": "once"}),
    ],
)
def test_what_is_no_rule(pharmacist, code, item, facts) -> None:
    with refused(code):
        rule(item, pharmacist, **facts)
    assert not CareRule.objects.exists()


def test_a_nurse_sets_no_rule_and_withdraws_none(nurse, pharmacist) -> None:
    with refused("may-not-decide"):
        rule("cmv", nurse, every_days=28)
    rule("cmv", pharmacist, every_days=28)
    with refused("may-not-decide"):
        care_rules.withdraw(nurse.site, "cmv", words="x", seen=2**31, by=nurse, now=NOON)


def test_withdrawing_needs_a_rule_and_a_reason(site, pharmacist) -> None:
    with refused("no-rule"):
        care_rules.withdraw(site, "cmv", words="x", seen=0, by=pharmacist, now=NOON)
    rule("cmv", pharmacist, every_days=28)
    with refused("reason"):
        care_rules.withdraw(site, "cmv", words=" ", seen=2**31, by=pharmacist, now=NOON)


def test_whoever_did_not_see_another_s_rule_is_told(pharmacist, prescriber) -> None:
    rule("cmv", pharmacist, every_days=28)
    with refused("set-meanwhile"):
        rule("cmv", prescriber, every_days=14, seen=0)
