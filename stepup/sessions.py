"""The sessions in which somebody is signed in: since when, from what, when they last acted there, and ending them.

A session is named by a handle made from its key: the key itself opens the session, and stands on no page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext

from monitoring import idle
from notifications import audit, clock
from notifications.models import Clinician
from protocols.errors import Refusal

BEGAN, STATION, BEFORE = "began_at", "station", "signed_in_before"
BROWSERS = (("Edg", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS", "a Mac"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True)
class Open:
    """One session. `began_at` is on the clock of the service, `acted_at` on the real one; None where not known."""

    handle: str
    station: str
    began_at: datetime | None
    acted_at: datetime | None
    is_here: bool


def begin(request: HttpRequest, *, before: datetime | None, now: datetime) -> None:
    """Remember in a session that has just begun when, from what, and when its person had signed in before."""
    request.session[BEGAN] = now.isoformat()
    request.session[STATION] = station(request.headers.get("User-Agent", ""))
    request.session[BEFORE] = before.isoformat() if before else ""


def station(agent: str) -> str:
    """What a browser says it is, in two words: `Firefox on Windows`."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "a browser")
    system = next((name for mark, name in SYSTEMS if mark in agent), "a machine that does not say")
    return f"{browser} on {system}"


def before(request: HttpRequest) -> datetime | None:
    """When the person of this session had signed in before it."""
    return _moment(request.session.get(BEFORE, ""))


def of(person: Clinician, *, here: str | None = None) -> tuple[Open, ...]:
    """Somebody's open sessions, the newest first; `here` is the key of the one that asks."""
    found = [
        Open(
            handle=_handle(key),
            station=str(kept.get(STATION, "not recorded")),
            began_at=_moment(str(kept.get(BEGAN, ""))),
            acted_at=_moment(str(kept.get(idle.KEY, ""))),
            is_here=key == here,
        )
        for key, kept in _kept(person)
    ]
    return tuple(sorted(found, key=lambda one: (one.is_here, str(one.began_at or "")), reverse=True))


@transaction.atomic
def end(person: Clinician, *, handle: str, by: Clinician, now: datetime) -> None:
    """End one session of somebody. Refused: one that is not open any more (`not-open`)."""
    keys = [key for key, _ in _kept(person) if constant_time_compare(_handle(key), handle)]
    if not keys:
        raise Refusal("not-open", gettext("This session is not open any more."))
    _end(person, keys, by=by, now=now)


@transaction.atomic
def end_all(person: Clinician, *, by: Clinician, now: datetime, besides: str | None = None) -> int:
    """End every session of somebody, `besides` the one with that key; return how many there were."""
    keys = [key for key, _ in _kept(person) if key != besides]
    _end(person, keys, by=by, now=now)
    return len(keys)


def _end(person: Clinician, keys: list[str], *, by: Clinician, now: datetime) -> None:
    Session.objects.filter(session_key__in=keys).delete()
    audit.record("ended sessions", str(person), site=person.site, by=by, now=now, count=len(keys))


def _kept(person: Clinician) -> Iterator[tuple[str, dict[str, object]]]:
    """The key and the contents of each open session of somebody. A sign-in lasts half a day: there are few to read."""
    for session in Session.objects.filter(expire_date__gt=clock.really()):
        kept = session.get_decoded()
        if kept.get(SESSION_KEY) == str(person.pk):
            yield session.session_key, kept


def _handle(key: str) -> str:
    return salted_hmac("stepup.sessions", key, algorithm="sha256").hexdigest()[:16]


def _moment(said: str) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
