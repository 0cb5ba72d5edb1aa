"""The site's closed days."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from monitoring.access import SignedIn, act, find
from notifications import clock, daynames
from protocols.errors import Refusal
from stepup import closures
from stepup.course_forms import ClosedDayForm
from stepup.models import ClosedDay

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@act("set closed days")
def show_closed_days(request: SignedIn) -> HttpResponse:
    """The closed days to come, and a line to add one."""
    site, now = request.user.site, clock.now()
    today = now.astimezone(ZoneInfo(site.time_zone)).date()
    form = ClosedDayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            day = closures.add(site, by=request.user, today=today, now=now, **form.cleaned_data)
            messages.success(
                request,
                _("%(on)s is a closed day: %(day)s.") % {"on": daynames.written(day.on), "day": day.name},
            )
            return redirect(reverse("closed-days") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    context = {"days": closures.coming(site, today=today), "form": form, "now": now}
    return render(request, "stepup/closed_days.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_POST
@act("set closed days")
def remove_closed_day(request: SignedIn, pk: int) -> HttpResponse:
    """Take a closed day off the list."""
    day = find(ClosedDay.objects.all(), request, pk)
    messages.success(request, closures.remove(day.pk, by=request.user, now=clock.now()))
    return redirect(reverse("closed-days") + "#result")
