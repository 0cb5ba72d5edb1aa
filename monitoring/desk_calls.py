"""Calls to the desk, the number a person answers at every hour, when nobody on the ladder is left to page."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from monitoring import caselog
from monitoring.models import Escalation
from notifications import outbox, written
from notifications.models import Channel, Delivery, Lane, Message

KEY = "desk:"
"""How the keys of these calls begin."""
RUNG, RUNG_AGAIN = "desk rung", "desk rung again"
"""The lines of a case that say so."""
VALID_FOR = timedelta(minutes=5)
AGAIN_AFTER = timedelta(minutes=1)
"""So long after a call to the desk that did not get through it is rung again. A proposal of ours."""
LATELY = timedelta(hours=2)
"""Longer than a round lasts, of which only the newest call matters."""


def for_want_of_anybody(case: Escalation, *, round_: int, now: datetime) -> None:
    """Nobody is on any rung: ring the desk and say that a case waits, once in each round."""
    _ring(case, f"{_generation(case)}{round_}", now)


def before_the_ladder_starts_again(case: Escalation, *, now: datetime) -> None:
    """Nobody is left to page in this round: ring the desk and say that a case waits, once."""
    if not is_rung_in_round(case):
        _ring(case, _nobody_left(case), now)
        caselog.note(case, RUNG, now=now, text="Nobody else is left to call in this round.")


def is_rung_in_round(case: Escalation) -> bool:
    """Whether the desk was rung already because nobody is left to page in this round."""
    return Message.objects.filter(key=_nobody_left(case)).exists()


def unheard(*, now: datetime) -> set[int]:
    """The cases about which a call to the desk has failed lately, AGAIN_AFTER ago or longer."""
    return {_case_pk(call) for call in _failed.rows(since=now - LATELY, until=now - AGAIN_AFTER)}


@written.Query
def _failed(*, since: datetime, until: datetime) -> QuerySet[Message]:
    """Calls to the desk of which an attempt has failed."""
    rung = Message.objects.filter(key__startswith=KEY, created_at__gt=since, created_at__lte=until)
    lost = Delivery.objects.filter(state__in=[Delivery.State.FAILED, Delivery.State.EXPIRED])
    return rung.filter(deliveries__in=lost).distinct().order_by("pk").only("key")


def ring_again(case: Escalation, *, now: datetime) -> bool:
    """Ring the desk once more where its newest call of this round did not get through; whether it did so.

    The desk is all that is left to call then, and a busy line, or one that nobody picks up at once, is free soon.
    """
    round_ = f"{_generation(case)}{case.round}"
    calls = Message.objects.filter(Q(key=round_) | Q(key__startswith=f"{round_}:"))
    newest = calls.order_by("-pk").first()
    if newest is None or newest.created_at > now - AGAIN_AFTER or not outbox.has_failed(newest):
        return False
    if case.pages.filter(generation=case.generation, offer=None, at__gt=newest.created_at).exists():
        return False  # somebody has come on call since, and is being called
    _ring(case, f"{round_}:again:{calls.count()}", now)
    caselog.note(case, RUNG_AGAIN, now=now, text="The call before did not get through.")
    return True


def of(case: Escalation) -> QuerySet[Message]:
    """Every call to the desk about this case."""
    return Message.objects.filter(key__startswith=f"{KEY}{case.pk}:")


def generation_of(message: Message) -> int:
    """In which climb of its case a call to the desk was queued."""
    return int(message.key.split(":")[2])


def in_this_generation(case: Escalation) -> QuerySet[Message]:
    """Those since the ladder was last begun at its foot."""
    return Message.objects.filter(key__startswith=_generation(case))


def case_of(message: Message) -> Escalation | None:
    """The case that a call to the desk is about; None for any other message."""
    if not message.key.startswith(KEY):
        return None
    return _called_about.first(pk=_case_pk(message))


@written.Query
def _called_about(*, pk: int) -> QuerySet[Escalation]:
    """A case with its site and whoever has it."""
    return Escalation.objects.select_related("site", "owner").filter(pk=pk)


def _case_pk(message: Message) -> int:
    return int(message.key.split(":")[1])


def _generation(case: Escalation) -> str:
    return f"{KEY}{case.pk}:{case.generation}:"


def _nobody_left(case: Escalation) -> str:
    return f"{_generation(case)}{case.round}:nobody-left"


def _ring(case: Escalation, key: str, now: datetime) -> None:
    outbox.queue(
        site=case.site,
        key=key,
        lane=Lane.PAGE_VOICE,
        channel=Channel.VOICE,
        to=case.site.oncall_number,
        urgency=case.urgency,
        valid_for=VALID_FOR,
        now=now,
    )
