"""How people and the provider behave in the virtual ward: as published where somebody did, else a proposal of ours.

Nothing here decides anything about a real patient. Rates are shares of one, spans are minutes unless named otherwise.
"""

from dataclasses import dataclass

# Answering. A share of 67 to 80 % (texting survey, Singapore), 56 % (InSight Care) to 91 % (PRO-TECT): a beta
# distribution with mean 0.78, 5 to 95 % of it within 0.45 to 0.98, is ours.
ANSWERS_ALPHA, ANSWERS_BETA = 5.5, 1.55
LOSS_A_DAY = 0.01  # ours
AT_NIGHT = 0.5  # ours: of those who would answer by day
NIGHT_FROM, NIGHT_UNTIL = 22, 7
# Half of the answers within 29 minutes (Singapore), 60 % of responders within the hour (Melbourne), a median of 3.6
# minutes (SMS-DMCare): a mixture of two log-normals, ours.
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
SENT_TWICE = 0.03  # the same words again after a slow answer; ours
UNASKED_EARLY, UNASKED_LATER = 1.1, 0.3  # texts a day; 31.4 in four weeks (SMS-DMCare), days 0 to 3 and later
UNASKED_EARLY_DAYS = 3
UNASKED_WORRYING = 0.05  # ours
OPTS_OUT = 0.02  # a course; ours

# Of those past the step-up this share is given a dose weekly; the others have none in these days, and only write: ours.
HAS_A_DOSE = 0.5
WEEK_DAYS = 7
# Fever after a step-up dose: 19.2 % with prophylactic tocilizumab (52 patients at home), about 70 % without.
FEVER_WITH_TOCILIZUMAB, FEVER_WITHOUT = 0.192, 0.70
HAS_TOCILIZUMAB = 0.5  # ours
FEVER_ONSET_HOURS, FEVER_SIGMA = 24.0, 0.7
FEVER_LASTS_HOURS = 12.0  # ours
CHILLS_WITH_FEVER = 0.4  # ours
TOOK_SOMETHING = 0.3  # ours
BORDERLINE = 0.06  # ours

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
MINUTES_A_CASE = 25.0
BUSY_SHARE = 0.7  # of an hour that somebody can be busy
PATIENTS_A_NURSE = 170  # COVID Watch: five or six nurses for about 1,000 patients


@dataclass(frozen=True)
class Faults:
    """What goes wrong at the provider, as shares of messages; phones that are dead as a share of phones."""

    switched_off: float = 0.0  # 30003
    dead_phone: float = 0.0  # 30005
    filtered: float = 0.0  # 30007
    unknown_error: float = 0.0  # 30008
    no_callback: float = 0.0
    callback_twice: float = 0.0
    callback_first: float = 0.0  # before the answer to our own request
    inbound_twice: float = 0.0
    inbound_lost: float = 0.0
    too_many: float = 0.0  # 429
    error_before: float = 0.0  # 500, not taken
    lost_after: float = 0.0  # taken, and the answer never came


# Rates to exercise the code, not published ones.
FAULTS = {
    "none": Faults(),
    "usual": Faults(0.012, 0.004, 0.005, 0.003, 0.007, 0.02, 0.01, 0.005, 0.001, 0.002, 0.001, 0.001),
    "storm": Faults(0.08, 0.01, 0.03, 0.03, 0.05, 0.1, 0.05, 0.03, 0.01, 0.05, 0.04, 0.04),
}
