"""Moving the next dose in two steps: a date and time typed, everything it changes shown, then the final button."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from monitoring.access import SignedIn, act, find
from notifications import audit, clock
from protocols.errors import Refusal
from stepup import appointments
from stepup.appointments import Preview
from stepup.course_forms import MoveForm
from stepup.models import Appointment, Course

UNPROCESSABLE = 422
VERBS = {"earlier": "Move", "timed": "Set", "delayed": "Delay"}


@dataclass(frozen=True)
class Looked:
    """What the form in front of the nurse asks about: the changes, and whether they were on the screen already."""

    preview: Preview | None
    is_old: bool = False


@require_http_methods(["GET", "POST"])
@act("move a dose")
def move_dose(request: SignedIn, pk: int) -> HttpResponse:
    """A new date and time for the next dose; nothing is saved before its changes were shown."""
    course = find(Course.objects.select_related("patient__site", "site", "protocol"), request, pk)
    now, zone = clock.now(), course.site.time_zone
    form = MoveForm(request.POST or None, zone=zone, initial=_start(course, zone))
    sure = "sure" in request.POST
    looked = _look(course, form, now) if form.is_bound else Looked(None)
    if looked.preview and sure and not looked.is_old:
        made = _move(request, course, form, looked.preview, now)
        if made:
            messages.success(request, f"Done: {made.get_kind_display()}. {appointments.said(made)}")
            return redirect(reverse("patient", args=[course.patient_id]) + "#result")
    patient = course.patient
    audit.record("read the record", str(patient), site=course.site, by=request.user, now=now)
    planned, put = appointments.next_planned(course)
    context = {
        "course": course,
        "patient": patient,
        "form": form,
        "now": now,
        "planned": planned,
        "put": put,
        "preview": looked.preview,
        "is_old": looked.is_old and sure,
        "verb": VERBS[looked.preview.kind] if looked.preview else "",
    }
    wrong = bool(form.errors) or context["is_old"]
    return render(request, "stepup/move_dose.html", context, status=UNPROCESSABLE if wrong else 200)


def _start(course: Course, zone: str) -> dict[str, object]:
    """The form as it opens: the date the dose has now, at the time somebody put it or the last dose was given."""
    planned, put = appointments.next_planned(course)
    last = course.doses.order_by("-given_at").first()
    at = put.planned_at if put else last.given_at if last else None
    return {
        "on": planned.on if planned else None,
        "at": f"{at.astimezone(ZoneInfo(zone)):%H:%M}" if at else "",
        "seen": appointments.seen(course),
    }


def _look(course: Course, form: MoveForm, now: datetime) -> Looked:
    """The changes of the date typed. They are old news to the nurse unless `shown` names the same moment."""
    if not form.is_valid():
        return Looked(None)
    at = form.cleaned_data["planned_at"]
    try:
        preview = appointments.preview(course, at=at, now=now)
    except Refusal as refusal:
        form.refuse(refusal)
        return Looked(None)
    form.expects(words=bool(preview.objections), override=bool(preview.gaps))
    return Looked(preview, is_old=form.cleaned_data["shown"] != at.isoformat())


def _move(
    request: SignedIn, course: Course, form: MoveForm, preview: Preview, now: datetime
) -> Appointment | None:
    given = form.cleaned_data
    try:
        return appointments.move(
            course.pk,
            at=preview.at,
            seen_before=given["seen"],
            reason=given["reason"],
            words=given["words"],
            override=given["override"],
            by=request.user,
            now=now,
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return None
