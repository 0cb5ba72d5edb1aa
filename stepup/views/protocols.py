"""Which protocols the site uses, what was read of each, and the two signatures."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from monitoring import identity, ladders, rule_approvals
from monitoring.access import SignedIn, act
from notifications import clock, roles
from notifications.models import Site
from protocols import delays, library, precautions
from protocols.errors import Refusal
from protocols.model import SITE
from protocols.pathway import Protocol
from stepup import approvals, drafts, feasible, version_choices, versions
from stepup.models import Draft, SiteProtocol

UNPROCESSABLE = 422
SIGNING = ("approve as pharmacist", "approve as prescriber")
WHO_SIGNS = ["pharmacist", "prescriber"]


@dataclass(frozen=True)
class Line:
    """One protocol the service knows, and how far this site has signed exactly this content."""

    protocol: Protocol
    row: SiteProtocol | None
    unread: tuple[str, ...]
    earlier: int


@require_GET
@act("see protocols")
def show_protocols(request: SignedIn) -> HttpResponse:
    """Every protocol the service knows, the signed ones first."""
    site = request.user.site
    lines = [_line(site, protocol) for protocol in [*_own(site), *_known()]]
    signed = [line for line in lines if line.row and line.row.is_approved]
    others = [line for line in lines if line not in signed]
    groups = [(_("Approved at this site"), signed), (_("Not approved"), others)]
    context = {"groups": groups, "rules": rule_approvals.standing(site), "now": clock.now()}
    return render(request, "stepup/protocols.html", context)


def _known() -> list[Protocol]:
    return [
        Protocol(label, pathway)
        for label in library.known_labels()
        for pathway in library.pathways()
        if label.jurisdiction == pathway.jurisdiction
    ]


def _own(site: Site) -> list[Protocol]:
    """What this site made itself and froze for signing, the newest first."""
    rows = SiteProtocol.objects.filter(site=site, draft__isnull=False).order_by("-pk")
    return [approvals.content(row) for row in rows]


def _line(site: Site, protocol: Protocol) -> Line:
    rows = SiteProtocol.objects.filter(site=site, protocol_id=protocol.id).select_related(
        "pharmacist", "prescriber"
    )
    same = next((row for row in rows if row.fingerprint == protocol.fingerprint), None)
    return Line(
        protocol=protocol,
        row=same,
        unread=tuple(table.title for table in protocol.label.tables if table.read != "yes"),
        earlier=sum(row.is_approved and row.fingerprint != protocol.fingerprint for row in rows),
    )


@require_GET
@act("see protocols")
def show_protocol(request: SignedIn, label_id: str, pathway_id: str) -> HttpResponse:
    """The whole content of one protocol, as it would be signed."""
    protocol = _protocol(request.user.site, label_id, pathway_id)
    return _page(request, protocol, identity.Again(request, now=clock.now()))


def _page(request: SignedIn, protocol: Protocol, again: identity.Again) -> HttpResponse:
    line = _line(request.user.site, protocol)
    row = line.row
    context = {
        "line": line,
        "protocol": protocol,
        "label": protocol.label,
        "pathway": protocol.pathway,
        "around": precautions.around(protocol.label),
        "restart": delays.table(protocol.label),
        "now": clock.now(),
        "texting": feasible.of(request.user.site, protocol.pathway),
        "sign_as": _may_sign_as(request, row),
        "own": {one.value: one for one in protocol.pathway.own},
        "own_silence": [one.value for one in protocol.pathway.own if one.value.startswith("silence.")],
        "ladder": ladders.at(request.user.site, protocol.pathway.ladder, now=clock.now()),
        "own_rungs": [one.value for one in protocol.pathway.own if one.value.startswith("minutes_per_rung.")],
        "entered": [source for source in protocol.label.sources if source.level == SITE],
        "asks": bool(row and versions.earlier(row)),
        "unanswered": version_choices.unanswered(row) if row else 0,
        "draft": Draft.objects.filter(frozen=row).first() if row else None,
        "again": again,
    }
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "stepup/protocol.html", context, status=status)


def _protocol(site: Site, label_id: str, pathway_id: str) -> Protocol:
    """What the service knows by these ids, or what this site made itself. Another site's own does not exist here."""
    made = drafts.own_content(site, label_id, pathway_id)
    if made is not None:
        return approvals.content(made)
    try:
        return library.protocol(label_id, pathway_id)
    except Refusal as unknown:
        raise Http404(unknown.sentence) from unknown


def _may_sign_as(request: SignedIn, row: SiteProtocol | None) -> str:
    """The role whose signature is still missing and is this reader's to give; empty otherwise."""
    missing = {
        "pharmacist": row is None or row.pharmacist_id is None,
        "prescriber": row is None or row.prescriber_id is None,
    }
    allowed = (
        role for role, needed in missing.items() if needed and roles.may(request.user, f"approve as {role}")
    )
    return next(allowed, "")


@require_POST
@act("see protocols")
@identity.signs
def sign_protocol(
    request: SignedIn, label_id: str, pathway_id: str, *, again: identity.Again
) -> HttpResponse:
    """Sign exactly the content that was shown; if it changed in between, nothing is signed."""
    protocol = _protocol(request.user.site, label_id, pathway_id)
    if not any(roles.may(request.user, act_) for act_ in SIGNING):
        return render(
            request, "stepup/not_allowed.html", {"what": "sign a protocol", "who": WHO_SIGNS}, status=403
        )
    if request.POST.get("fingerprint") != protocol.fingerprint:
        raise Refusal(
            "content-changed", _("This protocol changed while you read it. Read it again, then sign.")
        )
    if not again.holds():
        return _page(request, protocol, again)
    made = drafts.own_content(request.user.site, label_id, pathway_id)
    row = made or approvals.propose(request.user.site, label_id, pathway_id)
    approvals.approve(row.pk, by=request.user, now=clock.now())
    messages.success(request, _("Signed: %(id)s.") % {"id": protocol.id})
    return redirect(reverse("protocol", args=[label_id, pathway_id]) + "#result")
