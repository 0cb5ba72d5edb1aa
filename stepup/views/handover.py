"""The hand-over of a course, on screen and paper, and its transfer to another site."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from monitoring.access import SignedIn, act, find
from notifications import audit, clock
from stepup import handover
from stepup.models import Course

COURSES = Course.objects.select_related("patient__site", "site", "protocol__pharmacist", "protocol__prescriber")


@require_GET
@never_cache
@act("see a patient")
def show_handover(request: SignedIn, pk: int) -> HttpResponse:
    """Everything whoever goes on with this course must know, ready to print."""
    course, now = find(COURSES, request, pk), clock.now()
    audit.record("read the hand-over", str(course.patient), site=course.site, by=request.user, now=now)
    made = handover.of(course, reader=request.user, now=now)
    context = {"made": made, "course": course, "patient": course.patient, "now": now}
    return render(request, "stepup/hand_over.html", context)
