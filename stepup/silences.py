"""Everything that can silence something at a site, on one page: as it stands, since when, and by whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from monitoring import deaths
from monitoring.models import Admission, ClinicianText, LearnedPhrase, Patient
from notifications import oncall
from notifications.models import SettingChange, Site, TimeOff
from stepup import cover

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PATIENTS = ngettext_lazy("%(number)s patient", "%(number)s patients", "number")
CAREGIVERS = ngettext_lazy("%(number)s caregiver", "%(number)s caregivers", "number")
GAPS = ngettext_lazy("%(number)s gap", "%(number)s gaps", "number")
PEOPLE = ngettext_lazy("%(number)s person", "%(number)s people", "number")
PHRASES = ngettext_lazy("%(number)s phrase", "%(number)s phrases", "number")
RATES = ngettext_lazy("%(number)s rate", "%(number)s rates", "number")


@dataclass(frozen=True)
class Line:
    """One thing. `speaks` is False where something is silent because of it now; `where` names the page to change it on.

    `by` and `at` are the newest change that made it so, where one person did.
    """

    what: str
    effect: str
    state: str
    speaks: bool
    where: str = ""
    by: str = ""
    at: datetime | None = None


def of(site: Site, *, now: datetime) -> tuple[Line, ...]:
    """Every line, what is silent now first."""
    lines = (*_patients(site, now), *_people(site, now), *_words(site), *_service(site))
    return tuple(sorted(lines, key=lambda line: line.speaks))


def _count(number: int, said: "_StrPromise") -> str:
    return said % {"number": number} if number else _("none")


def _patients(site: Site, now: datetime) -> Iterable[Line]:
    here = Patient.objects.filter(site=site, is_active=True)
    ended = here.filter(texting_ended_at__isnull=False).order_by("-texting_ended_at")
    newest = ended.first()
    yield Line(
        _("Texting ended"), _("The service texts the patient nothing; a person telephones."),
        _count(ended.count(), PATIENTS), newest is None, "board", _("a text or a dead number") if newest else "",
        newest.texting_ended_at if newest else None,
    )  # fmt: skip
    carers = here.filter(caregiver_texting_ended_at__isnull=False).order_by("-caregiver_texting_ended_at")
    newest = carers.first()
    yield Line(
        _("Texts to a caregiver ended"), _("A silence climbs past the caregiver."), _count(carers.count(), CAREGIVERS),
        newest is None, "board", _("a text or a dead number") if newest else "",
        newest.caregiver_texting_ended_at if newest else None,
    )  # fmt: skip
    quiets = ClinicianText.objects.filter(patient__in=here, quiet_over_at=None, quiet_until__gt=now)
    quiet = quiets.select_related("by").order_by("-at").first()
    yield Line(
        _("A clinician is writing"),
        _("Check-ins wait while a clinician's own text is answered; it runs out by itself."),
        _count(quiets.count(), PATIENTS), quiet is None, "board", quiet.by.name if quiet else "",
        quiet.at if quiet else None,
    )  # fmt: skip
    stays = Admission.objects.filter(site=site, discharged_at=None, lapsed_at=None, rests_until__gt=now)
    stay = stays.select_related("admitted_by").order_by("-recorded_at").first()
    yield Line(
        _("In hospital"), _("Check-ins at home rest while somebody says each day that the stay lasts."),
        _count(stays.count(), PATIENTS), stay is None, "board", stay.admitted_by.name if stay else "",
        stay.recorded_at if stay else None,
    )  # fmt: skip
    dead = list(deaths.all_standing().filter(patient__in=here))
    yield Line(
        _("A death, reported or recorded"),
        _("Nobody is asked or texted there."), _count(len(dead), PATIENTS), not dead,
        "board", "", max((notice.at for notice in dead), default=None),
    )  # fmt: skip


def _people(site: Site, now: datetime) -> Iterable[Line]:
    signed = cover.ladders_of(site)
    gaps = oncall.gaps(site, since=now, until=now + oncall.LOOK_AHEAD, ladders=signed)
    yield Line(
        _("Hours nobody covers"), _("A page of that rung reaches nobody and goes on to the next."),
        _("%(gaps)s in the next 14 days") % {"gaps": _count(len(gaps), GAPS)},
        not gaps, "on-call", "", gaps[0].starts_at if gaps else None,
    )  # fmt: skip
    away = TimeOff.objects.filter(site=site, period__contains=now, ended_at=None).select_related("made_by")
    off = away.order_by("-made_at").first()
    yield Line(
        _("Time off"), _("Whoever is away is not called."), _count(away.count(), PEOPLE), off is None, "time-off",
        off.made_by.name if off else "", off.made_at if off else None,
    )  # fmt: skip
    people = site.clinicians.filter(is_active=True)
    unpaged = people.filter(phone="")
    yield Line(
        _("People without a phone for pages"), _("They cannot be paged and stand on no list."),
        _count(unpaged.count(), PEOPLE), not unpaged.exists(), "administration",
    )  # fmt: skip
    left = (
        SettingChange.objects.filter(site=site, what="works here", became="no").select_related("by").first()
    )
    gone = site.clinicians.filter(is_active=False).count()
    yield Line(
        _("People who left"), _("They cannot sign in and are not paged."), _count(gone, PEOPLE), not gone,
        "administration", left.by.name if left and gone else "", left.at if left and gone else None,
    )  # fmt: skip


def _words(site: Site) -> Iterable[Line]:
    live = LearnedPhrase.objects.filter(Q(site=site), approved_at__isnull=False, ended_at=None)
    phrase = live.select_related("approved_by").order_by("-approved_at").first()
    by = phrase.approved_by.name if phrase and phrase.approved_by else ""
    yield Line(
        _("Learned phrases"), _("Harmless words of a reply that need no reading here. They take no alarm away."),
        _count(live.count(), PHRASES), phrase is None, "phrases", by, phrase.approved_at if phrase else None,
    )  # fmt: skip


def _service(site: Site) -> Iterable[Line]:
    """What whoever runs the service has set; a page cannot change it."""
    second = bool(settings.TWILIO_SECOND_ACCOUNT_SID and site.fallback_number)
    yield Line(
        _("Second provider account"), _("Without one, pages wait while the first refuses us."),
        _("set up") if second else _("not set up: ask whoever runs the service"), second,
    )  # fmt: skip
    folder = bool(settings.DOWNTIME_FOLDER)
    yield Line(
        _("Downtime list kept by itself"), _("Without a folder, the list is there only if somebody printed it."),
        _("kept in a folder") if folder else _("not kept: ask whoever runs the service"), folder, "downtime",
    )  # fmt: skip
    slow = [name for name in ("patient_texts_per_second", "page_texts_per_second", "calls_per_second")
            if getattr(site, name) is None]  # fmt: skip
    change = SettingChange.objects.filter(site=site, about=None).select_related("by").first()
    yield Line(
        _("Rates of the numbers"), _("What is more than a number may send waits its turn, the gravest first."),
        _("%(rates)s not stated: the slowest is assumed") % {"rates": _count(len(slow), RATES)}
        if slow else _("all stated"), not slow,
        "site-numbers", change.by.name if change else "", change.at if change else None,
    )  # fmt: skip
