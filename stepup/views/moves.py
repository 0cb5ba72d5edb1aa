"""Moving the next dose, or leaving one out: a date and time, everything it changes shown, then the final button."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring import identity
from monitoring.access import SignedIn, act, find
from notifications import audit, clock
from protocols.errors import Refusal
from stepup import appointments, arranged, slots
from stepup.appointments import Preview
from stepup.course_forms import MoveForm
from stepup.models import Appointment, Course

UNPROCESSABLE = 422
VERBS = {"earlier": "Move", "timed": "Set", "delayed": "Delay", "skipped": "Leave one dose out:"}
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Looked:
    """What the form in front of the nurse asks about: the changes, and whether they were on the screen already."""

    preview: Preview | None
    is_old: bool = False


@require_http_methods(["GET", "POST"])
@act("move a dose")
@identity.signs
def move_dose(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """A new date and time for the next dose; nothing is saved before its changes were shown."""
    return _arrange(request, pk, again, skip=False)


@require_http_methods(["GET", "POST"])
@act("skip a dose")
@identity.signs
def skip_dose(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """Leave a dose of a repeated interval out, and say when the next one is."""
    return _arrange(request, pk, again, skip=True)


def _arrange(request: SignedIn, pk: int, again: identity.Again, *, skip: bool) -> HttpResponse:
    course = find(Course.objects.select_related("patient__site", "site", "protocol"), request, pk)
    now, zone = clock.now(), course.site.time_zone
    form = MoveForm(request.POST or None, zone=zone, skip=skip, initial=_start(course, zone, skip=skip))
    sure = "sure" in request.POST
    looked = _look(course, form, now, skip=skip) if form.is_bound else Looked(None)
    overrides = bool(form.is_bound and form.cleaned_data.get("override"))
    if looked.preview and sure and not looked.is_old and again.holds(needed=overrides):
        made = _keep(request, course, form, looked.preview, now)
        if made:
            messages.success(
                request,
                _("Done: %(kind)s. %(said)s")
                % {"kind": made.get_kind_display(), "said": appointments.said(made)},
            )
            return redirect(reverse("patient", args=[course.patient_id]) + "#result")
    audit.record("read the record", str(course.patient), site=course.site, by=request.user, now=now)
    return _render(request, course, form, looked, now, again=again, skip=skip)


def _render(
    request: SignedIn,
    course: Course,
    form: MoveForm,
    looked: Looked,
    now: datetime,
    *,
    again: identity.Again,
    skip: bool,
) -> HttpResponse:
    course = arranged.seen(course)
    planned, put = appointments.next_planned(course)
    is_old = looked.is_old and "sure" in request.POST
    context = {
        "course": course,
        "patient": course.patient,
        "form": form,
        "again": again,
        "now": now,
        "skip": skip,
        "holds": arranged.holds(course),
        "planned": planned,
        "put": put,
        "preview": looked.preview,
        "is_old": is_old,
        "verb": VERBS[looked.preview.kind] if looked.preview else "",
    }
    if looked.preview is None and not skip:
        context |= slots.of(course, now=now)
    wrong = form.errors or is_old or (again.form and again.form.errors)
    status = UNPROCESSABLE if wrong else 200
    return render(request, "stepup/move_dose.html", context, status=status)


def _start(course: Course, zone: str, *, skip: bool) -> dict[str, object]:
    """The form as it opens: the date the dose has now, or the one after it, at the hour known best."""
    course = arranged.seen(course)
    planned, put = appointments.next_planned(course)
    last = arranged.last_dose(course)
    at = put.planned_at if put else last.given_at if last else None
    on = planned.on if planned else None
    if skip and on:
        on += appointments.interval_days(course) * DAY
    return {
        "on": on,
        "at": f"{at.astimezone(ZoneInfo(zone)):%H:%M}" if at else "",
        "seen": appointments.seen(course),
    }


def _look(course: Course, form: MoveForm, now: datetime, *, skip: bool) -> Looked:
    """The changes of the date typed. They are old news to the nurse unless `shown` names the same moment."""
    if not form.is_valid():
        return Looked(None)
    at = form.cleaned_data["planned_at"]
    try:
        preview = appointments.preview(course, at=at, now=now, skip=skip)
    except Refusal as refusal:
        form.refuse(refusal)
        return Looked(None)
    form.expects(words=bool(preview.objections), override=bool(preview.gaps))
    return Looked(preview, is_old=form.cleaned_data["shown"] != at.isoformat())


def _keep(
    request: SignedIn, course: Course, form: MoveForm, preview: Preview, now: datetime
) -> Appointment | None:
    given = form.cleaned_data
    act_of = appointments.skip if preview.kind == Appointment.Kind.SKIPPED else appointments.move
    try:
        return act_of(
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
