"""The downtime list kept in a folder that outlives an outage: every quarter of an hour, and soon after each dose.

The folder is the site's own choice (a share of the ward, a synchronised folder); each site has a folder in it. A list
is written whole or not at all, and the newest ones are kept. Nothing is written where no folder is set.
"""

import logging
import os
from datetime import datetime
from pathlib import Path

from django.conf import settings

from notifications import audit, heartbeat
from notifications.models import Site
from stepup import downtime, downtime_paper
from stepup.models import Dose

EVERY = downtime.GOOD_FOR
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
KINDS = {"pdf": downtime_paper.pdf, "csv": downtime_paper.csv}
logger = logging.getLogger(__name__)


def keep_due(*, now: datetime) -> int:
    """Write the list of each site where it is due, and return for how many. One that cannot be written is logged, and
    due again at once.
    """
    if not settings.DOWNTIME_FOLDER:
        return 0
    return sum(_keep(site, now) for site in Site.objects.order_by("pk") if is_due(site, now=now))


def is_due(site: Site, *, now: datetime) -> bool:
    """Whether the last list is a quarter of an hour old, or older than a dose."""
    last = heartbeat.last_at(sign(site))
    if last is None or now - last >= EVERY:
        return True
    return Dose.objects.filter(
        course__patient__site=site, recorded_at__gt=last, recorded_at__lte=now
    ).exists()


def sign(site: Site) -> str:
    """Under which name the last list of a site signs in."""
    return f"downtime:{site.slug}"


def _keep(site: Site, now: datetime) -> int:
    made = downtime.make(site, now=now)
    folder = Path(settings.DOWNTIME_FOLDER) / site.slug
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        for kind, content in KINDS.items():
            _write(folder / f"downtime-{now:%Y%m%dT%H%M%SZ}.{kind}", content(made))
            _leave_the_newest(folder, kind)
    except OSError:
        logger.exception("The downtime list of site %s cannot be written.", site.pk)
        return 0
    heartbeat.sign_in(sign(site), now=now, patients=len(made.lines))
    audit.record(
        "kept the downtime list", f"site:{site.pk}", site=site, by=None, now=now, patients=len(made.lines)
    )
    return 1


def _write(path: Path, content: bytes) -> None:
    """Under another name first: whoever opens the folder finds whole files only."""
    beside = path.with_suffix(f"{path.suffix}.{os.getpid()}.part")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _leave_the_newest(folder: Path, kind: str) -> None:
    newest_first = sorted(folder.glob(f"downtime-*.{kind}"), reverse=True)
    for old in newest_first[max(1, settings.DOWNTIME_KEEP) :]:
        old.unlink(missing_ok=True)
