"""Asking again who somebody is, beside the button of an act that counts as a signature.

A dose and its second check, an approval of a protocol, another telephone number, an override and a waived item of the
readiness list are signed: whoever is signed in types their password once more. For RECENT after that, or after signing
in, the same session is not asked again; another person's session, or the same person's on another station, is. A wrong
password keeps nothing, loses nothing that was typed, counts as a failed sign-in and stands in the ledger.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from notifications import audit, clock
from notifications.models import Clinician

RECENT = timedelta(minutes=5)  # a proposal of ours
KEY = "proved_at"
WRONG = "That is not your password. Nothing was saved; everything else you typed is still here."


class SignedIn(HttpRequest):
    """A request whose user is a clinician: what a view behind `act` is handed."""

    user: Clinician


class PasswordForm(WardForm):
    """The password of whoever is signed in; pasting and a password manager are welcome."""

    password = forms.CharField(
        label=_("Your password, again"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=_("So that nobody signs in your name. For 5 minutes it is then not asked again here."),
        error_messages={"required": _("Type your password: this is signed with your name.")},
    )


class Again:
    """The question as one page asks it. `form` is None while an answer of this session is recent.

    `always` is false where the button also keeps what nobody signs: the browser then lets the field stay empty.
    """

    def __init__(self, request: SignedIn, *, now: datetime, always: bool = True) -> None:
        self.request, self.now, self.always = request, now, always
        self.form = None if proved(request, now=now) else self._asked()

    def _asked(self, typed: QueryDict | None = None) -> PasswordForm:
        return PasswordForm(typed, use_required_attribute=self.always)

    def holds(self, *, needed: bool = True) -> bool:
        """True if this is who is signed in, or nobody has to ask. Looked at once, when everything is to be kept."""
        if not needed or self.form is None:
            return True
        self.form = self._asked(self.request.POST)
        if not self.form.is_valid():
            return False
        by, typed = self.request.user, self.form.cleaned_data["password"]
        who = authenticate(self.request, username=by.get_username(), password=typed)
        if who is None or who.pk != by.pk:
            self.form.add_error("password", WRONG)
            audit.record("gave a wrong password to sign with", str(by), site=by.site, by=by, now=self.now)
            return False
        prove(self.request, now=self.now)
        self.form = None
        return True


def signs(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand a view the question as `again`, and mark it as one that asks; it goes below `act`."""
    return _asking(view, always=True)


def sometimes_signs(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The same for a view that keeps some things signed and others not."""
    return _asking(view, always=False)


def _asking(view: Callable[..., HttpResponse], *, always: bool) -> Callable[..., HttpResponse]:
    @wraps(view)
    def asking(request: SignedIn, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, again=Again(request, now=clock.now(), always=always), **kwargs)

    asking.signs = True  # type: ignore[attr-defined]
    return asking


def prove(request: HttpRequest, *, now: datetime) -> None:
    """Remember in this session alone that its person has just typed their password."""
    request.session[KEY] = now.isoformat()


def proved(request: HttpRequest, *, now: datetime) -> bool:
    """Whether this session's person typed their password within RECENT. A time still to come proves nothing."""
    at = request.session.get(KEY)
    return at is not None and timedelta() <= now - datetime.fromisoformat(at) <= RECENT
