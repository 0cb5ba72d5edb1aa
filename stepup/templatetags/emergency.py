"""Sentences of the emergency page with their facts filled in, whatever language they are in."""

from typing import Any

from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def said(context: Any, sentence: str) -> str:
    """The sentence of that name with its facts in it. Dates stay as 2027-11-21, which every language reads the same."""
    advice, approval, site = context["advice"], context.get("approval"), context.get("emergency_site")
    facts = {
        "version": advice.version,
        "written": advice.written_on,
        "until": advice.review_on,
        "left": context.get("left", ""),
        "now": context.get("now_words", ""),
        "site": site.name if site else "",
        "name": approval.by.name if approval else "",
        "day": context.get("approved_on") if sentence == "approved" else advice.review_on,
    }
    return str(advice.words[sentence].format(**facts))
