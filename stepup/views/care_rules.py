"""A site's own rules for items of supportive care."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from monitoring.access import SignedIn, act
from notifications import clock
from protocols import supportive
from protocols.errors import Refusal
from protocols.supportive import Item
from stepup import care_forms, care_lines, care_rules
from stepup.models import CareRule

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@act("set a supportive care rule")
def show_rules(request: SignedIn) -> HttpResponse:
    """Every item a site may have a rule for, and what it has; for one item the forms to set or withdraw it."""
    item_id = request.GET.get("item", "")
    if item_id:
        return _one(request, item_id)
    own = care_rules.of(request.user.site)
    rows = [
        (
            item,
            supportive.load().cite(item.sources),
            care_lines.rule_line(own[item.id]) if item.id in own else None,
        )
        for item in care_rules.items()
    ]
    return render(request, "stepup/care_rules.html", {"rows": rows, "now": clock.now()})


def _one(request: SignedIn, item_id: str) -> HttpResponse:
    site, now = request.user.site, clock.now()
    try:
        item = care_rules.item_of(item_id)
    except Refusal as refusal:
        raise Http404 from refusal
    withdraws = request.POST.get("act") == "withdraw"
    typed = request.POST if request.method == "POST" else None
    form = care_forms.RuleForm(None if withdraws else typed, item=item, auto_id="id_%s")
    end = care_forms.WithdrawForm(typed if withdraws else None, auto_id="id_end_%s")
    meant: care_forms.RuleForm | care_forms.WithdrawForm = end if withdraws else form
    if typed is not None and meant.is_valid():
        try:
            said = _withdraw(request, item, end) if withdraws else _set(request, item, form)
            messages.success(request, said)
            return redirect(reverse("supportive-care-rules") + "#result")
        except Refusal as refusal:
            meant.refuse(refusal)
    rows = care_rules.history(site, item.id)
    context = {
        "item": item,
        "source": supportive.load().cite(item.sources),
        "rule": care_lines.rule_line(rows[0]) if rows and not rows[0].is_withdrawn else None,
        "history": [care_lines.rule_line(row) for row in rows],
        "seen": rows[0].pk if rows else 0,
        "form": form,
        "end": end,
        "meant": meant,
        "now": now,
    }
    return render(request, "stepup/care_rule.html", context, status=UNPROCESSABLE if meant.errors else 200)


def _set(request: SignedIn, item: Item, form: care_forms.RuleForm) -> str:
    given = {"every_days": None, "option": "", **form.cleaned_data}
    row: CareRule = care_rules.set_rule(request.user.site, item.id, by=request.user, now=clock.now(), **given)
    return f"This site's own rule for {item.name} is set. Every course here counts with it from now on ({row.by.name})."


def _withdraw(request: SignedIn, item: Item, form: care_forms.WithdrawForm) -> str:
    care_rules.withdraw(request.user.site, item.id, by=request.user, now=clock.now(), **form.cleaned_data)
    return f"Withdrawn. For {item.name} what was read holds again."
