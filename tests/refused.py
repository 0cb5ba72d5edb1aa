"""A form that was refused: the sentence, the promise that nothing was saved, and everything typed still there."""

import html
import re
from collections.abc import Mapping

from django.http import HttpResponse

REFUSED = 422


def says(answer: HttpResponse, sentence: str) -> None:
    """Refused, with the sentence, and with the words that nothing was saved."""
    shown = html.unescape(answer.content.decode())
    assert answer.status_code == REFUSED, answer.status_code
    assert sentence in shown
    assert "Nothing was saved." in shown
    assert "What you typed is still here." in shown


def keeps(answer: HttpResponse, typed: Mapping[str, str], *, besides: str = "") -> None:
    """Every field but `besides` still holds what was typed."""
    shown = answer.content.decode()
    for name, value in typed.items():
        if name != besides and value:
            assert _is_shown(shown, name, html.escape(value)), f"{name} lost {value!r}"


def _is_shown(shown: str, name: str, value: str) -> bool:
    """Whether an input, a text area or a choice of that name holds the value."""
    choices = re.search(f'<select name="{name}".*?</select>', shown, re.DOTALL)
    if choices:
        return f'<option value="{value}" selected>' in choices[0]
    element = re.search(f'<(?:input|textarea)[^>]* name="{name}"[^>]*>(?:[^<]*</textarea>)?', shown)
    return bool(element) and (
        f'value="{value}"' in element[0] or element[0].endswith(f"\n{value}</textarea>")
    )
