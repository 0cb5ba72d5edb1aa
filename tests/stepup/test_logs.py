"""What a log line says about a failure: its kind and its place, and nothing of anybody."""

import logging

from stepup.logs import Discreet

WORDS = "38.6 and shaking, call +12155550142"


def _fails() -> None:
    try:
        int(WORDS)
    except ValueError as problem:
        raise RuntimeError(f"could not read {WORDS}") from problem


def test_a_failure_is_logged_without_the_words_it_failed_on(caplog) -> None:
    logger = logging.getLogger("stepup.test")
    try:
        _fails()
    except RuntimeError:
        logger.exception("Reply 7 could not be understood.")
    [record] = caplog.records
    record.exc_text = None
    line = Discreet("{levelname} {message}", style="{").format(record)
    assert line.startswith("ERROR Reply 7 could not be understood.")
    assert all(part in line for part in ("ValueError", "RuntimeError", "_fails", "test_logs.py"))
    assert "shaking" not in line.replace("int(WORDS)", "")
    assert "2155550142" not in line
