"""Harmless phrases a site has learned, and who answered for each."""

from django.db import models
from django.db.models import F, Q

from monitoring.models.hearing import Reply
from notifications.models import Clinician, Site


class LearnedPhrase(models.Model):
    """Words of one reply that mean no harm at this site. They explain a text once another person approved them.

    A row is only ever filled in: proposed, then approved or refused, and what was approved may be withdrawn.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="phrases")
    language = models.CharField(max_length=12)
    words = models.CharField(max_length=120, help_text="in normal form, as every rule reads them")
    reply = models.ForeignKey(Reply, on_delete=models.PROTECT, related_name="phrases")
    proposed_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    replayed = models.JSONField(
        null=True, help_text="what it would have changed over past replies, as it was approved"
    )
    ended_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, help_text="refused, or withdrawn if it was approved before")
    ended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="learned_phrase_one_live",
                fields=["site", "language", "words"],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(name="learned_phrase_has_words", condition=~Q(words="")),
            models.CheckConstraint(
                name="learned_phrase_is_approved_by_another_person",
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="learned_phrase_approval_says_who_and_what_changed",
                condition=Q(approved_at=None, approved_by=None, replayed__isnull=True)
                | Q(approved_at__isnull=False, approved_by__isnull=False, replayed__isnull=False),
            ),
            models.CheckConstraint(
                name="learned_phrase_end_says_who_and_why",
                condition=Q(ended_at=None, ended_by=None, ended_why="")
                | Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(ended_why=""),
            ),
        ]

    def __str__(self) -> str:
        return f"phrase:{self.pk}"

    @property
    def state(self) -> str:
        """Proposed, in use, refused or withdrawn."""
        if self.ended_at:
            return "withdrawn" if self.approved_at else "refused"
        return "in use" if self.approved_at else "proposed"

    @property
    def shown(self) -> str:
        """The words for reading: signs stand close together."""
        words = self.words.split()
        return "".join(words) if all(len(word) == 1 for word in words) else self.words
