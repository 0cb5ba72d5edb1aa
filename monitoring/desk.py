"""The number that patients are told to call: rung by a person each week, and at once where it has changed.

Nobody can tell a voicemail from a person but a person who rings. The task is done once a person answered; where nobody
does it stays open, and no patient is enrolled in a service whose number may lead nowhere.
"""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from monitoring import worklist
from monitoring.models import Task
from notifications import phones, written
from notifications.each import each
from notifications.models import Site
from protocols.errors import Refusal

AT_LEAST_EVERY = timedelta(days=7)
"""Weekly: a proposal of ours, as are the hours to do it in (`worklist.SAME_DAY`)."""


def look_after(*, now: datetime) -> int:
    """Put the test call on the list of each site where none of this number was answered in a week; return how many."""
    return each(list(Site.objects.values_list("pk", flat=True)), lambda pk: _one(pk, now))


def _one(pk: int, now: datetime) -> int:
    site = Site.objects.get(pk=pk)
    newest = _calls(site).order_by("-pk").first()
    if newest is not None and (newest.done_at is None or now - newest.done_at < AT_LEAST_EVERY):
        return 0
    worklist.open_task(
        site=site, what=words(site), due_at=now + worklist.SAME_DAY, pages_when_late=False, now=now
    )
    return 1


def refuse_untested(site: Site, *, now: datetime) -> None:
    """Refuse to enrol while a test call of the number of now is late: perhaps nobody answers there."""
    if _late.exists(site=site.pk, what=words(site), now=now):
        number = phones.for_reading(site.oncall_number)
        raise Refusal(
            "number-untested",
            _(
                "Patients are told to call %(number)s, and its test call is late. Ring it, and "
                "finish the task once a person answers; if nobody does, the number must be put right "
                "first."
            )
            % {"number": number},
        )


def words(site: Site) -> str:
    """What the task says; it names the number, so that another number wants its own call."""
    number = phones.for_reading(site.oncall_number)
    return f"Test call: ring {number}, which patients are told to call. Done once a person answers, else left open"


@written.Query
def _late(*, site: int, what: str, now: datetime) -> QuerySet[Task]:
    """The site's open tasks of these words that are late."""
    return Task.objects.filter(site=site, what=what, done_at=None, due_at__lte=now)


def _calls(site: Site) -> QuerySet[Task]:
    return Task.objects.filter(site=site, what=words(site))
