"""What is asked before a dose: what the pathway lists, and what the service itself asks while it is not true."""

from monitoring import languages, stays
from protocols.pathway import Pathway
from protocols.pathway import Readiness as Rule
from stepup.models import Course

# Asked while the patient is in hospital, before a dose whose pathway sends them home afterwards.
AT_HOME = Rule(
    id="at_home",
    asks="the patient is at home: in hospital a dose is given and watched there",
    why="this pathway watches at home, and in hospital check-ins rest",
    sources=(),
    name="not in hospital",
    derived="stay",
    waived_by=("nurse", "prescriber"),
    missing="nobody has published this; a proposal of ours",
)
# Asked while nobody has approved the words the patient would receive, as they are now.
WORDS = Rule(
    id="words",
    asks="the texts in the patient's language are approved at this site, as they are now",
    why="a release changed them, and nobody here has read what the patient will be asked",
    sources=(),
    name="texts approved",
    derived="words",
    waived_by=("prescriber",),
    missing="nobody has published this; a proposal of ours",
)


def listed(course: Course, pathway: Pathway, step: str) -> tuple[Rule, ...]:
    """What the pathway lists; and being at home, while it would send somebody home who is in hospital; and approved
    texts, while the patient's language waits for approval.
    """
    in_hospital = goes_home(pathway, step) and stays.of(course.patient) is not None
    unapproved = not languages.is_approved(course.site, course.patient.language)
    ours = [rule for rule, is_asked in ((AT_HOME, in_hospital), (WORDS, unapproved)) if is_asked]
    return (*ours, *pathway.readiness)


def goes_home(pathway: Pathway, step: str) -> bool:
    """Whether a pathway sends the patient home after this dose: it then asks for somebody who is there tonight."""
    return any(rule.id == "caregiver" and pathway.asks_before(rule, step) for rule in pathway.readiness)
