"""The case and the work list: parse, one call, answer."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from monitoring import (
    casefile,
    caselog,
    closer,
    deaths,
    escalations,
    forms,
    grading,
    offers,
    stays,
    worklist,
)
from monitoring.access import SignedIn, act, find
from monitoring.models import Escalation, Reaction, Task, Watch
from notifications import audit, clock, roles
from notifications.models import Clinician
from protocols.errors import Refusal

UNPROCESSABLE = 422


def _cases() -> QuerySet[Escalation]:
    return Escalation.objects.select_related("site", "patient", "watch", "owner", "pocket_instruction")


def _render_case(
    request: SignedIn,
    case: Escalation,
    *,
    template: str = "monitoring/case.html",
    status: int = 200,
    **filled: Any,
) -> HttpResponse:
    now = clock.now()
    owner = case.owner_id == request.user.pk
    file = casefile.of(case, now=now)
    context = {
        "file": file,
        "stay": stays.shown(case.patient, now=now) if case.patient else None,
        "death": deaths.standing(case.patient.pk) if case.patient else None,
        "now": now,
        "may_work": roles.may(request.user, "work on a case"),
        "is_owner": owner,
        "was_called": caselog.was_called(case, request.user),
        "seen": request.GET.get("seen") or casefile.version(case),
        "reach_form": forms.ReachForm(),
        "resolve_form": forms.ResolveForm(initial=file.graded),
        "hand_back_form": forms.HandBackForm(),
        "decline_form": forms.DeclineForm(),
        "hand_over_form": forms.HandOverForm(people=offers.people(case) if owner else ()),
        "offer": offers.standing(case),
        **filled,
    }
    return render(request, template, context, status=status)


@require_GET
@act("see a patient")
def show_case(request: SignedIn, pk: int) -> HttpResponse:
    """The card of one case."""
    case = find(_cases(), request, pk)
    about = str(case.patient) if case.patient else str(case)
    audit.record("read a case", about, site=case.site, by=request.user, now=clock.now(), case=case.pk)
    return _render_case(request, case)


@require_GET
@act("see a patient")
def show_case_log(request: SignedIn, pk: int) -> HttpResponse:
    """The part of a card that refreshes itself: how it stands, who was called, what comes next.

    Opening the card was audited; alone, without the card around it, this part is not to be had.
    """
    case = find(_cases(), request, pk)
    if not request.headers.get("HX-Request"):
        return redirect("case", pk)
    return _render_case(request, case, template="monitoring/_case_log.html")


def _back_to(case: Escalation, request: SignedIn, done: str) -> HttpResponse:
    messages.success(request, done)
    return redirect(reverse("case", args=[case.pk]) + "#result")


@require_POST
@act("work on a case")
def take_case(request: SignedIn, pk: int) -> HttpResponse:
    """I am on it: the calls stop and the others are told."""
    case = find(_cases(), request, pk)
    try:
        escalations.take(case.pk, by=request.user, now=clock.now(), how="screen")
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(reverse("case", args=[case.pk]) + "#result")
    return _back_to(case, request, "You have it. The others have been told. Now call the patient.")


@require_POST
@act("work on a case")
def reach_case(request: SignedIn, pk: int) -> HttpResponse:
    """The patient or caregiver was spoken with."""
    case = find(_cases(), request, pk)
    form = forms.ReachForm(request.POST)
    if form.is_valid():
        try:
            escalations.reach(case.pk, by=request.user, now=clock.now(), text=form.cleaned_data["text"])
            return _back_to(
                case, request, "Recorded: the patient was reached. Record the outcome when you know it."
            )
        except Refusal as refusal:
            form.refuse(refusal)
    return _render_case(request, find(_cases(), request, pk), status=UNPROCESSABLE, reach_form=form)


@require_POST
@act("work on a case")
def resolve_case(request: SignedIn, pk: int) -> HttpResponse:
    """Close a reached case with its outcome and grades."""
    case = find(_cases(), request, pk)
    form = forms.ResolveForm(request.POST)
    if form.is_valid():
        try:
            escalations.resolve(
                case.pk,
                by=request.user,
                now=clock.now(),
                outcome=form.cleaned_data["outcome"],
                text=form.cleaned_data["text"],
                grades=form.grades(),
                over=form.cleaned_data["over"],
                other=form.cleaned_data["which"],
            )
            if form.cleaned_data["outcome"] == "admitted" and case.patient and not stays.of(case.patient):
                said = gettext(
                    "Case %(code)s is resolved. Record where the patient is, or check-ins go on at home."
                )
                messages.success(request, said % {"code": case.code})
                return redirect(reverse("admit", args=[case.patient.pk]) + "#result")
            return _back_to(case, request, f"Case {case.code} is resolved.")
        except Refusal as refusal:
            form.refuse(refusal)
    return _render_case(request, find(_cases(), request, pk), status=UNPROCESSABLE, resolve_form=form)


@require_POST
@act("work on a case")
def hand_back_case(request: SignedIn, pk: int) -> HttpResponse:
    """Undo a taking: the ladder starts over."""
    case = find(_cases(), request, pk)
    form = forms.HandBackForm(request.POST)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            open_again = escalations.hand_back(case.pk, by=request.user, now=clock.now(), reason=reason)
            return _back_to(case, request, f"Handed back. {_who_is_called(open_again)}")
        except Refusal as refusal:
            form.refuse(refusal)
    return _render_case(request, find(_cases(), request, pk), status=UNPROCESSABLE, hand_back_form=form)


def _who_is_called(case: Escalation) -> str:
    called = caselog.called_now(case)
    if not called:
        return "Nobody is on any rung, so the desk is rung."
    return f"{', '.join(called)} {'is' if len(called) == 1 else 'are'} being called."


@require_POST
@act("work on a case")
def decline_case(request: SignedIn, pk: int) -> HttpResponse:
    """Somebody who was called cannot take it: the next rung, or the desk, is called at once."""
    case = find(_cases(), request, pk)
    form = forms.DeclineForm(request.POST)
    if not form.is_valid():
        return _render_case(request, case, status=UNPROCESSABLE, decline_form=form)
    try:
        reason = form.cleaned_data["reason"]
        called = escalations.decline(case.pk, by=request.user, now=clock.now(), reason=reason)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(reverse("case", args=[case.pk]) + "#result")
    if case.owner:
        return _back_to(case, request, "Noted.")
    done = (
        "The next person is being called." if called else "Nobody else is left to call, so the desk is rung."
    )
    return _back_to(case, request, f"Noted. {done}")


@require_POST
@act("work on a case")
def hand_over_case(request: SignedIn, pk: int) -> HttpResponse:
    """Ask a named person to take the case over: they are paged, and the owner keeps it until they accept."""
    case = find(_cases(), request, pk)
    form = forms.HandOverForm(request.POST, people=offers.people(case))
    if form.is_valid():
        to = find(Clinician.objects.all(), request, form.cleaned_data["to"])
        reason = form.cleaned_data["reason"]
        try:
            offers.make(case.pk, to=to, reason=reason, by=request.user, now=clock.now())
            return _back_to(case, request, f"{to.name} is being paged. You have the case until they accept.")
        except Refusal as refusal:
            form.refuse(refusal)
    return _render_case(request, find(_cases(), request, pk), status=UNPROCESSABLE, hand_over_form=form)


@require_GET
@act("see the board")
def show_tasks(request: SignedIn) -> HttpResponse:
    """Everything somebody must read or do, the soonest first."""
    audit.record("read the list", "tasks", site=request.user.site, by=request.user, now=clock.now())
    return _render_tasks(request)


def _render_tasks(request: SignedIn, *, wrong: forms.TaskForm | None = None, pk: int = 0) -> HttpResponse:
    tasks = Task.objects.filter(site=request.user.site, done_at=None).select_related("patient", "reply")
    done = Task.objects.filter(site=request.user.site, done_at__isnull=False).select_related(
        "patient", "done_by"
    )
    in_hospital = stays.lines([task.patient_id for task in tasks if task.patient_id], now=clock.now())
    listed = [
        (task, wrong if task.pk == pk and wrong else _task_form(task), in_hospital.get(task.patient_id or 0))
        for task in tasks
    ]
    context = {
        "tasks": listed,
        "done": done.order_by("-done_at")[:20],
        "now": clock.now(),
        "may_finish": roles.may(request.user, "finish a task"),
        "about_hospital": {task.pk for task in tasks if stays.is_asked_by(task)},
        "wrong": wrong,
    }
    return render(request, "monitoring/tasks.html", context, status=UNPROCESSABLE if wrong else 200)


def _task_form(task: Task, data: Any = None) -> forms.TaskForm:
    return forms.TaskForm(data, auto_id=f"id_task_{task.pk}_%s")


@require_POST
@act("finish a task")
def finish_task(request: SignedIn, pk: int) -> HttpResponse:
    """A task was done, and this is what came of it."""
    task = find(Task.objects.all(), request, pk)
    form = _task_form(task, request.POST)
    if form.is_valid():
        try:
            outcome = form.cleaned_data["outcome"]
            worklist.finish(task.pk, by=request.user, outcome=outcome, now=clock.now(), read=0)
            messages.success(request, gettext("Done: %(what)s") % {"what": task.what})
            return redirect(reverse("tasks") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _render_tasks(request, wrong=form, pk=task.pk)


@require_http_methods(["GET", "POST"])
@act("end closer questions")
def end_closer(request: SignedIn, pk: int) -> HttpResponse:
    """Go back to the usual hours after a concern, with the reason."""
    watch = find(Watch.objects.select_related("patient__site"), request, pk)
    now, patient = clock.now(), watch.patient
    form = forms.EndCloserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            closer.end(watch.pk, why=form.cleaned_data["why"], by=request.user, now=now)
            messages.success(request, gettext("Ended. The patient is asked at the usual hours again."))
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(patient), site=watch.site, by=request.user, now=now)
    context = {"watch": watch, "patient": patient, "form": form, "now": now, "closer": closer.of(watch)}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "monitoring/end_closer.html", context, status=status)


@require_POST
@act("record a reaction")
def end_reaction(request: SignedIn, pk: int) -> HttpResponse:
    """A graded reaction is over; a low blood count with the value it came back to."""
    reaction = find(Reaction.objects.select_related("patient"), request, pk, site="patient__site")
    form = forms.OverForm(request.POST)
    try:
        if not form.is_valid():
            raise Refusal("back-to", form.sentence)
        grading.end(reaction.pk, by=request.user, now=clock.now(), **form.cleaned_data)
        messages.success(request, gettext("Recorded: %(named)s is over.") % {"named": reaction.named})
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect(reverse("patient", args=[reaction.patient_id]) + "#result")
