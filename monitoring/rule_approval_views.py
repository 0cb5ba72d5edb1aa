"""The rules of triage at this site: what they changed over past replies, and their approval."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from monitoring import rule_approvals
from monitoring.access import SignedIn, act
from monitoring.models import RulesApproval
from monitoring.phrase_forms import ApproveRulesForm
from notifications import audit, clock, roles
from protocols.errors import Refusal

UNPROCESSABLE = 422


@require_GET
@act("see learned phrases")
def show_rules(request: SignedIn) -> HttpResponse:
    """The installed rules, since when they are in use here, and what they conclude otherwise than those before."""
    return _render(request)


def _render(request: SignedIn, *, form: ApproveRulesForm | None = None) -> HttpResponse:
    site, now = request.user.site, clock.now()
    weighed = rule_approvals.weigh(site, now=now)
    subjects = ["rules", *(f"patient:{pk}" for pk in weighed.replay.patients)]
    audit.record_each("read the rules", subjects, site=site, by=request.user, now=now)
    context = {
        "weighed": weighed,
        "history": RulesApproval.objects.filter(site=site).select_related("by"),
        "may_approve": roles.may(request.user, "approve the rules"),
        "form": form or ApproveRulesForm(),
        "now": now,
    }
    status = UNPROCESSABLE if form and form.errors else 200
    return render(request, "monitoring/rules.html", context, status=status)


@require_POST
@act("approve the rules")
def approve_rules(request: SignedIn) -> HttpResponse:
    """Somebody has read what the installed rules change here."""
    form = ApproveRulesForm(request.POST)
    if form.is_valid():
        try:
            rule_approvals.approve(
                request.user.site,
                seen=request.POST.get("seen", ""),
                why=form.cleaned_data["why"],
                by=request.user,
                now=clock.now(),
            )
            messages.success(request, _("Recorded: these rules are approved here."))
            return redirect(reverse("rules") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _render(request, form=form)
