"""Everything that can silence something at a site, on one page: as it stands, since when, and by whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from monitoring import deaths
from monitoring.models import Admission, ClinicianText, LearnedPhrase, Patient
from notifications import oncall
from notifications.models import SettingChange, Site, TimeOff
from stepup import cover


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


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}" if number else "none"


def _patients(site: Site, now: datetime) -> Iterable[Line]:
    here = Patient.objects.filter(site=site, is_active=True)
    ended = here.filter(texting_ended_at__isnull=False).order_by("-texting_ended_at")
    newest = ended.first()
    yield Line(
        "Texting ended", "The service texts the patient nothing; a person telephones.",
        _count(ended.count(), "patient"), newest is None, "board", "a text or a dead number" if newest else "",
        newest.texting_ended_at if newest else None,
    )  # fmt: skip
    carers = here.filter(caregiver_texting_ended_at__isnull=False).order_by("-caregiver_texting_ended_at")
    newest = carers.first()
    yield Line(
        "Texts to a caregiver ended", "A silence climbs past the caregiver.", _count(carers.count(), "caregiver"),
        newest is None, "board", "a text or a dead number" if newest else "",
        newest.caregiver_texting_ended_at if newest else None,
    )  # fmt: skip
    quiets = ClinicianText.objects.filter(patient__in=here, quiet_over_at=None, quiet_until__gt=now)
    quiet = quiets.select_related("by").order_by("-at").first()
    yield Line(
        "A clinician is writing", "Check-ins wait while a clinician's own text is answered; it runs out by itself.",
        _count(quiets.count(), "patient"), quiet is None, "board", quiet.by.name if quiet else "",
        quiet.at if quiet else None,
    )  # fmt: skip
    stays = Admission.objects.filter(site=site, discharged_at=None, lapsed_at=None, rests_until__gt=now)
    stay = stays.select_related("admitted_by").order_by("-recorded_at").first()
    yield Line(
        "In hospital", "Check-ins at home rest while somebody says each day that the stay lasts.",
        _count(stays.count(), "patient"), stay is None, "board", stay.admitted_by.name if stay else "",
        stay.recorded_at if stay else None,
    )  # fmt: skip
    dead = list(deaths.all_standing().filter(patient__in=here))
    yield Line(
        "A death, reported or recorded", "Nobody is asked or texted there.", _count(len(dead), "patient"), not dead,
        "board", "", max((notice.at for notice in dead), default=None),
    )  # fmt: skip


def _people(site: Site, now: datetime) -> Iterable[Line]:
    signed = cover.ladders_of(site)
    gaps = oncall.gaps(site, since=now, until=now + oncall.LOOK_AHEAD, ladders=signed)
    yield Line(
        "Hours nobody covers", "A page of that rung reaches nobody and goes on to the next.",
        f"{_count(len(gaps), 'gap')} in the next 14 days", not gaps, "on-call", "", gaps[0].starts_at if gaps else None,
    )  # fmt: skip
    away = TimeOff.objects.filter(site=site, period__contains=now, ended_at=None).select_related("made_by")
    off = away.order_by("-made_at").first()
    yield Line(
        "Time off", "Whoever is away is not called.", _count(away.count(), "person", "people"), off is None, "time-off",
        off.made_by.name if off else "", off.made_at if off else None,
    )  # fmt: skip
    people = site.clinicians.filter(is_active=True)
    unpaged = people.filter(phone="")
    yield Line(
        "People without a phone for pages", "They cannot be paged and stand on no list.",
        _count(unpaged.count(), "person", "people"), not unpaged.exists(), "administration",
    )  # fmt: skip
    left = (
        SettingChange.objects.filter(site=site, what="works here", became="no").select_related("by").first()
    )
    gone = site.clinicians.filter(is_active=False).count()
    yield Line(
        "People who left", "They cannot sign in and are not paged.", _count(gone, "person", "people"), not gone,
        "administration", left.by.name if left and gone else "", left.at if left and gone else None,
    )  # fmt: skip


def _words(site: Site) -> Iterable[Line]:
    live = LearnedPhrase.objects.filter(Q(site=site), approved_at__isnull=False, ended_at=None)
    phrase = live.select_related("approved_by").order_by("-approved_at").first()
    by = phrase.approved_by.name if phrase and phrase.approved_by else ""
    yield Line(
        "Learned phrases", "Harmless words of a reply that need no reading here. They take no alarm away.",
        _count(live.count(), "phrase"), phrase is None, "phrases", by, phrase.approved_at if phrase else None,
    )  # fmt: skip


def _service(site: Site) -> Iterable[Line]:
    """What whoever runs the service has set; a page cannot change it."""
    second = bool(settings.TWILIO_SECOND_ACCOUNT_SID and site.fallback_number)
    yield Line(
        "Second provider account", "Without one, pages wait while the first refuses us.",
        "set up" if second else "not set up: ask whoever runs the service", second,
    )  # fmt: skip
    folder = bool(settings.DOWNTIME_FOLDER)
    yield Line(
        "Downtime list kept by itself", "Without a folder, the list is there only if somebody printed it.",
        "kept in a folder" if folder else "not kept: ask whoever runs the service", folder, "downtime",
    )  # fmt: skip
    slow = [name for name in ("patient_texts_per_second", "page_texts_per_second", "calls_per_second")
            if getattr(site, name) is None]  # fmt: skip
    change = SettingChange.objects.filter(site=site, about=None).select_related("by").first()
    yield Line(
        "Rates of the numbers", "What is more than a number may send waits its turn, the gravest first.",
        f"{_count(len(slow), 'rate')} not stated: the slowest is assumed" if slow else "all stated", not slow,
        "site-numbers", change.by.name if change else "", change.at if change else None,
    )  # fmt: skip
