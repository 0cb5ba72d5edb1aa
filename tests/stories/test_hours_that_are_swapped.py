"""Hours offered to a colleague: the text on their phone says which and where to answer; nothing moves until they do."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse

from notifications import oncall
from notifications.models import Clinician, Swap
from tests import makers
from tests.story import Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
DAY = timedelta(days=1)


@pytest.fixture
def clinic(provider) -> Clinic:
    return Clinic(provider).at("Mon 10:00")


@pytest.fixture
def nurses(clinic) -> tuple[Clinician, Clinician]:
    """Nora on rung 3 from Tuesday 10:00 on, Max from Wednesday 10:00 on, a day each."""
    found = [makers.a_clinician(clinic.site, name=name, phone=makers.a_phone()) for name in ("Nora", "Max")]
    for n, person in enumerate(found, start=1):
        span = {"starts_at": clinic.now + n * DAY, "ends_at": clinic.now + (n + 1) * DAY}
        oncall.add_shift(clinic.site, person, 3, **span)
    clinic.people |= {person.name: person for person in found}
    return found[0], found[1]


def offers(clinic: Clinic, by: Clinician, to: Clinician, *, back: bool = False) -> list[str]:
    """Nora offers her day, perhaps for Max's; what his phone shows then."""
    page = makers.signed_in(by)
    form = page.get(reverse("own-shifts")).context["form"]
    given = form.fields["given"].choices[1][0]
    theirs = next(value for value, said in form.fields["back"].choices if said.startswith(f"{to.name}:"))
    page.post(reverse("own-shifts"), {"given": given, "to": to.pk, "back": theirs if back else ""})
    clinic.settle()
    return clinic.phone_of(to)


def test_the_colleague_reads_of_the_offer_on_their_phone_and_accepts_where_it_says(clinic, nurses) -> None:
    nora, max_ = nurses
    [text] = offers(clinic, nora, max_)
    day, next_day = (f"{clinic.now + n * DAY:%a %d %b}" for n in (1, 2))
    assert text.startswith(f"Nora offers you on call rung 3, {day} 10:00 E")
    assert f"to {next_day} 10:00 E" in text
    where = text.split(f"Answer at {settings.PUBLIC_BASE_URL}")[1]
    tuesday = clinic.now + DAY
    assert oncall.who(clinic.site, 3, now=tuesday) == [nora]
    page = makers.signed_in(max_)
    [swap] = page.get(where).context["own"].to_answer
    page.post(reverse("answer-swap", args=[swap.pk]), {"answer": "accept"})
    assert oncall.who(clinic.site, 3, now=tuesday) == [max_]


def test_an_offer_for_hours_of_theirs_says_that_it_is_a_swap(clinic, nurses) -> None:
    [text] = offers(clinic, *nurses, back=True)
    assert text.startswith("Nora asks you to swap rung 3, ")
    assert ". Answer at " in text


def test_hours_for_anyone_are_read_of_by_all_and_taken_by_the_first(clinic, nurses) -> None:
    nora, max_ = nurses
    ana = makers.a_clinician(clinic.site, name="Ana", phone=makers.a_phone())
    clinic.people["Ana"] = ana
    page = makers.signed_in(nora)
    given = page.get(reverse("own-shifts")).context["form"].fields["given"].choices[1][0]
    page.post(reverse("own-shifts"), {"given": given, "to": "anyone"})
    clinic.settle()
    tuesday = clinic.now + DAY
    for person in (max_, ana):
        [text] = clinic.phone_of(person)
        assert text.startswith("Nora asks who can take rung 3, Tue ")
        assert f"Answer at {settings.PUBLIC_BASE_URL}{reverse('own-shifts')}" in text
    assert oncall.who(clinic.site, 3, now=tuesday) == [nora]
    for person in (ana, max_):
        [swap] = Swap.objects.all()
        makers.signed_in(person).post(reverse("answer-swap", args=[swap.pk]), {"answer": "accept"})
    clinic.settle()
    assert oncall.who(clinic.site, 3, now=tuesday) == [ana]
    [told] = clinic.phone_of(nora)
    assert told.startswith("Ana has taken your on call rung 3, Tue ")
    assert [len(clinic.phone_of(person)) for person in (max_, ana)] == [1, 1]
