"""What each rule's alarms were worth: how often it fired, how many of its cases were acted on, who last looked at it.

Noise is managed here, by people who own a rule and review it; nothing is ever muted by a figure.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from monitoring.models import Escalation, EscalationEvent, Finding, RuleReview, Watch
from notifications import audit, roles
from notifications.models import Clinician, Site
from protocols.errors import Refusal

SHARE_FROM = 20  # a share of fewer cases is no figure: "2 of 3" is said instead
DAYS_FROM = 20  # and alarms a day of fewer watched days
NO_CONCERN = "no concern"


@dataclass
class Worth:
    """One rule over a span: findings in which it fired, cases it was part of, what became of these, its last review."""

    rule: str
    why: str = ""
    fired: int = 0
    cases: set[int] = field(default_factory=set)
    resolved: int = 0
    acted_on: int = 0
    review: RuleReview | None = None

    @property
    def share(self) -> int | None:
        """Acted on, of those resolved, in percent; None where there are too few to say."""
        return round(100 * self.acted_on / self.resolved) if self.resolved >= SHARE_FROM else None


def of(site: Site, *, since: datetime, until: datetime) -> list[Worth]:
    """Every rule that fired at a site in the span, and every one somebody reviewed, the most frequent first."""
    found: dict[str, Worth] = {}
    by_finding: dict[int, set[str]] = defaultdict(set)
    fired = Finding.objects.filter(site=site, at__gte=since, at__lt=until).exclude(rules=[])
    for pk, rules in fired.order_by("pk").values_list("pk", "rules"):
        for rule in rules:
            worth = found.setdefault(str(rule["id"]), Worth(str(rule["id"])))
            worth.why = str(rule.get("why") or worth.why)
            worth.fired += rule["id"] not in by_finding[pk]
            by_finding[pk].add(str(rule["id"]))
    _cases(found, by_finding)
    for review in RuleReview.objects.filter(site=site).select_related("owner", "by").order_by("pk"):
        found.setdefault(review.rule, Worth(review.rule)).review = review
    return sorted(found.values(), key=lambda one: (-one.fired, one.rule))


def _cases(found: dict[str, Worth], by_finding: dict[int, set[str]]) -> None:
    """What became of the cases these findings are part of."""
    events = EscalationEvent.objects.filter(finding__in=list(by_finding)).select_related("escalation")
    for event in events:
        for rule in by_finding[event.finding_id or 0]:
            worth, case = found[rule], event.escalation
            if case.pk in worth.cases:
                continue
            worth.cases.add(case.pk)
            if case.state == Escalation.State.RESOLVED:
                worth.resolved += 1
                worth.acted_on += case.outcome != NO_CONCERN


@dataclass(frozen=True)
class Load:
    """How often people were called: cases of watched patients, over the days that patients were watched."""

    cases: int
    days: Decimal

    @property
    def per_day(self) -> Decimal | None:
        """Cases for each day that one patient was watched; None where there are too few days to say."""
        return round(self.cases / self.days, 2) if self.days >= DAYS_FROM else None


def load(site: Site, *, since: datetime, until: datetime) -> Load:
    """The alarms of a site in the span. Of a watch only the hours inside the span count, and none after its end."""
    cases = Escalation.objects.filter(site=site, opened_at__gte=since, opened_at__lt=until)
    watched = timedelta(0)
    for watch in Watch.objects.filter(
        Q(closed_at=None) | Q(closed_at__gt=since), site=site, opened_at__lt=until
    ):
        watched += min(watch.closed_at or until, until) - max(watch.opened_at, since)
    days = round(Decimal(watched.total_seconds()) / Decimal(24 * 60 * 60), 1)
    return Load(cases.exclude(watch=None).count(), days)


def owners(site: Site) -> Iterable[Clinician]:
    """Who may own a rule at a site."""
    people = site.clinicians.filter(is_active=True).order_by("name")
    return [person for person in people if roles.may(person, "review a rule")]


@transaction.atomic
def review(
    site: Site, *, rule: str, owner: Clinician, words: str, by: Clinician, now: datetime
) -> RuleReview:
    """Record that somebody weighed a rule's alarms, what came of it, and who owns the rule from now on."""
    if not words.strip():
        raise Refusal("words", _("Say in a few words what the review found."))
    if owner.site_id != site.pk or not roles.may(owner, "review a rule"):
        raise Refusal("owner", _("Choose somebody of this site who may review a rule."))
    known = Finding.objects.filter(site=site, rules__contains=[{"id": rule}]).exists()
    if not known:
        raise Refusal("rule", _("No rule of that name has fired at this site."))
    made = RuleReview.objects.create(site=site, rule=rule, owner=owner, words=words.strip(), by=by, at=now)
    audit.record("reviewed a rule", f"rule review:{made.pk}", site=site, by=by, now=now, rule=rule)
    return made
