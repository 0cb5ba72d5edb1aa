"""Forms of the parts of a draft that are lists of rows: check-ins, and the ladder of people who are called."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from protocols import drafting, ladder
from protocols.proving_pathways import QUESTIONS
from stepup.draft_forms import ValuesForm, WhyForm, first, several, whole
from stepup.draft_parts import Part
from stepup.drafts import Wanted

NEW_ROWS, MOST_ROWS = 2, 20
LEAST = "from_urgency"


class RhythmForm(WhyForm):
    """Rows of check-ins; an empty row says nothing, and a row made empty goes."""

    def __init__(self, *args: Any, part: Part, pathway: Mapping[str, Any], doses: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.value = part.values[0]
        rows = drafting.get(pathway, self.value) or []
        self.count = min(len(rows) + NEW_ROWS, MOST_ROWS)
        for number in range(self.count):
            row = rows[number] if number < len(rows) else {}
            for key in ("from_hour", "to_hour", "every_hours"):
                label = (
                    f"Row {number + 1}: {key.replace('_', ' ').replace('every hours', 'every so many hours')}"
                )
                field = whole(initial=row.get(key), required=False, label=label)
                field.goes_with = True  # type: ignore[attr-defined]
                self.fields[f"{key}_{number}"] = field
            asked = several(
                first(row.get("ask"), [(q, q) for q in sorted(QUESTIONS)]), initial=row.get("ask")
            )
            asked.label = _("Row %(number)s: asks") % {"number": number + 1}
            self.fields[f"ask_{number}"] = asked
        self.order_fields([name for name in self.fields if name not in WhyForm.base_fields])

    def clean(self) -> dict[str, Any]:
        """A row is whole or empty."""
        for number in range(self.count):
            typed = [
                self.cleaned_data.get(f"{key}_{number}") for key in ("from_hour", "to_hour", "every_hours")
            ]
            if any(each is not None for each in typed) and None in typed:
                name = ("from_hour", "to_hour", "every_hours")[typed.index(None)]
                self.add_error(f"{name}_{number}", _("Type all three hours, or leave the whole row empty."))
        return self.cleaned_data

    def wanted(self) -> list[Wanted]:
        """The rows as they should stand."""
        data, rows = self.cleaned_data, []
        for number in range(self.count):
            if data[f"from_hour_{number}"] is not None:
                rows.append(
                    {
                        "from_hour": data[f"from_hour_{number}"],
                        "to_hour": data[f"to_hour_{number}"],
                        "every_hours": data[f"every_hours_{number}"],
                        "ask": data[f"ask_{number}"],
                    }
                )
        return [Wanted(self.value, rows)]


class LadderForm(WhyForm):
    """The rungs in the order in which they are called; a row without anybody to call goes."""

    NUMBERS = ("text_after_minutes", "voice_after_minutes", "emergency_minutes", "urgent_minutes")
    LABELS = (
        "text so many minutes after the rung's time",
        "call so many minutes after the rung's time",
        "minutes of this rung in an emergency",
        "minutes of this rung when urgent",
    )

    def __init__(self, *args: Any, part: Part, pathway: Mapping[str, Any], doses: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.value = part.values[0]
        rows = drafting.get(pathway, self.value) or []
        self.count = min(len(rows) + NEW_ROWS, ladder.MOST_RUNGS)
        for number in range(self.count):
            row = rows[number] if number < len(rows) else {}
            called = [row["calls"]] if isinstance(row.get("calls"), str) else row.get("calls", [])
            self.fields[f"calls_{number}"] = forms.CharField(
                max_length=200,
                required=False,
                initial=", ".join(called),
                label=_("Rung %(number)s calls") % {"number": number + 1},
                help_text=_(
                    "Like: on call 1; or a role of whoever is on call: nurse, prescriber, responder; "
                    "or person: and a sign-in name. Several with commas."
                )
                if not number
                else "",
            )
            for key, words in zip(self.NUMBERS, self.LABELS, strict=True):
                field = whole(
                    initial=row.get(key),
                    required=False,
                    label=_("Rung %(number)s: %(words)s") % {"number": number + 1, "words": words},
                )
                field.goes_with = True  # type: ignore[attr-defined]
                self.fields[f"{key}_{number}"] = field
            self.fields[f"{LEAST}_{number}"] = self._least(number, row)
        self.order_fields([name for name in self.fields if name not in WhyForm.base_fields])

    @staticmethod
    def _least(number: int, row: Mapping[str, Any]) -> forms.ChoiceField:
        field = forms.ChoiceField(
            choices=[("", _("whatever pages")), ("emergency", _("an emergency only"))],
            required=False,
            initial=row.get(LEAST, ""),
            label=_("Rung %(number)s is called for") % {"number": number + 1},
        )
        field.goes_with = True  # type: ignore[attr-defined]
        return field

    def wanted(self) -> list[Wanted]:
        """The rungs as they should stand."""
        data, rows = self.cleaned_data, []
        for number in range(self.count):
            called = [one.strip() for one in data[f"calls_{number}"].split(",") if one.strip()]
            if called:
                typed = {key: data[f"{key}_{number}"] for key in self.NUMBERS}
                least = data[f"{LEAST}_{number}"]
                numbers = {key: one for key, one in typed.items() if one is not None}
                rows.append({"calls": called} | numbers | ({LEAST: least} if least else {}))
        return [Wanted(self.value, rows or None)]


PartForm = ValuesForm | RhythmForm | LadderForm
"""What changes a part of a draft."""


def form_of(part: Part) -> type[PartForm]:
    """The form of a part."""
    if part.id == "ladder":
        return LadderForm
    return RhythmForm if part.id in {"rhythm", "later"} else ValuesForm
