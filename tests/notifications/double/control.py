"""The double's control interface, as a script would use it."""

import json
import urllib.error
import urllib.request
from typing import Any

from notifications.double.server import Double


def ask(
    double: Double, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> Any:
    """The JSON answer, with its status under `status` when it is a problem."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(double.url + path, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as problem:
        return {"status": problem.code, **json.loads(problem.read())}


def faults(double: Double, *rules: Any) -> None:
    """Set the fault script."""
    ask(double, "DELETE", "/double/faults")
    ask(
        double, "POST", "/double/faults", [rule if isinstance(rule, dict) else {"do": rule} for rule in rules]
    )
