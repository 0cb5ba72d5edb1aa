"""How many lines of supportive care wait, for a page that links to the list; and what a published rule is from."""

from datetime import datetime

from django import template

from notifications.models import Site
from protocols import supportive
from stepup import care

register = template.Library()


@register.simple_tag
def care_waiting(site: Site, now: datetime) -> int:
    """The lines of a site's work list that are overdue or to be read."""
    return care.worklist(site, now=now).count


@register.filter
def cited(sources: tuple[str, ...]) -> str:
    """The sources of one published rule, as one line."""
    return supportive.load().cite(sources)
