"""`manage.py downtime_list`: everybody watched or with a case, to be printed before an outage. Reads the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from notifications import clock
from notifications.models import Site
from protocols.errors import Refusal
from stepup import downtime, downtime_paper, downtime_words
from stepup.management.plain import PlainCommand


class Command(PlainCommand):
    help = "The printable list for an outage: who is watched or has a case, and whom to call (touches the database)."
    example = "downtime_list --site riverbend-demo --pdf list.pdf"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", help="the site's short name; needed when there are several")
        parser.add_argument("--pdf", metavar="FILE", help="write the list as a PDF into this file instead")
        parser.add_argument("--csv", metavar="FILE", help="write the list as a CSV into this file instead")

    def answer(self, options: dict[str, Any]) -> tuple[list[str], Any]:
        made = downtime.make(_site(options["site"]), now=clock.now())
        document = downtime_words.document(made)
        written = [
            _write(options[kind], content(made))
            for kind, content in (("pdf", downtime_paper.pdf), ("csv", downtime_paper.csv))
            if options[kind]
        ]
        return written or downtime_words.page(made), document


def _write(name: str, content: bytes) -> str:
    try:
        Path(name).write_bytes(content)
    except OSError as error:
        raise Refusal("not-written", f"{name} cannot be written: {error.strerror}.") from error
    return f"Written: {name}"


def _site(slug: str | None) -> Site:
    sites = {site.slug: site for site in Site.objects.order_by("slug")}
    if slug is None and len(sites) == 1:
        return next(iter(sites.values()))
    if not sites:
        raise Refusal("no-site", "There is no site yet: type manage.py demo for a made-up one.")
    if slug is None or slug not in sites:
        raise Refusal("which-site", f"Name the site with --site. Known: {', '.join(sites)}.")
    return sites[slug]
