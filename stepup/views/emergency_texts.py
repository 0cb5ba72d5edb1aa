"""The emergency page as a named person approves it: every word beside the English one."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from monitoring.access import SignedIn, act
from notifications import clock, roles
from protocols.errors import Refusal
from stepup import emergency_approvals, emergency_texts, texts_forms

UNPROCESSABLE = 422


@require_GET
@act("see texts")
def show_page(request: SignedIn, code: str) -> HttpResponse:
    """Every word of the page in one language, and who approved it."""
    standing = _standing(request, code)
    return _show(request, standing, texts_forms.ApprovalForm(standing=standing))


@require_POST
@act("approve texts")
def approve_page(request: SignedIn, code: str) -> HttpResponse:
    """Approve exactly the page that was shown; if it changed in between, nothing is approved."""
    standing = _standing(request, code)
    form = texts_forms.ApprovalForm(request.POST, standing=standing)
    if form.is_valid():
        said = {"reads_language": False, **form.cleaned_data}
        del said["read_all"]
        try:
            emergency_approvals.approve(request.user.site, code, by=request.user, now=clock.now(), **said)
            messages.success(
                request,
                gettext("Approved. The emergency page is shown in %(standing)s.")
                % {"standing": standing.name},
            )
            return redirect(reverse("emergency-texts", args=[code]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, standing, form)


def _standing(request: SignedIn, code: str) -> emergency_approvals.Standing:
    found = (one for one in emergency_approvals.of_site(request.user.site) if one.code == code)
    standing = next(found, None)
    if standing is None:
        raise Http404("no emergency page in that language")
    return standing


def _show(
    request: SignedIn, standing: emergency_approvals.Standing, form: texts_forms.ApprovalForm
) -> HttpResponse:
    english = emergency_texts.whole(emergency_texts.of(emergency_texts.ENGLISH))
    own = emergency_texts.whole(standing.advice)
    context = {
        "standing": standing,
        "rows": [
            {"place": place, "english": words, "words": said}
            for (place, words), (_, said) in zip(english, own, strict=True)
        ],
        "may_approve": roles.may(request.user, "approve texts") and not standing.approval,
        "form": form,
        "now": clock.now(),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "stepup/emergency_texts.html", context, status=status)
