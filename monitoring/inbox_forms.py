"""The forms of the reply inbox: what came of reading, of a call, what worries the reader, and a translation."""

from typing import Any, ClassVar

from django import forms

from monitoring import inbox, reader, translations
from monitoring.forms import WardForm

NOTHING_MORE = "Read; nothing more is needed."
SHOWN = 60


class ReadForm(WardForm):
    """What came of reading."""

    refusals: ClassVar[dict[str, str]] = {"outcome": "outcome"}

    outcome = forms.CharField(
        label="What came of it",
        max_length=200,
        initial=NOTHING_MORE,
        error_messages={"required": "Say in a few words what came of it."},
    )


class CallForm(WardForm):
    """Whom somebody telephoned about it, and what came of that."""

    whom = forms.ChoiceField(label="Whom you called", error_messages={"required": "Say whom you called."})
    call = forms.ChoiceField(
        label="What came of the call",
        choices=[(key, words[0].upper() + words[1:]) for key, words in reader.CALLS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what came of the call."},
    )
    said = forms.CharField(
        label="What they said", max_length=150, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any, *, item: inbox.Item) -> None:
        super().__init__(data, auto_id="id_call_%s")
        whom: Any = self.fields["whom"]
        names = ("patient", "caregiver") if item.patient else ("number",)
        whom.choices = [(name, reader.WHOM[name][0].upper() + reader.WHOM[name][1:]) for name in names]


class EscalateForm(WardForm):
    """Why somebody must be called now."""

    refusals: ClassVar[dict[str, str]] = {"urgency": "urgency", "words": "words"}

    urgency = forms.ChoiceField(
        label="How urgent",
        choices=[
            ("urgent", "Urgent: whoever is on call is paged"),
            ("emergency", "Emergency: the shorter clock"),
        ],
        initial="urgent",
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label="What worries you",
        max_length=150,
        error_messages={"required": "Say in a few words what worries you: whoever is called reads it first."},
    )


class TranslationForm(WardForm):
    """What one of the texts says in English."""

    refusals: ClassVar[dict[str, str]] = {"words": "meaning", "reply": "reply"}

    reply = forms.TypedChoiceField(label="Which text", coerce=int)
    meaning = forms.CharField(
        label="What it says, in English",
        max_length=translations.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Type what the text says."},
    )
    professional = forms.BooleanField(
        label="A professional interpreter gave this translation",
        required=False,
        help_text="Leave it empty if you, or somebody at hand, read the language.",
    )

    def __init__(self, data: Any, *, item: inbox.Item) -> None:
        super().__init__(data, auto_id="id_translate_%s")
        reply: Any = self.fields["reply"]
        reply.choices = [(line.reply, f"“{line.words[:SHOWN]}”") for line in item.lines]
