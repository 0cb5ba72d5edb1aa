"""The downtime list on screen, as a PDF and as a CSV."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from monitoring.access import SignedIn, act
from notifications import audit, clock, heartbeat
from stepup import downtime, downtime_files, downtime_paper

ACT = "print the downtime list"


@require_GET
@never_cache
@act(ACT)
def show_downtime(request: SignedIn) -> HttpResponse:
    """Everybody being watched, ready to print, and where the list is kept besides."""
    made = _make(request)
    kept_at = heartbeat.last_at(downtime_files.sign(made.site)) if settings.DOWNTIME_FOLDER else None
    context = {
        "list": made,
        "now": made.made_at,
        "kept_at": kept_at,
        "is_kept": bool(settings.DOWNTIME_FOLDER),
    }
    return render(request, "stepup/downtime.html", context)


@require_GET
@never_cache
@act(ACT)
def show_pdf(request: SignedIn) -> HttpResponse:
    """The list as a PDF."""
    return _file(request, downtime_paper.pdf, "application/pdf", "downtime-list.pdf")


@require_GET
@never_cache
@act(ACT)
def show_csv(request: SignedIn) -> HttpResponse:
    """The list as a CSV."""
    return _file(request, downtime_paper.csv, "text/csv; charset=utf-8", "downtime-list.csv")


def _make(request: SignedIn) -> downtime.DowntimeList:
    made = downtime.make(request.user.site, now=clock.now())
    about = [str(line.patient) for line in made.lines]
    audit.record_each("read the downtime list", about, site=made.site, by=request.user, now=made.made_at)
    return made


def _file(
    request: SignedIn, content: Callable[[downtime.DowntimeList], bytes], kind: str, name: str
) -> HttpResponse:
    answer = HttpResponse(content(_make(request)), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
