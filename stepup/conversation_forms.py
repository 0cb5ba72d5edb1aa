"""The forms beside a conversation: a text, a call that was made, and a case opened by one's own judgement."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring import unread
from monitoring.forms import WardForm
from monitoring.models import Patient, Task


def marked(task: Task) -> str:
    """A task and the newest text of it, so that what comes later is not settled unseen."""
    return f"{task.pk}-{unread.newest(task)}"


def _words(task: Task) -> str:
    """Everything that was texted and waits on a task; or what the task is, where nothing of it was texted."""
    said = " / ".join(filter(None, (one.reply.body for one in unread.of(task))))
    return said or (task.reply.body if task.reply else "") or task.what


class _BesideForm(WardForm):
    """A form that may settle what waits to be read of this patient. Its fields have ids of their own on the page."""

    ids: ClassVar[str] = "id"
    answers = forms.MultipleChoiceField(
        label=_("This settles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What you tick is done with it. What you leave stays on the list, with its time."),
        error_messages={
            "invalid_choice": _("A text has come, or a colleague was faster. Read the list again.")
        },
    )

    def __init__(self, *args: Any, patient: Patient, waiting: list[Task], **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"{self.ids}_%s", **kwargs)
        home = [
            ("patient", f"{patient.name}, the patient"),
            ("caregiver", f"{patient.caregiver_name}, the caregiver"),
        ]
        for name in ("to", "whom"):
            if name in self.fields:
                self._field(name).choices = home
        self._field("answers").choices = [(marked(task), _words(task)) for task in waiting]
        if not waiting:
            del self.fields["answers"]

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def settles(self) -> dict[int, int]:
        """The tasks that were ticked, each with the newest text that was on the page."""
        pairs = (ticked.split("-") for ticked in self.cleaned_data.get("answers", ()))
        return {int(task): int(read) for task, read in pairs}


def _home(label: str, missing: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, widget=forms.RadioSelect, initial="patient", error_messages={"required": missing}
    )


class SayForm(_BesideForm):
    """What to text, and to whom."""

    ids: ClassVar[str] = "id_say"
    refusals: ClassVar[dict[str, str]] = {
        "to": "to",
        "texting-ended": "to",
        **dict.fromkeys(("words", "signs", "betrays", "too-long", "said-already"), "words"),
    }
    field_order = ["to", "words", "answers"]

    to = _home("To", "Choose whom the text goes to.")
    words = forms.CharField(
        label=_("Your text"),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "About 300 signs. No medicine, illness, kind of clinic or name: whoever holds the phone can read it."
        ),
        error_messages={"required": _("Write what the text should say.")},
    )


class CallForm(_BesideForm):
    """That somebody telephoned, and what came of it."""

    ids: ClassVar[str] = "id_call"
    refusals: ClassVar[dict[str, str]] = {"whom": "whom", "words": "words", "nobody-spoken": "answers"}
    field_order = ["whom", "spoke", "words", "answers"]

    whom = _home("I called", "Choose whom you called.")
    spoke = forms.ChoiceField(
        label=_("Did you speak with them?"),
        choices=[("yes", _("Yes, with them")), ("no", _("No: nobody answered, or a machine did"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether you spoke with them. A voicemail is no answer.")},
    )
    words = forms.CharField(
        label=_("What came of it"),
        max_length=180,
        error_messages={"required": _("Say in a few words what came of it.")},
    )


class CaseForm(_BesideForm):
    """A case that a clinician opens because of what they saw or heard."""

    ids: ClassVar[str] = "id_case"
    refusals: ClassVar[dict[str, str]] = {"urgency": "urgency", "words": "words"}
    field_order = ["urgency", "words", "answers"]

    urgency = forms.ChoiceField(
        label=_("How urgent"),
        choices=[
            ("urgent", _("Urgent: page now")),
            ("emergency", _("Emergency: page now, the next person sooner")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how urgent it is.")},
    )
    words = forms.CharField(
        label=_("What you saw or heard"),
        max_length=150,
        help_text=_("The people who are called read this first, once they have signed in."),
        error_messages={"required": _("Say what you saw or heard.")},
    )
