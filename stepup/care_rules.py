"""A site's own rules for items of supportive care: for what was not read, or where published rules disagree."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from notifications import audit, roles
from notifications.models import Clinician, Site
from protocols import care_answers, supportive
from protocols.errors import Refusal
from protocols.supportive import Item
from stepup.models import CareRule

MAY_SET = "set a supportive care rule"


def item_of(item_id: str) -> Item:
    """An item a site may have a rule for. Refused where what was read leaves nothing to say."""
    item = supportive.load().item(item_id)
    if item is None or not care_answers.takes_rule(item):
        raise Refusal("no-rule-here", _("What was read leaves nothing for a site to set here."))
    return item


def items() -> tuple[Item, ...]:
    """Every item a site may have a rule for."""
    return tuple(item for item in supportive.load().items if care_answers.takes_rule(item))


def of(site: Site) -> dict[str, CareRule]:
    """The rule that counts for each item that has one: the newest, unless it was withdrawn."""
    newest = {row.item: row for row in CareRule.objects.filter(site=site).select_related("by").order_by("pk")}
    return {item: row for item, row in newest.items() if not row.is_withdrawn}


def history(site: Site, item_id: str) -> list[CareRule]:
    """Every rule the site ever had for an item, newest first."""
    return list(CareRule.objects.filter(site=site, item=item_id).select_related("by").order_by("-pk"))


@transaction.atomic
def set_rule(
    site: Site,
    item_id: str,
    *,
    every_days: int | None,
    option: str,
    words: str,
    source: str,
    seen: int,
    by: Clinician,
    now: datetime,
) -> CareRule:
    """Set what this site does about an item, with its source. Every course of the site counts with it from now on."""
    item = _hold(site, item_id, seen, by)
    if every_days is None and not option and not words.strip():
        raise Refusal("says-nothing", _("Give an interval, choose a published rule, or say it in words."))
    if every_days is not None:
        _interval(item, every_days)
    if option and option not in {one.id for one in item.options}:
        raise Refusal("unknown-option", _("Choose one of the published rules."))
    if not source.strip():
        raise Refusal("source", _("Say what the site takes this from, like the minutes of a meeting."))
    row = CareRule.objects.create(
        site=site,
        item=item.id,
        every_days=every_days,
        option=option,
        words=words.strip(),
        source=source.strip(),
        by=by,
        at=now,
    )
    facts = {"item": item.id, "every_days": every_days, "option": option}
    audit.record("set a supportive care rule", f"care rule:{row.pk}", site=site, by=by, now=now, **facts)
    return row


def _interval(item: Item, every_days: int) -> None:
    if not care_answers.takes_interval(item):
        raise Refusal("no-interval", _("This item does not come at intervals: leave the days empty."))
    if not 1 <= every_days <= care_answers.LONGEST_DAYS:
        raise Refusal(
            "interval",
            _("Type a number of days from 1 to %(longest_days)s.")
            % {"longest_days": care_answers.LONGEST_DAYS},
        )


@transaction.atomic
def withdraw(site: Site, item_id: str, *, words: str, seen: int, by: Clinician, now: datetime) -> CareRule:
    """Go back to what was read, with the reason."""
    item = _hold(site, item_id, seen, by)
    if item.id not in of(site):
        raise Refusal("no-rule", _("This site has no rule of its own here."))
    if not words.strip():
        raise Refusal("reason", _("Say in a few words why the rule is withdrawn."))
    row = CareRule.objects.create(
        site=site, item=item.id, is_withdrawn=True, words=words.strip(), by=by, at=now
    )
    audit.record(
        "withdrew a supportive care rule", f"care rule:{row.pk}", site=site, by=by, now=now, item=item.id
    )
    return row


def _hold(site: Site, item_id: str, seen: int, by: Clinician) -> Item:
    """The item, with the site locked, so that two people take turns and the second is told."""
    if not roles.may(by, MAY_SET):
        raise Refusal("may-not-decide", _("A pharmacist or a prescriber sets what the site does."))
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    item = item_of(item_id)
    newer = CareRule.objects.filter(site=site, item=item.id, pk__gt=seen).exclude(by=by)
    row = newer.select_related("by").order_by("-pk").first()
    if row is not None:
        raise Refusal(
            "set-meanwhile",
            _("%(by)s has just set this. Read it below, then set yours.") % {"by": row.by.name},
        )
    return item
