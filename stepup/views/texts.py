"""What patients are asked and told, language by language, and the approval of each by a named person."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from monitoring import languages, words_withdrawn
from monitoring.access import SignedIn, act
from notifications import audit, clock, roles
from protocols import wording
from protocols.errors import Refusal
from stepup import emergency_approvals, texts_forms, texts_review

UNPROCESSABLE = 422


@require_GET
@act("see texts")
def show_texts(request: SignedIn) -> HttpResponse:
    """Every language, and whether anybody may be enrolled in it here."""
    site = request.user.site
    context = {
        "languages": languages.of_site(site),
        "pages": emergency_approvals.of_site(site),
        "now": clock.now(),
    }
    return render(request, "stepup/texts.html", context)


@require_GET
@act("see texts")
def show_language(request: SignedIn, code: str) -> HttpResponse:
    """Every text of one language as a patient reads it."""
    standing = _standing(request, code)
    return _show(request, standing, texts_forms.ApprovalForm(standing=standing))


@require_POST
@act("approve texts")
def approve_texts(request: SignedIn, code: str) -> HttpResponse:
    """Approve exactly the texts that were shown; if they changed in between, nothing is approved."""
    standing = _standing(request, code)
    form = texts_forms.ApprovalForm(request.POST, standing=standing)
    if form.is_valid():
        said = {"reads_language": False, **form.cleaned_data}
        del said["read_all"]
        try:
            languages.approve(request.user.site, code, by=request.user, now=clock.now(), **said)
            messages.success(
                request,
                _("Approved. Patients can be enrolled in %(standing)s.") % {"standing": standing.name},
            )
            return redirect(reverse("texts-of", args=[code]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, standing, form)


@require_POST
@act("withdraw texts")
def withdraw_texts(request: SignedIn, code: str) -> HttpResponse:
    """An approval counts no more: nobody new is enrolled, and a person decides about whoever is asked in them."""
    standing = _standing(request, code)
    form = texts_forms.WithdrawalForm(request.POST)
    if form.is_valid():
        try:
            words_withdrawn.withdraw(
                request.user.site, code, why=form.cleaned_data["why"], by=request.user, now=clock.now()
            )
            said = "Nobody new is enrolled in them. Texts go on to whoever is listed, and each is a task to decide."
            messages.success(request, _("Withdrawn. %(said)s") % {"said": said})
            return redirect(reverse("texts-of", args=[code]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, standing, texts_forms.ApprovalForm(standing=standing), withdrawal=form)


def _standing(request: SignedIn, code: str) -> languages.Standing:
    found = (one for one in languages.of_site(request.user.site) if one.code == code)
    standing = next(found, None)
    if standing is None:
        raise Http404("no texts in that language")
    return standing


def _show(
    request: SignedIn,
    standing: languages.Standing,
    form: texts_forms.ApprovalForm,
    *,
    withdrawal: texts_forms.WithdrawalForm | None = None,
) -> HttpResponse:
    sees_patients = roles.may(request.user, "see a patient")
    under_way = languages.under_way(request.user.site, standing.code) if sees_patients else []
    if under_way:
        about, site, now = f"language:{standing.code}", request.user.site, clock.now()
        audit.record("read who is asked in a language", about, site=site, by=request.user, now=now)
    parts = texts_review.parts(standing.code)
    context = {
        "standing": standing,
        "parts": parts,
        "count": sum(len(part.rows) for part in parts),
        "note": wording.note(standing.code),
        "changes": languages.changes(standing.before) if standing.before and not standing.approval else (),
        "history": languages.history(request.user.site, standing.code),
        "may_approve": roles.may(request.user, "approve texts") and not standing.approval,
        "may_withdraw": roles.may(request.user, "withdraw texts") and standing.approval,
        "form": form,
        "withdrawal": withdrawal or texts_forms.WithdrawalForm(auto_id="id_withdraw_%s"),
        "under_way": under_way,
        "now": clock.now(),
    }
    status = UNPROCESSABLE if form.errors or withdrawal else 200
    return render(request, "stepup/texts_of.html", context, status=status)
