"""The door of a one-tap link: a page with one button, for a phone in the night that is signed in to nothing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from monitoring import take_links
from monitoring.access import public
from notifications import clock


@public("the secret address was sent to one person's phone, expires, and shows nothing about a patient")
@csrf_exempt  # the address itself is the proof, and a browser that refuses cookies must get through
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def take_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show how the case stands, with the button that takes it; only pressing the button takes it."""
    page = take_links.find(token)
    if page is None:
        return render(request, "monitoring/take_link.html", {"shown": None}, status=404)
    now, said = clock.now(), ""
    if request.method == "POST":
        said = take_links.take(page, now=now)
        page = take_links.find(token) or page
        if page.escalation.owner_id == page.clinician_id:
            return redirect("take-link", token)
    context = {"shown": take_links.look(page, now=now), "said": said, "now": now}
    answer = render(request, "monitoring/take_link.html", context)
    answer["Referrer-Policy"] = "no-referrer"
    return answer
