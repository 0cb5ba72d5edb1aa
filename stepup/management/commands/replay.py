"""`manage.py replay`: past replies concluded again by the installed rules. Reads the database and writes nothing."""

import sys
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from monitoring import replays
from monitoring.replays import Replay
from notifications import clock
from notifications.models import Site
from protocols import replaying, triage
from protocols.errors import Refusal
from protocols.replaying import Compared
from stepup.management.plain import PlainCommand, a_count

LOST_PAGES = 1
MARKS = {"lowered": "LOWERED", "raised": "RAISED", "other": "other"}


class Command(PlainCommand):
    help = (
        "Conclude past replies again by the installed rules, in the context stored with each, and print what differs "
        "by direction, without anybody's words (touches the database). Status 1: something that paged would page "
        "nobody; 0: nothing of the kind; 2: it could not be done."
    )
    example = "replay --site riverbend-demo --days 90"
    lost = 0

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", help="a site's short name; every site unless given")
        parser.add_argument("--days", default="90", help="how far back, in days; 90 unless given")

    def answer(self, options: dict[str, Any]) -> tuple[list[str], Any]:
        days = a_count(options["days"], of="days", like=90)
        if days < 1:
            raise Refusal("days", f"{days} days is no time to look back on: type 1 or more.")
        replay = replays.of_rules(_site_of(options["site"]), now=clock.now(), looks_back=timedelta(days=days))
        self.lost = sum(one.stops_paging for one in replay.compared)
        return [*_head(replay, self.lost), *map(_line, replay.changed)], _document(replay, self.lost)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print, and end with status 1 where a page would be lost."""
        super().handle(*args, **options)
        if self.lost:
            sys.exit(LOST_PAGES)


def _site_of(slug: str | None) -> int | None:
    if slug is None:
        return None
    site = Site.objects.filter(slug=slug).first()
    if site is None:
        known = ", ".join(Site.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise Refusal("which-site", f"No site is called {slug}. Known: {known}.")
    return site.pk


def _head(replay: Replay, lost: int) -> list[str]:
    counts = ", ".join(f"{count} {direction}" for direction, count in replay.counts.items())
    cut = " (the newest only: there are more)" if replay.is_cut else ""
    return [
        f"{replay.looked_at} replies since {replay.since:%Y-%m-%d %H:%M} UTC{cut},"
        f" read again by rules {triage.RULES_VERSION[:12]}",
        f"{counts}; {lost} that paged would page nobody",
    ]


def _line(one: Compared) -> str:
    mark = "PAGE LOST" if one.stops_paging else MARKS[one.direction]
    return f"{mark}: finding {one.kept.key}, {_side(one.before)} -> {_side(one.after)}; {one.why}"


def _side(side: replaying.Concluded) -> str:
    return f"{side.urgency}{' read by a person' if side.human_task else ''}"


def _document(replay: Replay, lost: int) -> dict[str, Any]:
    return {
        "rules": triage.RULES_VERSION,
        **replay.as_dict(),
        "lost_pages": lost,
        "changed": [
            {
                "finding": one.kept.key,
                "direction": one.direction,
                "page_lost": one.stops_paging,
                "before": {"urgency": one.before.urgency, "human_task": one.before.human_task},
                "after": {"urgency": one.after.urgency, "human_task": one.after.human_task},
                "why": one.why,
            }
            for one in replay.changed
        ],
    }
