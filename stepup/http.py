"""What every request passes through: an id to quote to whoever helps, and a Refusal turned into a page."""

import logging
import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from protocols.errors import Refusal

logger = logging.getLogger(__name__)
SHAPE = re.compile(r"[\w-]{6,40}")


class RequestId:
    """Gives each request an id, taken from the proxy when it sends a sane one, and returns it as a header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if SHAPE.fullmatch(given) else secrets.token_hex(6)
        request.META["STEPUP_REQUEST_ID"] = request_id
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


class RefusalMiddleware:
    """A Refusal that no form caught becomes a page with its sentence and status 409."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Only refusals; every other fault stays an error and is seen."""
        if not isinstance(exception, Refusal):
            return None
        return render(request, "stepup/refused.html", {"refusal": exception}, status=409)
