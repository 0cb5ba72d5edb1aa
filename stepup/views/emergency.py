"""The doors of the emergency page: open to anybody, without scripts or cookies."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from monitoring.access import public
from monitoring.models import Patient
from notifications import clock
from notifications.models import Site
from protocols import wording
from stepup import emergency, emergency_approvals, emergency_texts
from stepup.emergency_forms import BirthForm, CodeForm
from stepup.emergency_texts import ENGLISH, Advice

OPEN_TO_ALL = "an emergency team has no account; facts need the date of birth"


@dataclass(frozen=True)
class Shown:
    """In which language the page is shown, and the one that was asked for where that is not ready."""

    site: Site | None
    advice: Advice
    approval: Any
    not_ready: str


def _in_language(request: HttpRequest, site: Site | None) -> Shown:
    """What was asked for, if somebody of the site approved it; else English, with a plain statement."""
    asked = request.GET.get("in", ENGLISH)
    english = emergency_approvals.ready(site, ENGLISH)
    approval = english.approval if english else None
    if asked == ENGLISH or asked not in emergency_texts.load():
        return Shown(site, emergency_texts.of(ENGLISH), approval, "")
    standing = emergency_approvals.ready(site, asked)
    if standing is None:
        return Shown(site, emergency_texts.of(ENGLISH), approval, wording.name(asked))
    return Shown(site, standing.advice, standing.approval, "")


@public(OPEN_TO_ALL)
@csrf_exempt  # nothing is kept from it, and a browser that refuses cookies must get through
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def type_code(request: HttpRequest) -> HttpResponse:
    """General advice, and where to type the code."""
    shown = _in_language(request, emergency.only_site())
    form = CodeForm(request.POST or None, words=shown.advice.words)
    if request.method == "POST" and form.is_valid():
        typed = "".join(form.cleaned_data["code"].split())
        if emergency.find(typed) or emergency.replaced(typed):
            query = f"?{request.GET.urlencode()}" if request.GET else ""
            return redirect(reverse("emergency", args=[typed.upper()]) + query)
        form.add_error("code", shown.advice.words["unknown"])
    return _page(request, shown, code_form=form, status=422 if form.errors else 200)


@public(OPEN_TO_ALL)
@csrf_exempt  # tries are counted per patient whoever sends them, so a forged one gains nothing
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_emergency(request: HttpRequest, code: str) -> HttpResponse:
    """One patient's page: advice and number at once, facts for the date of birth."""
    patient = emergency.find(code)
    if patient is None:
        return _without_patient(request, code)
    now = clock.now()
    if request.method == "GET":
        emergency.opened(patient, now=now)
    shown = _in_language(request, patient.site)
    form = BirthForm(request.POST or None, words=shown.advice.words)
    facts = None
    if request.method == "POST" and form.is_valid():
        facts = _try(patient, form, shown.advice.words)
    left = emergency.tries_left(patient, now=clock.now())
    return _page(request, shown, form=form, facts=facts, left=left, status=422 if form.errors else 200)


def _without_patient(request: HttpRequest, code: str) -> HttpResponse:
    """An old card still shows the advice and the number of the site that printed it; a wrong code what is general."""
    old = emergency.replaced(code)
    if old is None:
        shown = _in_language(request, emergency.only_site())
        form = CodeForm(None, words=shown.advice.words)
        return _page(request, shown, code_form=form, unknown=True, status=404)
    if request.method == "GET":
        emergency.opened(old.patient, old_card=True, now=clock.now())
    return _page(request, _in_language(request, old.patient.site), replaced=True, status=200)


def _try(patient: Patient, form: BirthForm, words: dict[str, str]) -> emergency.Facts | None:
    given = form.cleaned_data
    now = clock.now()
    if emergency.tries_left(patient, now=now) == 0:
        return None
    facts = emergency.show_facts(patient.pk, born_on=given["born_on"], callback=given["callback"], now=now)
    if facts is None:
        form.add_error("born_on", words["born_other"])
    return facts


def _page(request: HttpRequest, shown: Shown, *, status: int, **context: Any) -> HttpResponse:
    now: datetime = clock.now()
    site, advice = shown.site, shown.advice
    zone = site.time_zone if site else "UTC"
    here = now.astimezone(ZoneInfo(zone))
    filled = {
        "advice": advice,
        "body": advice.body,
        "words": advice.words,
        "languages": emergency_texts.load().values(),
        "not_ready": shown.not_ready,
        "approval": shown.approval,
        "approved_on": shown.approval.at.astimezone(ZoneInfo(zone)).date() if shown.approval else None,
        "expired": advice.expired(here.date()),
        "now": now,
        "now_words": f"{here:%Y-%m-%d %H:%M %Z}",
        "emergency_site": site,
        "zone_shown": zone,
        **context,
    }
    response = render(request, "stepup/emergency.html", filled, status=status)
    response["Referrer-Policy"] = "no-referrer"  # the address itself is the first of the two facts
    return response
