"""The form in which a clinician writes to a patient or a caregiver."""

from typing import Any, ClassVar

from django import forms

from monitoring.forms import WardForm
from monitoring.models import Patient, Task


class SayForm(WardForm):
    """What to text, to whom, and which of the things that wait to be read it answers."""

    refusals: ClassVar[dict[str, str]] = {
        "to": "to",
        "words": "words",
        "signs": "words",
        "betrays": "words",
        "too-long": "words",
        "said-already": "words",
        "texting-ended": "to",
    }

    to = forms.ChoiceField(
        label="To",
        choices=[("patient", "the patient"), ("caregiver", "the caregiver")],
        widget=forms.RadioSelect,
        initial="patient",
        error_messages={"required": "Choose whom the text goes to."},
    )
    words = forms.CharField(
        label="Your text",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="About 300 signs. No medicine, illness, kind of clinic or name: whoever holds the phone can read it.",
        error_messages={"required": "Write what the text should say."},
    )
    answers = forms.MultipleChoiceField(
        label="This answers",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What you tick is done with this text. What you leave stays on the list, with its time.",
    )

    def __init__(self, *args: Any, patient: Patient, waiting: list[Task], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._field("to").choices = [
            ("patient", f"{patient.name}, the patient"),
            ("caregiver", f"{patient.caregiver_name}, the caregiver"),
        ]
        self._field("answers").choices = [
            (str(task.pk), task.reply.body if task.reply else task.what) for task in waiting
        ]
        if not waiting:
            del self.fields["answers"]

    def _field(self, name: str) -> Any:
        return self.fields[name]
