"""The rules need no Django, and no database is near: what is set up around each test for both is left out here."""

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Four thousand short tests: eleven fixtures that find nothing to do take a sixth of their time."""
    if isinstance(item, pytest.Function):
        item.fixturenames[:] = [name for name in item.fixturenames if not _is_for_django(name)]


def _is_for_django(name: str) -> bool:
    return name.startswith(("_dj", "_live", "_template_string", "quick_passwords"))
