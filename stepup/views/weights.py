"""Recording a weight, and the second clinician's answer where it changes the sums too much."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring.access import SignedIn, act, find
from notifications import audit, clock
from protocols.errors import Refusal
from stepup import weight_forms, weights
from stepup.models import Course, Weight

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@act("record a weight")
def record_weight(request: SignedIn, pk: int) -> HttpResponse:
    """First what the scale showed; where that changes a sum within the limit, both sums and two buttons."""
    course = find(Course.objects.select_related("patient__site", "site", "protocol"), request, pk)
    now, patient, change = clock.now(), course.patient, None
    today = now.astimezone(ZoneInfo(course.site.time_zone)).date()
    form = weight_forms.WeightForm(request.POST or None, initial={"on": today, "by": request.user.name})
    if request.method == "POST" and form.is_valid():
        try:
            weight = weights.record(
                course.pk, form.weighing(), by=request.user, now=now, choice=form.choice()
            )
            _say(request, course, weight)
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            if refusal.code == "keep-or-use":
                change = weights.change(course, form.cleaned_data["kg"])
            else:
                form.refuse(refusal)
    audit.record("read the record", str(patient), site=course.site, by=request.user, now=now)
    context = {
        "course": course,
        "patient": patient,
        "form": form,
        "change": change,
        "weight": course.weight,
        "weighings": course.weights.select_related("recorded_by", "answer__by").order_by("-pk"),
        "now": now,
    }
    return render(request, "stepup/record_weight.html", context, status=UNPROCESSABLE if form.errors else 200)


def _say(request: SignedIn, course: Course, weight: Weight) -> None:
    if weights.waiting(course) == weight:
        messages.warning(
            request, _("Recorded. It changes the sums beyond the limit: a colleague signs in and answers it.")
        )
    elif course.weight == weight:
        messages.success(
            request, _("Doses are calculated from %(in_kg)s now.") % {"in_kg": weights.in_kg(weight.kg)}
        )
    else:
        messages.success(
            request, _("Recorded. %(in_kg)s stays in use.") % {"in_kg": weights.in_kg(course.weight.kg)}
        )


@require_http_methods(["GET", "POST"])
@act("answer a weight")
def answer_weight(request: SignedIn, pk: int) -> HttpResponse:
    """The second clinician sees the old and the new sum of every dose, and says which weight is used."""
    rows = Weight.objects.select_related(
        "course__patient__site", "course__site", "course__protocol", "recorded_by"
    )
    weight = find(rows, request, pk, site="course__site")
    course, now = weight.course, clock.now()
    form = weight_forms.AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            use = form.cleaned_data["use"] == weight_forms.USE
            weights.answer(weight.pk, use=use, by=request.user, now=now)
            messages.success(
                request,
                _("Doses are calculated from %(in_kg)s.") % {"in_kg": weights.in_kg(course.weight.kg)},
            )
            return redirect(reverse("patient", args=[course.patient_id]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    patient = course.patient
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {
        "weight": weight,
        "course": course,
        "patient": patient,
        "change": weights.change(course, weight.kg),
        "is_waiting": weights.waiting(course) == weight,
        "is_recorder": weight.recorded_by_id == request.user.pk,
        "form": form,
        "now": now,
    }
    return render(request, "stepup/answer_weight.html", context, status=UNPROCESSABLE if form.errors else 200)
