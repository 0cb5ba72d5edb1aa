"""Numbers as people type them. One that cannot be rung is refused with a way to write it."""

import pytest

from notifications import phones
from protocols.errors import Refusal


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+12155550142", "+12155550142"),
        ("+1 215 555 0142", "+12155550142"),
        ("(215) 555-0142", "+12155550142"),
        ("215.555.0142", "+12155550142"),
        ("1-215-555-0142", "+12155550142"),
        ("  215 555 0142  ", "+12155550142"),
        ("tel:+1-215-555-0142", "+12155550142"),
        ("\uff0b\uff11215 555 0142", "+12155550142"),
        ("+44 20 7946 0000", "+442079460000"),
        ("+15550190001", "+15550190001"),
    ],
)
def test_one_number_has_one_form(typed, kept) -> None:
    assert phones.e164(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "none",
        "123",
        "911",
        "555-0142",
        "+1555",
        "215 555 014",
        "215 555 01422222",
        "(215) 555-0142 ext. 5",
        "215 555 0142 x5",
        "+999 123",
        "nurse@example.org",
    ],
)
def test_what_cannot_be_rung_is_refused_with_an_example(typed) -> None:
    with pytest.raises(Refusal, match=r"write it like \+1 215 555 0142") as refused:
        phones.e164(typed)
    assert refused.value.code == "phone"


def test_the_same_digits_elsewhere_are_another_number() -> None:
    assert phones.e164("020 7946 0000", region="GB") == "+442079460000"


@pytest.mark.parametrize(
    ("number", "read"),
    [
        ("+12155550142", "(215) 555-0142"),
        ("+442079460000", "+44 20 7946 0000"),
        ("", ""),
        ("not a number", "not a number"),
    ],
)
def test_numbers_are_grouped_for_people(number, read) -> None:
    assert phones.for_reading(number) == read
