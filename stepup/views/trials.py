"""Two versions side by side, and a draft tried on a made-up patient. Nothing here writes."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from monitoring.access import SignedIn, act
from notifications import clock
from protocols import comparing, library, trying
from protocols.errors import Refusal
from protocols.pathway import Protocol
from protocols.trying import Sample, Tried
from stepup import approvals, drafts, entry_forms
from stepup.draft_forms import CompareForm, TryForm
from stepup.models import Draft, SiteProtocol
from stepup.views.drafts import draft_of, protocol_of

UNPROCESSABLE = 422


def _versions(request: SignedIn) -> list[tuple[str, str]]:
    """Every version this site can look at."""
    site = request.user.site
    open_ = Draft.objects.filter(site=site, ended_at=None)
    rows = SiteProtocol.objects.filter(site=site).order_by("-pk")
    return [
        *((f"draft:{one.pk}", f"draft: {one.title}, version {one.version}") for one in open_),
        *(
            (
                f"row:{row.pk}",
                f"{'approved' if row.is_approved else 'not signed'}: {row.protocol_id}, {row.fingerprint[:12]}",
            )
            for row in rows
        ),
        *(
            (f"known:{label.id}+{pathway.id}", f"known: {label.id}+{pathway.id}")
            for label in library.known_labels()
            for pathway in library.pathways()
            if label.jurisdiction == pathway.jurisdiction
        ),
    ]


def _version(request: SignedIn, key: str) -> Protocol:
    """One of the versions on the form, which has already been held against this site."""
    kind, _, which = key.partition(":")
    site = request.user.site
    if kind == "draft":
        return protocol_of(Draft.objects.get(pk=which, site=site))
    if kind == "row":
        return approvals.content(SiteProtocol.objects.get(pk=which, site=site))
    return library.protocol_of(which)


@require_GET
@act("see protocols")
def compare(request: SignedIn) -> HttpResponse:
    """Every value that differs between two versions, old beside new; fit to be printed."""
    form = CompareForm(request.GET or None, versions=_versions(request))
    groups: tuple[comparing.Group, ...] | None = None
    if form.is_bound and form.is_valid():
        try:
            old, new = (_version(request, form.cleaned_data[key]) for key in ("old", "new"))
            groups = comparing.differences(old, new)
        except Refusal as refusal:
            form.refuse(refusal)
    words = dict(_versions(request))
    context = {
        "form": form,
        "groups": groups,
        "old": words.get(request.GET.get("old", ""), ""),
        "new": words.get(request.GET.get("new", ""), ""),
        "now": clock.now(),
    }
    return render(request, "stepup/compare.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_GET
@act("see protocols")
def compare_draft(request: SignedIn, pk: int) -> HttpResponse:
    """A draft beside what is in use."""
    draft = draft_of(request, pk)
    old = drafts.in_use(draft)
    context = {
        "draft": draft,
        "groups": comparing.differences(old, protocol_of(draft)),
        "old": f"{old.id}, {old.fingerprint[:12]}",
        "new": f"draft: {draft.title}, version {draft.version}",
        "now": clock.now(),
    }
    return render(request, "stepup/compare.html", context)


@require_GET
@act("see protocols")
def try_draft(request: SignedIn, pk: int) -> HttpResponse:
    """A draft and what is in use, tried on the same made-up patient."""
    draft = draft_of(request, pk)
    new, old, now = protocol_of(draft), drafts.in_use(draft), clock.now()
    regimens = [(regimen.id, regimen.title) for regimen in new.label.regimens]
    today = now.astimezone(ZoneInfo(draft.site.time_zone)).date()
    start = {"start_on": today + timedelta(days=1), "weight_kg": Decimal(70), "at": "10:00", "days_late": 0}
    form = TryForm(
        request.GET or None,
        initial=start,
        regimens=regimens,
        doses=[dose for dose, _ in entry_forms.doses(new.label)],
    )
    tried: list[tuple[str, Protocol, Tried]] = []
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        sample = Sample(
            start_on=given["start_on"],
            weight_kg=given["weight_kg"],
            regimen=given["regimen"],
            given=given["given"],
            days_late=given["days_late"],
            at=form.time_given,
        )
        zone = draft.site.time_zone
        try:
            tried = [
                (title, protocol, trying.on_sample(protocol, sample, zone=zone))
                for title, protocol in (("In use", old), (f"Draft: {draft.title}", new))
            ]
        except Refusal as refusal:
            form.refuse(refusal)
    context = {"draft": draft, "form": form, "tried": tried, "now": now}
    return render(request, "stepup/draft_try.html", context, status=UNPROCESSABLE if form.errors else 200)
