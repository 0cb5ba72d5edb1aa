"""The forms that correct how to reach a patient, let texts go again, revoke an order and end an enrolment."""

import json
from dataclasses import asdict
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring import contacts
from monitoring.forms import WardForm
from monitoring.models import Patient
from monitoring.patients import CALLED, Particulars
from notifications import phones
from protocols.errors import Refusal
from stepup.forms import PatientForm


class ContactForm(PatientForm):
    """What can be corrected about a patient, with what the record said when the page was opened."""

    refusals: ClassVar[dict[str, str]] = {
        "same-phone": "caregiver_phone",
        "phone-in-use": "phone",
        "language": "language",
        "time-zone": "time_zone",
        **{f"changed-{name}": name for name in CALLED},
    }

    identifier = None  # type: ignore[assignment]  # who the patient is stays as it was enrolled
    name = None  # type: ignore[assignment]
    born_on = None  # type: ignore[assignment]
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, patient: Patient) -> None:
        now = Particulars.of(patient)
        shown = asdict(now) | {
            name: phones.for_reading(getattr(now, name)) for name in ("phone", "caregiver_phone")
        }
        super().__init__(data, site=patient.site, initial=shown | {"seen": json.dumps(asdict(now))})

    def clean(self) -> dict[str, Any]:
        """`seen` becomes what the clinician had before them."""
        data = self.cleaned_data
        try:
            data["seen"] = Particulars(**json.loads(data.get("seen", "")))
        except (ValueError, TypeError) as problem:
            raise forms.ValidationError(
                _("The page lost what it had shown. Open this page again.")
            ) from problem
        return data

    def said(self) -> Particulars:
        """What was typed."""
        return Particulars(**{name: self.cleaned_data[name] for name in CALLED})

    def look_again(self, refusal: Refusal, patient: Patient) -> None:
        """After a conflict the clinician has read what the record says now of that field; saving again is meant.

        Of every other field the page still has what it showed, so that it undoes nobody's correction.
        """
        name = refusal.code.removeprefix("changed-")
        if name in CALLED and name != refusal.code:
            seen = asdict(self.cleaned_data["seen"]) | {name: getattr(patient, name)}
            self.data = {**dict(self.data.items()), "seen": json.dumps(seen)}


class TextsForm(WardForm):
    """The statement that lets texts go again: with whom the clinician spoke, and on which number."""

    refusals: ClassVar[dict[str, str]] = {"another-number": "spoke", "texts-go": "spoke"}

    whose = forms.CharField(widget=forms.HiddenInput, required=False)
    number = forms.CharField(widget=forms.HiddenInput, required=False)
    spoke = forms.BooleanField()

    def __init__(self, data: Any, *, phone: contacts.Phone) -> None:
        given = {"whose": phone.whose, "number": phone.number}
        super().__init__(data, initial=given, auto_id=f"id_{phone.whose}_%s")
        shown = phones.for_reading(phone.number)
        spoke: Any = self.fields["spoke"]
        spoke.label = _("I spoke with %(phone)s on %(shown)s, and texts may go there again") % {
            "phone": phone.name,
            "shown": shown,
        }
        spoke.error_messages["required"] = (
            f"Speak with {phone.name} on {shown} first, then tick this. If nobody answers, leave texts ended."
        )


class CallsForm(forms.Form):
    """What the patient said about calls by the service: the button that was pressed."""

    agrees = forms.TypedChoiceField(
        choices=[("yes", _("yes")), ("no", _("no"))], coerce=lambda said: said == "yes"
    )


class RevokeForm(WardForm):
    """Why a pocket order is revoked."""

    refusals: ClassVar[dict[str, str]] = {"reason": "reason", "revoked-already": "reason"}

    reason = forms.CharField(
        label=_("Why the order is revoked"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why the order is revoked.")},
    )


class EndForm(WardForm):
    """Why an enrolment ends."""

    refusals: ClassVar[dict[str, str]] = {"reason": "reason"}

    reason = forms.CharField(
        label=_("Why the enrolment ends"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why the enrolment ends.")},
    )
