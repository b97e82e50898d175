"""The parts of an XMP document that are to be changed, with the bytes they take: everything else stays as it is, to the byte.

Parsed without document types, so without entities of its own. Only properties that are asked for are kept as nodes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from facetd.i18n import _
from facetd.media.dates import OddValue

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XML = "{http://www.w3.org/XML/1998/namespace}"
_ATTRIBUTE = re.compile(rb"([^\s=/>\"']+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_TAG_PART = re.compile(rb"[>\"']")
_DEEPEST = 256  # elements in one another


@dataclass(slots=True)
class Attribute:
    """An attribute: its value, and the bytes of the value between the quotes. `whole` has blank, name and quotes too."""

    value: str
    inner: tuple[int, int]
    whole: tuple[int, int]


@dataclass(slots=True)
class Node:
    """An element. The start tag takes the bytes `start` to `inside`, the end tag `outside` to `end`; an empty-element tag has `closed` set
    and no end tag. `tag` is the name as it is written, `name` with its namespace in braces. `prefixes` are those in force in it.
    """

    name: str
    tag: str
    start: int
    inside: int
    closed: bool
    prefixes: Mapping[str, str]
    attributes: Mapping[str, Attribute]
    outside: int = 0
    end: int = 0
    text: str = ""
    children: list[Node] = field(default_factory=list)


class _Builder:
    """Follows the parser."""

    def __init__(self, data: bytes, wanted: Collection[str]) -> None:
        self._data = data
        self._wanted = wanted
        self._scopes: list[Mapping[str, str]] = [{"xml": XML[1:-1]}]
        self._open: list[Node | None] = []  # None: not kept
        self.rdf: Node | None = None
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._finish
        parser.CharacterDataHandler = self._characters

    def parse(self) -> None:
        checking = expat.ParserCreate("utf-8", " ")  # with namespaces: a prefix that stands for nothing is an error
        checking.StartDoctypeDeclHandler = _refuse
        checking.Parse(self._data, True)
        self._parser.Parse(self._data, True)

    def _begin(self, tag: str, attributes: Sequence[str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise OddValue(_("it is nested too deeply"))
        scope = self._scopes[-1]
        declared = {
            name.partition(":")[2]: value
            for name, value in zip(attributes[::2], attributes[1::2], strict=True)
            if name == "xmlns" or name.startswith("xmlns:")
        }
        scope = {**scope, **declared} if declared else scope
        self._scopes.append(scope)
        name = _resolved(tag, scope, element=True)
        above = self._open[-1] if self._open else None
        keep = self._is_kept(name, above)
        node = None
        if keep:
            start = self._parser.CurrentByteIndex
            inside, closed = _end_of_tag(self._data, start)
            found = _attributes(self._data, start, inside, attributes, scope)
            node = Node(name, tag, start, inside, closed, scope, found)
            if above is not None:
                above.children.append(node)
            if name == f"{RDF}RDF" and self.rdf is None:
                self.rdf = node
        self._open.append(node)

    def _is_kept(self, name: str, above: Node | None) -> bool:
        if above is None:
            return name == f"{RDF}RDF" and self.rdf is None
        if above is self.rdf:
            return name == f"{RDF}Description"
        return name in self._wanted if above.name == f"{RDF}Description" else True

    def _finish(self, _tag: str) -> None:
        node = self._open.pop()
        self._scopes.pop()
        if node is not None:
            if node.closed:
                node.outside = node.end = node.inside
            else:
                node.outside = self._parser.CurrentByteIndex
                node.end = self._data.index(b">", node.outside) + 1

    def _characters(self, text: str) -> None:
        if self._open and (node := self._open[-1]) is not None:
            node.text += text


def parse(data: bytes, wanted: Collection[str]) -> Node:
    """The first rdf:RDF of an XMP document in UTF-8: its rdf:Description nodes, of these the properties `wanted`, each with all in it.

    Raises OddValue, saying what is wrong, for what is no well-formed XML, has a document type, or is no XMP.
    """
    builder = _Builder(data, wanted)
    try:
        builder.parse()
    except expat.ExpatError as error:
        raise OddValue(_("line {line}: {why}").format(line=error.lineno, why=expat.errors.messages[error.code])) from error
    if builder.rdf is None:
        raise OddValue(_("it has no rdf:RDF"))
    return builder.rdf


def _refuse(*_document_type: object) -> None:
    raise OddValue(_("it has a document type"))


def _resolved(name: str, scope: Mapping[str, str], *, element: bool) -> str:
    prefix, colon, local = name.rpartition(":")
    if not colon and not element:
        return name
    uri = scope.get(prefix, "")
    return f"{{{uri}}}{local}" if uri else local


def _end_of_tag(data: bytes, start: int) -> tuple[int, bool]:
    """Where the start tag at `start` ends, and whether the element ends with it."""
    at = start
    while True:
        found = _TAG_PART.search(data, at)
        if found is None:  # a parsed document has an end for each tag
            raise OddValue(_("a tag does not end"))
        if found.group() == b">":
            return found.end(), data[found.start() - 1 : found.start()] == b"/"
        at = data.index(found.group(), found.end()) + 1


def _attributes(data: bytes, start: int, end: int, parsed: Sequence[str], scope: Mapping[str, str]) -> dict[str, Attribute]:
    values = dict(zip(parsed[::2], parsed[1::2], strict=True))
    found = {}
    for match in _ATTRIBUTE.finditer(data, start, end):
        written = match[1].decode()
        group = 2 if match[2] is not None else 3
        before = match.start()
        while data[before - 1 : before].isspace():
            before -= 1
        if written in values:
            found[_resolved(written, scope, element=False)] = Attribute(values[written], match.span(group), (before, match.end()))
    return found
