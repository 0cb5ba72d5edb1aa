"""A grade from what was found, with its reason and its sources; or exactly what is still to be answered."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from protocols.astct import (
    ASKED,
    CRS_QUESTIONS,
    ICANS_QUESTIONS,
    WORST,
    CrsSeen,
    Graded,
    IcansSeen,
    Incomplete,
    Row,
    Rule,
    Scale,
    ice_sum,
)

ATTRIBUTION = "Say whether something else explains all of it."
NAME_IT = "Name what explains all of it."
Answer = Graded | Incomplete


def crs(scale: Scale, seen: CrsSeen) -> Answer:
    """The CRS grade: a fever, or treatment that hides one, opens it; the worse of pressure and oxygen decides."""
    if seen.other_cause:
        return _explained(scale, "crs", seen.cause)
    rows = _chosen(scale, CRS_QUESTIONS, seen)
    is_open = bool(seen.treated) or _has_fever(scale, seen.celsius)
    worst = max((row.grade for row in rows.values()), default=0)
    missing = _open_of_crs(scale, seen, rows)
    stands = is_open and worst == WORST and seen.other_cause is False
    if missing and not stands:
        return Incomplete("crs", missing)
    return _grade_crs(scale, seen, rows, is_open=is_open, is_cut_short=bool(missing))


def icans(scale: Scale, seen: IcansSeen) -> Answer:
    """The ICANS grade: the worst single finding, where nothing else explains it."""
    if seen.other_cause:
        return _explained(scale, "icans", seen.cause)
    rows = _chosen(scale, ICANS_QUESTIONS, seen)
    if seen.ice is not None and seen.ice != ASKED:
        rows["ice"] = scale.ice.how.row(seen.ice)
    missing = _open_of_icans(scale, seen, rows)
    worst = max((row.grade for row in rows.values()), default=0)
    if missing and not (worst == WORST and seen.other_cause is False):
        return Incomplete("icans", missing)
    return _grade_icans(scale, seen, rows, is_cut_short=bool(missing))


def _explained(scale: Scale, kind: str, cause: str) -> Answer:
    if not cause.strip():
        return Incomplete(kind, {"cause": NAME_IT})
    rule = scale.rule("other_cause")
    because = f"Explained by another cause: {cause.strip()}."
    return Graded(kind, 0, because, scale.cite(rule.sources), proposals=(rule.says,))


def _chosen(scale: Scale, questions: tuple[str, ...], seen: CrsSeen | IcansSeen) -> dict[str, Row]:
    """By question the finding that was chosen; a question left open is absent."""
    answers = {question: getattr(seen, question) for question in questions}
    return {
        question: scale.question(question).row(answer)
        for question, answer in answers.items()
        if answer is not None
    }


def _has_fever(scale: Scale, celsius: Decimal | None) -> bool:
    return celsius is not None and celsius >= scale.fever.celsius


def _open_of_crs(scale: Scale, seen: CrsSeen, rows: Mapping[str, Row]) -> dict[str, str]:
    """What is still to be answered. After treatment a temperature is no longer needed."""
    missing = {}
    if seen.treated is None:
        missing["treated"] = scale.treated.ask
    if seen.celsius is None and not seen.treated:
        missing["celsius"] = scale.fever.ask
    missing |= {one: scale.question(one).ask for one in CRS_QUESTIONS if one not in rows}
    if seen.other_cause is None:
        missing["other_cause"] = ATTRIBUTION
    return missing


def _open_of_icans(scale: Scale, seen: IcansSeen, rows: Mapping[str, Row]) -> dict[str, str]:
    missing = {}
    if seen.ice is None:
        missing["ice"] = scale.ice.how.ask
    if seen.ice == ASKED:
        for point in scale.ice.points:
            if point.id not in seen.points:
                missing[point.id] = f"Say whether the patient {point.says}."
        if seen.own_language is None:
            missing["own_language"] = "Say whether it was asked in the patient's own language."
    missing |= {one: scale.question(one).ask for one in ICANS_QUESTIONS if one not in rows}
    if seen.other_cause is None:
        missing["other_cause"] = ATTRIBUTION
    return missing


def _grade_crs(
    scale: Scale, seen: CrsSeen, rows: Mapping[str, Row], *, is_open: bool, is_cut_short: bool
) -> Graded:
    found = {question: row for question, row in rows.items() if row.grade}
    fever = _has_fever(scale, seen.celsius)
    grade = max([1, *(row.grade for row in found.values())]) if is_open else 0
    given = ", ".join(scale.treated.row(one).says for one in seen.treated or ())
    said = [scale.fever.says if fever else "no fever since it began"] if seen.celsius is not None else []
    said += [f"given: {given}"] if given else []
    said += _findings(scale, found) or ["no low blood pressure, no low oxygen"]
    applied = ["worse_decides"] if found and is_open else []
    applied += ["after_treatment"] if seen.treated else []
    applied += ["one_stands"] if is_open and not fever and not found else []
    applied += [] if is_open else ["no_fever_but_low" if found else "no_fever"]
    applied += ["four_stands"] if is_cut_short else []
    applied += ["both_until_separated"] if is_open else []
    sources = (*scale.fever.sources, *(source for row in found.values() for source in row.sources))
    return _graded(
        scale,
        "crs",
        grade=grade,
        said=said,
        rules=[scale.rule(one) for one in applied],
        rows=rows,
        sources=sources,
    )


def _grade_icans(scale: Scale, seen: IcansSeen, rows: Mapping[str, Row], *, is_cut_short: bool) -> Graded:
    found = {question: row for question, row in rows.items() if row.grade}
    said = _findings(scale, found) or ["nothing else found"]
    sources = [source for row in found.values() for source in row.sources]
    grade = max((row.grade for row in found.values()), default=0)
    asked = ice_sum(seen.points)
    if seen.ice == ASKED and asked.is_whole:
        band = scale.ice.band(asked.total)
        grade = max(grade, band.grade)
        said.insert(0, f"ICE {asked.total} of 10" + (f" (grade {band.grade})" if band.grade else ""))
        sources += band.sources
    applied = ["worst_domain"]
    applied += ["other_language"] if seen.ice == ASKED and seen.own_language is False else []
    applied += ["full_score"] if grade == 0 else []
    applied += ["four_stands"] if is_cut_short else []
    return _graded(
        scale, "icans", grade=grade, said=said, rules=[scale.rule(one) for one in applied], rows=rows,
        sources=tuple(sources),
    )  # fmt: skip


def _findings(scale: Scale, found: Mapping[str, Row]) -> list[str]:
    """Each finding that sets a grade, with the criterion it answers."""
    return [
        f"{scale.question(one).title.lower()}: {row.says} (grade {row.grade})" for one, row in found.items()
    ]


def _graded(
    scale: Scale,
    kind: str,
    *,
    grade: int,
    said: list[str],
    rules: list[Rule],
    rows: Mapping[str, Row],
    sources: tuple[str, ...],
) -> Graded:
    """The grade with its reason; rules and rows that are proposals stand apart from what was read."""
    words = "; ".join(said)
    cited = dict.fromkeys((*sources, *(source for rule in rules for source in rule.sources)))
    return Graded(
        kind,
        grade,
        f"{words[0].upper()}{words[1:]}.",
        scale.cite(tuple(cited)),
        notes=tuple(rule.says for rule in rules if not rule.proposal),
        proposals=(
            *(rule.says for rule in rules if rule.proposal),
            *(row.proposal for row in rows.values() if row.proposal),
        ),
    )


def answers_of_crs(scale: Scale, seen: CrsSeen) -> Iterator[tuple[str, str]]:
    """Every answer in words, with what was asked; what was left open is absent."""
    yield from _attribution(seen)
    if seen.celsius is not None:
        yield scale.fever.title, f"{seen.celsius} °C"
    if seen.treated is not None:
        given = ", ".join(scale.treated.row(one).says for one in seen.treated)
        yield scale.treated.title, given or "nothing"
    for question, row in _chosen(scale, CRS_QUESTIONS, seen).items():
        yield scale.question(question).title, row.says


def answers_of_icans(scale: Scale, seen: IcansSeen) -> Iterator[tuple[str, str]]:
    """Every answer in words, with what was asked; what was left open is absent."""
    yield from _attribution(seen)
    if seen.ice is not None:
        yield scale.ice.how.title, scale.ice.how.row(seen.ice).says
    if seen.ice == ASKED:
        for point in scale.ice.points:
            if point.id in seen.points:
                yield point.says.capitalize(), "right" if seen.points[point.id] else "not right"
    if seen.own_language is not None:
        yield "Asked in the patient's own language", "yes" if seen.own_language else "no"
    for question, row in _chosen(scale, ICANS_QUESTIONS, seen).items():
        yield scale.question(question).title, row.says


def _attribution(seen: CrsSeen | IcansSeen) -> Iterator[tuple[str, str]]:
    if seen.other_cause is not None:
        yield "Something else explains all of it", seen.cause if seen.other_cause else "no, or not settled"
