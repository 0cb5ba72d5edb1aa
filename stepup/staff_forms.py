"""The forms of people and numbers: somebody new, a change, a password, the site's own numbers."""

from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from notifications import phones
from notifications.models import Clinician, Role, Site
from stepup.forms import PhoneField
from stepup.staff import OF_A_PROVIDER, OF_A_SITE, Person


class ReasonForm(WardForm):
    """Why something is changed, and what had been changed when the page was opened."""

    why = forms.CharField(
        label=_("Why"),
        max_length=300,
        help_text=_("Kept with your name."),
        error_messages={"required": _("Say why, in a few words.")},
    )
    seen_at = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=0)

    def clean_seen_at(self) -> int:
        """What a page without the number had seen: nothing."""
        return self.cleaned_data["seen_at"] or 0


def _password() -> forms.CharField:
    return forms.CharField(
        label=_("New password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. Handed over in person; ends every session they have open."),
        error_messages={"required": _("Type a password of at least 12 characters.")},
    )


class PersonForm(ReasonForm):
    """Somebody who works here."""

    refusals: ClassVar[dict[str, str]] = {
        "phone-in-use": "phone", "own-role": "role", "username": "username", "password": "new_password",
    }  # fmt: skip

    name = forms.CharField(
        label=_("Full name"),
        max_length=120,
        help_text=_("As colleagues and pages call them."),
        error_messages={"required": _("Type the full name.")},
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, help_text=_("What they may do here."))
    phone = PhoneField(
        label=_("Phone for pages"),
        required=False,
        help_text=_("Their own; like +1 215 555 0142. Without one they are never paged."),
    )
    is_active = forms.BooleanField(
        label=_("Works here"),
        required=False,
        initial=True,
        help_text=_(
            "Without the tick they cannot sign in and are not paged; their hours on call become gaps."
        ),
    )

    def __init__(self, data: Any = None, *, person: Clinician | None = None, seen_at: int = 0) -> None:
        initial: dict[str, Any] = {"seen_at": seen_at}
        if person is not None:
            initial |= {"name": person.name, "role": person.role, "is_active": person.is_active}
            initial["phone"] = phones.for_reading(person.phone) if person.phone else ""
        super().__init__(data, initial=initial)

    def said(self) -> Person:
        """What was typed."""
        given = self.cleaned_data
        return Person(given["name"], given["role"], given["phone"], given.get("is_active", True))


class NewPersonForm(PersonForm):
    """Somebody new, with a name and a first password to sign in with."""

    is_active = None  # type: ignore[assignment]
    username = forms.SlugField(
        label=_("Sign-in name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("Type a sign-in name."),
            "invalid": _("Only letters, figures, - and _."),
        },
    )
    new_password = _password()


class SetPasswordForm(ReasonForm):
    """Another password for somebody who lost theirs."""

    refusals: ClassVar[dict[str, str]] = {"password": "new_password"}

    new_password = _password()


def _rate(label: str) -> forms.DecimalField:
    said = "Type how many a second, like 1 or 0.5."
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=Decimal("0.01"),
        max_digits=6,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("As your provider states it. Empty: the slowest is assumed."),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_digits", "max_decimal_places"), said),
    )


class NumbersForm(ReasonForm):
    """The site's numbers that people dial, and how fast the provider lets each number speak."""

    oncall_number = PhoneField(
        label=_("On-call desk"),
        help_text=_("Answered by a person at every hour. Stands on every page, card and list, and in texts."),
        error_messages={"required": _("Type the number of the desk.")},
    )
    emergency_number = forms.RegexField(
        r"^\d{2,15}$",
        label=_("Emergency number"),
        help_text=_("What a patient dials for an ambulance. Stands in every text about danger."),
        error_messages=dict.fromkeys(("required", "invalid"), "Type the number in figures, like 911."),
    )
    patient_texts_per_second = _rate("Segments a second from the patients' number")
    page_texts_per_second = _rate("Segments a second from the paging number")
    calls_per_second = _rate("Calls a second")

    def __init__(self, data: Any = None, *, site: Site, seen_at: int) -> None:
        initial: dict[str, Any] = {name: getattr(site, name) for name in OF_A_SITE}
        initial["oncall_number"] = phones.for_reading(site.oncall_number)
        super().__init__(data, initial=initial | {"seen_at": seen_at})

    def said(self) -> dict[str, str | Decimal | None]:
        """What was typed, by the name of the site's column."""
        return {name: self.cleaned_data[name] for name in OF_A_SITE}


def zone_field() -> forms.ChoiceField:
    """A time zone by its name."""
    return forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(name, name) for name in sorted(available_timezones()) if "/" in name],
        help_text=_(
            "Every time on the screens is shown in it, and turns of the on-call list are counted in it. Changed, turns "
            "to come go by the new one; those that have passed stay where they were."
        ),
    )


class ProviderForm(ReasonForm):
    """The numbers that belong to the provider's accounts, and the time zone."""

    refusals: ClassVar[dict[str, str]] = {
        "number-in-use": "patient_number", "same-number": "page_number", "time-zone": "time_zone", "ring": "will_ring",
    }  # fmt: skip

    patient_number = PhoneField(
        label=_("Texts with patients"),
        help_text=_(
            "Patients know it. Keep the old one at the provider as long as somebody may text it: that is read here too."
        ),
        error_messages={"required": _("Type the number for texts with patients.")},
    )
    page_number = PhoneField(
        label=_("Pages"),
        help_text=_("Colleagues have it in their phones, perhaps with a sound that wakes them."),
        error_messages={"required": _("Type the number pages come from.")},
    )
    fallback_number = PhoneField(
        label=_("Pages while the first account is out"),
        required=False,
        help_text=_("Of the second account. Empty: there is none."),
    )
    time_zone = zone_field()
    will_ring = forms.BooleanField(
        label=_("Each patient being watched is rung and told the new number"),
        required=False,
        help_text=_("Needed where the number for patients changes while somebody is watched."),
    )

    def __init__(self, data: Any = None, *, site: Site, seen_at: int) -> None:
        initial: dict[str, Any] = {name: getattr(site, name) for name in OF_A_PROVIDER}
        for name in ("patient_number", "page_number", "fallback_number"):
            initial[name] = phones.for_reading(initial[name]) if initial[name] else ""
        super().__init__(data, initial=initial | {"seen_at": seen_at})

    def said(self) -> dict[str, str]:
        """What was typed, by the name of the site's column."""
        return {name: self.cleaned_data[name] for name in OF_A_PROVIDER}
