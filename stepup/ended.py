"""How a course ended, in words, and the one refusal of every act that wants a course under way."""

from zoneinfo import ZoneInfo

from protocols.errors import Refusal
from stepup.models import Course, Transfer


def how(course: Course) -> str:
    """`This course was stopped`, or to whom it was transferred and when; without a full stop."""
    transfer = Transfer.objects.filter(course=course).first()
    if transfer is None:
        return "This course was stopped"
    on = transfer.at.astimezone(ZoneInfo(course.site.time_zone))
    return f"This course was transferred to {transfer.to_site} on {on:%a %d %b %Y}"


def refuse(course: Course, then: str) -> None:
    """Refuse where the course has ended: how it did, and `then`, what follows for whoever asks."""
    if course.state != Course.State.ACTIVE:
        raise Refusal(f"course-{course.state}", f"{how(course)}: {then}")
