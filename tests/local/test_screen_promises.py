"""The table of what the screens promise links each number to tests that exist, and leaves none of them out."""

from tests.local.numbered import Table

LETTERS = {
    2: "abc",
    3: "ab",
    4: "abc",
    5: "a",
    6: "ab",
    7: "a",
    8: "ab",
    9: "ab",
    10: "ab",
    11: "abcd",
    12: "a",
    16: "a",
}
PROMISES = Table(
    "ux-tests.md",
    tuple(f"UX{part}{letter}" for part, letters in LETTERS.items() for letter in letters),
    letters="UX",
    silent="Open",
)


def test_every_promise_has_one_row_with_its_tests_or_says_that_it_is_open() -> None:
    PROMISES.check_rows()


def test_every_test_of_the_promises_exists_and_none_named_for_one_is_left_out() -> None:
    PROMISES.check_names()
