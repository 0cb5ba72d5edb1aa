"""Every word that staff read stands inside a translation, so that a second language needs no other code."""

import ast
import re
from html.parser import HTMLParser

import pytest
from django.template.base import Lexer, Token, TokenType
from django.template.loader import get_template

from stepup import settings

APPS = (settings.BASE_DIR / "stepup" / "templates", settings.BASE_DIR / "monitoring" / "templates")
# Read by emergency teams and patients: approved words of their own, in protocols/data, language by language.
OF_PATIENTS = {
    "stepup/emergency.html",
    "stepup/_emergency_facts.html",
    "stepup/_emergency_form.html",
}
SHOWN_ATTRIBUTES = {"alt", "aria-description", "aria-label", "data-label", "placeholder", "title"}
# The same in every language: our name, and the address of the emergency page as a card shows it.
NOT_WORDS = {"StepUp", "e"}
NAMES_OF_BLOCKS = ("main_class", "body_class")  # these blocks hold names for the style sheet
STRINGS = re.compile(
    r"""(?<!_\()(?:\|(?:default|default_if_none|yesno):|\b(?:caption|beneath)=)["']([^"']*)["']"""
)
TEMPLATES = {str(path.relative_to(root)): path for root in APPS for path in sorted(root.rglob("*.html"))}


class Shown(HTMLParser):
    """What a reader sees or hears of a page: its text and some of its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.words += [value for name, value in attrs if name in SHOWN_ATTRIBUTES and value]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _without_marked(tokens: list[Token]) -> str:
    """The bare text of a template: every tag and value, and all that stands in a translation, is left out."""
    bare, inside = [], ""
    for token in tokens:
        first, *rest = token.contents.split() if token.token_type == TokenType.BLOCK else ("", "")
        if inside:
            inside = "" if first == f"end{inside}" or (inside == "block" and first == "endblock") else inside
        elif first == "blocktranslate" or (first == "block" and rest[0] in NAMES_OF_BLOCKS):
            inside = first
        elif token.token_type == TokenType.TEXT:
            bare.append(token.contents)
        else:
            bare.append(" ")
    return "".join(bare)


def bare_words(source: str) -> list[str]:
    """Words of a template outside every translation: in its text, its attributes and the arguments of its tags."""
    tokens = Lexer(source).tokenize()
    page = Shown()
    page.feed(_without_marked(tokens))
    page.close()
    said = [word for text in page.words for word in re.findall(r"[^\W\d_]+", text) if word not in NOT_WORDS]
    given = [
        text
        for token in tokens
        if token.token_type != TokenType.TEXT
        for text in STRINGS.findall(token.contents)
    ]
    return said + [text for text in given if re.search(r"[^\W\d_]", text)]


@pytest.mark.parametrize("name", sorted(set(TEMPLATES) - OF_PATIENTS))
def test_a_template_of_ours_says_nothing_outside_a_translation(name: str) -> None:
    assert bare_words(TEMPLATES[name].read_text()) == []
    get_template(name)


@pytest.mark.parametrize(
    "source",
    [
        "<p>Nobody has it</p>",
        '<p aria-label="Nobody">{% translate "Nobody" %}</p>',
        '<p>{% translate "Case" %} nobody has</p>',
        '{{ case.owner|default:"nobody" }}',
        '{% include "a.html" with caption="Overdue" %}',
        "{% blocktranslate %}one{% endblocktranslate %} two",
        '<td{% if case %} data-label="What"{% endif %}></td>',
    ],
)
def test_a_bare_word_is_found(source: str) -> None:
    assert bare_words(source)


@pytest.mark.parametrize(
    "source",
    [
        '<p class="notice">{% translate "Nobody has it" %} {{ case.owner|default:_("nobody") }}</p>',
        "{% blocktranslate trimmed count n=n %}{{ n }} case{% plural %}{{ n }} cases{% endblocktranslate %}, 38.6",
        "{% block main_class %}narrow{% endblock %}<a href=\"{% url 'board' %}\">StepUp</a>",
    ],
)
def test_what_is_marked_or_no_word_is_let_pass(source: str) -> None:
    assert bare_words(source) == []


# Read by whoever runs the service, or by nobody: commands, the double, and what plays a ward.
NOT_SCREENS = {"double", "local", "management", "migrations", "simulate", "soak"}
OF_A_FIELD = {"label", "help_text", "hint", "missing"}


def bare_sentences(source: str, *, is_forms: bool) -> list[str]:
    """Sentences of refusals and answers, and words of fields, that are strings without a translation."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    said = [
        call.args[1]
        for call in calls
        if len(call.args) == 2 and re.fullmatch(r"Refusal|messages\.\w+", ast.unparse(call.func))
    ]
    if is_forms:
        said += [word.value for call in calls for word in call.keywords if word.arg in OF_A_FIELD]
    return [own for own in map(_own_words, said) if re.search(r"[^\W\d_]", own)]


def _own_words(node: ast.expr) -> str:
    """The words that stand in a string itself; nothing of what is looked up or made elsewhere."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))


def test_no_module_refuses_or_answers_outside_a_translation() -> None:
    found = {}
    for app in ("stepup", "monitoring", "notifications"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            if not NOT_SCREENS & set(path.parts) and path.name not in {"emergency_forms.py", "demo.py"}:
                found[path.name] = bare_sentences(path.read_text(), is_forms="forms" in path.name)
    assert {name: bare for name, bare in found.items() if bare} == {}


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ('Refusal("why", "Say why.")', True),
        ('Refusal("why", f"{name} has it.")', True),
        ('messages.success(request, "Kept.")', True),
        ('forms.CharField(label="Why")', True),
        ('Refusal("why", _("Say why."))', False),
        ('Refusal("why", _("%(who)s has it.") % {"who": name})', False),
        ('forms.CharField(label=_("Why"), help_text="")', False),
    ],
)
def test_a_bare_sentence_of_a_module_is_found(source: str, bare: bool) -> None:
    assert bool(bare_sentences(source, is_forms=True)) is bare
