"""One break for each promise about a dose, and what follows it, that must always hold.

Those of `breaks` belong to them: replies stored and read, silence that climbs, ladders without an end, patients told
that nobody has their case.
"""

from benchmarks.breaks import Break

DOSES = ("tests/stepup/test_recording_a_dose.py",)
ORDERS = ("tests/monitoring/test_pocket_orders.py",)
COURSES, POCKET = "stepup/courses.py", "monitoring/pocket.py"

BREAKS = [
    Break("a row that says what is missing answers", "protocols/decisions.py",
          "    if missing:", "    if missing and row.then == 'ask':", ("tests/protocols/test_resume.py",)),
    Break("a course on a protocol nobody signed", COURSES,
          "or not protocol.is_approved:", "or False:", ("tests/stepup/test_drafts.py",)),
    Break("days without an answer", "protocols/proving_delays.py",
          "yield from _tiled(label, regimen, dose)", "pass", ("tests/protocols/test_labels.py",)),
    Break("a figure of one's own is on the plan", COURSES,
          "if abs(planned_mg - given_mg) > TOLERANCE:", "if False:", DOSES),
    Break("a weight between two bands is served", "protocols/model.py",
          "self.from_kg <= weight_kg <= self.to_kg", "self.from_kg <= weight_kg < self.to_kg + 1",
          ("tests/protocols/test_drafting.py",)),
    Break("a newer release changes a course under way", "stepup/approvals.py",
          "library.thaw(row.content)", "library.protocol(row.label_id, row.pathway_id)", DOSES),
    Break("a dose off the plan without a reason", COURSES,
          "if off_plan and not deviation.strip():", "if False:", DOSES),
    Break("a second check by the first person", COURSES, "if dose.recorded_by_id == by.pk:", "if False:", DOSES),
    Break("a watch that starts when the dose is typed in", COURSES,
          "watching.check_times(protocol.pathway, step, given_at)",
          "watching.check_times(protocol.pathway, step, now)", DOSES),
    Break("hours that follow the clock on the wall", "protocols/watching.py",
          "    return given_at.astimezone(UTC)\n", "    return given_at\n", ("tests/protocols/test_watching.py",)),
    Break("words left over count as understood", "protocols/judging.py",
          "elif self.heard.leftovers:", "elif False:", ("tests/protocols/test_triage_properties.py",)),
    Break("whoever is paged may take, whatever their role", "monitoring/caselog.py",
          "    if not roles.may(by, \"work on a case\"):", "    if False:",
          ("tests/monitoring/test_calling.py", "tests/stories/test_nights_that_went_wrong.py")),
    Break("an order that is over is mentioned", POCKET,
          "revoked_at=None, expires_at__gt=now).first()", "revoked_at=None).first()", ORDERS),
    Break("the pocket dose is mentioned again", POCKET,
          "if order is None or _had_already(case, patient, since):", "if order is None:", ORDERS),
    Break("a dose put into an uncovered night", "stepup/appointments.py",
          "if shown.gaps and not why.override:", "if False:", ("tests/stepup/test_moving_a_dose.py",)),
    Break("a course opened towards an uncovered night", "stepup/cover.py",
          "if found and not reason.strip():", "if False:", ("tests/stepup/test_cover_when_a_course_opens.py",)),
    Break("STOP inside a watch calls nobody", "monitoring/opting_out.py",
          "    if watch is None:\n        worklist.open_task(", "    if True:\n        worklist.open_task(",
          ("tests/monitoring/test_opting_out.py",)),
    Break("a text that names a medicine", "protocols/proving_texts.py",
          "betraying.words_in(text.words)", "betraying.words_in('')", ("tests/protocols/test_wording.py",)),
    Break("another site's record opens", "monitoring/access.py",
          "pk=pk, **{site: request.user.site_id})", "pk=pk)", ("tests/stepup/test_who_may_do_what.py",)),
    Break("a read that leaves no trace", "stepup/views/readiness.py",
          "    audit.record(", "    0 and audit.record(", ("tests/stepup/test_the_ledger.py",)),
    Break("a waiver without a signature", "stepup/views/readiness.py",
          "again.holds(needed=_waives(forms))", "again.holds(needed=False)", ("tests/stepup/test_signing_again.py",)),
]  # fmt: skip
