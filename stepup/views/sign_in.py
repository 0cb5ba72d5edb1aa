"""Signing in and out."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from monitoring import identity, idle
from monitoring.access import public
from monitoring.forms import WardRenderer
from notifications import clock, roles
from notifications.models import Clinician
from stepup import first_run, sessions

WRONG = (
    "This name and password do not belong together. Check both; after 8 tries sign-in rests for 15 minutes."
)


class SignInForm(AuthenticationForm):
    """A name and a password; pasting is welcome."""

    default_renderer = WardRenderer
    error_messages = {"invalid_login": WRONG, "inactive": WRONG}

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, label_suffix="", **kwargs)
        self.fields["username"].label = _("Sign-in name")
        self.fields["username"].error_messages["required"] = "Type your sign-in name."
        self.fields["password"].error_messages["required"] = "Type your password."
        self.fields["password"].widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})


class SignInView(LoginView):
    """The sign-in page. `site` in our pages is the hospital; Django's own means the host name and is left out."""

    template_name = "stepup/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Signed in, and for a few minutes whoever signs something is not asked again."""
        before = form.get_user().last_login
        answer: HttpResponse = super().form_valid(form)
        identity.prove(self.request, now=clock.now())
        sessions.begin(self.request, before=before, now=clock.now())
        return answer

    def get_default_redirect_url(self) -> str:
        """The board; the first-run guide where nobody was ever enrolled and the reader's role sees it."""
        reader = self.request.user
        if (
            isinstance(reader, Clinician)
            and roles.may(reader, "see the first-run guide")
            and first_run.is_new(reader.site)
        ):
            return reverse("first-run")
        return str(super().get_default_redirect_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the form needs, without the host name under the hospital's word."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {name: value for name, value in context.items() if name not in {"site", "site_name"}}


_login: Callable[..., Any] = SignInView.as_view()
sign_in = public("signing in needs no sign-in")(_login)
sign_out = public("ends a session, whoever asks from inside it")(require_POST(LogoutView.as_view()))


@public("asks whoever is signed in for the password again")
@require_http_methods(["GET", "POST"])
def unlock(request: HttpRequest) -> HttpResponse:
    """The password again after a while without an act, then on to where somebody was going."""
    asked = request.POST.get("next") or reverse("board")
    onward = asked if url_has_allowed_host_and_scheme(asked, allowed_hosts=None) else reverse("board")
    if not isinstance(request.user, Clinician):
        return redirect("sign-in")
    if idle.away(request) and not (request.method == "POST" and idle.opens(request, request.user)):
        return idle.page(request, onward=onward, wrong=idle.WRONG if request.method == "POST" else "")
    return redirect(onward)


@public("leads to the board, which asks for a sign-in")
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The board is where work starts."""
    return redirect("board")
