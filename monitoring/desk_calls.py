"""Calls to the desk, the number a person answers at every hour, when nobody on the ladder is left to page."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from monitoring import caselog
from monitoring.models import Escalation
from notifications import outbox, written
from notifications.models import Channel, Lane, Message

KEY = "desk:"
"""How the keys of these calls begin."""
RUNG = "desk rung"
"""The line of a case that says so."""
VALID_FOR = timedelta(minutes=5)


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
    return _called_about.first(pk=int(message.key.split(":")[1]))


@written.Query
def _called_about(*, pk: int) -> QuerySet[Escalation]:
    """A case with its site and whoever has it."""
    return Escalation.objects.select_related("site", "owner").filter(pk=pk)


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
