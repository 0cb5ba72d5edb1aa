"""Benefit and risk, weighed and written down before a dose where the label wants it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from notifications import audit, roles
from notifications.models import Clinician
from protocols.errors import Refusal
from stepup import arranged, courses, ended
from stepup.models import Course, Review


@transaction.atomic
def record(course_id: int, *, words: str, by: Clinician, now: datetime) -> Review:
    """Keep a prescriber's review for the next dose of this course; the recording of that dose shows it."""
    if not roles.may(by, "record a review"):
        raise Refusal("role", _("A prescriber reviews benefit and risk."))
    if not words.strip():
        raise Refusal("words", _("Say what was weighed and what came of it."))
    course = (
        Course.objects.select_related("patient", "site").select_for_update(of=("self",)).get(pk=course_id)
    )
    ended.refuse(course, "there is no dose to review.")
    last = arranged.last_dose(course)
    review = Review.objects.create(course=course, after=last, words=words.strip(), by=by, at=now)
    courses.note(course, "benefit and risk reviewed", review.words, by=by, now=now)
    audit.record("recorded a review", str(course.patient), site=course.site, by=by, now=now, review=review.pk)
    return review
