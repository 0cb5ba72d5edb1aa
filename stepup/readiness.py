"""Readiness: what must be true before a dose, as its pathway lists it, and who said what about it.

A statement is never changed: the newest one counts, for the course or for one dose, and for so many days. Three
things are never ticked but found in the records: a proven phone, a recent weight, somebody on call for every hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from monitoring import practice, stays, texts
from notifications import audit, daynames, once, written
from notifications.models import Clinician, Role
from protocols import watching, wording
from protocols.errors import Refusal
from protocols.pathway import Pathway
from protocols.pathway import Readiness as Rule
from stepup import approvals, arranged, cover, ended, moments, readiness_rules, versions, weights
from stepup.models import Course, CourseEvent, ReadinessStatement

MET, WAIVED, OPEN = ReadinessStatement.State
# What is wanted, and its column.
FACTS = {"minutes": "minutes", "date": "on", "name": "said", "answer": "said"}
MISSING = {
    "minutes": gettext_lazy("Type how many minutes."), "date": gettext_lazy("Give the day."),
    "name": gettext_lazy("Type the name."), "answer": gettext_lazy("Type the answer."),
}  # fmt: skip
LONGEST_MINUTES = 24 * 60


@dataclass(frozen=True)
class Item:
    """One thing of the list as it stands: met, waived or open; what was said, by whom and when; why it is open."""

    rule: Rule
    state: str = OPEN
    said: str = ""
    reason: str = ""
    by: str = ""
    at: datetime | None = None
    why_open: str = gettext_lazy("Nobody has said so yet.")  # type: ignore[assignment]

    @property
    def name(self) -> str:
        return name_of(self.rule)


@dataclass(frozen=True)
class Readiness:
    """The list before one dose of a course. `seen` is the newest statement it was made from."""

    dose_number: int
    step: str
    items: tuple[Item, ...]
    seen: int

    @property
    def open(self) -> tuple[Item, ...]:
        """What is neither met nor waived."""
        return tuple(item for item in self.items if item.state == OPEN)

    @property
    def settled(self) -> tuple[Item, ...]:
        """What is met or waived."""
        return tuple(item for item in self.items if item.state != OPEN)


@dataclass(frozen=True)
class Said:
    """What somebody wants to say of one item."""

    item: str
    state: str
    minutes: int | None = None
    on: date | None = None
    said: str = ""
    reason: str = ""


@dataclass(frozen=True)
class _Moment:
    """For which dose and which day the question is asked, and from what hour on its watch may run."""

    course: Course
    pathway: Pathway
    step: str
    now: datetime
    on: date
    starts_at: datetime
    ends_at: datetime


def of(course: Course, *, step: str, now: datetime, planned_on: date | None = None) -> Readiness:
    """The list before the next dose, which is `step`, as far as anything was said or known by `now`.

    Days are counted to the planned date when that is still to come: what was said of tonight is not said of then.
    """
    course = arranged.seen(course)
    moment = _moment(course, step, now, planned_on)
    number, last = len(course.doses.all()) + 1, arranged.last_dose(course)
    since = last.given_at if last else None
    rows = _known.rows(course=course.pk, before=moments.end_of_minute(now))
    items, history = [], versions.history(course)
    for rule in readiness_rules.listed(course, moment.pathway, step):
        if not moment.pathway.asks_before(rule, step):
            continue
        about = [row for row in rows if row.item == rule.id and _is_of(row, rule, number, step, since)]
        about = [row for row in about if history.asks_the_same(rule, row.at)]
        items.append(_derived(rule, about, moment) if rule.derived else _stated(rule, about, moment))
    return Readiness(number, step, tuple(items), rows[-1].pk if rows else 0)


@written.Query
def _known(*, course: int, before: datetime) -> QuerySet[ReadinessStatement]:
    """What was said for a course before a moment, oldest first, with who said it."""
    said = ReadinessStatement.objects.filter(course=course, at__lt=before)
    return said.select_related("by").order_by("pk")


def _moment(course: Course, step: str, now: datetime, planned_on: date | None) -> _Moment:
    pathway = approvals.content(course.protocol).pathway
    zone = ZoneInfo(course.site.time_zone)
    today = now.astimezone(zone).date()
    if planned_on is None or planned_on <= today:
        return _Moment(course, pathway, step, now, today, now, watching.ends_at(pathway, step, now))
    # The hour of a dose to come is not known: its whole day counts, and the watch of its last hour.
    starts_at = datetime.combine(planned_on, time(), zone)
    ends_at = watching.ends_at(pathway, step, datetime.combine(planned_on + timedelta(days=1), time(), zone))
    return _Moment(course, pathway, step, now, planned_on, starts_at, ends_at)


def _is_of(row: ReadinessStatement, rule: Rule, number: int, step: str, since: datetime | None) -> bool:
    """Whether it was said of this dose. Doses are renumbered when one is corrected away or reported late, so what
    was said before the last one was given is never taken for the next.
    """
    if rule.lasts == "course":
        return True
    return row.dose_number == number and row.step == step and (since is None or row.at > since)


def _stated(rule: Rule, about: Sequence[ReadinessStatement], moment: _Moment) -> Item:
    """An item that people state: as the newest statement has it, while that is good."""
    if not about:
        return Item(rule)
    row = about[-1]
    item = Item(rule, row.state, _fact(row), row.reason, row.by.name, row.at, "")
    if row.state == OPEN:
        return replace(item, why_open=_("Not met: %(reason)s") % {"reason": row.reason})
    since = row.on or row.at.astimezone(ZoneInfo(moment.course.site.time_zone)).date()
    if rule.good_days is not None and (moment.on - since).days > rule.good_days:
        return replace(item, state=OPEN, why_open=_too_old(since, rule.good_days, moment.on))
    return item


def _derived(rule: Rule, about: Sequence[ReadinessStatement], moment: _Moment) -> Item:
    """An item found in the records. Where they do not show it, only a waiver helps."""
    looks = {"phone": _phone, "weight": _weight, "oncall": _oncall, "stay": _stay, "words": _words}
    found = looks[rule.derived](rule, moment)
    if found.state == MET:
        return found
    waived = _stated(rule, about, moment)
    return waived if waived.state == WAIVED else found


def _phone(rule: Rule, moment: _Moment) -> Item:
    patient = moment.course.patient
    reply = practice.proof(patient, since=moment.course.opened_at, now=moments.end_of_minute(moment.now))
    if reply is not None:
        return Item(
            rule, MET, _("a text was answered"), by=_("the service"), at=reply.received_at, why_open=""
        )
    if patient.texting_ended_at is not None:
        return Item(rule, why_open=_("No texts go to this patient."))
    sent = practice.last_sent(patient, now=moment.now)
    if sent is None:
        return Item(rule, why_open=_("No practice text was sent yet."))
    at = texts.site_time(moment.course.site, sent.created_at)
    return Item(rule, why_open=_("The practice text of %(at)s is not answered yet.") % {"at": at})


def _weight(rule: Rule, moment: _Moment) -> Item:
    weight, good_for = weights.last_settled(moment.course, moment.now), rule.good_days or 0
    if (moment.on - weight.weighed_on).days > good_for:
        return Item(rule, why_open=_too_old(weight.weighed_on, good_for, moment.on))
    return Item(
        rule,
        MET,
        _("weighed %(day)s") % {"day": daynames.written(weight.weighed_on)},
        by=weight.weighed_by,
        why_open="",
    )


def _oncall(rule: Rule, moment: _Moment) -> Item:
    gaps = cover.of_course(moment.course, since=moment.starts_at, until=moment.ends_at, now=moment.now)
    if not gaps:
        return Item(
            rule,
            MET,
            _("every hour of the watch has somebody"),
            by=_("the service"),
            at=moment.now,
            why_open="",
        )
    zone = ZoneInfo(moment.course.site.time_zone)
    first = gaps[0]
    more = len(gaps) - 1
    said = {
        "rung": first.named, "start": daynames.written(first.starts_at.astimezone(zone), "%a %d %b %H:%M"),
        "end": daynames.written(first.ends_at.astimezone(zone), "%a %d %b %H:%M %Z"), "more": more,
    }  # fmt: skip
    if not more:
        return Item(rule, why_open=_("Nobody on %(rung)s from %(start)s to %(end)s.") % said)
    return Item(rule, why_open=_("Nobody on %(rung)s from %(start)s to %(end)s, and %(more)s more.") % said)


def _stay(rule: Rule, moment: _Moment) -> Item:
    stay = stays.shown(moment.course.patient, now=moment.now)
    if stay is None:
        return Item(rule, MET, _("not in hospital"), by=_("the service"), at=moment.now, why_open="")
    since = texts.site_day_and_time(moment.course.site, stay.admitted_at)
    return Item(
        rule, why_open=_("In hospital since %(since)s: %(where)s.") % {"since": since, "where": stay.where}
    )


def _words(rule: Rule, moment: _Moment) -> Item:
    name = wording.name(moment.course.patient.language)
    return Item(
        rule,
        why_open=_("Nobody has approved the %(name)s texts as they are now. Read them under Protocols.")
        % {"name": name},
    )


def _fact(row: ReadinessStatement) -> str:
    minutes = _("%(minutes)s minutes") % {"minutes": row.minutes} if row.minutes is not None else ""
    return ", ".join(filter(None, (row.said, minutes, daynames.written(row.on) if row.on else "")))


def _too_old(since: date, good_for: int, on: date) -> str:
    return ngettext(
        "Of %(since)s, good for %(days)s day, and too old on %(on)s.",
        "Of %(since)s, good for %(days)s days, and too old on %(on)s.",
        good_for,
    ) % {"since": daynames.written(since), "days": good_for, "on": daynames.written(on)}


def last_said(course: Course) -> tuple[Item, ...]:
    """The newest statement of each item of the pathway, whichever dose it was said of; for reading, not deciding."""
    rows = {row.item: row for row in course.readiness_statements.select_related("by").order_by("pk")}
    rules = [rule for rule in approvals.content(course.protocol).pathway.readiness if rule.id in rows]
    said = [(rule, rows[rule.id]) for rule in rules]
    return tuple(Item(rule, row.state, _fact(row), row.reason, row.by.name, row.at, "") for rule, row in said)


def name_of(rule: Rule) -> str:
    """The item in a few words; the whole sentence where a protocol signed earlier has no short name."""
    return rule.name or rule.asks


def who_waives(rule: Rule) -> str:
    """Whom to ask for a waiver."""
    if not rule.waived_by:
        return _("Nobody may waive this.")
    who = _(" or ").join(str(Role(role).label) for role in rule.waived_by)
    return _("Only a %(who)s may waive this.") % {"who": who}


def may_waive(rule: Rule, by: Clinician) -> bool:
    """Whether this clinician's role is among those the protocol lets waive this item."""
    return by.role in rule.waived_by


@transaction.atomic
def state(
    course_id: int,
    said: Sequence[Said],
    *,
    step: str,
    dose_number: int,
    seen: int,
    by: Clinician,
    now: datetime,
) -> list[ReadinessStatement]:
    """Keep what somebody says of one or more items, all or nothing.

    Refused when the dose that was meant has been given meanwhile, when somebody else said something of the same
    item that this person has not seen, and when a statement lacks its fact, its reason or the right to waive.
    """
    course = versions.hold(course_id)
    ended.refuse(course, "nothing is stated any more.")
    if len(arranged.doses.rows(course=course.pk)) + 1 != dose_number:
        raise Refusal(
            "another-dose", _("A dose was recorded meanwhile. Read the list for the next one again.")
        )
    if not said:
        raise Refusal("nothing-said", _("Say something of one item at least."))
    _not_unseen(course, {one.item for one in said}, seen, by)
    today = now.astimezone(ZoneInfo(course.site.time_zone)).date()
    listed = readiness_rules.listed(course, approvals.content(course.protocol).pathway, step)
    rules = {rule.id: rule for rule in listed}
    for one in said:
        if one.item not in rules:
            raise Refusal("unknown-item", _("That is not on the list of this course's protocol."))
        check(rules[one.item], one, by=by, today=today)
    facts = {"course": course, "dose_number": dose_number, "step": step, "by": by, "at": now}
    rows = once.add_each(
        ReadinessStatement(**facts, **vars(replace(one, reason=one.reason.strip()))) for one in said
    )
    _note(course, rows, rules, by=by, now=now)
    return rows


@written.Query
def _said_after(*, course: int, seen: int) -> QuerySet[ReadinessStatement]:
    """What was said for a course after a statement, the newest first, with who said it."""
    return ReadinessStatement.objects.filter(course=course, pk__gt=seen).select_related("by").order_by("-pk")


def _not_unseen(course: Course, items: set[str], seen: int, by: Clinician) -> None:
    newer = _said_after.rows(course=course.pk, seen=seen)
    row = next((row for row in newer if row.item in items and row.by_id != by.pk), None)
    if row is not None:
        raise Refusal(
            "said-meanwhile",
            _("%(by)s has just said something of the same. Read it below, then say yours.")
            % {"by": row.by.name},
        )


def check(rule: Rule, said: Said, *, by: Clinician, today: date) -> None:
    """Refuse a statement that lacks its fact or reason, goes past a limit, or is not this person's to make."""
    if said.state != MET and not said.reason.strip():
        raise Refusal("reason", _("Say why in a few words."))
    if said.state == WAIVED and not may_waive(rule, by):
        raise Refusal("may-not-waive", who_waives(rule))
    if said.on is not None and said.on > today:
        raise Refusal("future-date", _("That day is still to come."))
    if said.state != MET:
        return
    if rule.derived:
        raise Refusal("derived", _("The service finds this in its records; nobody ticks it."))
    missing = [want for want in rule.wants if getattr(said, FACTS[want]) in (None, "")]
    if missing:
        raise Refusal(f"no-{missing[0]}", str(MISSING[missing[0]]))
    if rule.one_of and said.said not in rule.one_of:
        raise Refusal(
            "no-answer", _("Choose one of these: %(answers)s.") % {"answers": "; ".join(rule.one_of)}
        )
    if rule.good_days is not None and said.on is not None and (today - said.on).days > rule.good_days:
        raise Refusal(
            "too-old",
            _("That is more than %(good_days)s days ago: look again today.") % {"good_days": rule.good_days},
        )
    if said.minutes is not None and said.minutes > (rule.at_most_minutes or LONGEST_MINUTES):
        most = rule.at_most_minutes or LONGEST_MINUTES
        raise Refusal(
            "too-long",
            _("The protocol allows %(most)s minutes at most. It is not met; it can be waived.")
            % {"most": most},
        )


def _note(
    course: Course,
    rows: Sequence[ReadinessStatement],
    rules: dict[str, Rule],
    *,
    by: Clinician,
    now: datetime,
) -> None:
    """One line in the course's history and one in the ledger for everything said at once."""
    lines = [
        f"{name_of(rules[row.item])} {row.get_state_display()}{f' ({row.reason})' if row.reason else ''}"
        for row in rows
    ]
    once.add(CourseEvent, course=course, at=now, by=by, what="readiness stated", text=", ".join(lines)[:400])
    audit.record(
        "stated readiness",
        str(course.patient),
        site=course.site,
        by=by,
        now=now,
        course=course.pk,
        items={row.item: row.state for row in rows},
    )
