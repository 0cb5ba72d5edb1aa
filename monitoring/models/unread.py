"""Replies that wait for somebody to read them, what was done about them, and what they say in another language."""

from django.db import models
from django.db.models import Q

from monitoring.models.cases import Task
from monitoring.models.hearing import Finding, Reply
from notifications.models import Clinician


class Unread(models.Model):
    """That a reply waits on a task to be read. Many may wait on one task; finishing it says that all were read."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="unread")
    reply = models.ForeignKey(Reply, on_delete=models.PROTECT, related_name="unread")
    finding = models.ForeignKey(
        Finding,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="None: the rules broke on it",
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(name="unread_once_on_a_task", fields=["task", "reply"])]

    def __str__(self) -> str:
        return f"unread:{self.pk}"


class TaskEvent(models.Model):
    """One line of what somebody did about unread replies before the task was done. Only added to."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=40)
    text = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"task event:{self.pk}"


class Translation(models.Model):
    """What a reply says in English, as somebody typed it. Kept beside the words, never in their place."""

    reply = models.ForeignKey(Reply, on_delete=models.PROTECT, related_name="translations")
    words = models.CharField(max_length=1600)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    is_professional = models.BooleanField(
        default=False, help_text="whoever typed it said that a professional interpreter gave it"
    )

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(name="translation_has_words", condition=~Q(words=""))]

    def __str__(self) -> str:
        return f"translation:{self.pk}"
