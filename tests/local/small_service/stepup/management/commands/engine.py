"""Ticks, unless the environment tells it to break."""

import os
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("SMALL_SERVICE_BREAKS"):
            raise CommandError("the engine broke on purpose")
        while True:
            time.sleep(0.2)
