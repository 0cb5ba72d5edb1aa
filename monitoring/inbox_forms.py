"""The forms of the reply inbox: what came of reading, of a call, what worries the reader, and a translation."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring import inbox, reader, translations
from monitoring.forms import WardForm

LONGEST_ID = 18  # digits; more is no row's number
LONGEST_PHRASE = 200
NOTHING_MORE = "Read; nothing more is needed."
SHOWN = 60


def row(said: str) -> int:
    """The number of a row that a page or an address sent back; 0, which no row has, where it is none."""
    return int(said) if said.isdecimal() and len(said) <= LONGEST_ID else 0


class RowField(forms.CharField):
    """A row's number in a hidden field. Nobody types it, so nothing is said of one that was mangled: it is no row."""

    def __init__(self) -> None:
        super().__init__(required=False)

    def clean(self, value: Any) -> int:
        """0 where it is no row's number."""
        return row(str(value or ""))


class SeenForm(forms.Form):
    """The newest text that was on the page, so that none is finished unseen; for a phrase also its text and words."""

    read = RowField()
    reply = RowField()
    words = forms.CharField(required=False)

    def clean_words(self) -> str:
        """No more than a phrase can be; which words may be learned is judged further in."""
        return str(self.cleaned_data["words"])[:LONGEST_PHRASE]


def seen(typed: Any) -> dict[str, Any]:
    """What the page sent back beside what somebody typed. Mangled, it names no row and no words."""
    form = SeenForm(typed)
    form.is_valid()
    return {"words": "", **form.cleaned_data}


class ReadForm(WardForm):
    """What came of reading."""

    refusals: ClassVar[dict[str, str]] = {"outcome": "outcome"}

    outcome = forms.CharField(
        label=_("What came of it"),
        max_length=200,
        initial=NOTHING_MORE,
        error_messages={"required": _("Say in a few words what came of it.")},
    )


class CallForm(WardForm):
    """Whom somebody telephoned about it, and what came of that."""

    whom = forms.ChoiceField(
        label=_("Whom you called"), error_messages={"required": _("Say whom you called.")}
    )
    call = forms.ChoiceField(
        label=_("What came of the call"),
        choices=[(key, words[0].upper() + words[1:]) for key, words in reader.CALLS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what came of the call.")},
    )
    said = forms.CharField(
        label=_("What they said"), max_length=150, required=False, widget=forms.Textarea(attrs={"rows": 2})
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
        label=_("How urgent"),
        choices=[
            ("urgent", _("Urgent: whoever is on call is paged")),
            ("emergency", _("Emergency: the shorter clock")),
        ],
        initial="urgent",
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=_("What worries you"),
        max_length=150,
        error_messages={
            "required": _("Say in a few words what worries you: whoever is called reads it first.")
        },
    )


class TranslationForm(WardForm):
    """What one of the texts says in English."""

    refusals: ClassVar[dict[str, str]] = {"words": "meaning", "reply": "reply"}

    reply = forms.TypedChoiceField(label=_("Which text"), coerce=int)
    meaning = forms.CharField(
        label=_("What it says, in English"),
        max_length=translations.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Type what the text says.")},
    )
    professional = forms.BooleanField(
        label=_("A professional interpreter gave this translation"),
        required=False,
        help_text=_("Leave it empty if you, or somebody at hand, read the language."),
    )

    def __init__(self, data: Any, *, item: inbox.Item) -> None:
        super().__init__(data, auto_id="id_translate_%s")
        reply: Any = self.fields["reply"]
        reply.choices = [(line.reply, f"“{line.words[:SHOWN]}”") for line in item.lines]
