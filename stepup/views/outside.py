"""Why somebody from outside the team opens a record, asked before it opens."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from monitoring.access import SignedIn, act, find
from monitoring.models import Patient
from notifications import clock
from protocols.errors import Refusal
from stepup import outside
from stepup.look_forms import LookForm
from stepup.models import Course, OutsideLook

UNPROCESSABLE = 422
P = ParamSpec("P")
View = Callable[Concatenate[SignedIn, P], HttpResponse]


def asks(rows: type[Patient] | type[Course]) -> Callable[[View[P]], View[P]]:
    """Lead whoever is outside the team to the question first, and back here afterwards."""

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: SignedIn, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.user.role not in outside.TREAT:
                patient = _patient(rows, request, int(str(kwargs["pk"])))
                if outside.must_say_why(request.user, patient, now=clock.now()):
                    asked = reverse("look", args=[patient.pk])
                    return redirect(f"{asked}?{urlencode({'next': request.get_full_path()})}")
            return view(request, *args, **kwargs)

        return cast("View[P]", guarded)

    return guard


def _patient(rows: type[Patient] | type[Course], request: SignedIn, pk: int) -> Patient:
    if rows is Patient:
        return find(Patient.objects.select_related("site"), request, pk)
    courses = Course.objects.select_related("patient__site")
    return find(courses, request, pk, site="patient__site").patient


@require_http_methods(["GET", "POST"])
@act("see a patient")
def say_why(request: SignedIn, pk: int) -> HttpResponse:
    """The reason, or one press in an emergency. The page shows nothing of the patient."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    wanted = request.POST.get("next") or request.GET.get("next", "")
    here = reverse("patient", args=[patient.pk])
    onward = wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else here
    is_emergency = "emergency" in request.POST
    form = LookForm(request.POST if request.method == "POST" and not is_emergency else None)
    if is_emergency or form.is_valid():
        given = {"reason": OutsideLook.Reason.EMERGENCY, "words": ""} if is_emergency else form.cleaned_data
        try:
            outside.look(patient, by=request.user, now=clock.now(), **given)
            return redirect(onward)
        except Refusal as refusal:
            form.refuse(refusal)
    context = {
        "form": form,
        "onward": onward,
        "hours": int(outside.HOLDS.total_seconds() // 3600),
        "now": clock.now(),
    }
    return render(request, "stepup/look.html", context, status=UNPROCESSABLE if form.errors else 200)
