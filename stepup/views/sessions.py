"""One's own open sessions, and ending one, all the others, or all of a colleague's."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from monitoring.access import SignedIn, act, find
from notifications import clock
from notifications.models import Clinician
from protocols.errors import Refusal
from stepup import sessions

OTHERS = "others"


@require_GET
@act("end own sessions")
def show_sessions(request: SignedIn) -> HttpResponse:
    """Where one is signed in, since when, and when one had signed in before."""
    context = {
        "sessions": sessions.of(request.user, here=request.session.session_key),
        "before": sessions.before(request),
        "now": clock.now(),
        "really": clock.really(),
    }
    return render(request, "stepup/sessions.html", context)


@require_POST
@act("end own sessions")
def end_sessions(request: SignedIn) -> HttpResponse:
    """End the session that was named, or every one but this."""
    person, which, now = request.user, request.POST.get("which", ""), clock.now()
    try:
        if which == OTHERS:
            count = sessions.end_all(person, by=person, now=now, besides=request.session.session_key)
            messages.success(request, _("Ended: %(count)s. You are signed in only here.") % {"count": count})
        else:
            sessions.end(person, handle=which, by=person, now=now)
            messages.success(request, _("Ended. Whoever sits there has to sign in."))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect(reverse("sessions") + "#result")


@require_POST
@act("change people")
def end_of_person(request: SignedIn, pk: int) -> HttpResponse:
    """End every session of somebody who lost a phone or left a station open."""
    person = find(Clinician.objects.all(), request, pk)
    count = sessions.end_all(person, by=request.user, now=clock.now())
    messages.success(
        request,
        _("Ended: %(count)s. %(person)s has to sign in anew, everywhere.")
        % {"count": count, "person": person.name},
    )
    return redirect(reverse("administration") + "#result")
