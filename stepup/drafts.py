"""Drafts of a site's own protocols: begun from something known, changed value by value, frozen for two signatures.

A draft is never kept as a content of its own: it is what it began as, its edits and its confirmed rows, put together
and judged each time by the parser and the prover that judge the library's files.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from notifications import audit
from notifications.models import Clinician, Site
from protocols import completing, drafting, library, withdrawing
from protocols.drafting import Change, Drafted
from protocols.errors import Refusal
from protocols.pathway import Protocol
from stepup import approvals
from stepup.models import Draft, DraftEdit, EntryAnswer, LabelEntry, SiteProtocol


@dataclass(frozen=True)
class Wanted:
    """One value somebody wants to set."""

    value: str
    now: Any


@transaction.atomic
def begin(
    site: Site, *, base: Protocol, name: str, title: str, by: Clinician, now: datetime, label: str = ""
) -> Draft:
    """A new draft of the site's own `name`, the next version of it. `label` is the library's where base's is own."""
    if drafting.NAME.fullmatch(name) is None:
        raise Refusal("name", _("Use small letters, digits and single hyphens, like home-weekdays."))
    Site.objects.select_for_update().get(pk=site.pk)  # two at once: the second finds the first one's draft
    mine = Draft.objects.filter(site=site, name=name)
    if mine.filter(ended_at=None).exists():
        raise Refusal(
            "draft-open",
            _("A draft called %(name)s is open already: go on with it, or drop it.") % {"name": name},
        )
    version = (mine.aggregate(last=Max("version"))["last"] or 0) + 1
    draft = Draft.objects.create(
        site=site,
        label=label or base.label.id,
        name=name,
        title=title.strip(),
        version=version,
        base=base.as_text(),
        made_by=by,
        made_at=now,
    )
    audit.record("began a draft", str(draft), site=site, by=by, now=now)
    return draft


def begin_from(row: SiteProtocol, *, name: str, title: str, by: Clinician, now: datetime) -> Draft:
    """A new draft that begins as a protocol of the site's own, as it was approved."""
    if not row.is_approved:
        raise Refusal("not-approved", _("Only an approved protocol can be the beginning of the next one."))
    label, content = approvals.library_label(row), approvals.content(row)
    return begin(row.site, base=content, name=name, title=title, by=by, now=now, label=label)


def base(draft: Draft) -> Protocol:
    """What the draft began as."""
    return library.thaw(draft.base)


def contents(draft: Draft) -> dict[str, Any]:
    """The label and the pathway as they stand in the draft."""
    began = json.loads(draft.base)
    changes = [
        Change(edit.value, json.loads(edit.now), edit.source)
        for edit in draft.edits.all()
        if not edit.value.startswith(drafting.LABEL_ROW)
    ]
    own = drafting.own_id(draft.site_id, draft.name, draft.version)
    pathway = drafting.drafted(began["pathway"], changes, own_id=own, title=draft.title)
    label, rows = _began(draft), [_entry(entry) for entry in confirmed(draft)]
    if rows:
        label = completing.completed(label, rows, own_id=_label_id(draft))
    return {"label": label, "pathway": pathway}


def _label_id(draft: Draft) -> str:
    return drafting.own_id(draft.site_id, f"{draft.label}-{draft.name}", draft.version)


def _began(draft: Draft) -> dict[str, Any]:
    """The label as the draft began, without the rows of earlier versions that were left out of this one."""
    label: dict[str, Any] = json.loads(draft.base)["label"]
    values = [edit.value for edit in draft.edits.all() if edit.value.startswith(drafting.LABEL_ROW)]
    if not values:
        return label
    gone = [value.removeprefix(drafting.LABEL_ROW) for value in values]
    original = json.loads(library.label(draft.label).text)
    return withdrawing.withdrawn(label, original, gone, own_id=_label_id(draft))


def own_rows(draft: Draft) -> tuple[withdrawing.OwnRow, ...]:
    """What earlier versions of the site's own had read in the label and this one still rests on."""
    return withdrawing.own_rows(_began(draft))


def judged(draft: Draft) -> Drafted:
    """The draft put together, and everything that is wrong with it."""
    made = contents(draft)
    return _judged(json.dumps(made, sort_keys=True, ensure_ascii=False))


@lru_cache(maxsize=64)
def _judged(text: str) -> Drafted:
    made = json.loads(text)
    return drafting.judged(made["label"], made["pathway"])


def confirmed(draft: Draft) -> list[LabelEntry]:
    """The rows two people typed alike and nobody took back."""
    agreed = EntryAnswer.objects.filter(what=EntryAnswer.What.AGREES).values("entry")
    return list(live(draft).filter(pk__in=agreed))


def live(draft: Draft) -> Any:
    """The rows nobody took back."""
    back = EntryAnswer.objects.filter(what=EntryAnswer.What.TAKEN_BACK).values("entry")
    return draft.entries.exclude(pk__in=back).select_related("by").prefetch_related("answers__by")


def _entry(entry: LabelEntry) -> completing.Entry:
    agreed = next(answer for answer in entry.answers.all() if answer.what == EntryAnswer.What.AGREES)
    zone = ZoneInfo(entry.draft.site.time_zone)
    on, checked = (f"{at.astimezone(zone):%d %b %Y}" for at in (entry.at, agreed.at))
    return completing.Entry(
        kind=entry.kind,
        row=json.loads(entry.row),
        document=entry.document,
        revised=entry.revised,
        section=entry.section,
        page=entry.page,
        people=f"entered by {entry.by.name}, {on}; typed again by {agreed.by.name}, {checked}",
    )


@transaction.atomic
def change(
    draft_id: int,
    wanted: Sequence[Wanted],
    *,
    seen: int,
    why: str,
    source: str,
    by: Clinician,
    now: datetime,
) -> list[DraftEdit]:
    """Set values, one edit for each that differs. `seen` is how many edits the editor had read.

    Refused when somebody else changed the draft since, and when nothing would change.
    """
    draft = open_(draft_id)
    _not_unseen(draft, seen, by)
    if not why.strip():
        raise Refusal("why", _("Say why in a few words."))
    stands, made = contents(draft)["pathway"], []
    number = draft.edits.count()
    for one in wanted:
        was = drafting.get(stands, one.value)
        if drafting.same(was, one.now):
            continue
        number += 1
        facts = {"value": one.value, "was": _text(was), "now": _text(one.now)}
        said = {"why": why.strip(), "source": source.strip(), "by": by, "at": now}
        made.append(DraftEdit.objects.create(draft=draft, number=number, **facts, **said))
    if not made:
        raise Refusal("nothing-changed", _("Nothing differs from what stands in the draft."))
    values = [edit.value for edit in made]
    audit.record("changed a draft", str(draft), site=draft.site, by=by, now=now, values=values)
    return made


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def open_(draft_id: int) -> Draft:
    """The draft, locked for a change; refused once it has ended."""
    draft = Draft.objects.select_for_update(of=("self",)).select_related("site").get(pk=draft_id)
    if draft.ended_at is not None:
        raise Refusal("draft-ended", _("This draft was frozen or dropped: begin the next version instead."))
    return draft


def _not_unseen(draft: Draft, seen: int, by: Clinician) -> None:
    newer = (
        draft.edits.filter(number__gt=seen).exclude(by=by).select_related("by").order_by("-number").first()
    )
    if newer is not None:
        raise Refusal(
            "changed-meanwhile",
            _(
                "Meanwhile %(by)s changed %(called)s. What stands now is shown below: read it, then "
                "save yours."
            )
            % {"by": newer.by.name, "called": drafting.called(newer.value)},
        )


@transaction.atomic
def leave_row_out(
    draft_id: int, source: str, *, why: str, seen: int, by: Clinician, now: datetime
) -> DraftEdit:
    """Leave a row out that an earlier version rested on. What it answered asks again, or is entered anew."""
    draft = open_(draft_id)
    _not_unseen(draft, seen, by)
    if not why.strip():
        raise Refusal("why", _("Say why in a few words."))
    row = next((one for one in own_rows(draft) if one.source == source), None)
    if row is None:
        raise Refusal("no-such-row", _("This draft does not rest on that row. Look at what stands now."))
    edit = DraftEdit.objects.create(
        draft=draft,
        number=draft.edits.count() + 1,
        value=f"{drafting.LABEL_ROW}{source}",
        was=_text(f"{row.says} ({row.printed_in})"),
        now=_text(None),
        why=why.strip(),
        by=by,
        at=now,
    )
    audit.record("left a label row out", str(draft), site=draft.site, by=by, now=now, row=source)
    return edit


@transaction.atomic
def freeze(draft_id: int, *, fingerprint: str, by: Clinician, now: datetime) -> SiteProtocol:
    """Freeze the draft for two signatures. Refused while anything is wrong, waiting, or not what `by` had read."""
    draft = open_(draft_id)
    judgement = judged(draft)
    if judgement.problems or judgement.protocol is None:
        raise Refusal(
            "broken-draft", _("Something in this draft is wrong. Mend what is listed, then freeze it.")
        )
    if live(draft).count() != len(confirmed(draft)):
        raise Refusal(
            "entry-waits",
            _("A row of the label still waits for its second person. Confirm it or take it back."),
        )
    protocol = judgement.protocol
    if fingerprint != protocol.fingerprint:
        raise Refusal(
            "content-changed", _("The draft changed while you read it. Read it again, then freeze it.")
        )
    row = SiteProtocol.objects.create(
        site=draft.site,
        protocol_id=protocol.id,
        label_id=protocol.label.id,
        pathway_id=protocol.pathway.id,
        fingerprint=protocol.fingerprint,
        content=protocol.as_text(),
    )
    draft.frozen, draft.ended_by, draft.ended_at = row, by, now
    draft.save(update_fields=["frozen", "ended_by", "ended_at"])
    audit.record("froze a draft", str(draft), site=draft.site, by=by, now=now, protocol=row.pk)
    return row


@transaction.atomic
def drop(draft_id: int, *, by: Clinician, now: datetime) -> Draft:
    """End a draft that nobody will sign. Its edits stay."""
    draft = open_(draft_id)
    draft.dropped, draft.ended_by, draft.ended_at = True, by, now
    draft.save(update_fields=["dropped", "ended_by", "ended_at"])
    audit.record("dropped a draft", str(draft), site=draft.site, by=by, now=now)
    return draft


def own_content(site: Site, label_id: str, pathway_id: str) -> SiteProtocol | None:
    """The row of a protocol this site made itself, by its ids; never another site's."""
    if not (drafting.is_own(label_id) or drafting.is_own(pathway_id)):
        return None
    rows = SiteProtocol.objects.filter(site=site, label_id=label_id, pathway_id=pathway_id)
    return rows.select_related("pharmacist", "prescriber").order_by("-pk").first()


def in_use(draft: Draft) -> Protocol:
    """What a draft is held against: the newest approved protocol of its label at this site, else what it began as."""
    rows = SiteProtocol.objects.filter(
        site=draft.site, pharmacist__isnull=False, prescriber__isnull=False
    ).order_by("-pk")
    for row in rows.select_related("draft"):
        if draft.label == approvals.library_label(row):
            return approvals.content(row)
    return base(draft)


def worded(text: str) -> str:
    """A stored value as a person reads it."""
    return drafting.worded(json.loads(text))


def row_of(entry: LabelEntry) -> Mapping[str, Any]:
    """What was entered, as values."""
    found: Mapping[str, Any] = json.loads(entry.row)
    return found
