"""The next dose after a reaction: hold, give with what the label adds, stop for good, or ask.

Only rows that were read decide. Guideline text travels beside the ruling as information and never decides.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from protocols import precautions
from protocols.errors import Refusal
from protocols.model import REACTION_KINDS, CountRule, Label, Premedicate, ReactionRule

KINDS = REACTION_KINDS  # a low blood count is judged by its value: `counts`


@dataclass(frozen=True)
class Ruling:
    """What a reaction means for the next dose. `observe` is what the label adds after that dose."""

    decision: Literal["give", "hold", "stop", "ask"]
    premedicate: Premedicate
    review: bool
    observe: str
    because: str
    source: str
    information: tuple[str, ...] = ()


def next_after(
    label: Label,
    *,
    kind: str,
    grade: int,
    resolved: bool,
    recurrent: bool = False,
    next_step: str | None = None,
    clear_hours: Decimal | None = None,
) -> Ruling:
    """What the label says of the next dose after a reaction a clinician graded.

    `kind` is one of KINDS, or none; grade 0 and kind none mean it was ruled out.
    `resolved` means it has come down as far as the label's row wants, `clear_hours` how long ago, where that is known.
    `next_step` matters to rows that speak of some doses only. Refuses another kind, or a grade outside 0 to 4.
    """
    if kind not in {*KINDS, "none"}:
        known = ", ".join((*KINDS, "none"))
        raise Refusal("unknown-reaction", f"No kind of reaction is called {kind!r}. Known: {known}.")
    if not 0 <= grade <= 4:
        raise Refusal("unknown-grade", f"Grade {grade} cannot precede a next dose: type 0 to 4.")
    if kind == "none" or grade == 0:
        return Ruling(
            "give", "unspecified", False, "", "Ruled out: nothing is added to the plan.", "no rule applies"
        )
    rule = _rule(label, kind, grade, recurrent, next_step)
    information = tuple(
        f"guideline, not label: {text.says} ({label.cite(text.sources)})"
        for text in label.guidelines
        if text.topic == kind
    )
    seen = precautions.after_reaction(label, kind, grade)
    if rule is None:
        return _unread(label, kind=kind, grade=grade, resolved=resolved, seen=seen, information=information)
    return _ruled(label, rule, resolved=resolved, clear_hours=clear_hours, seen=seen, information=information)


def _rule(label: Label, kind: str, grade: int, recurrent: bool, next_step: str | None) -> ReactionRule | None:
    """The one row that covers this reaction and this next dose, or None."""
    occurrence = "recurrent" if recurrent else "first"
    for rule in label.reactions:
        covered = rule.kind == kind and grade in rule.grades and rule.occurrence in {"any", occurrence}
        if covered and (not rule.before or next_step in rule.before):
            return rule
    return None


def _unread(
    label: Label, *, kind: str, grade: int, resolved: bool, seen: str, information: tuple[str, ...]
) -> Ruling:
    """Hold while the reaction lasts, which is our own rule; ask once it is over, because no row was read."""
    if not resolved:
        because = f"A grade {grade} reaction ({kind.replace('_', ' ')}) is not over: no dose until it is."
        return Ruling("hold", "unspecified", True, seen, because, "our rule, in every protocol", information)
    unread = label.table(kind).missing
    missing = unread or f"no row read covers {kind.replace('_', ' ')} grade {grade} before this dose"
    return Ruling("ask", "unspecified", True, seen, label.supply(missing), "not read", information)


def _ruled(
    label: Label,
    rule: ReactionRule,
    *,
    resolved: bool,
    clear_hours: Decimal | None,
    seen: str,
    information: tuple[str, ...],
) -> Ruling:
    """The row's answer. A dose after a reaction always needs a recorded review."""
    source, because = label.cite(rule.sources), said(label, rule)
    if rule.then == "stop":
        return Ruling("stop", "unspecified", True, "", because, source, information)
    observe = "; ".join(filter(None, (rule.observe, seen)))
    decision: Literal["give", "hold", "ask"] = "give"
    if not resolved:
        decision = "hold"
    elif rule.clear_hours is not None and (clear_hours is None or clear_hours < rule.clear_hours):
        passed = (
            "how long it has been is not recorded"
            if clear_hours is None
            else f"it has been {clear_hours:.0f}"
        )
        because = f"It must have been over for {rule.clear_hours} hours, and {passed}. {because}"
        decision = "hold"
    elif rule.missing:
        because = f"{label.supply(rule.missing)} {because}"
        decision = "ask"
    return Ruling(decision, rule.premedicate, True, observe, because, source, information)


def said(label: Label, rule: ReactionRule | CountRule) -> str:
    """A row as a sentence, which says so where only a retelling of the label was read."""
    retold = " Read in a retelling of the label, not in the label itself: confirm it."
    return f"Label: {rule.text}.{retold if label.secondary(rule.sources) else ''}"
