"""The form of a transfer: to whom a course goes, why, and the appointment that is given up with it."""

from typing import Any, ClassVar

from django import forms

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
        label="Hospital or practice that goes on with the course",
        max_length=120,
        error_messages={"required": "Say which hospital or practice goes on with the course."},
    )
    to_person = forms.CharField(
        label="Who takes over there",
        max_length=120,
        help_text="The person you spoke with.",
        error_messages={"required": "Say who takes over there: the person you spoke with."},
    )
    to_phone = PhoneField(
        label="Their telephone",
        help_text="Where they can be reached about this course.",
        error_messages={"required": "Type the telephone of whoever takes over."},
    )
    reason = in_words(
        "Why the course is transferred",
        "Kept with your name and shown on the hand-over.",
        missing="Say why the course is transferred.",
    )
    gives_up = forms.BooleanField(
        label="The appointment here is given up, and the patient knows", required=False
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    def __init__(self, *args: Any, appointment: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if appointment:
            self.fields[
                "gives_up"
            ].label = f"The appointment here on {appointment} is given up, and the patient knows"
        else:
            del self.fields["gives_up"]
