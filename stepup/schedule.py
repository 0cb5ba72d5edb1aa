"""What people have arranged for a course's next dose: read from rows that are only added to, the newest counts."""

from stepup.models import Appointment, Course, Dose


def last_dose(course: Course) -> Dose | None:
    """The last dose given."""
    return course.doses.order_by("-given_at").first()


def appointment(course: Course) -> Appointment | None:
    """When the next dose was put, or None while it stands on the plan's own day.

    An appointment speaks of the dose after one certain dose, so giving the next one ends it and no flag is kept.
    """
    rows = course.appointments.filter(after=last_dose(course)).select_related("by")
    return rows.order_by("-number").first()
