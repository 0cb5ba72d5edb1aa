"""Whatever kind of reaction the service knows can be graded when a case is resolved."""

import pytest

from monitoring.forms import GRADED_IN_A_CASE, ResolveForm


@pytest.mark.parametrize("kind", GRADED_IN_A_CASE)
def test_every_kind_of_reaction_can_be_graded(kind) -> None:
    form = ResolveForm({"outcome": "home", "text": "seen", kind: "3"})
    assert form.is_valid(), form.errors
    assert form.grades() == [(kind, 3)]
