"""Whatever kind of reaction the service knows can be graded when a case is resolved."""

import pytest

from monitoring.forms import ResolveForm
from monitoring.models import Reaction


@pytest.mark.parametrize("kind", Reaction.Kind.values)
def test_every_kind_of_reaction_can_be_graded(kind) -> None:
    form = ResolveForm({"outcome": "home", "text": "seen", kind: "3"})
    assert form.is_valid(), form.errors
    assert form.grades() == [(kind, 3)]
