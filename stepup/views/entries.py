"""Rows of the label that a site read itself: entered by one person, typed again by another, or taken back."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring.access import SignedIn, act, find
from notifications import clock
from protocols.errors import Refusal
from stepup import drafts, entries
from stepup.entry_forms import FORMS, LeaveOutForm, SourceForm, TakeBackForm
from stepup.models import LabelEntry
from stepup.views.drafts import draft_of

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@act("read a label row")
def enter_row(request: SignedIn, pk: int) -> HttpResponse:
    """A row as one person reads it in the current label, with where it is printed."""
    draft, kind = draft_of(request, pk), request.GET.get("kind", "restart")
    if kind not in FORMS:
        raise Http404("No such kind of row.")
    label = drafts.base(draft).label
    form = FORMS[kind](request.POST or None, label=label)
    source = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and source.is_valid():
        try:
            entries.enter(
                draft.pk,
                kind=kind,
                row=form.row(),
                source=source.cleaned_data,
                by=request.user,
                now=clock.now(),
            )
            messages.success(
                request, _("Kept. Somebody else now types the deciding values again, from the label.")
            )
            return redirect(reverse("draft", args=[draft.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    context = {
        "draft": draft,
        "label": label,
        "kind": LabelEntry.Kind(kind).label,
        "form": form,
        "source": source,
        "now": clock.now(),
    }
    wrong = form.errors or source.errors
    return render(request, "stepup/entry.html", context, status=UNPROCESSABLE if wrong else 200)


def _entry(request: SignedIn, pk: int) -> LabelEntry:
    return find(LabelEntry.objects.select_related("draft__site", "by"), request, pk, site="draft__site")


@require_http_methods(["GET", "POST"])
@act("read a label row")
def confirm_row(request: SignedIn, pk: int) -> HttpResponse:
    """Another person's own reading of the same row; the first one is not shown."""
    entry = _entry(request, pk)
    label = drafts.base(entry.draft).label
    form = FORMS[entry.kind](request.POST or None, label=label, again=True)
    if request.method == "POST" and form.is_valid():
        try:
            entries.confirm(entry.pk, typed=form.row(), by=request.user, now=clock.now())
            messages.success(request, _("Confirmed: both readings agree. The row is in the draft."))
            return redirect(reverse("draft", args=[entry.draft_id]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    context = {
        "entry": entry,
        "draft": entry.draft,
        "label": label,
        "about": entries.about(entry),
        "form": form,
        "is_own": entry.by_id == request.user.pk,
        "now": clock.now(),
    }
    return render(request, "stepup/entry_confirm.html", context, status=UNPROCESSABLE if form.errors else 200)


def _may_read(request: SignedIn, entry: LabelEntry) -> bool:
    """Whoever may still type a row again does not see what was typed first."""
    return entry.by_id == request.user.pk or entry.answers.exclude(what="differs").exists()


@require_http_methods(["GET", "POST"])
@act("read a label row")
def take_row_back(request: SignedIn, pk: int) -> HttpResponse:
    """Take a row out of its draft, with the reason. Here, and on the page that is signed, all of it is shown."""
    entry = _entry(request, pk)
    form = TakeBackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            entries.take_back(entry.pk, by=request.user, now=clock.now(), **form.cleaned_data)
            messages.success(request, _("Taken back. The row is not in the draft any more."))
            return redirect(reverse("draft", args=[entry.draft_id]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    context = {
        "entry": entry,
        "draft": entry.draft,
        "words": entries.words(entry) if _may_read(request, entry) else [],
        "answers": entry.answers.select_related("by"),
        "form": form,
        "now": clock.now(),
    }
    return render(request, "stepup/entry_back.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_http_methods(["GET", "POST"])
@act("read a label row")
def leave_row_out(request: SignedIn, pk: int) -> HttpResponse:
    """Leave a row out of this version that an earlier one rested on: what it answered asks again."""
    draft, source, now = draft_of(request, pk), request.GET.get("row", ""), clock.now()
    form = LeaveOutForm(request.POST or None, initial={"seen": draft.edits.count()})
    if request.method == "POST" and form.is_valid():
        try:
            drafts.leave_row_out(draft.pk, source, by=request.user, now=now, **form.cleaned_data)
            messages.success(request, _("Left out. What the row answered asks again."))
            return redirect(reverse("draft", args=[draft.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    row = next((one for one in drafts.own_rows(draft) if one.source == source), None)
    context = {"draft": draft, "row": row, "form": form, "now": now}
    return render(request, "stepup/entry_out.html", context, status=UNPROCESSABLE if form.errors else 200)
