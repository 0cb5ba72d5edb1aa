"""The provider's answer language, read into plain verbs."""

from dataclasses import dataclass, field
from xml.etree import ElementTree


class TwimlError(Exception):
    """A document the provider could not follow (its error 12100)."""


@dataclass(frozen=True)
class Verb:
    """One element: its name, its attributes, its words, and what it holds."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    words: str = ""
    inside: tuple["Verb", ...] = ()

    def number(self, name: str, otherwise: float) -> float:
        """A numeric attribute, or what stands for it when it is missing or no number."""
        try:
            return float(self.attributes[name])
        except (KeyError, ValueError):
            return otherwise


def read(document: str) -> tuple[Verb, ...]:
    """The verbs of a document in order. Raises TwimlError when it is no <Response>."""
    try:
        root = ElementTree.fromstring(document.strip())  # noqa: S314 - from the service, on this machine
    except ElementTree.ParseError as problem:
        raise TwimlError(f"The document is not XML: {problem}") from problem
    if root.tag != "Response":
        raise TwimlError(f"The document begins with <{root.tag}> instead of <Response>.")
    return tuple(_verb(element) for element in root)


def messages(document: str) -> list[str]:
    """The bodies of the <Message> verbs in a document."""
    bodies = []
    for verb in read(document):
        if verb.name == "Message":
            inner = [child.words for child in verb.inside if child.name == "Body"]
            bodies.append(inner[0] if inner else verb.words)
    return [body for body in bodies if body]


def _verb(element: ElementTree.Element) -> Verb:
    words = " ".join("".join(element.itertext()).split())
    return Verb(element.tag, dict(element.attrib), words, tuple(_verb(child) for child in element))
