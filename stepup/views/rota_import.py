"""A rota from another system: a file uploaded, shown, and only then taken over."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring.access import SignedIn, act
from notifications import clock
from notifications.models import Clinician
from protocols.errors import Refusal
from stepup import rota_forms, rota_import

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@act("change who is on call")
def import_rota(request: SignedIn) -> HttpResponse:
    """Read a file, show every shift it would make and every line that cannot be read, and take it over when told."""
    now, site = clock.now(), request.user.site
    form = rota_forms.ImportForm(request.POST or None, request.FILES or None)
    context = {"form": form, "now": now}
    if request.method == "POST" and form.is_valid():
        rung, text = form.cleaned_data["rung"], form.cleaned_data["text"]
        people = list(Clinician.objects.filter(site=site, is_active=True).exclude(phone=""))
        found = rota_import.read(text.encode(), site=site, people=people, rung=rung, now=now)
        if form.cleaned_data["accept"]:
            try:
                made = rota_import.accept(found, site=site, rung=rung, by=request.user, now=now)
                messages.success(
                    request,
                    _("Shifts that are new on rung %(rung)s: %(made)s. There already: %(there)s.")
                    % {"made": len(made), "rung": rung, "there": found.there},
                )
                return redirect(reverse("on-call") + "#result")
            except Refusal as refusal:
                form.refuse(refusal)
        context |= {"found": found, "text": text, "rung": rung}
    return render(request, "stepup/import_rota.html", context, status=UNPROCESSABLE if form.errors else 200)
