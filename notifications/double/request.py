"""One HTTP request as the double's handlers see it."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from notifications.double.problems import RefusedError


@dataclass(frozen=True)
class Request:
    """Method, target as sent, headers with lower-case names, body."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        """The query, blank values kept."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def form(self) -> dict[str, list[str]]:
        """A form-encoded body, blank values kept."""
        return parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    @property
    def is_form(self) -> bool:
        """Whether a browser's form was posted. Many a script calls its JSON a form, so the body is looked at too."""
        named = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        return named and not self.body.lstrip().startswith((b"{", b"["))

    def json(self) -> Any:
        """A JSON body. Raises RefusedError when it is none."""
        try:
            return json.loads(self.body)
        except ValueError as problem:
            raise RefusedError("Send JSON.") from problem

    def facts(self) -> dict[str, Any]:
        """A JSON object, or a form with the first value of each field. Raises RefusedError otherwise."""
        if self.is_form:
            return {name: values[0] for name, values in self.form.items()}
        facts = self.json()
        if not isinstance(facts, dict):
            raise RefusedError("Send a JSON object.")
        return facts
