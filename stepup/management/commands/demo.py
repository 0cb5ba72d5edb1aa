"""`manage.py demo`: fills an empty database with a believable clinic. Every person in it is made up."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from notifications import clock
from notifications.models import Site
from stepup import demo


class Command(BaseCommand):
    help = "Fills an empty database with a believable clinic (touches the database)."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--json", action="store_true", help="one JSON document instead of lines for people"
        )
        parser.add_argument("--sign-ins", action="store_true", help="only list who can sign in")
        parser.add_argument(
            "--handsets", action="store_true", help="give the phones page the names of its phones"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        filled = False
        if options["handsets"]:
            demo.name_the_phones()
        elif not options["sign_ins"] and not Site.objects.exists():
            demo.fill(now=clock.now())
            filled = True
        if options["json"]:
            people = [
                dict(zip(("username", "role", "password"), row, strict=True)) for row in demo.sign_ins()
            ]
            self.stdout.write(json.dumps({"filled": filled, "sign_ins": people}))
        elif not options["handsets"]:
            for username, role, password in demo.sign_ins():
                self.stdout.write(f"{username:<12} {role:<16} {password}")
