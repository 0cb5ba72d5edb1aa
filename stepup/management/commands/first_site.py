"""`manage.py first_site`: the first site of a new installation, and the administrator who signs in there."""

import getpass
import sys
from typing import Any

from django.core.management.base import CommandParser

from notifications import clock, phones
from protocols.errors import Refusal
from stepup import sites
from stepup.management.plain import PlainCommand

NUMBERS = {
    "oncall_number": "--on-call",
    "patient_number": "--patient-texts",
    "page_number": "--pages",
}


class Command(PlainCommand):
    help = "Make the first site and its first administrator; asks for the password (touches the database)."
    example = (
        "first_site --name 'Riverbend Cancer Center' --time-zone America/New_York --on-call '(215) 555-0100'"
        " --emergency 911 --patient-texts '(215) 555-0101' --pages '(215) 555-0102'"
        " --administrator 'Ada Example' --username ada"
    )

    def arguments(self, parser: CommandParser) -> None:
        """The site, its numbers, and the first person."""
        parser.add_argument("--name", required=True, help="of the site, as it stands on every page and card")
        parser.add_argument("--time-zone", required=True, help="like America/New_York")
        parser.add_argument("--on-call", required=True, help="the desk people ring by day and night")
        parser.add_argument("--emergency", required=True, help="what patients dial in an emergency, like 911")
        parser.add_argument("--patient-texts", required=True, help="a number at the provider, for patients")
        parser.add_argument("--pages", required=True, help="another number at the provider, for pages")
        parser.add_argument("--administrator", required=True, help="the name of the first person")
        parser.add_argument("--username", required=True, help="with which they sign in")

    def answer(self, options: dict[str, Any]) -> tuple[list[str], Any]:
        """Make both; the password is typed, or read as one line where nobody is at the keyboard."""
        numbers = {name: _number(options, option) for name, option in NUMBERS.items()}
        site = sites.begin(
            name=options["name"],
            numbers={**numbers, "emergency_number": options["emergency"], "time_zone": options["time_zone"]},
            username=options["username"],
            password=_password(),
            first=options["administrator"],
            now=clock.now(),
        )
        said = f"{site.name} is made. Sign in as {options['username']}: a list of what is still open comes first."
        return [said], {"site": site.slug, "administrator": options["username"]}


def _number(options: dict[str, Any], option: str) -> str:
    try:
        return phones.e164(options[option.removeprefix("--").replace("-", "_")])
    except Refusal as refusal:
        raise Refusal(refusal.code, f"{option}: {refusal.sentence}") from refusal


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password of the administrator: ")
    return sys.stdin.readline().rstrip("\n")
