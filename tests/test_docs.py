"""What the documents name is there, and what is there is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import facetd
from facetd.cli.tree import facetd as command_tree
from facetd.config import Config
from facetd.http.api import OPERATIONS

PACKAGE = Path(facetd.__file__).parent
ROOT = PACKAGE.parent
DOCS = ROOT / "docs"


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with the words that call it."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands(found, (*path, name))


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_headings_are_outside_of_examples_and_rows_are_there_once(page: str) -> None:
    parts = text_of(page).split("\n```")
    assert len(parts) % 2 == 1, "an example ends nowhere"
    assert not [line for example in parts[1::2] for line in example.splitlines() if line.startswith("## ")], "an example ends too late"
    for table in text_of(page).split("\n\n"):
        keys = [row.split(" | ")[0] for row in table.splitlines() if row.startswith("| `")]
        assert len(keys) == len(set(keys)), f"a key is there twice: {keys}"


def test_every_operation_is_in_the_api_page() -> None:
    text = text_of("api.md")
    documented = {(method, path) for row in text.splitlines() if row.startswith("| ") for method, path in operations_of(row)}
    there = {(operation.method, re.sub(r"\{(\w+):[^}]*\}", r"{\1}", operation.path)) for operation in OPERATIONS}
    assert there - documented == set(), "not in docs/api.md"
    assert documented - there == set(), "in docs/api.md only"


def operations_of(row: str) -> Iterator[tuple[str, str]]:
    """(method, path) of a row such as `| GET, PUT /a, /b; POST /c | ... |`."""
    for group in row.split("|")[1].split(";"):
        methods = re.findall(r"\b(GET|PUT|POST|DELETE|PATCH)\b", group)
        for path in re.findall(r"/[^\s,]+", group):
            yield from ((method, path) for method in methods)


def test_every_section_of_the_configuration_is_in_the_admin_guide() -> None:
    table = re.search(r"\| section \| what \|\n(.*?)\n\n", text_of("admin-guide.md"), re.DOTALL)
    assert table is not None
    named = {name for row in table[1].splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == Config.model_fields.keys() - {"shared_directories"}  # in the file it is a key of `users`


def test_every_key_of_the_admin_guide_exists() -> None:
    keys = re.findall(r"`([a-z_]+)\.([a-z_]+)`", text_of("admin-guide.md"))
    sections = {name: field.annotation for name, field in Config.model_fields.items()}
    known = {(name, key) for name, section in sections.items() for key in getattr(section, "model_fields", {})}
    wrong = {f"{name}.{key}" for name, key in keys if name in sections and (name, key) not in known}
    assert len(keys) > 20
    assert wrong == set()


def test_every_command_with_its_options_is_in_the_admin_guide() -> None:
    """A line such as `facetd a b|c [--d]`, maybe with an explanation behind two spaces, is about `a b` and `a c`."""
    lines = [line.split("  ")[0] for line in re.findall(r"^facetd .*$", text_of("admin-guide.md"), re.MULTILINE)]
    told: dict[str, set[str]] = {line: set() for line in lines}
    for words, command in commands(command_tree):
        mine = [line for line in lines if all(any(word in each.split("|") for each in line.split()) for word in words)]
        assert mine, f"facetd {' '.join(words)}"
        options = {name for option in command.params if isinstance(option, click.Option) for name in option.opts if name.startswith("--")}
        written = {name for line in mine for name in re.findall(r"--[a-z-]+", line)}
        assert options - written - {"--data", "--config"} == set(), f"facetd {' '.join(words)}"
        for line in mine:
            told[line] |= options
    for line, options in told.items():
        assert set(re.findall(r"--[a-z-]+", line)) <= options, line


@pytest.mark.parametrize("document", ["architecture.md", "admin-guide.md", "api.md", "decisions.md", "scoring.md", "benchmarks.md"])
def test_modules_that_a_document_names_exist(document: str) -> None:
    packages = "|".join(path.name for path in PACKAGE.iterdir() if path.is_dir() and not path.name.startswith("_"))
    named = set(re.findall(rf"(?:`|\*\*)((?:{packages})/[a-z_/]*(?:\.(?:py|json))?)", text_of(document)))
    assert {name for name in named if not any((PACKAGE / name).with_suffix(suffix).exists() for suffix in ("", ".py", ".json"))} == set()


def test_every_package_and_module_at_the_top_is_in_the_architecture() -> None:
    tree = text_of("architecture.md").split("```")[1]
    packages = {path.parent.name + "/" for path in PACKAGE.glob("*/__init__.py")} | {
        path.parent.name + "/" for path in PACKAGE.glob("infer/*/__init__.py")
    }
    modules = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py", "__main__.py", "version.py"}
    assert {name for name in packages | modules if not re.search(rf"(?m)(?:^|[ ]){re.escape(name)}(?: |$)", tree)} == set()
    named = set(re.findall(r"(?m)^  ([a-z0-9_]+(?:/|\.py)) ", tree))
    assert named == {path.parent.name + "/" for path in PACKAGE.glob("*/__init__.py")} | modules
