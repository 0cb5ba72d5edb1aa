"""What is known of the phone that is a clinician's now: when it was last heard from, and what was last asked of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max

from monitoring.models import ReachTest, Reply
from notifications.models import Clinician

# What came from or went to a phone of before says nothing of the one of now.
OWN_PHONE = F("clinician__phone")


@dataclass(frozen=True)
class Proof:
    """What is known of the phone that is somebody's now: when it was last heard from, and its newest test."""

    heard_at: datetime | None
    test: ReachTest | None

    @property
    def asked_at(self) -> datetime | None:
        """When the newest test was asked."""
        return self.test.asked_at if self.test else None

    @property
    def is_unproved(self) -> bool:
        """Asked, and not answered in time."""
        return self.test is not None and self.test.answered_at is None and self.test.lapsed_at is not None


NOTHING = Proof(None, None)


def of(people: Iterable[Clinician]) -> dict[int, Proof]:
    """What is known of each phone, in three queries, by the clinician's number."""
    ids = [one.pk for one in people]
    texts_of = Reply.objects.filter(clinician__in=ids, sender=OWN_PHONE)
    texted = dict(texts_of.values_list("clinician").annotate(last=Max("received_at")))
    tests = ReachTest.objects.filter(clinician__in=ids, text__to=OWN_PHONE)
    answered = dict(
        tests.filter(answered_at__isnull=False).values_list("clinician").annotate(last=Max("answered_at"))
    )
    newest = {
        test.clinician_id: test for test in tests.order_by("clinician", "-asked_at").distinct("clinician")
    }
    return {
        pk: Proof(max((at for at in (texted.get(pk), answered.get(pk)) if at), default=None), newest.get(pk))
        for pk in ids
    }
