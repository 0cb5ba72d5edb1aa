"""How a value that a site set itself is marked, wherever it is shown."""

from collections.abc import Mapping, Sequence

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from protocols.pathway import OwnValue

register = template.Library()


@register.filter
def own_mark(own: Mapping[str, OwnValue] | None, value: str) -> SafeString | str:
    """`this site's own: SOURCE` beside a value the site set itself; nothing beside any other."""
    one = (own or {}).get(value)
    if one is None:
        return ""
    return _marked(one.source)


@register.filter
def item_mark(own: Mapping[str, OwnValue] | None, item: str) -> SafeString | str:
    """The same for a readiness item, by its id."""
    return own_mark(own, f"readiness.{item}")


@register.filter
def own_rows(sources: Sequence[str]) -> SafeString | str:
    """`this site's own: SITE-1` where a row of the label, or a part of it, was entered by the site."""
    entered = [source for source in sources if source.startswith("SITE-")]
    return _marked(", ".join(entered)) if entered else ""


def _marked(source: str) -> SafeString:
    said = gettext("this site’s own: %(source)s") % {"source": source}
    return format_html(' <span class="tag">{}</span>', said)
