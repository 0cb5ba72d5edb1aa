"""How many lines of supportive care wait, for a page that links to the list."""

from datetime import datetime

from django import template

from notifications.models import Site
from stepup import care

register = template.Library()


@register.simple_tag
def care_waiting(site: Site, now: datetime) -> int:
    """The lines of a site's work list that are overdue or to be read."""
    return care.worklist(site, now=now).count
