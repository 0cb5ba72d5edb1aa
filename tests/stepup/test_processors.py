"""A virtual clinic and the process of the database that answers it keep to one processor."""

import contextlib
import os
from collections.abc import Iterator

import pytest
from django.db import connection

from stepup.local import processes
from stepup.simulate import processors

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.database,
    pytest.mark.skipif(
        not hasattr(os, "sched_setaffinity"), reason="The system lets nobody choose a processor."
    ),
]


@contextlib.contextmanager
def kept_to_one() -> Iterator[set[int]]:
    """This process on the last of its processors alone, and then on all of them again."""
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {max(before)})
        yield {max(before)}
    finally:
        os.sched_setaffinity(0, before)


def test_who_answers_a_new_connection_runs_where_it_was_opened() -> None:
    another = connection.copy()
    try:
        with another.cursor():
            answers = another.connection.info.backend_pid
        if str(another.settings_dict["NAME"]) not in processes.command_of(answers):
            pytest.skip("The database runs on another machine.")
        with kept_to_one() as one:
            processors.keep_together(another)
            assert os.sched_getaffinity(answers) == one
    finally:
        another.close()


def test_a_process_that_only_has_the_same_number_is_left_where_it_is() -> None:
    another, before = connection.copy(), os.sched_getaffinity(0)
    try:
        with another.cursor():
            another.settings_dict = {**another.settings_dict, "NAME": "stands in no command line"}
        answers = another.connection.info.backend_pid
        with kept_to_one():
            processors.keep_together(another)
        assert os.sched_getaffinity(answers) == before
    finally:
        another.close()
