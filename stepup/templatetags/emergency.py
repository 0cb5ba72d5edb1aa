"""Sentences of the emergency page with their facts filled in, whatever language they are in.

What was typed about a patient, and names, stay as they are. Moments in any language but English stand in figures.
"""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from monitoring.assessed import Line
from monitoring.models import Reaction
from monitoring.templatetags import ward
from stepup import emergency_texts
from stepup.emergency_texts import ENGLISH, Advice

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


@register.simple_tag(takes_context=True)
def fact(context: Any, key: str, **facts: Any) -> SafeString:
    """A sentence about the patient, with what is known put in; what is no markup of ours is escaped."""
    return format_html(context["advice"].facts[key], **facts)


@register.simple_tag(takes_context=True)
def fact_time(context: Any, at: datetime) -> SafeString | str:
    """A moment on the site's clock, and in UTC for machines."""
    if context["advice"].code == ENGLISH:
        return ward.when(at, context["zone_shown"])
    shown = f"{at.astimezone(ZoneInfo(context['zone_shown'])):%Y-%m-%d %H:%M %Z}"
    return format_html(
        '<time class="whole" datetime="{}">{}</time>', f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", shown
    )


@register.simple_tag
def fact_phone(number: str) -> SafeString:
    """A number that is dialled by touching it."""
    return format_html('<a class="whole" href="tel:{}">{}</a>', ward.dial(number), ward.phone(number))


@register.simple_tag(takes_context=True)
def fact_day(context: Any, on: date) -> str:
    """A day of the calendar."""
    return ward.born(on) if context["advice"].code == ENGLISH else f"{on:%Y-%m-%d}"


@register.simple_tag(takes_context=True)
def fact_word(context: Any, word: str) -> str:
    """A route, a kind of medicine or the state of an assessment; as it is where the page has no word for it."""
    return _word(context["advice"], word)


def _word(advice: Advice, word: str) -> str:
    english = emergency_texts.of(ENGLISH).facts
    return next((advice.facts[key] for key, said in english.items() if said == word), word)


@register.simple_tag(takes_context=True)
def fact_step(context: Any, step: str) -> str:
    """A step of the schedule."""
    advice, [name, _, number] = context["advice"], step.rpartition("_")
    if name == "step_up_dose":
        return str(advice.facts[name].format(number=number))
    return _word(advice, ward.step_words(step))


@register.simple_tag(takes_context=True)
def fact_grade(context: Any, reaction: Reaction) -> str:
    """What was graded and how grave it is; what somebody typed of it as they typed it."""
    if context["advice"].code == ENGLISH:
        return reaction.named
    said = context["advice"].facts[reaction.kind].format(grade=reaction.grade)
    return f"{said} ({reaction.what})" if reaction.what else said


@register.simple_tag(takes_context=True)
def fact_grades(context: Any, line: Line) -> str:
    """Every grade of one assessment."""
    facts = context["advice"].facts
    return ", ".join(facts[part.kind].format(grade=part.grade) for part in line.parts)
