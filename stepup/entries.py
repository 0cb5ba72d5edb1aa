"""Rows of a label that a site read itself: entered by one person with the source, typed again by another.

The second person sees where to look, not what was typed. Values that differ stop here, and both are kept.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from notifications import audit
from notifications.models import Clinician
from protocols import completing, drafting, parsing
from protocols.errors import Refusal
from stepup import drafts
from stepup.models import Draft, EntryAnswer, LabelEntry

# What decides, and is therefore typed twice; which dose or reaction the row is about is told to the second person.
DECISIVE = {
    "restart": ("days", "then", "premedicate", "review"),
    "dispensing": ("from_kg", "to_kg", "mg", "millilitres", "vials", "strength", "vial_millilitres"),
    "reaction": ("grades", "then", "clear_hours"),
    "count": ("at_least", "below", "until", "only_with", "and_without"),
    "amount": ("amount", "unit"),
    "window": ("min_days", "usual_min_days", "usual_max_days", "max_days"),
    "premedication": ("timing", "agents"),
}
ABOUT = {
    "restart": ("after",),
    "dispensing": ("doses",),
    "reaction": ("kind", "occurrence"),
    "count": ("count",),
    "amount": ("dose", "regimen"),
    "window": ("dose", "regimen"),
    "premedication": ("before",),
}
WORDS = {
    "then": "answer",
    "mg": "dose in mg",
    "millilitres": "mL",
    "strength": "mg per mL",
    "vial_millilitres": "mL in a vial",
    "from_kg": "weight from, kg",
    "to_kg": "weight to, kg",
}


@transaction.atomic
def enter(
    draft_id: int,
    *,
    kind: str,
    row: Mapping[str, Any],
    source: Mapping[str, str],
    by: Clinician,
    now: datetime,
) -> LabelEntry:
    """Keep a row as one person read it. Refused where the label, completed by it, would be broken."""
    draft = drafts.open_(draft_id)
    made = {key: value for key, value in row.items() if value not in (None, "", [], False)}
    _would_hold(draft, kind, made, source)
    entry = LabelEntry.objects.create(
        draft=draft, kind=kind, row=parsing.canonical(made), by=by, at=now, **source
    )
    audit.record("entered a label row", str(draft), site=draft.site, by=by, now=now, entry=entry.pk)
    return entry


def _would_hold(draft: Draft, kind: str, row: Mapping[str, Any], source: Mapping[str, str]) -> None:
    contents = drafts.contents(draft)
    before = set(drafting.judged(contents["label"], contents["pathway"]).problems)
    trial = completing.Entry(kind, json.loads(parsing.canonical(row)), **source, people="not kept")
    label = completing.completed(contents["label"], [trial], own_id=contents["label"]["id"])
    if parsing.canonical({**label, "sources": [], "id": ""}) == parsing.canonical(
        {**contents["label"], "sources": [], "id": ""}
    ):
        raise Refusal(
            "already-read", _("That part of the label was read: only what answers ask can be filled.")
        )
    found = [
        problem
        for place, problem in drafting.judged(label, contents["pathway"]).problems
        if (place, problem) not in before
    ]
    if found:
        raise Refusal(
            "broken-row", _("The label would not be whole with this row: %(found)s.") % {"found": found[0]}
        )


def confirm(entry_id: int, *, typed: Mapping[str, Any], by: Clinician, now: datetime) -> EntryAnswer:
    """The second person's own reading. Values that differ are kept, shown and refused; nothing is confirmed by them."""
    with transaction.atomic():
        entry = LabelEntry.objects.select_related("draft__site", "by").get(pk=entry_id)
        drafts.open_(entry.draft_id)
        _may_confirm(entry, by)
        differ = differences(entry, typed)
        answer = EntryAnswer.objects.create(
            entry=entry,
            what=EntryAnswer.What.DIFFERS if differ else EntryAnswer.What.AGREES,
            typed=parsing.canonical({key: value for key, value in typed.items() if value is not None}),
            entered_by=entry.by,
            by=by,
            at=now,
        )
        act = "had another label row" if differ else "confirmed a label row"
        audit.record(act, str(entry.draft), site=entry.draft.site, by=by, now=now, entry=entry.pk)
    if differ:
        said = "; ".join(f"{name}: {one} was entered, you have {two}" for name, one, two in differ)
        raise Refusal(
            "rows-differ",
            _("The rows differ. %(said)s. Nothing is confirmed. Look at the label together.")
            % {"said": said},
        )
    return answer


def differences(entry: LabelEntry, typed: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Each decisive value that is not alike: its name, as entered, as typed again."""
    first = drafts.row_of(entry)
    return [
        (
            WORDS.get(name, name.replace("_", " ")),
            drafting.worded(first.get(name)),
            drafting.worded(_said(typed, name)),
        )
        for name in DECISIVE[entry.kind]
        if _same(first.get(name)) != _same(typed.get(name))
    ]


def _said(typed: Mapping[str, Any], name: str) -> Any:
    value = typed.get(name)
    return parsing.plain(value) if isinstance(value, Decimal) else value


def _same(value: Any) -> Any:
    """A value as it is compared: `0.30` is `0.3`, nothing is nothing."""
    if value in (None, "", [], False):
        return None
    if isinstance(value, list | tuple):
        return sorted(json.dumps(each, sort_keys=True, ensure_ascii=False).casefold() for each in value)
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return str(value).strip().casefold()


def _may_confirm(entry: LabelEntry, by: Clinician) -> None:
    if entry.by_id == by.pk:
        raise Refusal("same-person", _("Another person types the row again: ask a colleague to sign in."))
    ended = entry.answers.exclude(what=EntryAnswer.What.DIFFERS).first()
    if ended is not None:
        raise Refusal(
            "answered-already",
            _("This row is %(what)s already, by %(by)s.")
            % {"what": ended.get_what_display(), "by": ended.by.name},
        )


@transaction.atomic
def take_back(entry_id: int, *, reason: str, by: Clinician, now: datetime) -> EntryAnswer:
    """Take a row out of the draft again, with the reason; it stays in the history."""
    entry = LabelEntry.objects.select_related("draft__site", "by").get(pk=entry_id)
    drafts.open_(entry.draft_id)
    if not reason.strip():
        raise Refusal("reason", _("Say why the row is taken back."))
    back = EntryAnswer.What.TAKEN_BACK
    if entry.answers.filter(what=back).exists():
        raise Refusal("answered-already", _("This row was taken back already."))
    answer = EntryAnswer.objects.create(
        entry=entry, what=back, reason=reason.strip(), entered_by=entry.by, by=by, at=now
    )
    audit.record(
        "took a label row back", str(entry.draft), site=entry.draft.site, by=by, now=now, entry=entry.pk
    )
    return answer


def about(entry: LabelEntry) -> str:
    """What the row is about, in words, without what decides."""
    row = drafts.row_of(entry)
    return ", ".join(
        drafting.worded(row[name]).replace("_", " ") for name in ABOUT[entry.kind] if row.get(name)
    )


def words(entry: LabelEntry) -> list[tuple[str, str]]:
    """Everything that was entered, name by name."""
    return [
        (WORDS.get(name, name.replace("_", " ")), drafting.worded(value).replace("_", " "))
        for name, value in drafts.row_of(entry).items()
    ]
