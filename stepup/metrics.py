"""/metrics for a Prometheus that knows the token: the figures in its text format.

https://prometheus.io/docs/instrumenting/exposition_formats/. Every figure is asked of the rows, so nothing has to be
collected across processes, and the format is these few lines.
"""

import hmac
from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from notifications import clock
from stepup import figures

PLAIN = "text/plain"
CONTENT_TYPE = f"{PLAIN}; version=0.0.4; charset=utf-8"
ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for whoever shows the token. Without a token in the settings there is no such page."""
    token = settings.METRICS_TOKEN
    if not token:
        return HttpResponse("No METRICS_TOKEN is set.", status=404, content_type=PLAIN)
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        asks = {"WWW-Authenticate": "Bearer"}
        return HttpResponse("This page wants its token.", status=401, content_type=PLAIN, headers=asks)
    return HttpResponse(written(figures.take(now=clock.now())), content_type=CONTENT_TYPE)


def written(taken: Iterable[figures.Figure]) -> str:
    """Figures in the text format: each with its meaning, its type and its values."""
    lines: list[str] = []
    for figure in taken:
        lines += [f"# HELP {figure.name} {figure.means}", f"# TYPE {figure.name} gauge"]
        lines += [f"{figure.name}{_labels(sample)} {float(sample.value)!r}" for sample in figure.samples]
    return "\n".join(lines) + "\n"


def _labels(sample: figures.Sample) -> str:
    told = ",".join(f'{name}="{value.translate(ESCAPES)}"' for name, value in sample.labels)
    return f"{{{told}}}" if told else ""
