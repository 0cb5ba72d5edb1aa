"""The hand-over of a course, on screen and paper, and its transfer to another site."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from monitoring import pocket
from monitoring.access import SignedIn, act, find
from notifications import audit, clock
from protocols.errors import Refusal
from stepup import appointments, ended, handover, transfers
from stepup.models import Course, Transfer
from stepup.transfer_forms import TransferForm
from stepup.views import outside

UNPROCESSABLE = 422

COURSES = Course.objects.select_related(
    "patient__site", "site", "protocol__pharmacist", "protocol__prescriber"
)


@require_GET
@never_cache
@act("see a patient")
@outside.asks(Course)
def show_handover(request: SignedIn, pk: int) -> HttpResponse:
    """Everything whoever goes on with this course must know, ready to print."""
    course, now = find(COURSES, request, pk), clock.now()
    audit.record("read the hand-over", str(course.patient), site=course.site, by=request.user, now=now)
    made = handover.of(course, reader=request.user, now=now)
    context = {"made": made, "course": course, "patient": course.patient, "now": now}
    return render(request, "stepup/hand_over.html", context)


@require_http_methods(["GET", "POST"])
@act("transfer a course")
def transfer_course(request: SignedIn, pk: int) -> HttpResponse:
    """Another site goes on with the course, said after its hand-over was read."""
    course, now = find(COURSES, request, pk), clock.now()
    ended.refuse(course, "it is not transferred any more.")
    put = transfers.standing(course, now=now)
    form = TransferForm(
        request.POST or None,
        appointment=handover.day_and_time(course, put.planned_at) if put else "",
        initial={"seen": appointments.seen(course)},
    )
    if form.is_bound and form.is_valid():
        made = _transfer(request, course, form, now)
        if made is not None:
            messages.success(
                request,
                _("Transferred to %(to_site)s. Print the hand-over for %(to_person)s.")
                % {"to_site": made.to_site, "to_person": made.to_person},
            )
            return redirect(reverse("hand-over", args=[course.pk]) + "#result")
    audit.record("read the record", str(course.patient), site=course.site, by=request.user, now=now)
    context = {
        "course": course,
        "patient": course.patient,
        "form": form,
        "now": now,
        "dangers": handover.dangers(course, now=now),
        "next_dose": handover.next_dose_lines(course, now=now),
        "order": pocket.active_order(course.patient, now=now),
    }
    return render(request, "stepup/transfer.html", context, status=UNPROCESSABLE if form.errors else 200)


def _transfer(request: SignedIn, course: Course, form: TransferForm, now: datetime) -> Transfer | None:
    given = form.cleaned_data
    try:
        return transfers.transfer(
            course.pk,
            transfers.To(given["to_site"], given["to_person"], given["to_phone"]),
            reason=given["reason"],
            seen=given["seen"],
            gives_up=given.get("gives_up", False),
            by=request.user,
            now=now,
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return None
