"""Stay or move: the courses a version asks about, what it would change for one of them, and the answer."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from monitoring.access import SignedIn, act, find
from notifications import audit, clock
from protocols.errors import Refusal
from stepup import approvals, version_choices, version_preview, versions
from stepup.models import Course, SiteProtocol
from stepup.version_forms import AnswerForm, OtherVersionForm

UNPROCESSABLE = 422
COURSES = Course.objects.select_related("patient__site", "site", "protocol")


@require_GET
@act("see a patient")
def show_courses(request: SignedIn, pk: int) -> HttpResponse:
    """Every course in progress that this version asks about, one line each."""
    row, now = find(SiteProtocol.objects.select_related("site"), request, pk), clock.now()
    asked = version_choices.about(row)
    ids = [one.course.pk for one in asked]
    audit.record(
        "read which courses a version asks", str(row), site=row.site, by=request.user, now=now, courses=ids
    )
    context = {
        "row": row,
        "content": approvals.content(row),
        "version": versions.named(row),
        "follows": [versions.named(one) for one in versions.earlier(row)],
        "asked": asked,
        "waiting": sum(one.answer is None for one in asked),
        "now": now,
    }
    return render(request, "stepup/courses_of_version.html", context)


@require_GET
@act("see a patient")
def show_version(request: SignedIn, pk: int) -> HttpResponse:
    """One course beside another version of its protocol, or the choice of which one to look at."""
    course, now = find(COURSES, request, pk), clock.now()
    others = [(str(row.pk), versions.named(row)) for row in versions.others(course)]
    form = OtherVersionForm(request.GET or None, versions=others)
    if form.is_bound and form.is_valid():
        to = find(SiteProtocol.objects.select_related("site"), request, int(form.cleaned_data["to"]))
        return _page(request, course, to, AnswerForm(), now)
    _read(request, course, now)
    context = {
        "course": course,
        "patient": course.patient,
        "form": form,
        "others": others,
        "version": versions.named(course.protocol),
        "now": now,
    }
    return render(request, "stepup/other_version.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_POST
@act("answer a version")
def answer_version(request: SignedIn, pk: int) -> HttpResponse:
    """A prescriber's answer to what was on the screen."""
    course, now = find(COURSES, request, pk), clock.now()
    form = AnswerForm(request.POST)
    to = _offered(request, course, request.POST.get("to", ""))
    if form.is_valid():
        given = form.cleaned_data
        said = {"seen_before": given["seen"], "why": given["why"], "by": request.user, "now": now}
        try:
            if given["answer"] == "move":
                version_choices.move(course.pk, to=to, **said)
            else:
                version_choices.stay(course.pk, offered=to, **said)
        except Refusal as refusal:
            form.refuse(refusal)
            course = find(COURSES, request, pk)
        else:
            moved = given["answer"] == "move"
            answered = (
                _("Answered: this course moved to %(named)s.")
                if moved
                else _("Answered: this course stays; it was offered %(named)s.")
            )
            messages.success(request, answered % {"named": versions.named(to)})
            return redirect(reverse("patient", args=[course.patient_id]) + "#result")
    return _page(request, course, to, form, now)


def _offered(request: SignedIn, course: Course, pk: str) -> SiteProtocol:
    """The version on the screen: another one of this site, approved, for this drug and regimen."""
    row = next((row for row in [*versions.others(course), course.protocol] if str(row.pk) == pk), None)
    if row is None:
        raise Http404("No such version for this course.")
    return row


def _page(
    request: SignedIn, course: Course, to: SiteProtocol, form: AnswerForm, now: datetime
) -> HttpResponse:
    _read(request, course, now)
    # Where somebody moved it meanwhile, there is nothing left to hold beside it.
    differs = to.pk != course.protocol_id
    preview = version_preview.of(course, to, by=request.user, now=now) if differs else None
    context = {
        "course": course,
        "patient": course.patient,
        "to": to,
        "form": form,
        "preview": preview,
        "answer": version_choices.answer(course, to),
        "is_active": course.state == Course.State.ACTIVE,
        "now": now,
    }
    return render(request, "stepup/stay_or_move.html", context, status=UNPROCESSABLE if form.errors else 200)


def _read(request: SignedIn, course: Course, now: datetime) -> None:
    audit.record("read the record", str(course.patient), site=course.site, by=request.user, now=now)
