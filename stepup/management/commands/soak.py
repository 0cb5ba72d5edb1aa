"""`manage.py soak`: the whole service as real processes under random trouble, and what came of it."""

import logging
import sys
import time
from typing import Any

from django.core.management.base import CommandParser
from django.db import Error, connection

from protocols.errors import Refusal
from stepup.management.plain import PlainCommand, a_count
from stepup.soak import house as houses
from stepup.soak import judge
from stepup.soak.troubles import Troubles

BROKEN = 1
MOST_MINUTES = 24 * 60


class Command(PlainCommand):
    help = (
        "Run the whole service on a folder of its own and trouble it: kills, held processes, provider faults,"
        " clock steps to and fro; then let it come to rest and judge. Exit status 1 if somebody was left unanswered."
    )
    example = "soak --minutes 5 --seed 1"

    def arguments(self, parser: CommandParser) -> None:
        """For how long, and which troubles."""
        parser.add_argument("--minutes", default="5", help="of trouble, before it comes to rest (5)")
        parser.add_argument("--seed", default="1", help="a number; the same one draws the same troubles (1)")
        parser.add_argument("--every-act", action="store_true", help="print each thing that happens")

    def answer(self, options: dict[str, Any]) -> tuple[list[str], Any]:
        """What happened and what is wrong."""
        minutes = a_count(options["minutes"], of="minutes", like=5)
        seed = a_count(options["seed"], of="a seed", like=1)
        if not 1 <= minutes <= MOST_MINUTES:
            raise Refusal("minutes", f"Type 1 to {MOST_MINUTES} minutes.")
        logging.disable(logging.WARNING)
        tell = self.stderr.write if options["every_act"] else lambda line: None
        self.stderr.write(f"seed {seed}")
        with houses.running() as house:
            judge.look_into(house.database_url)
            troubles = _live(house, seed, minutes * 60.0, tell)
            wrong = judge.verdict(house)
            troubles.happened["canary taken"] = judge.canaries_taken()
            connection.close()
        self.is_broken = bool(wrong)
        happened = [f"{number:>6}  {what}" for what, number in sorted(troubles.happened.items())]
        lines = [
            f"{minutes} minutes, seed {seed}",
            *happened,
            "",
            *(wrong or ["Nobody was left unanswered."]),
        ]
        return lines, {"minutes": minutes, "seed": seed, "happened": troubles.happened, "wrong": wrong}

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what happened; exit with status 1 if anything is wrong."""
        super().handle(*args, **options)
        if self.is_broken:
            sys.exit(BROKEN)


def _live(house: houses.House, seed: int, seconds: float, tell: Any) -> Troubles:
    troubles = Troubles(house, seed, tell)
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds:
        try:
            pause = troubles.next(elapsed)
        except Error:  # the database is away just now, because it was killed
            connection.close()
            pause = 1.0
        house.go_on(pause)
    troubles.end()
    if judge.to_quiet(house):
        judge.run_on(house)
    return troubles
