"""What says who is on call besides shifts made by hand: rotations, overrides, swaps, time off; what a rung wants."""

import calendar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from notifications.models.messages import Message
from notifications.models.people import Clinician, Role, Site
from notifications.models.shifts import PointRange
from protocols import rotas


class SpeaksRange(Func):
    """From when until when a rotation speaks; without an end, for good."""

    function = "tstzrange"
    template = "%(function)s(%(expressions)s, '[)')"
    output_field = DateTimeRangeField()


class RungRule(models.Model):
    """What a site calls a rung of its on-call list, and whose place it is. The newest counts; only added to."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="rung_rules")
    rung = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=60, help_text="as the site says it, for example 'nurse at night'")
    role = models.CharField(
        max_length=20, choices=Role.choices, blank=True, help_text="empty: any role that takes cases"
    )
    set_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["rung", "pk"]
        constraints = [
            models.CheckConstraint(name="rung_rule_starts_at_one", condition=Q(rung__gte=1)),
            models.CheckConstraint(
                name="rung_rule_role_takes_cases",
                condition=Q(role__in=["", Role.NURSE, Role.PRESCRIBER, Role.RESPONDER]),
            ),
        ]

    def __str__(self) -> str:
        return f"rung rule:{self.pk}"


class Rotation(models.Model):
    """One layer of a rung: people who take turns. Never changed: it is ended, and another begins.

    Without `opens` it speaks for the whole week; otherwise from `opens` on each of `weekdays` (0 is Monday) until
    `closes`, on the next day where that is not later.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="rotations")
    rung = models.PositiveSmallIntegerField()
    layer = models.PositiveSmallIntegerField(
        default=1, help_text="1 speaks first; where it is silent, the next"
    )
    name = models.CharField(max_length=60)
    starts_on = models.DateField(help_text="the first day of the first person's first turn, at the site")
    hand_over = models.TimeField(help_text="when each turn begins, on the site's clock")
    turn_hours = models.PositiveSmallIntegerField(help_text="hours of the clock one turn lasts: 24, 168 ...")
    time_zone = models.CharField(
        max_length=64, help_text="whose clock its turns go by: the site's when it began"
    )
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    opens = models.TimeField(null=True)
    closes = models.TimeField(null=True)
    since = models.DateTimeField(help_text="from when it speaks, which may be within a turn")
    until = models.DateTimeField(null=True)
    made_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["rung", "layer", "since"]
        constraints = [
            models.CheckConstraint(
                name="rotation_rung_and_layer_start_at_one", condition=Q(rung__gte=1, layer__gte=1)
            ),
            models.CheckConstraint(
                name="rotation_turn_is_an_hour_to_a_year",
                condition=Q(turn_hours__gte=1, turn_hours__lte=8784),
            ),
            models.CheckConstraint(name="rotation_has_a_time_zone", condition=~Q(time_zone="")),
            models.CheckConstraint(
                name="rotation_hours_are_whole",
                condition=Q(weekdays__len=0, opens=None, closes=None)
                | Q(
                    weekdays__len__gte=1,
                    weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6],
                    opens__isnull=False,
                    closes__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="rotation_end_says_who",
                condition=Q(until=None, ended_by=None)
                | Q(until__isnull=False, until__gte=F("since"), ended_by__isnull=False),
            ),
            ExclusionConstraint(
                name="rotation_one_per_layer_at_a_time",
                index_type="GIST",
                expressions=[
                    (PointRange(F("site_id"), F("site_id")), RangeOperators.OVERLAPS),
                    (PointRange(F("rung"), F("rung")), RangeOperators.OVERLAPS),
                    (PointRange(F("layer"), F("layer")), RangeOperators.OVERLAPS),
                    (SpeaksRange(F("since"), F("until")), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"rotation:{self.pk}"

    @property
    def turn_words(self) -> str:
        """How long each turn is, in words."""
        for unit, hours in (("week", 168), ("day", 24), ("hour", 1)):
            if self.turn_hours % hours == 0:
                many = self.turn_hours // hours
                return f"every {unit}" if many == 1 else f"every {many} {unit}s"
        raise AssertionError  # every number is a number of hours

    @property
    def hours_words(self) -> str:
        """The part of the week it speaks for, in words."""
        days = ", ".join(calendar.day_abbr[n] for n in self.weekdays)
        return f"{days} from {self.opens:%H:%M} to {self.closes:%H:%M}"

    @property
    def hours(self) -> rotas.Hours | None:
        """The part of the week it speaks for; None: all of it."""
        if self.opens is None or self.closes is None:
            return None
        return rotas.Hours(frozenset(self.weekdays), self.opens, self.closes)

    def plain(self) -> rotas.Rotation:
        """The same without the database: `protocols.rotas` alone decides who goes before whom."""
        return rotas.Rotation(
            id=self.pk,
            rung=self.rung,
            layer=self.layer,
            zone=self.time_zone,
            people=tuple(turn.clinician_id for turn in self.turns.all()),
            starts_on=self.starts_on,
            hand_over=self.hand_over,
            turn_hours=self.turn_hours,
            since=self.since,
            until=self.until,
            hours=self.hours,
        )


class Turn(models.Model):
    """One person's place in a rotation, in order from 1."""

    rotation = models.ForeignKey(Rotation, on_delete=models.PROTECT, related_name="turns")
    place = models.PositiveSmallIntegerField()
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="turns")

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(name="turn_one_person_per_place", fields=["rotation", "place"]),
            models.CheckConstraint(name="turn_places_start_at_one", condition=Q(place__gte=1)),
        ]

    def __str__(self) -> str:
        return f"turn:{self.pk}"


class Override(models.Model):
    """One person on a rung for a span, whatever else is said of it. One taken back keeps the part that passed."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="overrides")
    rung = models.PositiveSmallIntegerField()
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="overrides")
    period = DateTimeRangeField(default_bounds="[)")
    why = models.CharField(max_length=200)
    made_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["rung", "period"]
        constraints = [
            models.CheckConstraint(name="override_rung_starts_at_one", condition=Q(rung__gte=1)),
            models.CheckConstraint(name="override_has_a_reason", condition=~Q(why="")),
            models.CheckConstraint(
                name="override_period_is_bounded",
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False)
                | Q(period__isempty=True, ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="override_end_says_who",
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
            ExclusionConstraint(
                name="override_one_person_per_rung_at_a_time",
                index_type="GIST",
                expressions=[
                    (PointRange(F("site_id"), F("site_id")), RangeOperators.OVERLAPS),
                    (PointRange(F("rung"), F("rung")), RangeOperators.OVERLAPS),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"override:{self.pk}"


class Swap(models.Model):
    """An offer of one person's hours to another, perhaps for some of theirs. Nothing changes until it is accepted.

    Offered to nobody by name, it is for whoever was asked: the first who accepts becomes the one it is to.
    """

    class State(models.TextChoices):
        OFFERED = "offered", _("waits for an answer")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="swaps")
    rung = models.PositiveSmallIntegerField()
    period = DateTimeRangeField(default_bounds="[)", help_text="the hours given away")
    back_rung = models.PositiveSmallIntegerField(null=True)
    back_period = DateTimeRangeField(default_bounds="[)", null=True, help_text="the hours taken for them")
    offered_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="swaps_offered")
    offered_to = models.ForeignKey(
        Clinician, null=True, on_delete=models.PROTECT, related_name="swaps_to_answer"
    )
    offered_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFFERED)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["period", "pk"]
        constraints = [
            models.CheckConstraint(name="swap_is_between_two", condition=~Q(offered_by=F("offered_to"))),
            models.CheckConstraint(
                name="swap_period_is_bounded",
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
            ),
            models.CheckConstraint(
                name="swap_back_is_whole",
                condition=Q(back_rung=None, back_period=None)
                | Q(
                    back_rung__isnull=False,
                    back_rung__gte=1,
                    back_period__isnull=False,
                    back_period__isempty=False,
                    back_period__lower_inf=False,
                    back_period__upper_inf=False,
                ),
            ),
            models.CheckConstraint(
                name="swap_state_matches_facts",
                condition=Q(state="offered", answered_at=None)
                | Q(state="accepted", answered_at__isnull=False, offered_to__isnull=False)
                | Q(state__in=["declined", "withdrawn"], answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="swap_to_anyone_is_for_nothing_back",
                condition=Q(offered_to__isnull=False) | Q(back_period=None),
            ),
        ]

    def __str__(self) -> str:
        return f"swap:{self.pk}"

    @property
    def waits_for(self) -> str:
        """The names of whoever may still accept it."""
        if self.offered_to is not None:
            return str(self.offered_to.name)
        return ", ".join(one.clinician.name for one in self.asked.all() if one.declined_at is None)


class Asked(models.Model):
    """One of those whom hours were offered to that are for whoever accepts first."""

    swap = models.ForeignKey(Swap, on_delete=models.PROTECT, related_name="asked")
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    declined_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="asked_once_of_a_swap", fields=["swap", "clinician"]),
        ]

    def __str__(self) -> str:
        return f"asked:{self.pk}"


class TimeOff(models.Model):
    """A span in which somebody is not called. Whatever named them then is a gap until somebody else is put there."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="time_off")
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="time_off")
    period = DateTimeRangeField(default_bounds="[)")
    made_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["period", "pk"]
        constraints = [
            models.CheckConstraint(
                name="time_off_period_is_bounded",
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False)
                | Q(period__isempty=True, ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="time_off_end_says_who",
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"time off:{self.pk}"


class GivenHours(models.Model):
    """Hours on call that somebody has by what another did to the list, or has no more, to be told of at `tell_at`.

    Settled once: with the text that told them, or without one where nothing of it stood any more.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="given_hours")
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="given_hours")
    rung = models.PositiveSmallIntegerField()
    period = DateTimeRangeField(default_bounds="[)")
    lost = models.BooleanField(default=False, help_text="theirs no more")
    given_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    tell_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    text = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(name="given_hours_to_tell", fields=["tell_at"], condition=Q(settled_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                name="given_hours_are_bounded",
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
            ),
            models.CheckConstraint(name="given_hours_by_another", condition=~Q(clinician=F("given_by"))),
            models.CheckConstraint(
                name="given_hours_text_settles", condition=Q(text=None) | Q(settled_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"given hours:{self.pk}"
