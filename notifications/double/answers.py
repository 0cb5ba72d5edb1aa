"""What the double says over HTTP: good answers, the provider's errors, and answers broken on purpose."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from notifications.double import faults


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. `instead` breaks it: `reset` cuts the connection, `hang` never answers."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    instead: str = ""
    delay: float = 0.0


class ApiError(Exception):
    """The provider says no. Becomes an answer with its code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def as_json(value: Any, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


def error(problem: ApiError) -> Answer:
    """The provider's error body. Too many requests and failures of its own come with the same shape."""
    return as_json(
        {
            "code": problem.code,
            "message": problem.message,
            "more_info": f"https://www.twilio.com/docs/errors/{problem.code}",
            "status": problem.status,
        },
        problem.status,
    )


# What the provider refuses with another status than 400: a number whose queue is full.
_STATUS = {21611: 429}
_TOO_MANY = error(ApiError(429, 20429, "Too Many Requests"))
_INTERNAL = error(ApiError(500, 20500, "An internal server error has occurred"))
_PROBLEM = {
    "type": "https://www.twilio.com/docs/api/errors/20500",
    "title": "Internal server error",
    "status": 500,
    "code": 20500,
    "detail": "An internal server error has occurred",
}

_BEFORE = {
    "429": replace(_TOO_MANY, headers={"Retry-After": "1"}),
    "500_before": _INTERNAL,
    "reset": Answer(instead="reset"),
    "html_502": Answer(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html"),
    "redirect_302": Answer(302, b"", "text/html", {"Location": "/health"}),
    "problem_500": Answer(500, json.dumps(_PROBLEM).encode(), "application/problem+json"),
}
_AFTER = {
    "500_after": _INTERNAL,
    "reset_after": Answer(instead="reset"),
    "timeout_after": Answer(instead="hang"),
    "malformed_201": Answer(201, b"<html><body>Created</body></html>", "text/html"),
    "empty_201": Answer(201, b""),
    "braces_201": Answer(201, b"{}"),
}


def before_accepting(doing: Iterable[str]) -> Answer | None:
    """The answer of a fault that strikes before anything was accepted."""
    for do in doing:
        name, argument = faults.split(do)
        if name == "error":
            code = int(argument)
            return error(ApiError(_STATUS.get(code, 400), code, "Refused by the fault script"))
        if name in _BEFORE:
            return _BEFORE[name]
    return None


def after_accepting(doing: Iterable[str], good: Answer) -> Answer:
    """The good answer, or what a fault makes of it once the request was accepted."""
    answer = good
    delay = 0.0
    for do in doing:
        name, argument = faults.split(do)
        answer = _AFTER.get(name, answer)
        if name == "slow":
            delay = float(argument)
    return replace(answer, delay=delay)
