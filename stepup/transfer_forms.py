"""The form of a transfer: to whom a course goes, why, and the appointment that is given up with it."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from stepup.course_forms import in_words
from stepup.forms import PhoneField


class TransferForm(WardForm):
    """To whom the course goes. `gives_up` is asked only where an appointment stands."""

    refusals: ClassVar[dict[str, str]] = {
        "to-site": "to_site",
        "to-person": "to_person",
        "phone": "to_phone",
        "reason": "reason",
        "appointment": "gives_up",
    }

    to_site = forms.CharField(
        label=_("Hospital or practice that goes on with the course"),
        max_length=120,
        error_messages={"required": _("Say which hospital or practice goes on with the course.")},
    )
    to_person = forms.CharField(
        label=_("Who takes over there"),
        max_length=120,
        help_text=_("The person you spoke with."),
        error_messages={"required": _("Say who takes over there: the person you spoke with.")},
    )
    to_phone = PhoneField(
        label=_("Their telephone"),
        help_text=_("Where they can be reached about this course."),
        error_messages={"required": _("Type the telephone of whoever takes over.")},
    )
    reason = in_words(
        _("Why the course is transferred"),
        _("Kept with your name and shown on the hand-over."),
        missing=_("Say why the course is transferred."),
    )
    gives_up = forms.BooleanField(
        label=_("The appointment here is given up, and the patient knows"), required=False
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    def __init__(self, *args: Any, appointment: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if appointment:
            self.fields["gives_up"].label = _(
                "The appointment here on %(appointment)s is given up, and the patient knows"
            ) % {"appointment": appointment}
        else:
            del self.fields["gives_up"]
