"""A station somebody walked away from: after AFTER without an act, the next one asks for the password first.

What was typed is not lost: it waits, unseen, in the page that asks, and goes on from there; nothing of it is stored,
and only the person whose session it is can send it on. A file that was chosen is not carried, and the page says so.
What renews itself is no act and keeps no session awake. The board goes on showing every danger, with initials in the
place of names.
"""

from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from monitoring import identity
from notifications import audit, clock
from notifications.models import Clinician

AFTER = timedelta(minutes=15)  # a proposal of ours
NOTED_EVERY = timedelta(minutes=1)  # a session is written no more often than that
KEY = "acted_at"
FIELD = "unlock_password"
WRONG = "That is not your password. Everything you typed is still here."
NOT_CARRIED = {"csrfmiddlewaretoken", FIELD, "password", "new_password"}
ASKED = 403


def away(request: HttpRequest) -> bool:
    """Whether nobody has acted in this session for AFTER. A session that has not acted yet has just begun."""
    acted_at = request.session.get(KEY)
    return acted_at is not None and clock.really() - datetime.fromisoformat(acted_at) > AFTER


def note(request: HttpRequest) -> None:
    """Somebody acted in this session."""
    acted_at, now = request.session.get(KEY), clock.really()
    if acted_at is None or now - datetime.fromisoformat(acted_at) > NOTED_EVERY:
        request.session[KEY] = now.isoformat()


def ask(request: HttpRequest, user: Clinician) -> HttpResponse | None:
    """The page that asks for the password first, or None where this session's person is there.

    A part that renews itself is answered with nothing new (204), so that its page says that it stands still.
    """
    renews = bool(request.headers.get("HX-Request"))
    if away(request):
        if renews:
            return HttpResponse(status=204)
        wrong = FIELD in request.POST
        if not (wrong and opens(request, user)):
            return page(request, wrong=WRONG if wrong else "")
    elif not renews:
        note(request)
    return None


def opens(request: HttpRequest, user: Clinician) -> bool:
    """Whether the password sent along is that of `user`, who is signed in; then the session is awake again."""
    who = authenticate(request, username=user.get_username(), password=request.POST.get(FIELD, ""))
    if who is None or who.pk != user.pk:
        audit.record("gave a wrong password to go on", str(user), site=user.site, by=user, now=clock.now())
        return False
    request.session.pop(KEY, None)
    note(request)
    identity.prove(request, now=clock.now())
    return True


def page(request: HttpRequest, *, wrong: str = "", onward: str = "") -> HttpResponse:
    """Asks for the password, with what was typed carried along; a page that was only opened is opened afterwards."""
    was_sent = request.method == "POST" and not onward
    kept = [(name, values) for name, values in request.POST.lists() if was_sent and name not in NOT_CARRIED]
    context = {
        "typed": [(name, value) for name, values in kept for value in values],
        "files": [file.name for _, files in request.FILES.lists() for file in files] if was_sent else [],
        "sent_to": request.get_full_path() if was_sent else "",
        "onward": onward or request.get_full_path(),
        "wrong": wrong,
        "minutes": int(AFTER.total_seconds() // 60),
        "field": FIELD,
    }
    return render(request, "stepup/unlock.html", context, status=ASKED)
