"""The doors of the emergency page: open to anybody, without scripts or cookies."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from monitoring.access import public
from monitoring.forms import WardForm
from monitoring.models import Patient
from notifications import clock
from stepup import emergency

OPEN_TO_ALL = "an emergency team has no account; facts need the date of birth"


class BirthForm(WardForm):
    """The second fact, and where to call back."""

    born_on = forms.DateField(
        label="Patient's date of birth",
        input_formats=["%m/%d/%Y", "%Y-%m-%d", "%m-%d-%Y", "%m.%d.%Y"],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "placeholder": ""}),
        help_text="Month, day, year, like 03/14/1958.",
        error_messages={
            "required": "Type the date of birth, like 03/14/1958.",
            "invalid": "Type the date of birth as month, day, year, like 03/14/1958.",
        },
    )
    callback = forms.CharField(
        label="Your department's call-back number",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )


class CodeForm(WardForm):
    """The short code from the card."""

    code = forms.CharField(
        label="Code on the patient's card",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": "Type the code printed on the card."},
    )


@public(OPEN_TO_ALL)
@csrf_exempt  # nothing is kept from it, and a browser that refuses cookies must get through
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def type_code(request: HttpRequest) -> HttpResponse:
    """General advice, and where to type the code."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = "".join(form.cleaned_data["code"].split())
        if emergency.find(typed) is not None:
            return redirect("emergency", code=typed.upper())
        form.add_error(
            "code", "This code is not known here. The advice below holds all the same: call oncology."
        )
    return _page(request, code_form=form, site=emergency.only_site(), status=422 if form.errors else 200)


@public(OPEN_TO_ALL)
@csrf_exempt  # tries are counted per patient whoever sends them, so a forged one gains nothing
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_emergency(request: HttpRequest, code: str) -> HttpResponse:
    """One patient's page: advice and number at once, facts for the date of birth."""
    patient = emergency.find(code)
    if patient is None:
        return _page(request, code_form=CodeForm(), site=emergency.only_site(), unknown=True, status=404)
    now = clock.now()
    if request.method == "GET":
        emergency.opened(patient, now=now)
    form = BirthForm(request.POST or None)
    facts = None
    if request.method == "POST" and form.is_valid():
        facts = _try(patient, form)
    return _page(
        request,
        patient_page=True,
        form=form,
        facts=facts,
        left=emergency.tries_left(patient, now=clock.now()),
        site=patient.site,
        status=422 if form.errors else 200,
    )


def _try(patient: Patient, form: BirthForm) -> emergency.Facts | None:
    given = form.cleaned_data
    now = clock.now()
    if emergency.tries_left(patient, now=now) == 0:
        return None
    facts = emergency.show_facts(patient.pk, born_on=given["born_on"], callback=given["callback"], now=now)
    if facts is None:
        form.add_error(
            "born_on", "That is not this patient's date of birth. Check the wristband or the card."
        )
    return facts


def _page(request: HttpRequest, *, status: int, site: Any, **context: Any) -> HttpResponse:
    now = clock.now()
    content = emergency.advice()
    zone = site.time_zone if site else "UTC"
    shown = {
        "advice": content,
        "expired": _today(now, zone) > content["review_on"],
        "now": now,
        "emergency_site": site,
        "zone_shown": zone,
        **context,
    }
    response = render(request, "stepup/emergency.html", shown, status=status)
    response["Referrer-Policy"] = "no-referrer"  # the address itself is the first of the two facts
    return response


def _today(now: Any, zone: str) -> date:
    today: date = now.astimezone(ZoneInfo(zone)).date()
    return today
