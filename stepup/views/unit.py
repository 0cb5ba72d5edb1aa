"""The unit's hours and chairs."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from monitoring.access import SignedIn, act
from notifications import clock, daynames
from protocols.errors import Refusal
from stepup import unit
from stepup.unit_forms import HoursForm

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@act("set hours and chairs")
def show_hours(request: SignedIn) -> HttpResponse:
    """What holds, what will, and a form that starts from what holds today."""
    site, now = request.user.site, clock.now()
    today = now.astimezone(ZoneInfo(site.time_zone)).date()
    hours, steps = unit.of(site), unit.steps(site)
    form = HoursForm(request.POST or None, steps=steps, initial=_start(hours, steps, today))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            row = unit.set_hours(
                site,
                from_on=given["from_on"],
                week=form.week,
                places=given["places"],
                minutes=given["minutes"],
                by_step=form.by_step,
                by=request.user,
                now=now,
            )
            messages.success(
                request,
                gettext("These hours and chairs hold from %(from_on)s.")
                % {"from_on": daynames.written(row.from_on)},
            )
            return redirect(reverse("unit-hours") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    holds = hours.row(today)
    coming = [row for row in hours.rows if row.from_on > today]
    context = {"form": form, "now": now, "holds": holds, "coming": coming}
    return render(request, "stepup/unit_hours.html", context, status=UNPROCESSABLE if form.errors else 200)


def _start(hours: unit.Unit, steps: list[tuple[str, str, str]], today: date) -> dict[str, Any]:
    """The form as it opens: from today, and everything as it holds."""
    row = hours.row(today)
    if row is None:
        return {"from_on": today}
    own = {(each.label_id, each.step): each.minutes for each in row.times.all()}
    times = {f"opens_{day.weekday}": f"{day.opens:%H:%M}" for day in row.days.all()}
    times |= {f"closes_{day.weekday}": f"{day.closes:%H:%M}" for day in row.days.all()}
    by_step = {f"step_{n}": own.get((label, step)) for n, (label, step, _) in enumerate(steps)}
    return {"from_on": today, "places": row.chairs, "minutes": row.minutes, **times, **by_step}
