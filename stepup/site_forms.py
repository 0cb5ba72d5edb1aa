"""The form in which another site is made."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.models import Role
from stepup.forms import PhoneField
from stepup.staff import Person
from stepup.staff_forms import NewPersonForm, NumbersForm, ProviderForm, zone_field

NUMBERS = (
    "time_zone",
    "oncall_number",
    "emergency_number",
    "patient_number",
    "page_number",
    "fallback_number",
)


class SiteForm(NewPersonForm):
    """A site's name and numbers, and its first person, who is an administrator."""

    refusals: ClassVar[dict[str, str]] = NewPersonForm.refusals | {
        "number-in-use": "patient_number", "same-number": "page_number", "time-zone": "time_zone",
    }  # fmt: skip

    role = None  # type: ignore[assignment]
    site_name = forms.CharField(
        label=_("Name of the site"),
        max_length=120,
        help_text=_("As it stands on every page, card and list, and for whoever signs in there."),
        error_messages={"required": _("Type the name of the hospital or practice.")},
    )
    time_zone = zone_field()
    oncall_number = NumbersForm.base_fields["oncall_number"]
    emergency_number = NumbersForm.base_fields["emergency_number"]
    patient_number = PhoneField(
        label=_("Texts with patients"),
        help_text=_("A number at the provider that no other site has."),
        error_messages={"required": _("Type the number for texts with patients.")},
    )
    page_number = PhoneField(
        label=_("Pages"),
        help_text=_("Another number at the provider: colleagues know it apart."),
        error_messages={"required": _("Type the number pages come from.")},
    )
    fallback_number = ProviderForm.base_fields["fallback_number"]

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        zone: Any = self.fields["time_zone"]
        zone.choices = [("", _("choose")), *zone.choices]  # a zone is never guessed
        zone.error_messages["required"] = _("Choose the time zone of the site.")

    def said(self) -> Person:
        """The first person: an administrator."""
        return Person(self.cleaned_data["name"], Role.ADMIN, self.cleaned_data["phone"])

    def numbers(self) -> dict[str, Any]:
        """The numbers and the time zone, by the name of the site's column."""
        return {name: self.cleaned_data[name] for name in NUMBERS}
