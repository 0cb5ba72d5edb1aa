"""Puts one person into an empty database."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sign-ins", action="store_true")
        parser.add_argument("--handsets", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["sign_ins"]:
            self.stdout.write("nurse        a-password-for-the-demo")
        elif not User.objects.exists():
            User.objects.create_user("nurse")
            self.stdout.write("filled")
        else:
            self.stdout.write("filled before")
