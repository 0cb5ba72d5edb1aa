"""Many people, or processes, doing something at the same moment, on real rows."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

LONGEST = 60.0


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Each act in a thread of its own, all let go together; what each returned or raised, in their order."""
    results: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(LONGEST)
            results[place] = act()
        except Exception as problem:  # the test judges it
            results[place] = problem
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST)
        assert not thread.is_alive(), "somebody waits for ever"
    return results


@contextmanager
def just_after(words: str, act: Callable[[], Any]) -> Iterator[None]:
    """Inside it, as soon as this connection has asked a question with these words, `act` happens, once and whole, on
    a connection of its own.
    """
    results: list[Any] = []

    def ask(execute: Callable[..., Any], sql: str, *about: Any) -> Any:
        answer = execute(sql, *about)
        if words in sql and not results:
            results.extend(at_once(act))
        return answer

    with connection.execute_wrapper(ask):
        yield
    assert results, f"nothing asked {words}"
    assert problems(results) == []


def problems(results: list[Any]) -> list[Exception]:
    """What went wrong among results."""
    return [result for result in results if isinstance(result, Exception)]


def somebody_waits() -> bool:
    """Whether another connection to this database is waiting for a row that somebody holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees its first answer for ever
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])
