"""Protocols a site makes itself: drafts, every change to one, and rows of the label it read itself."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from notifications.models import Clinician, Site
from stepup.models.courses import SiteProtocol


class Draft(models.Model):
    """One version of a site's own protocol while it is made. Ends once: frozen for signing, or dropped."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="drafts")
    label = models.CharField(
        max_length=60, help_text="the library's label it is for, without what the site added"
    )
    name = models.SlugField(max_length=20, help_text="the site's own word for it; part of its id")
    title = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField()
    base = models.TextField(help_text="the whole protocol it began as, canonical JSON")
    made_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    frozen = models.OneToOneField(SiteProtocol, null=True, on_delete=models.PROTECT, related_name="draft")
    dropped = models.BooleanField(default=False)
    ended_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="draft_version_once", fields=["site", "name", "version"]),
            models.UniqueConstraint(
                name="draft_one_open_of_a_name", fields=["site", "name"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(name="draft_counts_from_one", condition=Q(version__gte=1)),
            models.CheckConstraint(
                name="draft_ends_once_by_somebody",
                condition=Q(frozen=None, dropped=False, ended_by=None, ended_at=None)
                | Q(ended_by__isnull=False, ended_at__isnull=False)
                & (Q(frozen__isnull=False, dropped=False) | Q(frozen=None, dropped=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"draft:{self.pk}"


class DraftEdit(models.Model):
    """One value of a draft set by somebody: which, from what, to what, why, and on what it rests. Only added to."""

    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, related_name="edits")
    number = models.PositiveIntegerField(help_text="counts the edits of one draft from 1")
    value = models.CharField(max_length=60)
    was = models.TextField(help_text="JSON")
    now = models.TextField(help_text="JSON")
    why = models.CharField(max_length=300)
    source = models.CharField(max_length=200, blank=True, help_text="empty: decided by the site")
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="draft_edit_number_once", fields=["draft", "number"]),
            models.CheckConstraint(name="draft_edit_says_why", condition=~Q(why="")),
            models.CheckConstraint(name="draft_edit_changes_something", condition=~Q(was=F("now"))),
        ]

    def __str__(self) -> str:
        return f"draft edit:{self.pk}"


class LabelEntry(models.Model):
    """One row of the label as somebody of the site read it, with where it is printed. Only added to."""

    class Kind(models.TextChoices):
        RESTART = "restart", _("restart after a delay")
        DISPENSING = "dispensing", _("dispensing volume")
        REACTION = "reaction", _("after a reaction")
        COUNT = "count", _("low blood count")
        AMOUNT = "amount", _("amount of a dose")
        WINDOW = "window", _("days in which a step may follow")
        PREMEDICATION = "premedication", _("what is given before a dose")

    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    row = models.TextField(help_text="the row as a label file would hold it, canonical JSON")
    document = models.CharField(max_length=120)
    revised = models.CharField(max_length=40, help_text="the revision date as printed")
    section = models.CharField(max_length=60)
    page = models.CharField(max_length=20)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="label_entry_has_its_source",
                condition=~Q(document="") & ~Q(revised="") & ~Q(section="") & ~Q(page=""),
            ),
        ]

    def __str__(self) -> str:
        return f"label entry:{self.pk}"


class EntryAnswer(models.Model):
    """What somebody else typed of an entry, and whether it agreed; or that it was taken back. Only added to."""

    class What(models.TextChoices):
        AGREES = "agrees", _("confirmed")
        DIFFERS = "differs", _("differs")
        TAKEN_BACK = "back", _("taken back")

    entry = models.ForeignKey(LabelEntry, on_delete=models.PROTECT, related_name="answers")
    what = models.CharField(max_length=8, choices=What.choices)
    typed = models.TextField(blank=True, help_text="the decisive values as typed, JSON")
    reason = models.CharField(max_length=300, blank=True)
    entered_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="label_entry_is_confirmed_once", fields=["entry"], condition=Q(what="agrees")
            ),
            models.UniqueConstraint(
                name="label_entry_is_taken_back_once", fields=["entry"], condition=Q(what="back")
            ),
            models.CheckConstraint(
                name="label_entry_is_confirmed_by_another_person",
                condition=Q(what="back") | ~Q(by=F("entered_by")),
            ),
            models.CheckConstraint(
                name="label_entry_taken_back_has_a_reason", condition=~Q(what="back") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"entry answer:{self.pk}"
