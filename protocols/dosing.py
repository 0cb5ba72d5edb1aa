"""How much: the label's rule times the weight, shown as a sum.

The sum is arithmetic. What is drawn into a syringe comes from the label's own volume table, and a table nobody has
read answers ask, whatever the sum says.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from protocols.errors import Refusal
from protocols.model import Dispensing, Label
from protocols.regimens import Dose

# Outside these a weight is taken for a slip of the pen or for pounds. The limits are ours, not a label's.
LIGHTEST_KG = Decimal(25)
HEAVIEST_KG = Decimal(300)


@dataclass(frozen=True)
class Amount:
    """One dose as a number and as the sum it came from. `calculated_mg` is unrounded; None means `ask`."""

    calculated_mg: Decimal | None
    sum: str
    volume: str
    ask: str = ""
    table_mg: Decimal | None = None

    @property
    def to_give(self) -> Decimal | None:
        """What is drawn up: the mg of the site's approved table where it has a row, else the sum."""
        return self.calculated_mg if self.table_mg is None else self.table_mg


def amount(label: Label, dose: Dose, weight_kg: Decimal | None, *, regimen: str = "") -> Amount:
    """The dose for this weight in kg. A flat dose needs none; without a needed weight the sum asks for it.

    mL and vials come from the site's own table alone; a weight between two printed bands asks. Raises Refusal for a
    weight outside 25 to 300 kg, whether the dose needs it or not.
    """
    weight = None if weight_kg is None else plausible_weight(weight_kg)
    medicine = getattr(dose, "medicine", "")
    row, volume = _volume(label, dose, medicine, weight, regimen)
    table_mg = row.mg if row else None
    if dose.amount is None:
        ask = label.ask(dose.missing, medicine)
        return Amount(None, ask, ask, ask)
    if dose.unit == "mg":
        return Amount(dose.amount, format_mg(dose.amount), volume, table_mg=table_mg)
    if weight is None:
        ask = "ask: no weight in kg is given"
        return Amount(
            None, f"{rule(dose)} x weight, {ask}", volume, ask
        )  # without a weight no band was found
    calculated = dose.amount * weight
    said = f"{rule(dose)} x {_number(weight)} kg = {format_mg(calculated)}"
    if table_mg is not None and table_mg != calculated:
        said += f"; this site's own table: {format_mg(table_mg)}"
    return Amount(calculated, said, volume, table_mg=table_mg)


def _volume(
    label: Label, dose: Dose, medicine: str, weight: Decimal | None, regimen: str
) -> tuple[Dispensing | None, str]:
    """The one row of the site's approved table, in words; without one, what to ask and a printed volume to inform."""
    if medicine:
        return None, label.ask(
            f"the volume of {medicine} stands in its own label and has not been read here", medicine
        )
    mine = [row for row in label.dispensing if dose.id in row.doses]
    found = [row for row in mine if row.serves(dose.id, weight, regimen)]
    if len(found) == 1:
        return found[0], _drawn_up(label, found[0])
    if mine:
        at = f"a weight of {_number(weight)} kg" if weight is not None else "a dose without a weight"
        return None, label.ask(
            f"this site's approved table has no row for {at} before {dose.name}: do not round"
        )
    return None, _asked(label, dose)


def _drawn_up(label: Label, row: Dispensing) -> str:
    vials = "1 vial" if row.vials == 1 else f"{row.vials} vials"
    band = f" for {_number(row.from_kg)} to {_number(row.to_kg)} kg" if row.from_kg and row.to_kg else ""
    return (
        f"{_number(row.millilitres)} mL of {_number(row.strength)} mg/mL, {vials} of "
        f"{_number(row.vial_millilitres)} mL, holds {format_mg(row.mg)}{band} ({label.cite(row.sources)})"
    )


def _asked(label: Label, dose: Dose) -> str:
    """Only a table the site approved decides. A printed volume stands beside the question, to inform."""
    asked = label.ask(label.table("volumes").missing)
    for printed in label.volumes:
        if (printed.amount, printed.unit) == (dose.amount, dose.unit):
            millilitres = f"{_number(printed.millilitres)} mL for {rule(dose)}"
            return f"{asked} To inform only, the label prints {millilitres} ({label.cite(printed.sources)})."
    return asked


def rule(dose: Dose) -> str:
    """The label's rule as printed: `0.06 mg/kg` or `12 mg`; empty when it was not read."""
    return "" if dose.amount is None else f"{_number(dose.amount)} {dose.unit}"


def format_mg(milligrams: Decimal) -> str:
    """`4.2 mg`, `0.5 mg`, `1,000 mg`: a leading zero, no trailing zero, a comma from 1,000, nothing rounded."""
    return f"{_number(milligrams)} mg"


def plausible_weight(weight_kg: Decimal) -> Decimal:
    """The weight, if a person can weigh that much in kg; otherwise a Refusal that says what to type."""
    if not weight_kg.is_finite() or not LIGHTEST_KG <= weight_kg <= HEAVIEST_KG:
        raise Refusal(
            "implausible-weight",
            f"A weight of {weight_kg} kg is not plausible: "
            f"type the weight in kg, from {LIGHTEST_KG} to {HEAVIEST_KG}, like 70.5.",
        )
    return weight_kg


def read_weight(text: str) -> Decimal:
    """A weight as typed, in kg, with a point before the decimals. Raises Refusal saying what to type."""
    try:
        weight = Decimal(text.strip())
    except InvalidOperation:
        raise Refusal(
            "implausible-weight", f"{text!r} is not a weight: type the weight in kg, like 70.5."
        ) from None
    return plausible_weight(weight)


def _number(value: Decimal) -> str:
    """All digits that matter and no others, thousands set apart."""
    text = format(value, ",f")
    return text.rstrip("0").rstrip(".") if "." in text else text
