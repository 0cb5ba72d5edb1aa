"""A site's own protocols while they are made: begun, changed part by part, frozen for signing, or dropped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from monitoring.access import SignedIn, act, find
from notifications import clock, roles
from protocols import drafting, library
from protocols.drafting import Drafted
from protocols.errors import Refusal
from protocols.pathway import Protocol
from stepup import approvals, draft_parts, draft_rows_forms, drafts, entries, entry_forms
from stepup.draft_forms import BeginForm, ItemForm
from stepup.draft_rows_forms import PartForm
from stepup.models import Draft, LabelEntry

UNPROCESSABLE = 422
ENDED = "This draft was frozen or dropped: it is only read now."


@dataclass(frozen=True)
class Row:
    """One value of a draft: its name, how it stands, whose it is, and what is wrong with it."""

    name: str
    said: str
    own: str
    was: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """One part of a draft, with the page that changes it."""

    title: str
    link: str
    rows: tuple[Row, ...]


@require_http_methods(["GET", "POST"])
@act("draft a protocol")
def show_drafts(request: SignedIn) -> HttpResponse:
    """The drafts of this site, and the beginning of another."""
    now, site = clock.now(), request.user.site
    form = BeginForm(request.POST or None, bases=_bases(request))
    if request.method == "POST" and form.is_valid():
        try:
            draft = _begin(request, form)
            messages.success(
                request,
                gettext("Begun: %(title)s, version %(version)s.")
                % {"title": draft.title, "version": draft.version},
            )
            return redirect(reverse("draft", args=[draft.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    rows = Draft.objects.filter(site=site).select_related("made_by", "frozen").order_by("-pk")
    context = {"drafts": rows, "form": form, "now": now}
    return render(request, "stepup/drafts.html", context, status=UNPROCESSABLE if form.errors else 200)


def _bases(request: SignedIn) -> list[tuple[str, Any]]:
    """Everything a draft can begin as: the site's approved protocols, and the known labels with each pathway."""
    approved = [
        (f"row:{row.pk}", f"{content.label.name}, {content.pathway.title} ({row.protocol_id})")
        for row in approvals.approved(request.user.site)
        for content in [approvals.content(row)]
    ]
    known = [
        (
            f"known:{label.id}+{pathway.id}",
            f"{label.name}, {label.jurisdiction} {label.revision}: {pathway.title}",
        )
        for label in library.known_labels()
        for pathway in library.pathways()
        if label.jurisdiction == pathway.jurisdiction
    ]
    return [("Approved at this site", approved), ("Known to the service", known)]


def _begin(request: SignedIn, form: BeginForm) -> Draft:
    kind, _, which = form.cleaned_data["base"].partition(":")
    named = {key: form.cleaned_data[key] for key in ("name", "title")}
    site, by, now = request.user.site, request.user, clock.now()
    if kind == "row":
        row = next(row for row in approvals.approved(site) if str(row.pk) == which)
        return drafts.begin_from(row, by=by, now=now, **named)
    return drafts.begin(site, base=library.protocol_of(which), by=by, now=now, **named)


def draft_of(request: SignedIn, pk: int) -> Draft:
    """A draft of the reader's own site."""
    return find(Draft.objects.select_related("site", "made_by", "frozen"), request, pk)


@require_GET
@act("see protocols")
def show_draft(request: SignedIn, pk: int) -> HttpResponse:
    """Every value of a draft, what is wrong with it, and who changed what."""
    draft = draft_of(request, pk)
    judged, pathway = drafts.judged(draft), drafts.contents(draft)["pathway"]
    protocol = judged.protocol
    label = (protocol or drafts.base(draft)).label
    asked = [table for table in label.tables if table.read != "yes"]
    context = {
        "draft": draft,
        "judged": judged,
        "problems": [(placed(place, pathway), problem) for place, problem in judged.problems],
        "protocol": protocol,
        "label": label,
        "base": drafts.base(draft),
        "sections": _sections(pathway, judged),
        "edits": [
            (edit, drafting.called(edit.value), drafts.worded(edit.was), drafts.worded(edit.now))
            for edit in draft.edits.select_related("by").order_by("-number")
        ],
        "entries": [(entry, entries.about(entry), list(entry.answers.all())) for entry in drafts.live(draft)],
        "own_rows": drafts.own_rows(draft),
        "kinds": LabelEntry.Kind.choices,
        "asked": asked,
        "may_change": draft.ended_at is None and roles.may(request.user, "draft a protocol"),
        "may_read": draft.ended_at is None and roles.may(request.user, "read a label row"),
        "now": clock.now(),
    }
    return render(request, "stepup/draft.html", context)


def _sections(pathway: Mapping[str, Any], judged: Drafted) -> list[Section]:
    own = {row["value"]: row for row in pathway.get("own", ())}

    def row(value: str) -> Row:
        mark = own.get(value, {})
        wrong = tuple(problem for place, problem in judged.problems if value_at(place, pathway) == value)
        said = drafting.worded(drafting.get(pathway, value))
        return Row(drafting.called(value), said, mark.get("source", ""), mark.get("was", ""), wrong)

    sections = [
        Section(part.title, f"?part={part.id}", tuple(map(row, part.values)))
        for part in draft_parts.PARTS.values()
    ]
    items = [item["id"] for item in pathway["readiness"]]
    return sections + [
        Section(f"Before a dose: {item}", f"?item={item}", (row(f"readiness.{item}"),)) for item in items
    ]


def value_at(place: str, pathway: Mapping[str, Any]) -> str:
    """The value a problem is about: `readiness, row 3` is that item, `silence` the first of its minutes."""
    head, _, number = place.partition(", row ")
    head = head.partition(", ")[0]
    digits = number.partition(".")[0]
    if head == "readiness" and digits.isdigit() and int(digits) <= len(pathway["readiness"]):
        return f"readiness.{pathway['readiness'][int(digits) - 1]['id']}"
    return next((value for value in drafting.VALUES if value == head or value.startswith(f"{head}.")), head)


def placed(place: str, pathway: Mapping[str, Any]) -> str:
    """Where a problem is, in words."""
    value = value_at(place, pathway)
    known = value in drafting.VALUES or value.startswith("readiness.")
    number = place.partition(", row ")[2]
    row = f", row {number}" if number and not value.startswith("readiness.") else ""
    return f"{drafting.called(value)}{row}" if known else place.replace("_", " ")


@require_http_methods(["GET", "POST"])
@act("draft a protocol")
def change_draft(request: SignedIn, pk: int) -> HttpResponse:
    """One part of a draft in fields; what somebody else changed meanwhile is told, and what was typed is kept."""
    draft = draft_of(request, pk)
    pathway = drafts.contents(draft)["pathway"]
    form, title, values = _form(request, draft, pathway)
    if request.method == "POST" and form.is_valid():
        try:
            made = _change(request, draft, form)
            messages.success(
                request,
                gettext("Changed: %(values)s.")
                % {"values": ", ".join(drafting.called(edit.value) for edit in made)},
            )
            return redirect(reverse("draft", args=[draft.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
            typed = request.POST.copy()
            typed["seen"] = str(draft.edits.count())
            form.data = typed
    judged = drafts.judged(draft)
    wrong = [problem for place, problem in judged.problems if value_at(place, pathway) in values]
    context = {
        "draft": draft,
        "form": form,
        "title": title,
        "wrong": wrong,
        "stands": [
            (drafting.called(value), drafting.worded(drafting.get(pathway, value))) for value in values
        ],
        "now": clock.now(),
    }
    return render(request, "stepup/draft_change.html", context, status=UNPROCESSABLE if form.errors else 200)


def _form(
    request: SignedIn, draft: Draft, pathway: Mapping[str, Any]
) -> tuple[PartForm | ItemForm, str, tuple[str, ...]]:
    doses = entry_forms.doses(drafts.base(draft).label)
    typed, start = request.POST or None, {"seen": draft.edits.count()}
    item = request.GET.get("item")
    if item is not None:
        value = f"readiness.{item}"
        if item and drafting.get(pathway, value) is None:
            raise Http404("No such item on this list.")
        form = ItemForm(typed, item=item, pathway=pathway, doses=doses, initial=start)
        return form, f"Before a dose: {item or 'a new item'}", (value,) if item else ()
    try:
        part = draft_parts.part(request.GET.get("part", "hours"))
    except Refusal as unknown:
        raise Http404(unknown.sentence) from unknown
    kind = draft_rows_forms.form_of(part)
    return kind(typed, part=part, pathway=pathway, doses=doses, initial=start), part.title, part.values


def _change(request: SignedIn, draft: Draft, form: PartForm | ItemForm) -> list[Any]:
    given = form.cleaned_data
    return drafts.change(
        draft.pk,
        form.wanted(),
        seen=given["seen"],
        why=given["why"],
        source=given["source"],
        by=request.user,
        now=clock.now(),
    )


@require_POST
@act("draft a protocol")
def freeze_draft(request: SignedIn, pk: int) -> HttpResponse:
    """Freeze a draft for two signatures."""
    draft = draft_of(request, pk)
    shown = request.POST.get("fingerprint", "")
    row = drafts.freeze(draft.pk, fingerprint=shown, by=request.user, now=clock.now())
    messages.success(
        request, gettext("Frozen. A pharmacist and a prescriber now read this page and sign it.")
    )
    return redirect(reverse("protocol", args=[row.label_id, row.pathway_id]) + "#result")


@require_POST
@act("draft a protocol")
def drop_draft(request: SignedIn, pk: int) -> HttpResponse:
    """End a draft that nobody will sign."""
    draft = drafts.drop(draft_of(request, pk).pk, by=request.user, now=clock.now())
    messages.success(
        request,
        gettext("Dropped: %(title)s, version %(version)s. Its history stays.")
        % {"title": draft.title, "version": draft.version},
    )
    return redirect(reverse("drafts") + "#result")


def protocol_of(draft: Draft) -> Protocol:
    """What a draft comes to; refused while it is broken."""
    judged = drafts.judged(draft)
    if judged.protocol is None:
        raise Refusal(
            "broken-draft", gettext("This draft cannot be read as a protocol yet: mend what is listed first.")
        )
    return judged.protocol
