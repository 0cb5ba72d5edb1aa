"""One's own on call: hours, swaps, time off, and cases accepted at a change of shift."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from monitoring import changeover, drills, phone_proofs
from monitoring.access import SignedIn, act, find
from monitoring.models import Escalation
from notifications import clock, overrides, roles, swaps
from notifications.models import Clinician, Swap, TimeOff
from protocols.errors import Refusal
from stepup import own_shifts, rota_forms, swap_forms

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@act("swap hours on call")
def show_own(request: SignedIn) -> HttpResponse:
    """One's own hours for four weeks; a form offers some of them to a colleague."""
    now, person = clock.now(), request.user
    own = own_shifts.of(person, now=now)
    mine, theirs = swap_forms.choices(own.stints, now), swap_forms.choices(own.others, now)
    people = {pk: one for pk, one in rota_forms.able(person.site).items() if one.pk != person.pk}
    form = swap_forms.SwapForm(
        request.POST or None, people=people, mine=mine, theirs=theirs, initial=_asked(request, mine)
    )
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, _offer(person, form, now))
            return redirect(reverse("own-shifts") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    context = {
        "own": own,
        "mine": mine.items(),
        "form": form,
        "now": now,
        "proof": phone_proofs.of([person])[person.pk],
    }
    return render(request, "stepup/own_shifts.html", context, status=UNPROCESSABLE if form.errors else 200)


def _offer(person: Clinician, form: swap_forms.SwapForm, now: datetime) -> str:
    """Offer what the form says, to one colleague or to whoever could take it; what there is to say of it."""
    given = form.cleaned_data
    if given["to"] == swap_forms.ANYONE:
        row = swaps.offer_to_anyone(given["hours"], by=person, now=now)
        return gettext(
            "Offered to %(to)s. The first who accepts has the hours; until then they are yours."
        ) % {"to": row.waits_for}
    to = form.people[given["to"]]
    swaps.offer(given["hours"], to=to, by=person, now=now, back=given["hours_back"])
    return gettext("Offered to %(to)s. Until they accept, the hours are yours.") % {"to": to.name}


def _asked(request: SignedIn, mine: dict[str, swap_forms.Choice]) -> dict[str, object]:
    """What the form begins with: the whole of the hours whose link was followed."""
    key = request.GET.get("given", "")
    return {"given": key, **mine[key].initial(swap_forms.OWN)} if key in mine else {}


@require_POST
@act("swap hours on call")
def answer_swap(request: SignedIn, pk: int) -> HttpResponse:
    """Accept, decline or take back an offer."""
    row = find(Swap.objects.all(), request, pk)
    acts: dict[str, tuple[Callable[..., Swap], str]] = {
        "accept": (swaps.accept, "Accepted: the on-call list has changed."),
        "decline": (swaps.decline, "Declined: the hours stay where they were."),
        "withdraw": (swaps.withdraw, "The offer is taken back."),
    }
    operation, said = acts.get(request.POST.get("answer", ""), acts["decline"])
    try:
        operation(row.pk, by=request.user, now=clock.now())
        messages.success(request, said)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect(reverse("own-shifts") + "#result")


@require_http_methods(["GET", "POST"])
@act("note time off")
def show_time_off(request: SignedIn) -> HttpResponse:
    """Time off to come, with the hours it leaves to nobody, and a form to note more."""
    now, person = clock.now(), request.user
    keeps = roles.may(person, "change who is on call")
    people = list(rota_forms.able(person.site).values()) if keeps else [person]
    form = rota_forms.TimeOffForm(request.POST or None, site=person.site, people=people)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        who = form.people[given["clinician"]]
        try:
            opened = overrides.take_time_off(
                who, starts_at=given["start"], ends_at=given["end"], by=person, now=now
            )
            left = (
                f"It leaves {len(opened)} of their spans on call to nobody." if opened else "It opens no gap."
            )
            messages.success(
                request,
                gettext("%(who)s is not called for that time. %(left)s") % {"who": who.name, "left": left},
            )
            return redirect(reverse("time-off") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    context = {
        "form": form,
        "now": now,
        "off": own_shifts.time_off(person.site, to=person, now=now),
        "may_change": keeps,
    }
    return render(request, "stepup/time_off.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_POST
@act("note time off")
def end_time_off(request: SignedIn, pk: int) -> HttpResponse:
    """Called again from now on."""
    row = find(TimeOff.objects.all(), request, pk)
    try:
        row = overrides.end_time_off(row.pk, by=request.user, now=clock.now())
        messages.success(
            request,
            gettext("%(clinician)s is called again where the list names them.")
            % {"clinician": row.clinician.name},
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect(reverse("time-off") + "#result")


@require_POST
@act("swap hours on call")
def page_me(request: SignedIn) -> HttpResponse:
    """A text and a call to one's own phone, marked DRILL."""
    try:
        drills.page_me(request.user, now=clock.now())
        messages.success(
            request, gettext("A text and a call are on their way to you, marked DRILL. Answer either.")
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect(reverse("own-shifts") + "#result")


@require_POST
@act("work on a case")
def accept_case(request: SignedIn, pk: int) -> HttpResponse:
    """Take over a case from somebody who is off call."""
    case = find(Escalation.objects.all(), request, pk)
    try:
        changeover.accept(case.pk, by=request.user, now=clock.now())
        messages.success(request, gettext("You have %(code)s now.") % {"code": case.code})
        return redirect("case", case.pk)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect(reverse("on-call") + "#result")
