"""Telephone numbers as people type them, kept as E.164."""

import phonenumbers
from django.utils.translation import gettext as _

from protocols.errors import Refusal


def e164(typed: str, *, region: str = "US") -> str:
    """The number in E.164, or a Refusal saying how to write it. Never used to guess a time zone."""
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        number = None
    # "Possible" rather than "valid": fictional 555 numbers must work in practice exchanges. A number without its
    # area code, or with an extension that E.164 would drop, reaches somebody else or nobody.
    whole = phonenumbers.ValidationResult.IS_POSSIBLE
    if number is None or number.extension or phonenumbers.is_possible_number_with_reason(number) != whole:
        raise Refusal(
            "phone",
            _("%(typed)s is not a telephone number: write it like +1 215 555 0142.")
            % {"typed": f"{typed!r}"},
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def for_reading(number: str) -> str:
    """The number grouped for people: (215) 555-0142 at home, +44 20 7946 0000 abroad."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    style = phonenumbers.PhoneNumberFormat
    national = parsed.country_code == 1
    return phonenumbers.format_number(parsed, style.NATIONAL if national else style.INTERNATIONAL)
