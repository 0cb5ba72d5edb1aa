"""The reports of a site: parse how far back, read once, show; and the review of a rule."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from monitoring import economy, reports
from monitoring.access import SignedIn, act
from monitoring.report_forms import SPANS, ReviewForm
from notifications import audit, clock
from notifications.models import Clinician
from protocols.errors import Refusal

USUAL, SHOWN, UNPROCESSABLE = "30", 100, 422


def _days(request: SignedIn) -> str:
    days = request.GET.get("days", USUAL)
    return days if days in SPANS else USUAL


def _form(request: SignedIn, report: reports.Report, typed: Any = None) -> ReviewForm:
    rules = sorted(one.rule for one in report.rules)
    return ReviewForm(typed, rules=rules, owners=economy.owners(request.user.site))


def _render(request: SignedIn, report: reports.Report, form: ReviewForm) -> HttpResponse:
    context = {
        "report": report,
        "cases": report.cases[:SHOWN],
        "shown": SHOWN,
        "days": _days(request),
        "spans": SPANS,
        "form": form,
        "now": clock.now(),
    }
    return render(request, "monitoring/reports.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_GET
@act("see reports")
def show_reports(request: SignedIn) -> HttpResponse:
    """How fast people answered, every miss, and what each rule's alarms were worth."""
    now, site = clock.now(), request.user.site
    audit.record("read the reports", "reports", site=site, by=request.user, now=now, days=_days(request))
    report = reports.of(site, days=int(_days(request)), now=now)
    return _render(request, report, _form(request, report))


@require_GET
@act("see reports")
def export(request: SignedIn, name: str) -> HttpResponse:
    """One part of the reports as CSV."""
    now, site = clock.now(), request.user.site
    try:
        written = reports.table(reports.of(site, days=int(_days(request)), now=now), name)
    except Refusal as unknown:
        raise Http404(unknown.sentence) from unknown
    audit.record(
        "exported a report", "reports", site=site, by=request.user, now=now, table=name, days=_days(request)
    )
    answer = HttpResponse(written, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="stepup-{name}.csv"'
    return answer


@require_POST
@act("review a rule")
def review_rule(request: SignedIn) -> HttpResponse:
    """Record what a review of a rule found, and who owns it."""
    now, site = clock.now(), request.user.site
    report = reports.of(site, days=int(_days(request)), now=now)
    form = _form(request, report, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            owner = Clinician.objects.get(pk=given["owner"])
            economy.review(
                site, rule=given["rule"], owner=owner, words=given["words"], by=request.user, now=now
            )
            messages.success(
                request,
                _("Recorded: %(rule)s was reviewed; %(owner)s owns it.")
                % {"rule": given["rule"], "owner": owner.name},
            )
            return redirect(reverse("reports") + f"?days={_days(request)}#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _render(request, report, form)
