"""Questions that must each find no row. The engine asks them every tick; the health page and the board show counts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from monitoring import ladders, stays
from monitoring.models import (
    Admission,
    CheckIn,
    ClinicianText,
    CloserQuestions,
    Escalation,
    EscalationEvent,
    Page,
    Reaction,
    Reply,
    Task,
    Watch,
)
from notifications import heartbeat, oncall, untexted, written
from notifications.glance import Glance
from notifications.models import Delivery, Heartbeat, ProviderReport, Site

SECOND, DAY, CENTURY = timedelta(seconds=1), timedelta(days=1), timedelta(days=36525)
NEWEST = 1000  # rows of what came in that are looked at, by their key: as many however many lie before them
State = Delivery.State

# What a watch, the row of the question around these, may be waiting for.
_CHECKIN = CheckIn.objects.filter(watch=OuterRef("pk"), state__in=CheckIn.OPEN)
_CASE = Escalation.objects.exclude(state="resolved").filter(patient=OuterRef("patient"))
# At a site, the row of the question around it.
_OPEN_HERE = Watch.objects.filter(site=OuterRef("pk"), closed_at=None)


def cases_without_a_next_act(now: datetime) -> QuerySet[Escalation]:
    """I1: an unresolved case whose next act is 15 seconds late."""
    return Escalation.objects.exclude(state="resolved").filter(next_at__lte=now - 15 * SECOND)


def cases_without_a_page(now: datetime) -> QuerySet[Escalation]:
    """I2: a case open for 15 seconds for whose generation nobody was paged."""
    paged = Page.objects.filter(escalation=OuterRef("pk"), generation=OuterRef("generation"))
    return Escalation.objects.filter(~Exists(paged), state="open", opened_at__lte=now - 15 * SECOND)


def dead_pages(now: datetime) -> QuerySet[Page]:
    """I3: a page of an open case that reached nobody, unnoticed."""
    live = Delivery.objects.filter(state__in=[*Delivery.LIVE, State.DELIVERED])
    by_text, by_voice = (Exists(live.filter(message=OuterRef(route))) for route in ("text", "voice"))
    open_pages = Page.objects.filter(
        escalation__state="open",
        generation=F("escalation__generation"),
        unheard_at=None,
        at__lte=now - 15 * SECOND,
    )
    return open_pages.exclude(by_text | by_voice)


def stale_leases(now: datetime) -> QuerySet[Delivery]:
    """I4: a delivery held 5 seconds past its lease."""
    held = Delivery.objects.filter(state__in=[State.CLAIMED, State.SUBMITTING])
    return held.filter(lease_until__lte=now - 5 * SECOND)


def unsettled(now: datetime) -> QuerySet[Delivery]:
    """I5: perhaps sent, and still not settled after a minute."""
    return Delivery.objects.filter(state=State.AMBIGUOUS, submitted_at__lte=now - 60 * SECOND)


def silent_deliveries(now: datetime) -> QuerySet[Delivery]:
    """I6: with the provider 15 seconds past the deadline for its report."""
    return Delivery.objects.filter(state=State.ACCEPTED, deadline_at__lte=now - 15 * SECOND)


def unread(now: datetime) -> QuerySet[Reply]:
    """I7: a reply stored and not understood for 30 seconds."""
    return Reply.objects.filter(understood_at=None, received_at__lte=now - 30 * SECOND)


def unapplied(now: datetime) -> QuerySet[ProviderReport]:
    """I7: a callback stored and not applied for 30 seconds."""
    return ProviderReport.objects.filter(applied_at=None, received_at__lte=now - 30 * SECOND)


def double_sends(now: datetime) -> QuerySet[Delivery]:
    """I8: two live provider ids of one account for one message of the last day.

    The other account may hold one too: while the first gives no answer, a second page is preferred to a lost one.
    """
    sent = Delivery.objects.filter(provider_sid__isnull=False).exclude(state=State.FAILED)
    before = sent.filter(
        message=OuterRef("message"), account=OuterRef("account"), attempt__lt=OuterRef("attempt")
    )
    # Few are tried again, and no try is due before its message was made: they alone are looked at, by their index.
    again = sent.filter(attempt__gt=1, due_at__gt=now - DAY, message__created_at__gt=now - DAY)
    return again.filter(Exists(before))


def twice_reported(now: datetime) -> QuerySet[ProviderReport, Any]:
    """I8: reports on two texts or calls under the token of one attempt: what was not in the provider's list, and was
    sent again, had got through the first time. The attempt itself has one id and cannot tell.
    """
    named = ProviderReport.objects.filter(_newest(ProviderReport)).exclude(provider_sid="")
    one_by_one = named.order_by().values("token").annotate(n=Count("provider_sid", distinct=True))
    return one_by_one.filter(n__gt=1)


def _newest(of: type[Reply | ProviderReport]) -> Q:
    """From one key to another: planned for whatever moment, a question with one end would read the whole table."""
    last = Subquery(of.objects.order_by("-pk").values("pk")[:1])
    return Q(pk__range=(last - (NEWEST - 1), last))


def unwatched_watches(now: datetime) -> QuerySet[Watch]:
    """I9: an open watch before its end with no check-in to come and no case. The last check-in is at the end."""
    return Watch.objects.filter(~Exists(_CHECKIN), ~Exists(_CASE), closed_at=None, ends_at__gt=now)


def stuck_checkins(now: datetime) -> QuerySet[CheckIn]:
    """I10: a check-in a minute past its next act."""
    return CheckIn.objects.filter(next_at__lte=now - 60 * SECOND, watch__closed_at=None)


def uncovered_hours(now: datetime) -> list[oncall.Gap]:
    """I11: an hour of the next 24 in which a site with an open watch has a rung with nobody reachable; where nobody is
    watched, this very moment, while a case of somebody else waits to be taken.

    Who is on it and whom no text reaches is rung alone, which is half a page, and counts as such an hour. Whoever is
    unproved was asked and may still answer: that is shown, and somebody is asked to stand in.
    """
    spans = [(site, timedelta(hours=24)) for site in _watching.rows()]
    spans += [(site, oncall.INSTANT) for site in _waited_at.rows()]
    return [gap for site, span in spans for gap in _untexted_or_empty(site, now, now + span)]


def _untexted_or_empty(site: Site, now: datetime, until: datetime) -> list[oncall.Gap]:
    cover = oncall.cover(site, since=now, until=until, now=now, ladders=ladders.in_use(site))
    silent = untexted.among([one.clinician for one in cover.stints], now=now)
    texted = tuple(one for one in cover.stints if one.clinician.pk not in silent)
    return replace(cover, stints=texted).gaps(now, until)


@written.Query
def _watching() -> QuerySet[Site]:
    """The sites with an open watch."""
    return Site.objects.filter(Exists(_OPEN_HERE)).order_by("pk")


@written.Query
def _waited_at() -> QuerySet[Site]:
    """The sites without an open watch at which a case waits for somebody to take it."""
    case = Escalation.objects.filter(site=OuterRef("pk"), state="open", next_at__isnull=False)
    return Site.objects.filter(~Exists(_OPEN_HERE), Exists(case)).order_by("pk")


def events_from_the_future(now: datetime) -> QuerySet[EscalationEvent]:
    """I12: something already happened later than now: the clock went back."""
    # With an end as well, or it would be planned to read every line there is; no clock is ahead of that.
    return EscalationEvent.objects.filter(at__gt=now + 2 * SECOND, at__lt=now + CENTURY)


def replies_from_the_future(now: datetime) -> QuerySet[Reply]:
    """I12: the same of a text that came in."""
    return Reply.objects.filter(_newest(Reply), received_at__gt=now + 2 * SECOND)


def reports_from_the_future(now: datetime) -> QuerySet[ProviderReport]:
    """I12: the same of a report of the provider."""
    return ProviderReport.objects.filter(_newest(ProviderReport), received_at__gt=now + 2 * SECOND)


def signs_from_the_future(now: datetime) -> QuerySet[Heartbeat]:
    """I12: the same of a sign of life. They come every second, also while this is asked, and from other machines."""
    return Heartbeat.objects.filter(at__gt=now + heartbeat.AHEAD)


def late_tasks(now: datetime) -> QuerySet[Task]:
    """I13: a task inside a watch, a minute late, that has not become a case."""
    return Task.objects.filter(done_at=None, pages_when_late=True, due_at__lte=now - 60 * SECOND)


def patients_not_told(now: datetime) -> QuerySet[Escalation]:
    """I14: a case nobody has, whose patient should have been given a number to call a minute ago."""
    return Escalation.objects.filter(state="open", tell_patient_at__lte=now - 60 * SECOND)


def overdue_watches(now: datetime) -> QuerySet[Watch]:
    """I15: a watch still open a minute past its end, although nothing holds it open, no stay in hospital either."""
    close = CloserQuestions.objects.filter(ended_at=None, watch=OuterRef("pk"))
    task = Task.objects.filter(done_at=None, patient=OuterRef("patient"))
    reaction = Reaction.objects.filter(over_at=None, patient=OuterRef("patient"))
    quiet = ClinicianText.objects.filter(quiet_over_at=None, patient=OuterRef("patient"))
    # Asked of one watch after another: few are past their end, and as many joins take the database longest to plan.
    holding = Q(stays.lasting())
    for one in (_CHECKIN, _CASE, task, reaction, close, quiet):
        holding |= Q(Exists(one))
    return Watch.objects.filter(~holding, closed_at=None, ends_at__lte=now - 60 * SECOND)


def forgotten_admissions(now: datetime) -> QuerySet[Admission]:
    """I16: a stay whose rest ran out a minute ago, and the check-ins at home have not been let run again."""
    over = Admission.objects.filter(discharged_at=None, rests_until__lte=now - 60 * SECOND)
    return over.filter(lapsed_at=None)


def asked_in_hospital(now: datetime) -> QuerySet[CheckIn]:
    """I17: a question open at home, where silence climbs, although the patient is known to be in hospital."""
    resting = stays.at(now).filter(recorded_at__lte=now - 15 * SECOND)
    return CheckIn.objects.filter(state="asked", watch__patient__in=resting.values("patient"))


def lasting_quiets(now: datetime) -> QuerySet[ClinicianText]:
    """I18: a quiet whose time ran out a minute ago, and the service has not gone on."""
    return ClinicianText.objects.filter(quiet_over_at=None, quiet_until__lte=now - 60 * SECOND)


QUERIES: dict[str, Callable[[datetime], Any]] = {
    "I1": cases_without_a_next_act,
    "I2": cases_without_a_page,
    "I3": dead_pages,
    "I4": stale_leases,
    "I5": unsettled,
    "I6": silent_deliveries,
    "I7 replies": unread,
    "I7 reports": unapplied,
    "I8": double_sends,
    "I8 reports": twice_reported,
    "I9": unwatched_watches,
    "I10": stuck_checkins,
    "I11": uncovered_hours,
    "I12": events_from_the_future,
    "I12 replies": replies_from_the_future,
    "I12 reports": reports_from_the_future,
    "I12 signs": signs_from_the_future,
    "I13": late_tasks,
    "I14": patients_not_told,
    "I15": overdue_watches,
    "I16": forgotten_admissions,
    "I17": asked_in_hospital,
    "I18": lasting_quiets,
}

BROKEN = Glance({name: (query,) for name, query in QUERIES.items() if query is not uncovered_hours})
"""Which of them find a row: hardly ever any does, so that one statement asks about them all."""


def counts(*, now: datetime) -> dict[str, int]:
    """How many rows break each invariant; only those with any."""
    asked = BROKEN.at(now) | (QUERIES.keys() - BROKEN.names)
    found = {name: len(query(now)[:50]) for name, query in QUERIES.items() if name in asked}
    return {name: number for name, number in found.items() if number}
