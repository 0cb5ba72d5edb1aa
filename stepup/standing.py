"""What of the service works, what does not and since when, in words, for whoever works with it. Nothing is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitoring import canary, pulse, response
from notifications import daynames, heartbeat
from notifications.models import Account, AccountState, Site
from stepup import cover, downtime_files, feasible, trials

WEEK = timedelta(days=7)
# Both happen each minute: later than this they stand still. What is still settling puts the second off.
READ_WITHIN = {heartbeat.MISSED_TEXTS: timedelta(minutes=5), heartbeat.LOG_COMPARED: timedelta(minutes=30)}
WORDS = {
    heartbeat.ENGINE: gettext_lazy("Asking, noticing silence, calling the next person"),
    heartbeat.CARRIER: gettext_lazy("Settling what the provider did with each message"),
    heartbeat.CHECKS: gettext_lazy("Checking itself for faults"),
}


@dataclass(frozen=True)
class Part:
    """One part. `works` is None where nothing here can tell, or where it was never set up; `at` says since when, or
    when it last worked.
    """

    name: str
    works: bool | None
    said: str
    at: datetime | None = None
    instead: str = ""


def parts(site: Site, *, now: datetime) -> tuple[Part, ...]:
    """Every part, what does not work first, then what nobody knows."""
    found = (*_engine(now), *_paging(site, now), *_provider(site, now), *_rate(site), *_paper(site, now))
    return tuple(sorted(found, key=lambda part: {False: 0, None: 1, True: 2}[part.works]))


def week(site: Site, *, now: datetime) -> tuple[list[response.Spread], list[response.Miss]]:
    """How fast the cases of the last seven days were answered, and every miss of these days."""
    cases = response.answered(list(response.cases(site, since=now - WEEK, until=now)))
    return response.spreads(cases), response.misses(site, since=now - WEEK, until=now)


def _engine(now: datetime) -> Iterable[Part]:
    for name in heartbeat.parts():
        at, late = heartbeat.last_at(name), heartbeat.is_late(name, now=now)
        said = _("has never signed in") if at is None else _("silent since") if late else _("signed in")
        instead = _("Ask and call people yourself, from the downtime list.") if late else ""
        yield Part(_called(name), not late, said, at, instead)
    broken = heartbeat.figures(heartbeat.CHECKS).get("broken") or {}
    said = ", ".join(
        _("check %(name)s: %(count)s") % {"name": name, "count": count}
        for name, count in sorted(broken.items())
    )
    yield Part(
        _("Facts that must always hold"), not broken, said or _("none is broken"), heartbeat.last_at(heartbeat.CHECKS),
        _broken_hint(set(broken)),
    )  # fmt: skip


def _broken_hint(names: set[str]) -> str:
    """What to do about them: a hole in the on-call list is nobody's fault who runs the service."""
    if names == {pulse.UNCOVERED_HOURS}:
        return _("Hours of the next day that nobody covers: fill the on-call list.")
    return _("Tell whoever runs the service.") if names else ""


def _called(name: str) -> str:
    lane = name.removeprefix("engine, ")
    return str(WORDS[name]) if name in WORDS else _("Sending: %(lane)s") % {"lane": lane}


def _paging(site: Site, now: datetime) -> Iterable[Part]:
    read = pulse.take(site, ladders=cover.ladders_of(site), now=now)
    for rung in read.rungs:
        nobody = _("nobody; the next begins") if rung.next_at else _("nobody")
        said = _("%(rung)s, until") % {"rung": rung.name} if rung.until else rung.name or nobody
        at = rung.until if rung.name else rung.next_at
        yield Part(
            _("Somebody on rung %(rung)s") % {"rung": rung.rung},
            bool(rung.name),
            said,
            at,
            "" if rung.name else _("Put somebody on it."),
        )
    yield Part(
        _("Pages handed to the provider"), None if read.page_sent_at is None else True,
        _("the last at") if read.page_sent_at else _("none yet"), read.page_sent_at,
    )  # fmt: skip


def _provider(site: Site, now: datetime) -> Iterable[Part]:
    out = {row.account: row for row in AccountState.objects.filter(out_since__isnull=False)}
    for account in Account:
        row, is_set = out.get(account), account == Account.FIRST or bool(
            settings.TWILIO_SECOND_ACCOUNT_SID and site.fallback_number
        )  # fmt: skip
        if not is_set:
            yield Part(
                _("The %(label)s") % {"label": account.label},
                None,
                _("not set up: pages wait while the first is out"),
            )
        else:
            said = _("out (%(out_why)s) since") % {"out_why": row.out_why} if row else _("takes messages")
            yield Part(
                _("The %(label)s") % {"label": account.label},
                row is None,
                said,
                row.out_since if row else None,
            )
    back, late = canary.walked_at(site), canary.is_late(site, now=now)
    yield Part(
        _("A test alarm is paged and taken"), False if late else None if back is None else True,
        _("the last was taken") if back else _("none was taken yet"), back,
        _("Texts may not arrive: call instead.") if late else "",
    )  # fmt: skip
    for name, what in (
        (heartbeat.MISSED_TEXTS, _("Fetching texts that never reached us")),
        (heartbeat.LOG_COMPARED, _("Comparing the provider's log with ours")),
    ):
        at = heartbeat.last_at(name)
        works = None if at is None else now - at <= READ_WITHIN[name]
        instead = _("Tell whoever runs the service.") if works is False else ""
        yield Part(what, works, _("last done") if at else _("not done yet"), at, instead)


def _rate(site: Site) -> Iterable[Part]:
    """Judged when a protocol is signed, for those enrolled then; more have been since."""
    judged = [feasible.of(site, pathway) for pathway in cover.pathways_of(site)]
    if judged:
        least = min(judged, key=lambda one: one.most)
        yield Part(
            _("Everybody enrolled is asked in time"),
            least.fits,
            _("%(patients)s enrolled, and the number asks %(most)s in time")
            % {"patients": least.patients, "most": least.most},
            None,
            "" if least.fits else _("Get a faster number, or state its rate."),
        )


def _paper(site: Site, now: datetime) -> Iterable[Part]:
    at = heartbeat.last_at(downtime_files.sign(site))
    if not settings.DOWNTIME_FOLDER:
        yield Part(
            _("The downtime list kept by itself"),
            None,
            _("no folder is set"),
            None,
            _("Print it before each night."),
        )
    else:
        works = at is not None and now - at <= 2 * downtime_files.EVERY
        yield Part(
            _("The downtime list kept by itself"), works, _("last kept") if at else _("never kept"), at,
            "" if works else _("Print it now."),
        )  # fmt: skip
    for kind, what in trials.KINDS.items():
        yield _tried(str(what), trials.last(site, kind), now)


def _tried(what: str, trial: trials.Trial | None, now: datetime) -> Part:
    """What only people can try: known for a year, and only from what somebody recorded."""
    if trial is None:
        return Part(what, None, _("nobody recorded it: ask whoever runs the service"))
    how = _("it worked, %(day)s, recorded by %(who)s")
    if not trial.worked:
        how = _("it did not work, %(day)s, recorded by %(who)s")
    said = how % {"day": daynames.written(trial.on), "who": trial.by}
    if not trial.worked:
        return Part(what, False, said, None, _("Tell whoever runs the service."))
    lately = now - datetime.combine(trial.on, time(), UTC) <= trials.HOLDS
    return Part(what, True if lately else None, said, None, "" if lately else _("Try it again."))
