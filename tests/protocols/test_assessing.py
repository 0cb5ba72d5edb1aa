"""CRS and ICANS graded by ASTCT: every row a clinician can sign, what is refused, and files that cannot be trusted."""

import re
import shutil
import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import assessing, astct, management
from protocols.astct import CrsSeen, Graded, IcansSeen, Incomplete
from protocols.parsing import BrokenLabel
from tests import tables

SCALE = astct.load()
TEXTS = management.load()
POINTS = [point.id for point in SCALE.ice.points]
ROOT = Path(__file__).parents[2]


def cause(cell: str) -> tuple[bool | None, str]:
    return (None if not cell else cell != "no"), "" if cell in {"no", "unnamed"} else cell


def answer(cell: str) -> str | None:
    return cell or None


def said(found: Graded | Incomplete) -> str:
    if isinstance(found, Incomplete):
        return f"incomplete: {', '.join(found.missing)}"
    return f"{found.grade} *" if found.proposals else str(found.grade)


@pytest.mark.parametrize("row", tables.rows("crs.md"), ids=tables.title)
def test_the_grade_of_crs(row: dict[str, str]) -> None:
    other, named = cause(row["other cause"])
    treated = {"": None, "nothing": ()}.get(row["given"], tuple(row["given"].split(", ")))
    celsius = Decimal(row["°C"]) if row["°C"] else None
    seen = CrsSeen(other, named, celsius, treated, answer(row["pressure"]), answer(row["oxygen"]))
    assert said(assessing.crs(SCALE, seen)) == row["grade"], row["why"]


def ice(cell: str) -> dict[str, object]:
    """What the ICE column says of the worksheet."""
    if not cell[:1].isdigit():
        return {"ice": answer(cell)}
    asked = POINTS[:9] if "first 9" in cell else POINTS
    right = int(cell.split(maxsplit=1)[0])
    language = {"another": False, "which": None}.get(cell.partition(" in ")[2].split(" ")[0], True)
    points = {point: place < right for place, point in enumerate(asked)}
    return {"ice": "asked", "own_language": language, "points": points}


@pytest.mark.parametrize("row", tables.rows("icans.md"), ids=tables.title)
def test_the_grade_of_icans(row: dict[str, str]) -> None:
    other, named = cause(row["other cause"])
    seen = IcansSeen(
        other, named, **ice(row["ICE"]), consciousness=answer(row["wakes"]), seizure=answer(row["seizure"]),
        motor=answer(row["weakness"]), oedema=answer(row["swelling"]),
    )  # fmt: skip
    assert said(assessing.icans(SCALE, seen)) == row["grade"], row["why"]


def one_of(question: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *(row.id for row in SCALE.question(question).rows)])


CRS = st.builds(
    CrsSeen,
    other_cause=st.sampled_from([False, None]),
    celsius=st.sampled_from([None, Decimal("36.5"), Decimal("38.0"), Decimal("39.5")]),
    treated=st.sampled_from([None, (), ("antipyretic",), ("steroid", "anticytokine")]),
    **{question: one_of(question) for question in astct.CRS_QUESTIONS},
)
ICANS = st.builds(
    IcansSeen,
    other_cause=st.sampled_from([False, None]),
    ice=one_of("ice"),
    points=st.dictionaries(st.sampled_from(POINTS), st.booleans()),
    own_language=st.sampled_from([None, True, False]),
    **{question: one_of(question) for question in astct.ICANS_QUESTIONS},
)


def worse(question: str, row_id: str | None) -> list[str]:
    """The findings of a question that set a higher grade than this one."""
    grades = {row.id: row.grade for row in SCALE.question(question).rows}
    return [one for one, grade in grades.items() if row_id and grade > grades[row_id]]


def never_lower(before: Graded | Incomplete, after: Graded | Incomplete) -> None:
    if isinstance(before, Graded):
        assert isinstance(after, Graded)
        assert after.grade >= before.grade


@given(CRS)
def test_a_worse_finding_never_lowers_crs(seen: CrsSeen) -> None:
    before = assessing.crs(SCALE, seen)
    for question in astct.CRS_QUESTIONS:
        for row in worse(question, getattr(seen, question)):
            never_lower(before, assessing.crs(SCALE, replace(seen, **{question: row})))
    never_lower(before, assessing.crs(SCALE, replace(seen, celsius=Decimal(40))))
    never_lower(before, assessing.crs(SCALE, replace(seen, treated=("steroid",))))


@given(ICANS)
def test_a_worse_finding_never_lowers_icans(seen: IcansSeen) -> None:
    before = assessing.icans(SCALE, seen)
    for question in ("ice", *astct.ICANS_QUESTIONS):
        for row in worse(question, getattr(seen, question)):
            if question != "ice" or seen.ice != astct.ASKED:
                never_lower(before, assessing.icans(SCALE, replace(seen, **{question: row})))
    for point in seen.points:
        wrong = {**seen.points, point: False}
        never_lower(before, assessing.icans(SCALE, replace(seen, points=wrong)))


@given(CRS, ICANS)
def test_a_grade_is_whole_with_a_reason_and_a_source_or_says_what_is_missing(crs, icans) -> None:
    for found in (assessing.crs(SCALE, crs), assessing.icans(SCALE, icans)):
        if isinstance(found, Graded):
            assert 0 <= found.grade <= 4
            assert found.because.endswith(".")
            assert found.source
        else:
            assert found.missing
            assert all(found.missing.values())


def test_h35_no_ice_score_is_ever_made_of_a_text_message() -> None:
    """Whatever reads texts knows nothing of the scale: only the worksheet and its screens do."""
    may = {"protocols/assessing.py", "protocols/apps.py", "protocols/astct.py", "monitoring/assessments.py"}
    may |= {"stepup/assessment_forms.py", "stepup/worksheet.py", "stepup/views/assessments.py"}
    may |= {"stepup/demo_bedside.py"}  # the demo's nurse fills in a worksheet
    uses = re.compile(r"\b(?:import|from)\b.*\b(?:astct|assessing)\b", re.MULTILINE)
    found = {
        str(path.relative_to(ROOT))
        for app in ("protocols", "notifications", "monitoring", "stepup")
        for path in (ROOT / app).rglob("*.py")
        if uses.search(path.read_text(encoding="utf-8"))
    }
    assert found <= may


def test_the_emergency_page_and_the_worksheet_grade_alike() -> None:
    page = tomllib.loads((ROOT / "stepup" / "emergency_data" / "en.toml").read_text(encoding="utf-8"))
    pressure, oxygen = SCALE.crs
    for grade, (_, _, low_pressure, low_oxygen) in enumerate(page["crs"]["rows"][2:], start=3):
        assert low_pressure in {row.says for row in pressure.rows if row.grade == grade}
        assert any(low_oxygen.split(":")[0] in row.says for row in oxygen.rows if row.grade == grade)
    for grade, columns in enumerate(page["icans"]["rows"][:3], start=1):
        [band] = [band for band in SCALE.ice.bands if band.grade == grade]
        assert columns[1].startswith(f"{band.low}-{band.high}")


BROKEN = [
    ('title = "Low oxygen"', 'titel = "Low oxygen"', "nobody knows the key 'titel'"),
    ('id = "year"', 'id = "month"', "ten points, each once"),
    ("low = 7, high = 9", "low = 8, high = 9", "a sum of 7 must meet exactly one band"),
    ("low = 3, high = 6", "low = 3, high = 7", "a sum of 7 must meet exactly one band"),
    ('id = "positive", says', 'id = "none", says', "a finding stands twice"),
    ("grade = 4, sources", "grade = 5, sources", "a grade is 0 to 4"),
    ('id = "one_stands"', 'id = "one_falls"', "must be after_treatment"),
    ('id = "seizure"', 'id = "fit"', "must be consciousness, seizure"),
    ('sources = ["ICE"]', 'sources = ["ICY"]', "not among the file's sources"),
    ('sources = ["ICE"]', "sources = []", "without a source"),
    ("celsius = 38.0", "celsius = -1", "is not an amount"),
    ('id = "asked"', 'id = "told"', "one of the answers is asked"),
]


@pytest.mark.parametrize(("old", "new", "problem"), BROKEN)
def test_a_broken_scale_is_refused_by_name(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = (astct.DATA / astct.FILE).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / astct.FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenLabel, match=r"^astct\.toml: ") as refused:
        astct.load(tmp_path)
    assert problem in str(refused.value)


def test_the_fingerprint_follows_the_content_and_not_the_comments(tmp_path: Path) -> None:
    shutil.copy(astct.DATA / astct.FILE, tmp_path)
    kept = tmp_path / astct.FILE
    kept.write_text(f"# another comment\n{kept.read_text(encoding='utf-8')}", encoding="utf-8")
    assert astct.load(tmp_path).fingerprint == SCALE.fingerprint
    astct.load.cache_clear()
    kept.write_text(
        kept.read_text(encoding="utf-8").replace("celsius = 38.0", "celsius = 38.1"), encoding="utf-8"
    )
    assert astct.load(tmp_path).fingerprint != SCALE.fingerprint


# management


@pytest.mark.parametrize("kind", ["crs", "icans"])
@pytest.mark.parametrize("grade", management.GRADES)
def test_every_text_says_something_of_every_grade_or_that_it_was_not_read(kind: str, grade: int) -> None:
    found = management.of(TEXTS, kind=kind, grade=grade)
    assert len(found.said) == len([guide for guide in TEXTS.guides if guide.kind == kind])
    for one in found.said:
        assert bool(one.says) != bool(one.asks), one.who
        assert one.source
        assert not one.asks or one.asks.endswith("Ask the responsible prescriber.")


def test_texts_that_disagree_stand_side_by_side_and_none_is_chosen() -> None:
    topics = {one.topic: len(one.positions) for one in management.of(TEXTS, kind="crs", grade=1).disputed}
    assert topics == {
        "from which temperature a fever counts": 2, "tocilizumab in grade 1": 3, "dexamethasone in grade 1": 3,
        "where grade 1 is managed": 3, "G-CSF while febrile": 2,
    }  # fmt: skip
    [steroid] = management.of(TEXTS, kind="icans", grade=2).disputed
    assert [said for said, _ in steroid.positions] == [
        "10 mg every 6 hours (teclistamab label)", "10 mg every 12 hours (CD3xCD20 consensus)",
    ]  # fmt: skip


def test_the_label_of_the_patient_s_own_drug_comes_first() -> None:
    first = management.of(TEXTS, kind="crs", grade=2, drug="elranatamab").said[0]
    assert (first.who, first.is_own_label) == ("Elranatamab label card", True)
    assert not any(
        one.is_own_label for one in management.of(TEXTS, kind="crs", grade=2, drug="talquetamab").said
    )


def test_nothing_is_said_of_grade_0() -> None:
    found = management.of(TEXTS, kind="crs", grade=0)
    assert (found.said, found.disputed, found.facts) == ((), (), ())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('missing = "grade 2 was not read"\n', "", "a grade without a line"),
        ("{ grades = [4], says", "{ grades = [5], says", "a grade is 1 to 4"),
        ('id = "mayo"', 'id = "miami"', "an id stands twice"),
        ('  { says = "10 mg every 6 hours (teclistamab label)", sources = ["TEC_T5"] },\n', "", "two positions"),
        ('who = "Emory"', 'whom = "Emory"', "nobody knows the key 'whom'"),
    ],
)  # fmt: skip
def test_a_broken_file_of_texts_is_refused_by_name(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = (management.DATA / management.FILE).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / management.FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenLabel, match=r"^management\.toml: ") as refused:
        management.load(tmp_path)
    assert problem in str(refused.value)
