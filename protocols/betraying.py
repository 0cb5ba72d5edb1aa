"""Words that no text may hold: a medicine, an illness, a kind of clinic. Whoever holds the phone reads its screen."""

import re

FORBIDDEN = (
    r"\w+mab\b|tecvayli|elrexfio|talvey|lynozyfic|epkinly|tepkinly|columvi|lunsumio|imdelltra|bispecific|antibod",
    r"dexa|\bdex\b|decadron|tylenol|acetaminophen|paracetamol|ibuprofen|tocilizumab|actemra",
    r"myeloma|mieloma|cancer|tumor|leuk|lymphoma|\bcrs\b|icans|cytokine|citoquina|neurotox",
    r"oncolog|hematolog|haematolog|infusion|chemo|quimio|clinic\b|clinica",
    r"骨髓瘤|癌|腫瘤|血液科|化療|地塞米松",
)
SHORTEST_NAME = 3
TITLES = frozenset({"doctor", "nurse", "prof", "mrs", "miss"})


def words_in(text: str) -> tuple[str, ...]:
    """What of the text would betray a medicine, an illness or a specialty, in the order of the patterns."""
    folded = text.casefold()
    return tuple(dict.fromkeys(found[0] for one in FORBIDDEN for found in re.finditer(one, folded)))


def names_in(text: str, *names: str) -> tuple[str, ...]:
    """Which parts of these names stand in the text as words of their own. Titles and short parts do not count."""
    said = set(re.findall(r"\w+", text.casefold())) - TITLES
    parts = (part for name in names for part in re.findall(r"\w+", name))
    return tuple(
        dict.fromkeys(part for part in parts if len(part) >= SHORTEST_NAME and part.casefold() in said)
    )
