"""In which languages a site may enrol: the texts of each, as a named person of the site approved exactly these words.

A release that changes a word or what an answer means changes the fingerprint, and the language waits for approval
again; so it does once an approval is withdrawn. Whoever is enrolled already goes on being asked: an unapproved word
does less harm than silence. After a withdrawal a person decides about each of them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from monitoring.models import ContentApproval, ContentWithdrawal, Patient, Watch
from monitoring.models.approving import READ_BY_ALL
from notifications import audit, written
from notifications.models import Clinician, Site
from protocols import wording
from protocols.errors import Refusal

LONGEST_NOTE = 300


@dataclass(frozen=True)
class Standing:
    """How one language stands at a site. `approval` is of the words as they are now, `before` the newest of others.

    `withdrawn` says that the newest approval of these words counts no more.
    """

    code: str
    fingerprint: str
    approval: ContentApproval | None
    before: ContentApproval | None
    patients: int
    withdrawn: ContentWithdrawal | None = None

    @property
    def name(self) -> str:
        """The language by its English name."""
        return wording.name(self.code)

    @property
    def is_approved(self) -> bool:
        """Whether somebody may be enrolled in it today."""
        return self.approval is not None

    @property
    def concern(self) -> str:
        """What is not right for the patients who receive these words now; empty when nothing is."""
        if self.approval is not None or not self.patients:
            return ""
        since = "changed since they were approved" if self.before else "were never approved here"
        if self.withdrawn is not None:
            since = f"were withdrawn by {self.withdrawn.by.name} ({self.withdrawn.why})"
        whom = "1 patient is" if self.patients == 1 else f"{self.patients} patients are"
        return f"The {self.name} texts {since}. {whom} asked in them."


def of_site(site: Site) -> tuple[Standing, ...]:
    """Every language there are texts in, as it stands at this site."""
    rows = list(_approvals(site))
    counted = Patient.objects.filter(site=site, is_active=True).values_list("language").annotate(Count("pk"))
    patients: Mapping[str, int] = dict(counted.order_by())
    return tuple(_standing(code, rows, patients.get(code, 0)) for code in wording.languages())


def _standing(code: str, rows: list[ContentApproval], patients: int) -> Standing:
    now, own = wording.fingerprint(code), [row for row in rows if row.language == code]
    same = next((row for row in reversed(own) if row.fingerprint == now), None)
    others = [row for row in own if row.fingerprint != now]
    before, withdrawn = others[-1] if others else None, _withdrawal(same)
    return Standing(code, now, None if withdrawn else same, before, patients, withdrawn)


def _approvals(site: Site) -> QuerySet[ContentApproval]:
    rows = ContentApproval.objects.filter(site=site, what=ContentApproval.What.TEXTS)
    return rows.select_related("by", "withdrawal__by").order_by("pk")


def _withdrawal(row: ContentApproval | None) -> ContentWithdrawal | None:
    found: ContentWithdrawal | None = getattr(row, "withdrawal", None)
    return found


def is_approved(site: Site, code: str) -> bool:
    """Whether somebody of this site approved the words of a language as they are now."""
    if code not in wording.languages():
        return False
    return _standing_approvals.exists(site=site.pk, language=code, fingerprint=wording.fingerprint(code))


@written.Query
def _standing_approvals(*, site: int, language: str, fingerprint: str) -> QuerySet[ContentApproval]:
    """Approvals of a language's words, as this fingerprint has them, that nobody has withdrawn."""
    texts = ContentApproval.objects.filter(site=site, what=ContentApproval.What.TEXTS, withdrawal=None)
    return texts.filter(language=language, fingerprint=fingerprint)


def refuse_unapproved(site: Site, code: str) -> None:
    """Refuse to enrol somebody in a language whose words nobody here has approved, with who can."""
    if is_approved(site, code):
        return
    reader = "" if code == READ_BY_ALL else " who reads it"
    raise Refusal(
        "language",
        _(
            "Nobody has approved the texts in %(wording)s at this site as they are now. A "
            "pharmacist or a prescriber%(reader)s can, under Protocols, Texts to patients. Or "
            "choose another language."
        )
        % {"wording": wording.name(code), "reader": reader},
    )


@dataclass(frozen=True)
class Words:
    """What somebody approves: the words of one language as they are now. `called` is what a refusal calls them."""

    what: str
    code: str
    fingerprint: str
    content: str
    called: str


@transaction.atomic
def approve(
    site: Site,
    code: str,
    *,
    fingerprint: str,
    reads_language: bool,
    note: str = "",
    by: Clinician,
    now: datetime,
) -> ContentApproval:
    """Approve exactly the texts that were read; refused as by `approve_words`."""
    words = Words(
        ContentApproval.What.TEXTS, code, wording.fingerprint(code), wording.content(code), "These texts"
    )
    row = approve_words(
        site, words, fingerprint=fingerprint, reads_language=reads_language, note=note, by=by, now=now
    )
    audit.record(
        "approved texts", f"language:{code}", site=site, by=by, now=now, fingerprint=fingerprint, row=row.pk
    )
    return row


@transaction.atomic
def approve_words(
    site: Site,
    words: Words,
    *,
    fingerprint: str,
    reads_language: bool,
    note: str = "",
    by: Clinician,
    now: datetime,
) -> ContentApproval:
    """Approve exactly the words that were read. Refused if they changed meanwhile, or are approved already, and for
    another language than English without the statement that the approver reads it.
    """
    _refuse_unread(words, fingerprint, reads_language=reads_language)
    same = ContentApproval.objects.filter(
        what=words.what, site=site, language=words.code, fingerprint=fingerprint
    )
    row, is_new = ContentApproval.objects.get_or_create(
        what=words.what,
        site=site,
        language=words.code,
        fingerprint=fingerprint,
        after=same.filter(withdrawal__isnull=False).count(),
        defaults={
            "content": words.content,
            "reads_language": reads_language,
            "note": note.strip()[:LONGEST_NOTE],
            "by": by,
            "at": now,
        },
    )
    if not is_new:
        raise Refusal(
            "already-approved", _("%(by)s has approved exactly these words already.") % {"by": row.by.name}
        )
    return row


def _refuse_unread(words: Words, fingerprint: str, *, reads_language: bool) -> None:
    if fingerprint != words.fingerprint:
        raise Refusal(
            "content-changed",
            _("%(called)s changed while you read. Read everything again, then approve.")
            % {"called": words.called},
        )
    if words.code != READ_BY_ALL and not reads_language:
        raise Refusal(
            "reads-language",
            _("Say that you read %(wording)s. If you do not, a colleague who does approves this.")
            % {"wording": wording.name(words.code)},
        )


def under_way(site: Site, code: str) -> list[Patient]:
    """The patients who are asked in a language, those in a watch first."""
    watched = Exists(Watch.objects.filter(patient=OuterRef("pk"), closed_at=None))
    rows = Patient.objects.filter(site=site, is_active=True, language=code).select_related("site")
    return list(rows.annotate(is_watched=watched).order_by("-is_watched", "name"))


def history(site: Site, code: str) -> list[ContentApproval]:
    """Every approval of a language at this site, the newest first."""
    return list(_approvals(site).filter(language=code).order_by("-pk"))


@dataclass(frozen=True)
class Changed:
    """One text, or the meaning of one question's answers, before and now. Empty where it was or is not there."""

    name: str
    before: str
    now: str


def changes(before: ContentApproval) -> tuple[Changed, ...]:
    """What differs between the words that were approved and those of today; nothing only where they are equal."""
    old, new = _flat(before.content), _flat(wording.content(before.language))
    names = [*new, *(name for name in old if name not in new)]
    return tuple(
        Changed(name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name) != new.get(name)
    )


def _flat(content: str) -> dict[str, str]:
    """Each text by its key, and each question as one line of what its answers mean."""
    whole = json.loads(content)
    texts: dict[str, str] = whole["texts"]
    return texts | {
        f"answers to {key}": json.dumps(meaning, sort_keys=True, ensure_ascii=False)
        for key, meaning in whole["questions"].items()
    }
