"""Other rules at a site: visible, replayed over its past replies, and approved by a named person; never waited for."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.urls import reverse

from monitoring import rule_approvals
from notifications import clock
from notifications.models import AuditEntry, Role
from protocols import triage
from protocols.errors import Refusal
from tests import kept, makers
from tests.monitoring.home import MINUTE, Home

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[Home]:
    with kept.made(Home, django_db_blocker) as home:
        yield home


@pytest.fixture
def home(made_once) -> Home:
    return deepcopy(made_once)


def approve(home: Home, *, why: str = "", seen: str = "", by=None):
    weighed = rule_approvals.weigh(home.site, now=home.now)
    return rule_approvals.approve(
        home.site, seen=seen or weighed.seen, why=why, by=by or home.pharmacist, now=home.now
    )


def refused(code: str, act) -> None:
    with pytest.raises(Refusal) as problem:
        act()
    assert problem.value.code == code


def test_what_other_rules_had_read_is_read_again_and_shown_by_direction(home) -> None:
    home.heard_by_older_rules("98.6", urgency="urgent")
    home.heard_by_older_rules("38.6 and shaking", urgency="none")
    home.heard_by_older_rules("blue elephants", urgency="clarify")
    weighed = rule_approvals.weigh(home.site, now=home.now)
    assert weighed.replay.looked_at == 6
    assert weighed.replay.counts == {"lowered": 1, "raised": 1, "other": 1, "same": 3}
    assert weighed.lost_pages == 1
    assert weighed.standing.before == "0" * 64
    assert weighed.standing.since is not None


def test_what_these_rules_had_read_is_not_read_again(home) -> None:
    home.hears("98.6")
    weighed = rule_approvals.weigh(home.site, now=home.now)
    assert (weighed.replay.looked_at, weighed.replay.compared) == (1, ())


def test_a_named_person_approves_with_what_was_shown(home) -> None:
    home.heard_by_older_rules("98.6", urgency="clarify")
    row = approve(home)
    assert (row.fingerprint, row.by, row.lost_pages) == (triage.RULES_VERSION, home.pharmacist, 0)
    assert row.replayed["lowered"] == 1
    assert AuditEntry.objects.get(act="approved the rules").detail["fingerprint"] == triage.RULES_VERSION
    assert rule_approvals.standing(home.site).approval == row
    refused("rules-approved", lambda: approve(home, by=home.prescriber))


def test_pages_that_would_be_lost_need_a_reason(home) -> None:
    home.heard_by_older_rules("98.6", urgency="urgent")
    refused("reason", lambda: approve(home))
    assert approve(home, why="98.6 F was never a fever").why == "98.6 F was never a fever"


def test_what_was_not_shown_is_not_approved(home) -> None:
    seen = rule_approvals.weigh(home.site, now=home.now).seen
    home.heard_by_older_rules("98.6", urgency="clarify")
    refused("rules-changed", lambda: approve(home, seen=seen))


@pytest.mark.parametrize("role", [Role.NURSE, Role.RESPONDER, Role.LEAD, Role.AUDITOR])
def test_only_a_pharmacist_or_a_prescriber_approves(home, role) -> None:
    refused("not-yours", lambda: approve(home, by=makers.a_clinician(home.site, role)))


def test_triage_never_waits_for_an_approval(home) -> None:
    assert rule_approvals.standing(home.site).approval is None
    assert home.finds("38.6 and shaking").urgency == "emergency"


def test_the_page_says_so_shows_both_sides_and_takes_the_approval(home) -> None:
    home.now = clock.now() - MINUTE
    home.heard_by_older_rules("98.6", urgency="urgent")
    home.now = clock.now()
    client = makers.signed_in(home.pharmacist)
    assert "not yet approved here" in client.get(reverse("protocols")).content.decode()
    page = client.get(reverse("rules")).content.decode()
    assert "not yet approved here" in page
    assert "1 reply paged then and would page nobody now" in page
    assert "“98.6”" in page
    seen = rule_approvals.weigh(home.site, now=home.now).seen
    without = client.post(reverse("rules-approve"), {"seen": seen})
    assert (without.status_code, "say why that is right here" in without.content.decode()) == (422, True)
