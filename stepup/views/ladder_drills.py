"""Drills of a whole ladder: begun by somebody, called on real phones, and what came of each."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from monitoring import ladder_drills
from monitoring.access import SignedIn, act, find
from monitoring.models import LadderDrill
from notifications import clock, roles
from protocols.errors import Refusal
from stepup import drill_forms

SHOWN = 10
UNPROCESSABLE = 422


@require_GET
@act("see who is on call")
def show_drills(request: SignedIn) -> HttpResponse:
    """The drills there were, and the form of another for whoever may begin one."""
    return _render(request, drill_forms.DrillForm(site=request.user.site))


def _render(request: SignedIn, form: drill_forms.DrillForm) -> HttpResponse:
    drills = LadderDrill.objects.filter(site=request.user.site).select_related("began_by")[:SHOWN]
    context = {"form": form, "drills": drills, "may_begin": roles.may(request.user, "drill the ladder")}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "stepup/drill_ladder.html", context, status=status)


@require_POST
@act("drill the ladder")
def begin_drill(request: SignedIn) -> HttpResponse:
    """Call the first rung of the ladder that was chosen."""
    site = request.user.site
    form = drill_forms.DrillForm(request.POST, site=site)
    if form.is_valid():
        rules, named = form.chosen
        try:
            drill = ladder_drills.begin(site, rules=rules, named=named, by=request.user, now=clock.now())
            messages.success(
                request, gettext("The first rung is called now. Every text and call says DRILL.")
            )
            return redirect("ladder-drill", drill.pk)
        except Refusal as refusal:
            form.refuse(refusal)
    return _render(request, form)


@require_GET
@act("see who is on call")
def show_drill(request: SignedIn, pk: int) -> HttpResponse:
    """Who answered a drill, after how long, and who did not."""
    drill = find(LadderDrill.objects.select_related("began_by"), request, pk)
    now = clock.now()
    context = {"drill": drill, "rungs": ladder_drills.result(drill, now=now), "now": now}
    return render(request, "stepup/ladder_drill.html", context)
