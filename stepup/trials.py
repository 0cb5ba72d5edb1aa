"""What is tried on purpose before it is needed: a backup read back, the service under faults. Who said so, and how it
went, is kept among the changes of the site."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import audit
from notifications.models import Clinician, SettingChange, Site
from protocols.errors import Refusal

BACKUP, FAULTS = "backup read back", "tried under faults"
KINDS = {
    BACKUP: gettext_lazy("A backup read back"),
    FAULTS: gettext_lazy("The whole service tried under faults"),
}
WORKED, FAILED = "worked", "did not work"
HOLDS = timedelta(days=365)  # a proposal of ours: after that nobody knows any more


@dataclass(frozen=True)
class Trial:
    """One trial: its day, whether it worked, and who said so."""

    on: date
    worked: bool
    by: str


@transaction.atomic
def record(
    site_id: int, *, kind: str, on: date, worked: bool, words: str, by: Clinician, now: datetime
) -> None:
    """Keep that somebody tried it, and how it went. Refused: a day to come (`not-yet`), one kept already (`kept`)."""
    site = Site.objects.select_for_update().get(pk=site_id)
    if on > now.astimezone(ZoneInfo(site.time_zone)).date():
        raise Refusal("not-yet", _("This day has not come yet: type the day on which it was tried."))
    newest = _newest(site, kind)
    said = f"{on:%Y-%m-%d} {WORKED if worked else FAILED}"
    if newest is not None and newest.became == said:
        raise Refusal("kept", _("This is recorded already."))
    was = newest.became if newest else ""
    SettingChange.objects.create(site=site, what=kind, was=was, became=said, why=words, by=by, at=now)
    audit.record("recorded a trial", f"site:{site.pk}", site=site, by=by, now=now, kind=kind, said=said)


def last(site: Site, kind: str) -> Trial | None:
    """The trial that was recorded last; None where none ever was."""
    newest = _newest(site, kind)
    if newest is None:
        return None
    day, _space, how = newest.became.partition(" ")
    return Trial(date.fromisoformat(day), how == WORKED, newest.by.name)


def _newest(site: Site, kind: str) -> SettingChange | None:
    return SettingChange.objects.filter(site=site, about=None, what=kind).select_related("by").first()
