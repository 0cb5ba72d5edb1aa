"""The form that says whether a patient has died."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from monitoring.models import DeathNotice
from stepup.course_forms import in_words

YES = ("yes", "Yes: the patient has died")
NO = ("no", "No: the patient is alive")


class DeathForm(WardForm):
    """Whether it is so, and how that is known. With nothing said before there is only one thing to record."""

    refusals: ClassVar[dict[str, str]] = {"words": "words", "said-already": "died", "nothing-said": "died"}

    died = forms.ChoiceField(
        label=_("Is it so?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the answers.")},
    )
    words = in_words(
        _("Who told you, or how you know"),
        _("Like: the daughter, by telephone, on her own number."),
        missing=_("Say who told you, or how you know."),
    )

    def __init__(self, *args: Any, death: DeathNotice | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        recorded = death is not None and death.by is not None
        asked: Any = self.fields["died"]
        asked.choices = [NO] if recorded else [YES, NO] if death else [YES]
