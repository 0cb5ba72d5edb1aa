"""Whether this site's number can ask everybody enrolled at one time: shown before a protocol is signed, and refused."""

from django.utils.translation import gettext as _

from monitoring.models import Patient
from notifications.models import Site
from protocols import feasible, wording
from protocols.errors import Refusal
from protocols.pathway import Pathway


def of(site: Site, pathway: Pathway) -> feasible.Judgement:
    """The judgement for everybody enrolled here now, in the longest question of the languages they read."""
    enrolled = Patient.objects.filter(site=site, is_active=True)
    languages = {*enrolled.order_by().values_list("language", flat=True).distinct(), wording.FOR_CLINICIANS}
    return feasible.judge(
        pathway,
        patients=enrolled.count(),
        segments=max(_longest_question(language) for language in languages),
        rate=site.patient_texts_per_second,
    )


def refuse(site: Site, pathway: Pathway) -> None:
    """Refuse a pathway under which some patient's question would leave too late."""
    judged = of(site, pathway)
    if not judged.fits:
        raise Refusal(
            "texts-too-slow",
            _(
                "%(patients)s patients are enrolled, and this site's number asks %(most)s in time: "
                "at %(rate)s segments a second the last would be asked after %(seconds_needed)s "
                "seconds. Get a faster number, or state its rate, before you sign."
            )
            % {
                "patients": judged.patients,
                "most": judged.most,
                "rate": f"{judged.rate.normalize():f}",
                "seconds_needed": judged.seconds_needed,
            },
        )


def _longest_question(language: str) -> int:
    questions = [text for text in wording.judged(language) if text.key.startswith("ask.")]
    return max(text.segments for text in questions)
