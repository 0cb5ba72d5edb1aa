"""Who may open which screen: each view names its act from the table of roles, or says why anybody may see it."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.views import redirect_to_login
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from monitoring import identity, idle
from notifications import roles
from notifications.models import Clinician

P = ParamSpec("P")
Row = TypeVar("Row", bound=Model)


SignedIn = identity.SignedIn
View = Callable[Concatenate[SignedIn, P], HttpResponse]
Open = Callable[Concatenate[HttpRequest, P], HttpResponse]


def act(name: str, *, glance: bool = False) -> Callable[[View[P]], Open[P]]:
    """Only a signed-in clinician whose role may do `name` gets in; others read which roles may (403).

    Whoever was away for long is asked for the password first. A `glance` asks nobody: it shows less by itself then.

    The name is kept on the view as `act`, so that a test can walk every address.
    """
    allowed = roles.MAY[name]  # a name the table does not know stops the service when it starts

    def guard(view: View[P]) -> Open[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not isinstance(request.user, Clinician):
                return _to_sign_in(request)
            if not roles.may(request.user, name):
                who = sorted(role.label for role in allowed)
                return render(request, "stepup/not_allowed.html", {"what": name, "who": who}, status=403)
            asked = None if glance else idle.ask(request, request.user)
            return asked or view(cast("SignedIn", request), *args, **kwargs)

        guarded.act = name  # type: ignore[attr-defined]
        return cast("Open[P]", guarded)

    return guard


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in and back here afterwards. A part that refreshes itself takes its whole page along."""
    if request.headers.get("HX-Request"):
        page = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
        return HttpResponse(
            status=401, headers={"HX-Redirect": f"{reverse('sign-in')}?{urlencode({'next': page})}"}
        )
    return redirect_to_login(request.get_full_path())


def public(reason: str) -> Callable[[Open[P]], Open[P]]:
    """Mark a view that needs no sign-in, with the reason why that is safe."""

    def mark(view: Open[P]) -> Open[P]:
        view.public = reason  # type: ignore[attr-defined]
        return view

    return mark


def find(rows: QuerySet[Row], request: SignedIn, pk: int, *, site: str = "site") -> Row:
    """One row of the reader's own site; another site's number answers 404 like one that never existed."""
    return get_object_or_404(rows, pk=pk, **{site: request.user.site_id})
