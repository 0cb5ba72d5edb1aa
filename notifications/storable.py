"""Words from outside, without what the database cannot hold: to store them must never fail for how they look."""


def storable(said: str, most: int | None = None) -> str:
    """What was said, without the null character and half of a pair that stands for one character; at most so long."""
    # Two halves that meet are one character again; one that is alone becomes a sign that no rule accounts for.
    whole = said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "")[:most]
