"""The readiness list of a course: read, stated item by item, and the practice text."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from monitoring import identity, kits, practice
from monitoring.access import SignedIn, act, find
from notifications import audit, clock
from protocols import watching
from protocols.errors import Refusal
from stepup import approvals, charts, ended, readiness, readiness_forms
from stepup.models import Course
from stepup.readiness import Readiness

UNPROCESSABLE = 422


def _course(request: SignedIn, pk: int) -> Course:
    return find(Course.objects.select_related("patient__site", "site", "protocol"), request, pk)


@require_http_methods(["GET", "POST"])
@act("state readiness")
@identity.sometimes_signs
def state_readiness(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """What must be true before the next dose: one page, one button, only what was ticked is kept.

    Whoever waives an item signs it; what is met or not met is stated without a password.
    """
    course, now = _course(request, pk), clock.now()
    chart = charts.of(course, reader=request.user, now=now)
    listed = chart.readiness
    typed = request.POST if request.method == "POST" else None
    problem = _not_of_this_dose(typed, listed) if typed is not None else ""
    # Ticks that were meant for one dose are never offered for the next.
    forms = _forms(request, course, listed, None if problem else typed, now)
    wrong = [form for form in forms if form.is_bound and not form.is_valid()]
    if typed is not None and not problem and not wrong and again.holds(needed=_waives(forms)):
        try:
            _keep(request, course, forms, now)
            return redirect(reverse("readiness", args=[course.pk]) + "#result")
        except Refusal as refusal:
            problem = refusal.sentence
    audit.record("read the record", str(course.patient), site=course.site, by=request.user, now=now)
    context = {
        "chart": chart,
        "forms": forms,
        "again": again,
        "nights": _nights(course, listed, now),
        "problem": problem,
        "now": now,
        "wrong": bool(problem or wrong),
    }
    return _render(request, course, listed, context)


def _render(
    request: SignedIn, course: Course, listed: Readiness | None, context: dict[str, Any]
) -> HttpResponse:
    """The page, with its status; what is settled is unfolded when it was typed into, or is all there is."""
    forms, again = context["forms"], context["again"]
    context |= {
        "course": course,
        "patient": course.patient,
        "listed": listed,
        "kit": kits.newest(course.patient),
        "may_waive": any(form.may_waive for form in forms),
        "unfold": any(form.is_touched and form.item.state != readiness.OPEN for form in forms)
        or (listed is not None and not listed.open),
    }
    wrong = context["wrong"] or (again.form and again.form.errors)
    return render(request, "stepup/readiness.html", context, status=UNPROCESSABLE if wrong else 200)


def _nights(course: Course, listed: Readiness | None, now: datetime) -> tuple[datetime, ...]:
    """When texts would come at night, on the patient's clock, after a dose given now."""
    if listed is None:
        return ()
    pathway, zone = approvals.content(course.protocol).pathway, ZoneInfo(course.patient.time_zone)
    return watching.at_night(pathway, listed.step, now, zone=zone)


def _not_of_this_dose(typed: QueryDict, listed: Readiness | None) -> str:
    """Why what was typed cannot be about the dose that is next now; empty when it is."""
    head = readiness_forms.HeadForm(typed)
    if listed is None or not head.is_valid():
        return "This page does not say for which dose. Read the list again and tick anew."
    meant = head.cleaned_data
    if (meant["dose_number"], meant["step"]) != (listed.dose_number, listed.step):
        return "The next dose is another one now. Read its list, then tick anew."
    return ""


def _forms(
    request: SignedIn, course: Course, listed: Readiness | None, typed: QueryDict | None, now: datetime
) -> list[readiness_forms.ItemForm]:
    """One form an item, the open ones first."""
    today = now.astimezone(ZoneInfo(course.site.time_zone)).date()
    items = sorted(listed.items, key=lambda item: item.state != readiness.OPEN) if listed else []
    return [
        readiness_forms.ItemForm(typed, item=item, by=request.user, today=today, initial={"on": today})
        for item in items
    ]


def _waives(forms: Sequence[readiness_forms.ItemForm]) -> bool:
    """Whether anything on the page is waived, which is signed."""
    said = [form.statement() for form in forms]
    return any(one is not None and one.state == readiness.WAIVED for one in said)


def _keep(
    request: SignedIn, course: Course, forms: Sequence[readiness_forms.ItemForm], now: datetime
) -> None:
    """Keep what was said, for the dose the page was made for; say what came of it."""
    head = readiness_forms.HeadForm(request.POST)
    head.is_valid()
    said = [one for form in forms if (one := form.statement()) is not None]
    rows = readiness.state(course.pk, said, by=request.user, now=now, **head.cleaned_data)
    count = "1 item" if len(rows) == 1 else f"{len(rows)} items"
    messages.success(request, _("Kept: %(count)s.") % {"count": count})


@require_POST
@act("state readiness")
def send_practice(request: SignedIn, pk: int) -> HttpResponse:
    """Send the practice text; its answer, and nothing else, proves the phone."""
    course = _course(request, pk)
    ended.refuse(course, "no practice text is sent any more.")
    practice.send(course.patient, by=request.user, now=clock.now())
    messages.success(
        request, _("The practice text is on its way. Its answer shows here as soon as it is in.")
    )
    return redirect(reverse("readiness", args=[course.pk]) + "#result")
