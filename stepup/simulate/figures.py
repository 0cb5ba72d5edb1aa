"""How people and the provider behave in the virtual ward: as published where somebody did, else a proposal of ours.

Nothing here decides anything about a real patient. Rates are shares of one, spans are minutes unless named otherwise.
"""

from dataclasses import dataclass

# Answering. A share of 67 to 80 % (texting survey, Singapore), 56 % (InSight Care) to 91 % (PRO-TECT): a beta
# distribution with mean 0.78, 5 to 95 % of it within 0.45 to 0.98, is ours.
ANSWERS_ALPHA, ANSWERS_BETA = 4.0, 1.128
LOSS_A_DAY = 0.01  # of the share before, since the first dose of the course; ours
AT_NIGHT = 0.5  # ours: of those who would answer by day
NIGHT_FROM, NIGHT_UNTIL = 22, 7
# Half of the answers within 29 minutes (Singapore), 60 % of responders within the hour (Melbourne), a median of 3.6
# minutes (SMS-DMCare): a mixture of two log-normals, ours: half within 17 minutes, 72 % within the hour, 92 % within
# four, 97 % within eight.
QUICK_SHARE = 0.61
QUICK_MEDIAN, QUICK_SIGMA = 5.0, 1.6
SLOW_MEDIAN, SLOW_SIGMA = 90.0, 1.2
# Whoever has the phone in hand answers the next question sooner: ours.
GOING_ON_MEDIAN, GOING_ON_SIGMA = 0.7, 0.7
GOES_ON = 0.97
# A reminder, a caregiver who was asked, or a ringing phone wakes this share of those who had not answered: ours.
ROUSED = 0.5
CAREGIVER_ANSWERS = 0.8
PICKS_UP = 0.6

OFF_FORMAT = 0.22  # 78 % of replies in the asked format (Singapore)
IN_PARTS = 0.05  # ours
WRONG_PERSON = 0.005  # a reply; ours
SENT_TWICE = 0.03  # a reply. Meant after a slow answer; the service is never slow here, so after any. Ours
# Texts a day: 31.4 in four weeks (SMS-DMCare) are the 1.1 of the first days. How long those last, and the rate later,
# are ours. Days count from the first dose of the course, so that whoever is past the step-up writes at the later rate.
UNASKED_EARLY, UNASKED_LATER = 1.1, 0.3
UNASKED_EARLY_DAYS = 4  # days 0 to 3
UNASKED_WORRYING = 0.05  # ours
# A course; ours. Nobody published when. However short the run, it counts as the whole course, and the STOP comes at any
# moment of it: a short run has too many of them rather than none.
OPTS_OUT = 0.02

# Of those past the step-up this share is given a dose weekly; the others have none in these days, and only write: ours.
HAS_A_DOSE = 0.5
WEEK_DAYS = 7
# Fever, once a course or not at all. Over the whole step-up schedule 19.2 % of 52 patients at home with prophylactic
# tocilizumab had a reaction, and about 70 % without: 20 and 70 % of courses, each with one fever after one of the three
# doses of the schedule. Nothing was published on the doses after it: none brings a fever here.
FEVER_WITH_TOCILIZUMAB, FEVER_WITHOUT = 0.20, 0.70
# After which: 42, 36 and 25 % of patients reacted after the first, the second and the first full dose (the Swiss text
# of teclistamab).
FEVER_AFTER = {"step_up_dose_1": 42, "step_up_dose_2": 36, "first_treatment_dose": 25}
HAS_TOCILIZUMAB = 0.5  # ours
FEVER_ONSET_HOURS, FEVER_SIGMA, FEVER_LATEST_HOURS = 24.0, 0.7, 72.0  # a log-normal, half by the first; ours
FEVER_LASTS_HOURS = 12.0  # ours
CHILLS_WITH_FEVER = 0.4  # ours
TOOK_SOMETHING = 0.3  # ours
BORDERLINE = 0.06  # of the readings of whoever has no fever; ours

# Responders. Texas Oncology reports a mean of 40 minutes to an answer; a page is meant to be faster. All ours.
READS_PAGE = 0.75
PAGE_MEDIAN, PAGE_SIGMA = 3.0, 0.8
TAKES_CALL = 0.5
REACHES = 0.93
REACH_MEDIAN, REACH_SIGMA = 5.0, 0.6
RESOLVE_MEDIAN, RESOLVE_SIGMA = 25.0, 0.5
# Nurses reading texts that the rules could not: ours.
READ_MEDIAN, READ_SIGMA = 4.0, 0.6
# Until a nurse who read something worrying ends the closer questions that it began, because nothing came of it: ours.
CLOSER_MEDIAN, CLOSER_SIGMA = 90.0, 0.4

# Work, for the forecast of staff: minutes of a person. All ours.
MINUTES_A_TASK = 3.0
MINUTES_A_CALL = 8.0  # to somebody with whom nobody has spoken for a day, or whom no text reaches
MINUTES_A_CASE = 25.0
CALL = "Call"  # how what is a call begins, on the list
BUSY_SHARE = 0.7  # of an hour that somebody can be busy
PATIENTS_A_NURSE = 170  # COVID Watch: five or six nurses for about 1,000 patients


@dataclass(frozen=True)
class Faults:
    """What goes wrong at the provider, as shares of messages where nothing else is said."""

    switched_off: float = 0.0  # 30003
    dead_phone: float = 0.0  # 30005; of the phones
    filtered: float = 0.0  # 30007
    unknown_error: float = 0.0  # 30008
    no_callback: float = 0.0  # how it ended is never reported
    callback_twice: float = 0.0  # of the reports, of which each message has two
    callback_first: float = 0.0  # before the answer to our own request
    out_of_order: float = 0.0  # the last report comes first
    inbound_twice: float = 0.0
    inbound_lost: float = 0.0
    too_many: float = 0.0  # 429
    error_before: float = 0.0  # 500, not taken
    lost_after: float = 0.0  # taken, and the answer never came


# Rates to exercise the code, not published ones.
FAULTS = {
    "none": Faults(),
    "usual": Faults(0.012, 0.004, 0.005, 0.003, 0.007, 0.02, 0.01, 0.05, 0.005, 0.001, 0.002, 0.001, 0.001),
    "storm": Faults(0.08, 0.01, 0.03, 0.03, 0.05, 0.1, 0.05, 0.2, 0.03, 0.01, 0.05, 0.04, 0.04),
}
