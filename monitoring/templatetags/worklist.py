"""The rows of the board, each written from the words of its own moment."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from monitoring import board, board_words

register = template.Library()


@register.simple_tag(takes_context=True)
def worklist_row(context: Any, row: board.Row) -> SafeString:
    """One row of the worklist."""
    return board_words.row(row, **_moment(context))


@register.simple_tag(takes_context=True)
def worklist_who(context: Any, row: board.Row) -> SafeString:
    """Who a row is about."""
    return board_words.who(row, **_moment(context))


def _moment(context: Any) -> dict[str, Any]:
    return {"now": context["now"], "zone": context["board"].zone, "wall": context["wall"]}
