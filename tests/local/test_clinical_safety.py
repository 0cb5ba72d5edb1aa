"""The table of hazards links each number to tests that exist, and leaves none of them out."""

from tests.local.numbered import Table

HAZARDS = Table(
    "clinical-safety/hazards.md",
    tuple(f"H{number:02}" for number in range(1, 56)),
    letters="H",
    silent="Not controlled here",
)


def test_every_hazard_has_one_row_with_hazard_control_and_tests() -> None:
    HAZARDS.check_rows()


def test_every_test_of_the_hazards_exists_and_none_named_for_one_is_left_out() -> None:
    HAZARDS.check_names()
