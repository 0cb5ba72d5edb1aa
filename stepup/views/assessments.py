"""Assessing a patient: the worksheet, its grade shown before it is kept, and the second clinician's word."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring import assessed, assessments
from monitoring.access import SignedIn, act, find
from monitoring.models import Assessment, Patient
from notifications import audit, clock
from protocols import astct
from protocols.errors import Refusal
from stepup import transfers, worksheet
from stepup.assessment_forms import BOTH, AssessForm, ReadingForm

UNPROCESSABLE = 422
ADD, SHOW, KEEP = "add", "show", "keep"


@dataclass(frozen=True)
class Looked:
    """What the form in front of the clinician comes to. `is_old` where the answers changed after they were graded."""

    outcomes: tuple[worksheet.Outcome, ...] = ()
    mark: str = ""
    is_old: bool = False

    @property
    def is_lower(self) -> bool:
        """Whether any grade is lower than the one that stands, and somebody must say why."""
        return any(one.is_lower for one in self.outcomes)


@require_http_methods(["GET", "POST"])
@act("assess a patient")
def assess_patient(request: SignedIn, pk: int) -> HttpResponse:
    """The worksheet: add up the score, show the grade, keep it. Nothing is kept that was not shown."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    now = clock.now()
    record = worksheet.on_record(patient, now=now)
    form = AssessForm(request.POST or None, initial={"what": BOTH})
    wanted = request.POST.get("do", SHOW)
    is_valid = form.is_bound and form.is_valid()
    looked = _look(patient, form, record) if is_valid and wanted != ADD else Looked()
    if looked.outcomes and wanted == KEEP and not looked.is_old:
        row = _keep(request, patient, form, now)
        if row is not None:
            messages.success(request, _told(row))
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        record = worksheet.on_record(patient, now=now)
        looked = _look(patient, form, record)
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    is_old = looked.is_old and wanted == KEEP
    context = {
        "patient": patient,
        "record": record,
        "looked": looked,
        "is_old": is_old,
        "sum": astct.ice_sum(form.points()) if is_valid and form.points() else None,
        "added": wanted == ADD,
        "now": now,
        **_criteria(form),
    }
    return render(
        request, "stepup/assess.html", context, status=UNPROCESSABLE if form.errors or is_old else 200
    )


def _criteria(form: AssessForm) -> dict[str, object]:
    """The form with the scale behind it, and where each part of it was read."""
    scale = form.scale
    cited = {
        "crs": scale.cite(scale.crs[0].sources),
        "icans": scale.cite((*scale.icans[0].sources, *scale.ice.sources[:1])),
    }
    return {"form": form, "scale": scale, "sources": scale.sources, "cited": cited}


def _look(patient: Patient, form: AssessForm, record: worksheet.OnRecord) -> Looked:
    """The grades of what was typed; what is missing is put beside its field instead."""
    sheet = form.worksheet()
    judged = assessments.judge(patient, sheet)
    for kind, missing in judged.missing.items():
        for name, sentence in missing.items():
            form.lacks(kind, name, sentence)
    if judged.missing:
        return Looked()
    mark = worksheet.mark(sheet, record)
    return Looked(worksheet.outcomes(patient, judged), mark, is_old=form.cleaned_data["shown"] != mark)


def _keep(request: SignedIn, patient: Patient, form: AssessForm, now: datetime) -> Assessment | None:
    try:
        return transfers.record_assessment(
            patient.pk,
            form.worksheet(),
            seen=form.cleaned_data["seen"] or 0,
            why=form.cleaned_data["why"],
            over=form.over(),
            by=request.user,
            now=now,
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return None


def _told(row: Assessment) -> str:
    kept = f"Kept: {', '.join(assessed.said(str(k), g) for k in assessed.KINDS if (g := row.grade(k)) is not None)}."
    if row.wants_second:
        return f"{kept} A grade of 3 or 4 stands until a second clinician agrees that it is lower."
    if row.patient.reactions.filter(over_at=None).exists():
        return f"{kept} No dose is offered, and the next questions come closer, until it is recorded as over."
    return kept


@require_http_methods(["GET", "POST"])
@act("read a lower grade")
def read_assessment(request: SignedIn, pk: int) -> HttpResponse:
    """A second clinician reads a worksheet that lowers a grade of 3 or 4, and agrees or does not."""
    rows = Assessment.objects.select_related("patient__site", "by")
    row = find(rows, request, pk, site="patient__site")
    patient, now = row.patient, clock.now()
    form = ReadingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        agrees = form.cleaned_data["agrees"] == "yes"
        try:
            assessments.read(
                row.pk, agrees=agrees, words=form.cleaned_data["words"], by=request.user, now=now
            )
            said = "The lower grade counts." if agrees else "The graver grade stands."
            messages.success(request, _("Kept. %(said)s") % {"said": said})
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {
        "patient": patient,
        "form": form,
        "line": next(line for line in assessed.of(patient) if line.id == row.pk),
        "is_own": row.by_id == request.user.pk,
        "standing": assessed.standing(patient).values(),
        "now": now,
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "stepup/read_assessment.html", context, status=status)
