"""A double and a service for it to talk to, both in this process and both on loopback."""

from collections.abc import Callable, Iterator

import pytest
from twilio.rest import Client

from notifications.double.options import Options
from notifications.double.server import Double
from tests.notifications.double.service import ACCOUNT, TOKEN, Service, serve

SENDER, PAGER = "+15550109001", "+15550109002"
PATIENT, DOCTOR = "+15550100001", "+15550100011"


@pytest.fixture
def service() -> Iterator[Service]:
    """A service that records what it is told."""
    service = Service()
    server = serve(service)
    yield service
    server.shutdown()
    server.server_close()


@pytest.fixture
def start(service: Service) -> Iterator[Callable[..., Double]]:
    """Starts doubles in a hurry: steps of milliseconds, calls a hundred times faster than life."""
    running: list[Double] = []

    def start(**changes: object) -> Double:
        facts = {
            "account_sid": ACCOUNT,
            "auth_token": TOKEN,
            "webhook_base": service.url,
            "step_seconds": 0.01,
            "pace": 0.01,
            "inbound_pauses": (0.02, 0.02, 0.02),
            "retry_pause": 0.02,
            "follow_seconds": 0.0,
            **changes,
        }
        double = Double(Options(**facts))  # type: ignore[arg-type]
        double.start()
        running.append(double)
        return double

    yield start
    for double in running:
        double.stop()


@pytest.fixture
def double(start: Callable[..., Double]) -> Double:
    """One running double."""
    return start()


@pytest.fixture
def client(double: Double) -> Client:
    """The real library, pointed at the double."""
    return client_of(double)


def client_of(double: Double, token: str = TOKEN) -> Client:
    """The real library, pointed at a double."""
    client = Client(ACCOUNT, token, region=None, edge=None)
    client.api.base_url = double.url
    return client
