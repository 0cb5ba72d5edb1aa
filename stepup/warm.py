"""What the first text after a start would otherwise wait for, done before the server takes any."""

import gc

from django.urls import get_resolver

from monitoring import background, inbound
from protocols import triage


def up() -> None:
    """Import every view, read the words of every language, write the statements a text asks. Reads no table."""
    get_resolver().url_patterns  # noqa: B018 - reading them is what imports the views
    triage.assess("98.6", triage.Context())
    for glance in (inbound.SENDER, background.STANDS):
        glance.write()
    # What the service is made of stays: looking through it for garbage again and again would hold up every text.
    gc.collect()
    gc.freeze()
