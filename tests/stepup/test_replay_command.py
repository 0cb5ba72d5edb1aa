"""`manage.py replay`: what differs, by direction, without a word of anybody; status 1 where a page would be lost."""

import json
from collections.abc import Iterator
from copy import deepcopy

import pytest

from notifications import clock
from stepup.management.commands.replay import Command
from tests import kept
from tests.monitoring.home import MINUTE, Home

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def made() -> Home:
    home = Home()
    home.now = clock.now()
    return home


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[Home]:
    with kept.made(made, django_db_blocker) as home:
        yield home


@pytest.fixture
def home(made_once) -> Home:
    home = deepcopy(made_once)
    home.now = clock.now() - 10 * MINUTE
    return home


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = 0
    try:
        Command().run_from_argv(["manage.py", "replay", *arguments])
    except SystemExit as ended:
        status = int(ended.code or 0)
    said = capsys.readouterr()
    return status, said.out, said.err


def test_nothing_differs_after_a_day_read_by_these_rules(home, capsys) -> None:
    for words in ("98.6", "38.6 and shaking", "toast and tea"):
        home.hears(words)
    status, out, _ = run(capsys, "--site", home.site.slug)
    assert status == 0
    assert out.splitlines()[1] == "0 lowered, 0 raised, 0 other, 3 same; 0 that paged would page nobody"


def test_a_page_that_would_be_lost_ends_with_status_one(home, capsys) -> None:
    lost = home.heard_by_older_rules("98.6 feeling fine", urgency="urgent")
    raised = home.heard_by_older_rules("38.6 and shaking", urgency="none")
    status, out, _ = run(capsys)
    assert status == 1
    assert f"PAGE LOST: finding {lost.pk}, urgent read by a person -> none; no longer OLD; now NORMAL" in out
    assert f"RAISED: finding {raised.pk}, none -> emergency read by a person" in out
    assert "feeling" not in out, "nobody's words"


def test_a_lowering_that_never_paged_is_no_failure(home, capsys) -> None:
    home.heard_by_older_rules("98.6", urgency="clarify")
    status, out, _ = run(capsys, "--json")
    document = json.loads(out)
    assert status == 0
    assert (document["lowered"], document["lost_pages"]) == (1, 0)
    assert document["changed"][0]["after"] == {"urgency": "none", "human_task": False}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--site", "nowhere"), "No site is called nowhere"),
        (("--days", "soon"), "whole number"),
        (("--days", "0"), "type 1 or more"),
        (("--speed", "9"), "manage.py replay"),
    ],
)
def test_bad_input_is_one_line_and_status_two(home, capsys, arguments, says) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert says in err
