"""The reply inbox: what somebody must read, and what they do about it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from monitoring import inbox, inbox_forms, reader, translations, worklist
from monitoring.access import SignedIn, act, find
from monitoring.models import Task
from notifications import audit, clock
from protocols.errors import Refusal

UNPROCESSABLE = 422


@require_GET
@act("read replies")
def show_inbox(request: SignedIn) -> HttpResponse:
    """Everything unread, the gravest first, below the cases that are open."""
    now = clock.now()
    audit.record("read the replies", "inbox", site=request.user.site, by=request.user, now=now)
    context = {"inbox": inbox.look(request.user.site, now=now), "now": now}
    return render(request, "monitoring/inbox.html", context)


def _tasks() -> QuerySet[Task]:
    return Task.objects.exclude(unread_from="").select_related("site", "patient", "done_by")


@require_GET
@act("read replies")
def show_item(request: SignedIn, pk: int) -> HttpResponse:
    """All that is unread of one sender, with what can be done about it."""
    task = find(_tasks(), request, pk)
    return _show(request, task)


def _done_by(request: SignedIn, task: Task) -> HttpResponse:
    """Back to the list: somebody finished it, and this is who."""
    who = task.done_by.name if task.done_by else "The service"
    messages.info(
        request, _("%(who)s has already finished this: %(outcome)s.") % {"who": who, "outcome": task.outcome}
    )
    return redirect(reverse("inbox") + "#result")


def _show(request: SignedIn, task: Task, **wrong: forms.Form) -> HttpResponse:
    if task.done_at is not None:
        return _done_by(request, task)
    now = clock.now()
    audit.record(
        "read replies", str(task.patient or task), site=task.site, by=request.user, now=now, task=task.pk
    )
    item = inbox.item(task, now=now)
    filled = {
        "read_form": inbox_forms.ReadForm(auto_id="id_read_%s"),
        "call_form": inbox_forms.CallForm(None, item=item),
        "escalate_form": inbox_forms.EscalateForm(auto_id="id_escalate_%s"),
        "translation_form": inbox_forms.TranslationForm(None, item=item),
        **wrong,
    }
    context = {"item": item, "now": now, "wrong": [*wrong.values()], **filled}
    return render(request, "monitoring/inbox_item.html", context, status=UNPROCESSABLE if wrong else 200)


def _refused(request: SignedIn, task: Task, name: str, form: Any, refusal: Refusal) -> HttpResponse:
    """Back to the page with what was typed; or to the list, if a colleague finished it meanwhile."""
    if refusal.code == "done-already":
        messages.error(request, refusal.sentence)
        return redirect(reverse("inbox") + "#result")
    form.refuse(refusal)
    return _show(request, find(_tasks(), request, task.pk), **{name: form})


def _done(request: SignedIn, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(reverse("inbox") + "#result")


@require_POST
@act("read replies")
def take_item(request: SignedIn, pk: int) -> HttpResponse:
    """I am reading this."""
    task = find(_tasks(), request, pk)
    try:
        reader.take(task.pk, by=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(reverse("inbox") + "#result")
    return redirect("inbox-item", pk)


@require_POST
@act("read replies")
def finish_item(request: SignedIn, pk: int) -> HttpResponse:
    """Read, and nothing more is needed."""
    task = find(_tasks(), request, pk)
    form = inbox_forms.ReadForm(request.POST, auto_id="id_read_%s")
    if not form.is_valid():
        return _show(request, task, read_form=form)
    try:
        worklist.finish(
            task.pk,
            by=request.user,
            outcome=form.cleaned_data["outcome"],
            read=inbox_forms.seen(request.POST)["read"],
            now=clock.now(),
        )
    except Refusal as refusal:
        return _refused(request, task, "read_form", form, refusal)
    return _done(request, f"Done: {task.what}")


@require_POST
@act("read replies")
def record_call(request: SignedIn, pk: int) -> HttpResponse:
    """Somebody was telephoned about it."""
    task, now = find(_tasks(), request, pk), clock.now()
    if task.done_at is not None:
        return _done_by(request, task)
    form = inbox_forms.CallForm(request.POST, item=inbox.item(task, now=now))
    if not form.is_valid():
        return _show(request, task, call_form=form)
    typed = form.cleaned_data
    try:
        task = reader.called(
            task.pk, whom=typed["whom"], outcome=typed["call"], words=typed["said"], by=request.user, now=now,
            read=inbox_forms.seen(request.POST)["read"],
        )  # fmt: skip
    except Refusal as refusal:
        return _refused(request, task, "call_form", form, refusal)
    if task.done_at is not None:
        return _done(request, "Recorded, and done: nothing more is needed.")
    messages.success(request, _("Recorded. It is still unread business: its clock runs on."))
    return redirect(reverse("inbox-item", args=[pk]) + "#result")


@require_POST
@act("read replies")
def escalate_item(request: SignedIn, pk: int) -> HttpResponse:
    """Somebody must be called now."""
    task = find(_tasks(), request, pk)
    form = inbox_forms.EscalateForm(request.POST, auto_id="id_escalate_%s")
    if not form.is_valid():
        return _show(request, task, escalate_form=form)
    try:
        case = reader.escalate(task.pk, **form.cleaned_data, by=request.user, now=clock.now())
    except Refusal as refusal:
        return _refused(request, task, "escalate_form", form, refusal)
    messages.success(
        request,
        _("Case %(code)s has it. Take it yourself, or leave it to whoever is being called.")
        % {"code": case.code},
    )
    return redirect(reverse("case", args=[case.pk]) + "#result")


@require_POST
@act("read replies")
def translate_item(request: SignedIn, pk: int) -> HttpResponse:
    """Somebody who reads the language types what a text says."""
    task, now = find(_tasks(), request, pk), clock.now()
    if task.done_at is not None:
        return _done_by(request, task)
    form = inbox_forms.TranslationForm(request.POST, item=inbox.item(task, now=now))
    if not form.is_valid():
        return _show(request, task, translation_form=form)
    typed = form.cleaned_data
    try:
        case = translations.add(
            task.pk, reply_id=typed["reply"], words=typed["meaning"], is_professional=typed["professional"],
            by=request.user, now=now,
        )  # fmt: skip
    except Refusal as refusal:
        return _refused(request, task, "translation_form", form, refusal)
    if case is not None:
        messages.warning(
            request,
            _("Your translation reads as danger: case %(code)s has it, and somebody is paged.")
            % {"code": case.code},
        )
    else:
        messages.success(request, _("Kept beside the words. If what it says worries you, escalate it."))
    return redirect(reverse("inbox-item", args=[pk]) + "#result")


@require_POST
@act("read replies")
def learn_phrase(request: SignedIn, pk: int) -> HttpResponse:
    """Words of a text are benign: they go to approval, and the item is done if it says nothing else."""
    task = find(_tasks(), request, pk)
    seen = inbox_forms.seen(request.POST)
    try:
        task = reader.learn(
            task.pk, reply_id=seen["reply"], words=seen["words"], read=seen["read"], by=request.user,
            now=clock.now(),
        )  # fmt: skip
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(reverse("inbox-item", args=[pk]) + "#result")
    said = f"“{seen['words']}” goes to approval: another person answers it."
    if task.done_at is not None:
        return _done(request, f"Done. {said}")
    messages.success(request, _("%(said)s The other texts stay to be read.") % {"said": said})
    return redirect(reverse("inbox-item", args=[pk]) + "#result")
