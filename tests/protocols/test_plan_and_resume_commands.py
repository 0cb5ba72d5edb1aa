"""The commands a pharmacist types: text, one JSON document, or one line of refusal; never the database."""

import json
import shlex

import pytest

from protocols import library
from stepup.management.commands import plan, protocols, resume
from tests import tables

COMMANDS = {"plan": plan, "resume": resume, "protocols": protocols}


def run(typed: str) -> None:
    name, *rest = shlex.split(typed)
    COMMANDS[name].Command().run_from_argv(["manage.py", name, *rest])


def read(capsys, typed: str):
    run(f"{typed} --json")
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("row", tables.rows("commands.md"), ids=lambda row: row["typed"])
def test_bad_input_is_refused_in_one_line(row, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        run(row["typed"])
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.err.splitlines() == [row["says"]]
    assert said.out == ""


def test_a_plan_as_json(capsys) -> None:
    doses = read(capsys, "plan teclistamab-us-2025-03 --start 2026-03-02 --weight 70")
    assert doses[0]["step"] == "step_up_dose_1"
    assert doses[0]["calculated_mg"] == "4.2"
    assert doses[1]["on"] == "2026-03-05"
    assert doses[1]["earliest_on"] == "2026-03-04"
    assert doses[1]["latest_on"] == "2026-03-09"
    wanted = {
        "step",
        "regimen",
        "day",
        "offset_days",
        "on",
        "earliest_on",
        "latest_on",
        "calculated_mg",
        "sum",
    }
    assert all(wanted | {"premedication", "observation", "source"} <= set(dose) for dose in doses)


def test_a_protocol_id_plans_like_its_label(capsys) -> None:
    alone = read(capsys, "plan elranatamab-us-2023 --start 2026-03-02 --weeks 2")
    assert read(capsys, "plan elranatamab-us-2023+outpatient-us --start 2026-03-02 --weeks 2") == alone


def test_a_decision_as_json(capsys) -> None:
    decision = read(
        capsys, "resume teclistamab-us-2025-03 --last weekly --phase weekly --days 29 --weight 70"
    )
    assert decision["decision"] == "give"
    assert decision["action"] == "restart_from:step_up_dose_2"
    assert decision["amount"] == "0.3 mg/kg x 70 kg = 21 mg"
    assert decision["premedicate"] == "yes"
    assert decision["review"] is True
    assert "MI-RESTART" in decision["source"]


def test_the_decision_table_as_json(capsys) -> None:
    rows = read(capsys, "resume elranatamab-us-2023 --table")
    assert all(
        {"last", "phase", "regimen", "from_day", "to_day", "decision", "action"} <= set(row) for row in rows
    )
    assert sum(row["to_day"] is None for row in rows) == 5


def test_the_protocols_as_json(capsys) -> None:
    known = read(capsys, "protocols")
    labels = {label["id"]: label for label in known["labels"]}
    assert labels["teclistamab-us-2025-03"]["ask"] == ["volumes", "crs", "icans", "driving"]
    assert "restart" in labels["elranatamab-us-2025-07"]["ask"]
    assert all(len(each["fingerprint"]) == 64 for each in (*known["labels"], *known["pathways"]))
    mixed = read(capsys, "protocols mixed-us")
    assert mixed in known["pathways"]
    assert mixed["in_hospital"] == ["step_up_dose_1", "step_up_dose_2"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("plan teclistamab-us-2025-03 --start 2026-03-02 --weight 70", "DOSE 0.06 mg/kg x 70 kg = 4.2 mg"),
        ("plan teclistamab-us-2025-03 --start 2026-03-02", "Mon 02 Mar 2026"),
        ("resume elranatamab-us-2023 --last weekly --days 84", "ASK  12 weeks to the day"),
        ("resume elranatamab-us-2023 --last step_up_dose_1 --days 2", "76 mg 4 days later"),
        (
            "resume teclistamab-us-2025-03 --table",
            "5-7  proceed_next: give step_up_dose_2, 0.3 mg/kg PREMEDICATE yes REVIEW | Label: up to 7 days",
        ),
        (
            "resume teclistamab-us-2025-03 --table",
            "Label: more than 7 days. | Restarting TECVAYLI After Dosage",
        ),
        ("protocols", "elranatamab-us-2025-07"),
        ("protocols teclistamab-us-2026-03", "combination_daratumumab_sc"),
        ("protocols mixed-us", "in hospital  step_up_dose_1, step_up_dose_2"),
        ("protocols inpatient-us", "in hospital  every dose watched as a step-up dose"),
    ],
)
def test_the_same_for_people(capsys, typed: str, said: str) -> None:
    run(typed)
    assert said in capsys.readouterr().out


COLUMNS = {
    "last",
    "phase",
    "regimen",
    "from_day",
    "to_day",
    "decision",
    "action",
    "step",
    "amount",
    "premedicate",
    "review",
    "because",
    "source",
}


@pytest.mark.parametrize("label", library.known_labels(), ids=lambda label: label.id)
def test_every_label_and_regimen_answers_every_command(capsys, label) -> None:
    listed = read(capsys, f"protocols {label.id}")
    assert [each["topic"] for each in listed["readings"]] == [each.topic for each in label.readings]
    run(f"protocols {label.id}")
    assert f"reading      {label.readings[0].topic}: " in capsys.readouterr().out
    rows = read(capsys, f"resume {label.id} --table")
    assert all(set(row) >= COLUMNS for row in rows)
    assert {row["regimen"] for row in rows} == set(label.by_id)
    for regimen in label.regimens:
        asked = f"{label.id} --regimen {regimen.id} --weight 70"
        doses = read(capsys, f"plan {asked} --start 2026-03-02")
        assert doses[0]["step"] == regimen.steps[0].id
        answer = read(capsys, f"resume {asked} --last {regimen.steps[0].id} --days 400")
        assert answer["decision"] == "ask" or answer["review"]
        run(f"resume {label.id} --regimen {regimen.id} --table")
        assert len(capsys.readouterr().out.splitlines()) == 2 + sum(
            row["regimen"] == regimen.id for row in rows
        )
