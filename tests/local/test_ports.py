"""Ports: taken, free, and the sentence."""

import socket

import pytest

from stepup.local import ports
from stepup.local.trouble import Trouble


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(ports, "_PATIENCE_SECONDS", 0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_taken_port_is_refused_with_its_option(taken: int) -> None:
    with pytest.raises(Trouble, match=f"Port {taken} is taken: choose another with --double-port") as refused:
        ports.wanted(taken, "--double-port", any_port=False)
    assert refused.value.status == 2


def test_any_port_takes_the_next_free_one(taken: int) -> None:
    other = ports.wanted(taken, "--port", any_port=True, besides=[taken + 1])
    assert other > taken + 1
    assert not ports.why_not(other)


def test_a_port_is_not_given_twice(free_port: int) -> None:
    with pytest.raises(Trouble, match="asked for twice"):
        ports.wanted(free_port, "--double-port", any_port=False, besides=[free_port])


def test_quiet_ports_lie_below_those_of_outgoing_connections() -> None:
    first = ports.free_port()
    assert 20000 <= first < 30000
    assert ports.free_port(besides=[first]) != first


def test_a_port_that_is_promised_is_not_taken() -> None:
    left = range(25000, 25020)
    assert ports.free_port(besides=set(range(20000, 30000)) - set(left)) in left
