"""How the service stands, and what a new site still has to do."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from monitoring.access import SignedIn, act
from notifications import audit, clock
from protocols.errors import Refusal
from stepup import first_run, standing, trials
from stepup.trial_forms import TrialForm

UNPROCESSABLE = 422


@require_GET
@act("see the status")
def show_status(request: SignedIn) -> HttpResponse:
    """What works, what does not and since when; how fast people were answered this week."""
    site, now = request.user.site, clock.now()
    audit.record("read the status", f"site:{site.pk}", site=site, by=request.user, now=now)
    parts = standing.parts(site, now=now)
    spreads, misses = standing.week(site, now=now)
    context = {
        "now": now,
        "parts": parts,
        "broken": [part for part in parts if part.works is False],
        "spreads": spreads,
        "misses": misses,
    }
    return render(request, "stepup/status.html", context)


@require_http_methods(["GET", "POST"])
@act("record a trial")
def record_trial(request: SignedIn) -> HttpResponse:
    """That a backup was read back, or the service tried under faults, and how it went."""
    form = TrialForm(request.POST or None)
    if form.is_valid():
        try:
            trials.record(request.user.site_id, by=request.user, now=clock.now(), **form.said())
            messages.success(request, _("Recorded. It stands on the status page."))
            return redirect("status")
        except Refusal as refusal:
            form.refuse(refusal)
    context = {"form": form, "now": clock.now()}
    return render(request, "stepup/trial.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_GET
@act("see the first-run guide")
def show_guide(request: SignedIn) -> HttpResponse:
    """What is to be done before the first dose at home, each line done or open."""
    site, now = request.user.site, clock.now()
    audit.record("read the first-run guide", f"site:{site.pk}", site=site, by=request.user, now=now)
    lines = first_run.guide(site, now=now)
    context = {"now": now, "lines": lines, "open": sum(line.is_done is False for line in lines)}
    return render(request, "stepup/first_run.html", context)
