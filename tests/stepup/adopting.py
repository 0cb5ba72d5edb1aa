"""A site on its way with doses at home: its decisions, made by somebody at some time."""

from datetime import datetime, timedelta

from notifications.models import Clinician, Site
from protocols.staging import Stage
from stepup import adoption, stages
from stepup.models import AdoptionStage
from tests.makers import NOON

THEN = NOON - timedelta(days=30)
TEN_DAYS = {"least_days": 10}


def put(
    site: Site, by: Clinician, *, stage: Stage = Stage.MAINTENANCE, at: datetime = THEN, **numbers: int
) -> AdoptionStage:
    """The site's first stage, or new numbers, set by somebody."""
    stands = stages.standing(site, now=at)
    return adoption.set_numbers(
        site, stage=stage, numbers=numbers or ({} if stage is Stage.ALL else TEN_DAYS), why="our board decided",
        seen_before=adoption.seen(stands), by=by, now=at,
    )  # fmt: skip


def open_next(site: Site, by: Clinician, *, at: datetime = NOON) -> AdoptionStage:
    seen = adoption.seen(stages.standing(site, now=at))
    return adoption.open_next(site, seen_before=seen, by=by, now=at)


def back(
    site: Site,
    by: Clinician,
    *,
    to: Stage = Stage.MAINTENANCE,
    why: str = "too many calls",
    at: datetime = NOON,
) -> AdoptionStage:
    seen = adoption.seen(stages.standing(site, now=at))
    return adoption.go_back(site, to=to, why=why, seen_before=seen, by=by, now=at)


def stage(site: Site, at: datetime = NOON) -> Stage | None:
    stands = stages.standing(site, now=at)
    return stands.stage if stands else None
