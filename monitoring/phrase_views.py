"""Learned phrases: the list, one phrase with what it would have changed, and its approval or end."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from monitoring import phrases
from monitoring.access import SignedIn, act, find
from monitoring.models import LearnedPhrase, Reply
from monitoring.phrase_forms import EndForm, ProposeForm
from notifications import audit, clock, roles
from protocols.errors import Refusal

UNPROCESSABLE = 422
SHOWN = 100


def _phrases() -> QuerySet[LearnedPhrase]:
    return LearnedPhrase.objects.select_related("site", "proposed_by", "approved_by", "ended_by")


@require_GET
@act("see learned phrases")
def show_phrases(request: SignedIn) -> HttpResponse:
    """Every phrase of the site: those that wait for an approval first."""
    ours = _phrases().filter(site=request.user.site)
    live = ours.filter(ended_at=None)
    audit.record(
        "read the learned phrases", "phrases", site=request.user.site, by=request.user, now=clock.now()
    )
    context = {
        "proposed": live.filter(approved_at=None),
        "in_use": live.filter(approved_at__isnull=False).order_by("language", "words"),
        "ended": ours.exclude(ended_at=None).order_by("-ended_at")[:SHOWN],
        "may_approve": roles.may(request.user, "approve a phrase"),
        "now": clock.now(),
    }
    return render(request, "monitoring/phrases.html", context)


@require_GET
@act("see learned phrases")
def show_phrase(request: SignedIn, pk: int) -> HttpResponse:
    """One phrase: where it comes from, and what it would have changed over past replies."""
    return _render(request, find(_phrases(), request, pk))


def _render(request: SignedIn, phrase: LearnedPhrase, *, form: EndForm | None = None) -> HttpResponse:
    now = clock.now()
    weighed = phrases.weigh(phrase, now=now) if phrase.state == "proposed" else None
    context: dict[str, Any] = {
        "phrase": phrase,
        "weighed": weighed,
        "form": form or EndForm(),
        "may_approve": roles.may(request.user, "approve a phrase"),
        "is_own": phrase.proposed_by_id == request.user.pk,
        "now": now,
    }
    _audit(request, phrase, weighed)
    status = UNPROCESSABLE if form and form.errors else 200
    return render(request, "monitoring/phrase.html", context, status=status)


def _audit(request: SignedIn, phrase: LearnedPhrase, weighed: phrases.Weighed | None) -> None:
    """A line for the phrase, and one for each patient whose words were shown with it."""
    subjects = [str(phrase)]
    if weighed:
        subjects += [f"patient:{pk}" for pk in weighed.replay.patients]
    audit.record_each("read a phrase", subjects, site=phrase.site, by=request.user, now=clock.now())


@require_http_methods(["GET", "POST"])
@act("propose a phrase")
def propose_phrase(request: SignedIn, pk: int) -> HttpResponse:
    """Words of one reply that need no reading any more, if another person agrees."""
    reply = find(Reply.objects.select_related("site", "patient"), request, pk)
    form = ProposeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            words = form.cleaned_data["words"]
            phrase = phrases.propose(reply=reply, words=words, by=request.user, now=clock.now())
            messages.success(
                request, _("Proposed: “%(shown)s”. Another person approves it.") % {"shown": phrase.shown}
            )
            return redirect(reverse("phrases") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record(
        "read a reply", str(reply.patient or reply), site=reply.site, by=request.user, now=clock.now()
    )
    context = {"reply": reply, "form": form, "suggested": phrases.suggested(reply), "now": clock.now()}
    return render(
        request, "monitoring/propose_phrase.html", context, status=UNPROCESSABLE if form.errors else 200
    )


@require_POST
@act("approve a phrase")
def approve_phrase(request: SignedIn, pk: int) -> HttpResponse:
    """The words explain themselves from now on."""
    phrase = find(_phrases(), request, pk)
    try:
        phrases.approve(phrase.pk, seen=request.POST.get("seen", ""), by=request.user, now=clock.now())
        messages.success(request, _("In use: “%(shown)s”.") % {"shown": phrase.shown})
        return redirect(reverse("phrases") + "#result")
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(reverse("phrase", args=[phrase.pk]) + "#result")


@require_POST
@act("approve a phrase")
def end_phrase(request: SignedIn, pk: int) -> HttpResponse:
    """Refused, or no longer used."""
    phrase = find(_phrases(), request, pk)
    form = EndForm(request.POST)
    if form.is_valid():
        try:
            ended = phrases.end(phrase.pk, why=form.cleaned_data["why"], by=request.user, now=clock.now())
            messages.success(request, f"{ended.state.capitalize()}: “{ended.shown}”.")
            return redirect(reverse("phrases") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _render(request, phrase, form=form)
