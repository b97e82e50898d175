"""No text for people escapes extraction: literals where messages, labels and attributes go are marked with `_`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.i18n.messages import ROOT

WORD = re.compile(r"[A-Za-z]{3}")
SAID_BY = {"hint", "message", "text", "detail", "label", "explain", "title"}  # arguments and keys of dicts that people read
NO_TEXT = {"HTTPFound", "HTTPTemporaryRedirect"}
DEVELOPERS = {
    "facetd/http/openapi.py",
    "facetd/infer/ownreference.py",
    "facetd/infer/trial.py",
}  # the description of the API; tools for makers of packs


def words_of(node: ast.AST) -> str:
    """The words of a literal that are there whatever its values are."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return " ".join(part.value for part in node.values if isinstance(part, ast.Constant))
    if isinstance(node, ast.BinOp):
        return f"{words_of(node.left)} {words_of(node.right)}"
    if isinstance(node, ast.IfExp):
        return f"{words_of(node.body)} {words_of(node.orelse)}"
    return ""


def errors_of(trees: dict[str, ast.Module]) -> set[str]:
    """The names of the error classes that cross rooms, with all that come from them."""
    found = {"FacetdError"}
    classes = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    while more := {c.name for c in classes if any(ast.unparse(base).rpartition(".")[2] in found for base in c.bases)} - found:
        found |= more
    return found


def unmarked(name: str, tree: ast.Module, errors: set[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func).rpartition(".")[2]
        place = 1 if called in ("FieldError", "MediaError") else 0
        if called not in errors | {"FieldError"} and (not called.startswith("HTTP") or called in NO_TEXT):
            continue
        said = [*node.args[place : place + 1], *(each.value for each in node.keywords if each.arg in SAID_BY)]
        for argument in said:
            if WORD.search(words_of(argument)):
                yield f"{name}:{argument.lineno}: {ast.unparse(argument)}"


def shadowing(name: str, tree: ast.Module) -> Iterator[str]:
    """Functions that both call `_` and give that name to something else."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [each for each in ast.walk(node) if isinstance(each, ast.Name) and each.id == "_"]
            calls = [each for each in ast.walk(node) if isinstance(each, ast.Call) and ast.unparse(each.func) == "_"]
            inside = {id(n) for c in ast.walk(node) if isinstance(c, ast.comprehension) for n in ast.walk(c.target)}
            if calls and any(isinstance(each.ctx, ast.Store) and id(each) not in inside for each in names):
                yield f"{name}:{node.lineno}: {node.name}"


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "facetd").rglob("*.py")}


def test_errors_say_marked_texts(trees: dict[str, ast.Module]) -> None:
    errors = errors_of(trees)
    assert {"NotFound", "MediaError", "ConfigError"} <= errors
    assert not [
        line for name, tree in trees.items() if name not in DEVELOPERS - {"facetd/http/openapi.py"} for line in unmarked(name, tree, errors)
    ]


def test_titles_of_errors_are_marked(trees: dict[str, ast.Module]) -> None:
    errors, found = errors_of(trees), []
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name in errors:
                found += [
                    f"{name}:{line.lineno}"
                    for line in node.body
                    if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "title" and words_of(line.value)
                ]
    assert not found


def test_labels_in_answers_are_marked(trees: dict[str, ast.Module]) -> None:
    found = []
    for name, tree in trees.items():
        if name in DEVELOPERS or not name.startswith(("facetd/http", "facetd/library", "facetd/ingest")):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                pairs = [(key.value, value) for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)]
                found += [
                    f"{name}:{value.lineno}: {ast.unparse(value)}"
                    for key, value in pairs
                    if key in SAID_BY | {"reason"} and WORD.search(words_of(value)) and " " in words_of(value)
                ]
    assert not found


def test_no_function_hides_the_mark(trees: dict[str, ast.Module]) -> None:
    assert not [line for name, tree in trees.items() for line in shadowing(name, tree)]


@pytest.mark.parametrize(
    ("source", "escapes"),
    [
        ('raise NotFound("there is no such photo")', True),
        ('raise NotFound(f"there is no {name}")', True),
        ('raise NotFound(_("there is no {name}").format(name=name))', False),
        ('raise Conflict(error.message, hint="Stop it first.")', True),
        ('FieldError("date_to", "expected a day")', True),
        ('FieldError("date_to", _("expected a day"))', False),
        ('raise NotFound(f"{path}: {error}")', False),
        ('raise web.HTTPForbidden(text="go away")', True),
    ],
)
def test_what_escapes_in_python(source: str, escapes: bool) -> None:
    assert bool(list(unmarked("x.py", ast.parse(source), {"NotFound", "Conflict"}))) is escapes


SHOWN_ATTRIBUTES = {"title", "aria-label", "placeholder", "alt", "aria-description", "label"}
NAMES = re.compile(r"facetd|CLIP")


JINJA = re.compile(r"\{% block (?:page_name|referrer) %\}.*?\{% endblock %\}|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


class Shown(HTMLParser):
    """Collects what of a page people read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        self.found += [value for name, value in attrs if name in SHOWN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def shown_in(template: str) -> list[str]:
    """The literal words of a template outside `{{ }}`, `{% %}` and `{# #}`."""
    parser = Shown()
    parser.feed(
        re.sub(r"\{% block (?:page_name|referrer) %\}.*?\{% endblock %\}|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", template, flags=re.DOTALL)
    )
    parser.close()
    return [text.strip() for text in parser.found if WORD.search(NAMES.sub("", text))]


@pytest.mark.parametrize("path", sorted((ROOT / "webui/templates").rglob("*.html")), ids=lambda path: path.name)
def test_templates_show_marked_texts(path: Path) -> None:
    assert shown_in(path.read_text(encoding="utf-8")) == []


def test_what_escapes_in_templates() -> None:
    assert shown_in('<p title="Move on">{{ _("Here") }}</p>') == ["Move on"]
    assert shown_in("<p>{% if x %}Here{% endif %}</p>") == ["Here"]
    assert shown_in("<p class=\"big one\">{{ _('Here') }} facetd</p>") == []


LITERAL = r"(?:\"(?P<a>(?:[^\"\\\n]|\\.)*)\"|`(?P<b>[^`]*)`)"
SHOWING = re.compile(
    r"(?:textContent\s*=\s*|(?:\.title|\.placeholder|\.ariaLabel|\.alt|\.innerText)\s*=\s*|\b(?:title|placeholder|alt|\"aria-label\")\s*:\s*"
    r"|\b(?:alert|confirm|say)\(\s*|\bnotice\(\"\w+\",\s*|\.append\(\s*|\.replaceChildren\(\s*|setAttribute\(\"(?:title|aria-label|placeholder)\",\s*)"
    + LITERAL
)
ELEMENT = re.compile(r"\bel\(\"\w+\",\s*\{[^{}]*\},\s*" + LITERAL)


def escaping(source: str) -> list[str]:
    """The literals of a script that go straight to people."""
    found = [match["a"] or match["b"] or "" for pattern in (SHOWING, ELEMENT) for match in pattern.finditer(source)]
    return [text for text in found if WORD.search(NAMES.sub("", re.sub(r"\$\{[^}]*\}", "", text)))]


@pytest.mark.parametrize("path", sorted((ROOT / "webui/src").rglob("*.ts")), ids=lambda path: path.name)
def test_scripts_show_texts_of_strings_ts(path: Path) -> None:
    assert escaping(path.read_text(encoding="utf-8")) == [] or path.name == "strings.ts"


def test_what_escapes_in_scripts() -> None:
    assert escaping('node.textContent = "Nothing here";') == ["Nothing here"]
    assert escaping('el("p", { class: "muted" }, "Nothing here")') == ["Nothing here"]
    assert escaping('el("button", { title: `Open ${name}` }, S.open)') == ["Open ${name}"]
    assert escaping('el("p", { class: "muted" }, S.nothing)') == []


KEYS = re.compile(r"^\s*\[(\"[^\"]*\"), ", re.MULTILINE)  # the name of a key before what it does


def test_strings_ts_marks_every_sentence() -> None:
    source = (ROOT / "webui/src/strings.ts").read_text(encoding="utf-8")
    body = KEYS.sub("[", source.partition("export const S = {")[2])
    body = re.sub(r"^\s*(//|command).*$", "", body, flags=re.MULTILINE)
    body = re.sub(r" as Record<.*$| as \[.*$", "", body, flags=re.MULTILINE)
    body = re.sub(r"\b_n\(\"(?:[^\"\\]|\\.)*\", \"(?:[^\"\\]|\\.)*\"|\b_\(\"(?:[^\"\\]|\\.)*\"", "", body)
    left = [match[1] for match in re.finditer(r"[\"`]([^\"`\n]*)[\"`](?!\s*:)", body)]
    assert [text for text in left if WORD.search(re.sub(r"\$\{[^}]*\}", "", text))] == []
