"""Holding a course, lifting a hold, confirming a longer interval, and writing down a benefit-risk review."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from monitoring.access import SignedIn, act, find
from notifications import audit, clock
from protocols.errors import Refusal
from stepup import arranged, holds, intervals, next_dose, reviews
from stepup.course_forms import HoldForm, IntervalForm, LiftForm, ReviewForm
from stepup.models import Course, Hold

UNPROCESSABLE = 422
COURSES = Course.objects.select_related("patient__site", "site", "protocol")


def _done(request: SignedIn, course: Course, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(reverse("patient", args=[course.patient_id]) + "#result")


def _page(
    request: SignedIn, template: str, course: Course, form: Any, now: datetime, **more: object
) -> HttpResponse:
    audit.record("read the record", str(course.patient), site=course.site, by=request.user, now=now)
    context = {"course": course, "patient": course.patient, "form": form, "now": now, **more}
    return render(request, template, context, status=UNPROCESSABLE if form.errors else 200)


@require_http_methods(["GET", "POST"])
@act("hold a dose")
def hold_course(request: SignedIn, pk: int) -> HttpResponse:
    """No dose from now on, until somebody lifts it."""
    course, now = find(COURSES, request, pk), clock.now()
    form = HoldForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            holds.place(course.pk, reason=form.cleaned_data["reason"], by=request.user, now=now)
            return _done(request, course, "Held: no dose until a prescriber or a pharmacist lifts it.")
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(request, "stepup/hold_course.html", course, form, now, open_holds=arranged.holds(course))


@require_http_methods(["GET", "POST"])
@act("lift a hold")
def lift_hold(request: SignedIn, pk: int) -> HttpResponse:
    """Lift one hold, having read what the answer for the next dose is without it."""
    rows = Hold.objects.select_related(
        "course__patient__site", "course__site", "course__protocol", "placed_by"
    )
    hold, now = find(rows, request, pk, site="course__site"), clock.now()
    form = LiftForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            holds.lift(hold.pk, why=form.cleaned_data["why"], by=request.user, now=now)
            answer = next_dose.decide(hold.course, now=now)
            return _done(
                request, hold.course, f"Lifted. The next dose now: {answer.decision}. {answer.because}"
            )
        except Refusal as refusal:
            form.refuse(refusal)
    then = holds.after_lifting(hold, now=now)
    return _page(request, "stepup/lift_hold.html", hold.course, form, now, hold=hold, then=then)


@require_http_methods(["GET", "POST"])
@act("confirm an interval")
def confirm_interval(request: SignedIn, pk: int) -> HttpResponse:
    """A prescriber's word that the patient goes on to the longer interval the label offers next."""
    course, now = find(COURSES, request, pk), clock.now()
    offer = intervals.offered(course)
    form = IntervalForm(request.POST or None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            intervals.confirm(
                course.pk, phase=given["phase"], response=given["response"], by=request.user, now=now
            )
            return _done(
                request, course, "Confirmed. The plan is on the longer interval from the next dose on."
            )
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(request, "stepup/confirm_interval.html", course, form, now, offer=offer)


@require_http_methods(["GET", "POST"])
@act("record a review")
def record_review(request: SignedIn, pk: int) -> HttpResponse:
    """Benefit and risk before the next dose."""
    course, now = find(COURSES, request, pk), clock.now()
    form = ReviewForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            reviews.record(course.pk, words=form.cleaned_data["words"], by=request.user, now=now)
            return _done(request, course, "Reviewed. Whoever records the next dose reads it.")
        except Refusal as refusal:
            form.refuse(refusal)
    decision, earlier = next_dose.decide(course, now=now), arranged.reviews(course)
    return _page(request, "stepup/review.html", course, form, now, decision=decision, reviews=earlier)
