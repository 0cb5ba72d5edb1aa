"""The board: who is in danger, and whether everybody who may have to be called is there. Parse, one call, answer."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from monitoring import board, board_filter, idle, languages, pulse, unread
from monitoring.access import SignedIn, act
from notifications import audit, clock
from stepup import cover


def _board(request: SignedIn) -> dict[str, Any]:
    site, now, away = request.user.site, clock.now(), idle.away(request)
    asked = request.GET.copy()
    asked.pop("renewed", None)
    chosen = board_filter.Filter.read(request.GET.dict())
    return {
        "board": board.look(site, now=now, chosen=chosen),
        "pulse": pulse.take(site, ladders=cover.ladders_of(site), now=now),
        "unread": unread.waiting(site, now=now),
        "languages": [one for one in languages.of_site(site) if one.concern],
        "now": now,
        "wall": "wall" in request.GET or away,
        "away": away and "wall" not in request.GET,
        "chosen": chosen,
        "spans": [(key, words) for key, (_, _, words) in board_filter.HOURS.items()],
        "query": asked.urlencode(),
    }


@require_GET
@act("see the board", glance=True)
def show_board(request: SignedIn) -> HttpResponse:
    """The worklist of the site; `?wall=1` shows initials only, large. So does a station nobody has used for long."""
    if not idle.away(request) and "renewed" not in request.GET and "wall" not in request.GET:
        idle.note(request)
    audit.record("read the board", "board", site=request.user.site, by=request.user, now=clock.now())
    return render(request, "monitoring/board.html", _board(request))


@require_GET
@act("see the board", glance=True)
def show_rows(request: SignedIn) -> HttpResponse:
    """The part of the board that refreshes itself. It leaves the session as it is."""
    return render(request, "monitoring/_rows.html", _board(request))
