"""Supportive care: the work list of a site, the sheet of a course, and what is said of one item."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from monitoring.access import SignedIn, act, find
from notifications import audit, clock, daynames
from protocols.errors import Refusal
from stepup import care, care_entries, care_forms, care_lines
from stepup.models import CareEntry, Course
from stepup.views import outside

UNPROCESSABLE = 422


@require_GET
@act("see supportive care")
def show_list(request: SignedIn) -> HttpResponse:
    """What is due across the site, late ones first; of one item where one is chosen."""
    site, now = request.user.site, clock.now()
    chosen = request.GET.get("item", "")
    listed = care.worklist(site, now=now, item=chosen)
    audit.record("read the list", "supportive care", site=site, by=request.user, now=now)
    name = next((item.name for item in listed.items if item.id == chosen), "")
    context = {"listed": listed, "chosen": chosen, "chosen_name": name, "now": now}
    return render(request, "stepup/care_list.html", context)


@require_GET
@act("see a patient")
@outside.asks(Course)
def show_sheet(request: SignedIn, pk: int) -> HttpResponse:
    """Every item of one course, with what was read and what was said."""
    course, now = _course(request, pk), clock.now()
    _read(request, course, now)
    context = {"course": course, "patient": course.patient, "sheet": care.of(course, now=now), "now": now}
    return render(request, "stepup/care_sheet.html", context)


@require_http_methods(["GET", "POST"])
@act("record supportive care")
def record(request: SignedIn, pk: int) -> HttpResponse:
    """One item was done: the day, and the result as read."""
    course, now = _course(request, pk), clock.now()
    line = _line(request, course, now)
    start = {"on": _today(course, now), "read_by": request.user.name}
    form = care_forms.DoneForm(_typed(request), item=line.item, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            row = care_entries.record(
                course.pk,
                line.item.id,
                on=form.cleaned_data["on"],
                result=form.result_typed,
                words=form.cleaned_data["words"],
                seen=form.cleaned_data["seen"],
                by=request.user,
                now=now,
            )
            messages.success(
                request,
                _("Recorded: %(item)s, %(on)s.") % {"item": line.item.name, "on": daynames.written(row.on)},
            )
            return redirect(_back(request, course))
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, "stepup/care_record.html", course, now, form=form, line=line)


@require_http_methods(["GET", "POST"])
@act("decide supportive care")
def answer(request: SignedIn, pk: int) -> HttpResponse:
    """One item is not needed, or something was decided about it for this patient."""
    course, now = _course(request, pk), clock.now()
    line = _line(request, course, now)
    form = care_forms.AnswerForm(_typed(request), item=line.item, by=request.user)
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = dict(form.cleaned_data)
        kind = given.pop("kind")
        say = care_entries.decide if kind == CareEntry.Kind.DECIDED else care_entries.not_needed
        try:
            row = say(course.pk, line.item.id, by=request.user, now=now, **given)
            messages.success(
                request,
                _("Kept: %(item)s, %(kind)s.") % {"item": line.item.name, "kind": row.get_kind_display()},
            )
            return redirect(_back(request, course))
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, "stepup/care_answer.html", course, now, form=form, line=line)


@require_http_methods(["GET", "POST"])
@act("take back supportive care")
def take_back(request: SignedIn, pk: int) -> HttpResponse:
    """An entry was wrong: it is struck, with the reason, and stays visible."""
    rows = CareEntry.objects.exclude(kind=CareEntry.Kind.BACK)
    entry = find(rows.select_related("course"), request, pk, site="course__site")
    course, now = _course(request, entry.course_id), clock.now()
    form = care_forms.TakeBackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            care_entries.take_back(entry.pk, words=form.cleaned_data["words"], by=request.user, now=now)
            messages.success(request, _("Taken back. The entry stays visible, struck through."))
            return redirect(_back(request, course))
        except Refusal as refusal:
            form.refuse(refusal)
    line = care.of(course, now=now).line(entry.item)
    shown = next((one for one in line.entries if one.id == entry.pk), None) if line else None
    return _show(request, "stepup/care_back.html", course, now, form=form, line=line, entry=shown)


def _course(request: SignedIn, pk: int) -> Course:
    return find(Course.objects.select_related("patient__site", "site", "protocol"), request, pk)


def _line(request: SignedIn, course: Course, now: datetime) -> care_lines.ItemLine:
    """The item the address names; 404 where this course has none of that name."""
    line = care.of(course, now=now).line(request.GET.get("item", ""))
    if line is None:
        raise Http404
    return line


def _typed(request: SignedIn) -> Any:
    return request.POST if request.method == "POST" else None


def _today(course: Course, now: datetime) -> date:
    return now.astimezone(ZoneInfo(course.site.time_zone)).date()


def _back(request: SignedIn, course: Course) -> str:
    """Where the person came from: the work list, or the course's own sheet."""
    if request.GET.get("from") == "list":
        return reverse("supportive-care-list") + "#result"
    return reverse("supportive-care", args=[course.pk]) + "#result"


def _read(request: SignedIn, course: Course, now: datetime) -> None:
    audit.record("read the record", str(course.patient), site=course.site, by=request.user, now=now)


def _show(request: SignedIn, template: str, course: Course, now: datetime, **more: Any) -> HttpResponse:
    _read(request, course, now)
    context = {"course": course, "patient": course.patient, "now": now, **more}
    context["back"] = _back(request, course).partition("#")[0]
    wrong = bool(more["form"].errors)
    return render(request, template, context, status=UNPROCESSABLE if wrong else 200)
