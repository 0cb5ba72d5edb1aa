"""Cases for humans, their pages and history, and the tasks beside them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from monitoring.models.hearing import Finding, Reply
from monitoring.models.people import Patient, PocketOrder
from monitoring.models.watching import Watch
from notifications.models import Clinician, Message, Site


class Escalation(models.Model):
    """A case for humans. At most one unresolved per patient; it always has a next act with a time."""

    class State(models.TextChoices):
        OPEN = "open", _("nobody has it yet")
        TAKEN = "taken", _("taken")
        REACHED = "reached", _("patient reached")
        RESOLVED = "resolved", _("resolved")

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="escalations")
    patient = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="escalations")
    caller = models.CharField(
        max_length=60, blank=True, help_text="the unregistered number, when no patient is known"
    )
    watch = models.ForeignKey(Watch, null=True, on_delete=models.PROTECT, related_name="escalations")
    code = models.CharField(max_length=8, help_text="what a responder texts back to take it")
    headline = models.CharField(max_length=200)
    urgency = models.CharField(max_length=10, choices=[("urgent", "urgent"), ("emergency", "emergency")])
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    generation = models.PositiveSmallIntegerField(default=1)
    round = models.PositiveIntegerField(
        default=1, help_text="how often the ladder has been climbed from the foot"
    )
    rung = models.PositiveSmallIntegerField(default=0, help_text="the rung called last")
    rules = models.JSONField(help_text="minutes frozen from the pathway")
    opened_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    tell_patient_at = models.DateTimeField(null=True, help_text="when the patient is told nobody has it yet")
    owner = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="cases")
    taken_at = models.DateTimeField(null=True)
    reached_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="escalation_one_unresolved_per_patient",
                fields=["patient"],
                condition=~Q(state="resolved") & Q(patient__isnull=False),
            ),
            models.UniqueConstraint(
                name="escalation_one_unresolved_per_stranger",
                fields=["site", "caller"],
                condition=~Q(state="resolved") & Q(patient=None),
            ),
            models.UniqueConstraint(
                name="escalation_open_codes_differ", fields=["code"], condition=~Q(state="resolved")
            ),
            models.CheckConstraint(
                name="escalation_is_about_someone", condition=Q(patient__isnull=False) | ~Q(caller="")
            ),
            models.CheckConstraint(
                name="escalation_state_matches_facts",
                condition=Q(
                    state="open",
                    owner=None,
                    taken_at=None,
                    reached_at=None,
                    resolved_at=None,
                    outcome="",
                    next_at__isnull=False,
                )
                | Q(
                    state="taken",
                    owner__isnull=False,
                    taken_at__isnull=False,
                    reached_at=None,
                    resolved_at=None,
                    outcome="",
                    next_at__isnull=False,
                )
                | Q(
                    state="reached",
                    owner__isnull=False,
                    taken_at__isnull=False,
                    reached_at__isnull=False,
                    resolved_at=None,
                    outcome="",
                    next_at__isnull=False,
                )
                | Q(
                    state="resolved",
                    owner__isnull=False,
                    taken_at__isnull=False,
                    reached_at__isnull=False,
                    resolved_at__isnull=False,
                    next_at=None,
                )
                & ~Q(outcome=""),
            ),
        ]
        indexes = [
            models.Index(name="escalation_next", fields=["next_at"], condition=Q(next_at__isnull=False)),
            # A new case looks for its code among all that there ever were.
            models.Index(name="escalation_by_code", fields=["code"]),
        ]

    def __str__(self) -> str:
        return f"case:{self.pk}"


class EscalationEvent(models.Model):
    """One line of a case's history. Added, never changed; the database links it to the line before it."""

    escalation = models.ForeignKey(Escalation, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=40)
    text = models.CharField(max_length=400, blank=True)
    finding = models.ForeignKey(Finding, null=True, on_delete=models.PROTECT, related_name="events")
    number = models.PositiveIntegerField(
        default=0, editable=False, help_text="its place in the case; the database sets it"
    )
    previous = models.CharField(
        max_length=64, default="", editable=False, help_text="the digest of the line before it"
    )
    digest = models.CharField(
        max_length=64, default="", editable=False, help_text="of this line; the database sets it"
    )

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="escalationevent_one_line_per_place", fields=["escalation", "number"]
            )
        ]
        # The newest is asked for every few seconds (I12), however many years lie behind it.
        indexes = [models.Index(name="escalationevent_by_time", fields=["at"])]

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.what}"


class CaseOffer(models.Model):
    """A case its owner hands over to one named person. Until they accept, the owner keeps it."""

    class End(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        LAPSED = "lapsed", _("not answered in time")
        WITHDRAWN = "withdrawn", _("withdrawn")

    escalation = models.ForeignKey(Escalation, on_delete=models.PROTECT, related_name="offers")
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    to = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    answer_by = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, choices=End.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="case_offer_one_open_per_case", fields=["escalation"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="case_offer_is_to_somebody_else_for_a_reason", condition=~Q(by=F("to")) & ~Q(reason="")
            ),
            models.CheckConstraint(
                name="case_offer_ends_somehow",
                condition=Q(ended_at=None, end="") | Q(ended_at__isnull=False) & ~Q(end=""),
            ),
        ]

    def __str__(self) -> str:
        return f"case offer:{self.pk}"


class Page(models.Model):
    """One rung's call for one person: a text and a voice call. Acknowledged only by that person's act."""

    escalation = models.ForeignKey(Escalation, on_delete=models.PROTECT, related_name="pages")
    generation = models.PositiveSmallIntegerField()
    round = models.PositiveIntegerField()
    rung = models.PositiveSmallIntegerField(help_text="0: beside the ladder, the owner again or an offer")
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="pages")
    at = models.DateTimeField()
    text = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="page_as_text")
    voice = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="page_as_voice")
    unheard_at = models.DateTimeField(null=True, help_text="when both channels were known to have failed")
    token = models.CharField(
        max_length=16,
        null=True,
        unique=True,
        help_text="the end of the address that takes the case by one tap",
    )

    offer = models.OneToOneField(
        CaseOffer, null=True, on_delete=models.PROTECT, help_text="where it asks somebody to take a case over"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="page_once_per_person_and_climb",
                fields=["escalation", "generation", "round", "rung", "clinician"],
                condition=Q(offer=None),
            )
        ]

    def __str__(self) -> str:
        return f"page:{self.pk}"


class Task(models.Model):
    """Something a person must read or do by a time. Left undone, it becomes a case."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="tasks")
    patient = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="tasks")
    reply = models.ForeignKey(Reply, null=True, on_delete=models.PROTECT, related_name="tasks")
    what = models.CharField(max_length=200)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    pages_when_late = models.BooleanField(
        help_text="inside a watch a late task pages; outside it only turns red"
    )
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=200, blank=True)
    unread_from = models.CharField(
        max_length=70,
        blank=True,
        help_text="whose unread replies this is: a patient, or a number nobody knows",
    )

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="task_done_has_an_outcome",
                condition=Q(done_at=None, outcome="") | Q(done_at__isnull=False) & ~Q(outcome=""),
            ),
            models.UniqueConstraint(
                name="task_one_unread_per_sender",
                fields=["site", "unread_from"],
                condition=Q(done_at=None) & ~Q(unread_from=""),
            ),
        ]
        indexes = [models.Index(name="task_open", fields=["due_at"], condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"task:{self.pk}"


class PocketInstruction(models.Model):
    """That the signed instruction was texted: once per episode, an episode being one case."""

    order = models.ForeignKey(PocketOrder, on_delete=models.PROTECT, related_name="instructions")
    escalation = models.OneToOneField(Escalation, on_delete=models.PROTECT, related_name="pocket_instruction")
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"pocket instruction:{self.pk}"
