"""Changing rating, label, keywords and description in an XMP document, and nothing else of it.

What is changed is spliced into the bytes; other programs' properties, comments and layout stay. Source: XMP part 1 (RDF/XML).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from facetd.i18n import _
from facetd.media.dates import OddValue
from facetd.media.ratings import percent_of_stars
from facetd.media.xmptree import RDF, XML, Node, parse

XMP = "{http://ns.adobe.com/xap/1.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
LIGHTROOM = "{http://ns.adobe.com/lightroom/1.0/}"
DIGIKAM = "{http://www.digikam.org/ns/1.0/}"
MICROSOFT = "{http://ns.microsoft.com/photo/1.0/}"
RATING, LABEL, METADATA_DATE = f"{XMP}Rating", f"{XMP}Label", f"{XMP}MetadataDate"
SUBJECT, DESCRIPTION = f"{DC}subject", f"{DC}description"
PERCENT = f"{MICROSOFT}Rating"
HIERARCHIES = {f"{LIGHTROOM}hierarchicalSubject": "|", f"{DIGIKAM}TagsList": "/"}
_LISTS = frozenset({f"{RDF}Bag", f"{RDF}Seq", f"{RDF}Alt"})
WANTED = frozenset({RATING, LABEL, METADATA_DATE, SUBJECT, DESCRIPTION, PERCENT, *HIERARCHIES})
_PREFIXES = {XMP: "xmp", DC: "dc", LIGHTROOM: "lr", DIGIKAM: "digiKam", RDF: "rdf"}
_DECLARED = re.compile(rb"^\s*<\?xml\b[^?]*?(\s+encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'])[^?]*\?>")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EMPTY = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="facetd">\n'
    b' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    b'  <rdf:Description rdf:about=""\n'
    b'    xmlns:xmp="http://ns.adobe.com/xap/1.0/"\n'
    b'    xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
    b"  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n"
    b'<?xpacket end="w"?>\n'
)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a sidecar is to say. Fields that are not in `fields` (rating, label, keywords, caption) are left alone.

    `rating` is -1 (rejected) to 5; an empty `label` or `caption` takes the property out. `keywords` are all of them.
    """

    fields: frozenset[str]
    rating: int = 0
    label: str = ""
    caption: str = ""
    keywords: tuple[str, ...] = ()


def fresh(changes: Changes, moment: str) -> bytes:
    """A new sidecar. `moment` is an ISO date and time."""
    return _Edit(edited(_EMPTY, changes, moment)).with_text(METADATA_DATE, moment).result()


def edited(content: bytes, changes: Changes, moment: str) -> bytes:
    """The sidecar `content` with these changes; the same bytes when it says all that already.

    Raises OddValue, saying what is wrong, for a document that is damaged or no XMP: it is not to be written.
    """
    data = in_utf8(content)
    edit = _Edit(data)
    if "rating" in changes.fields:
        edit.with_text(RATING, str(changes.rating))
        edit.with_text(PERCENT, str(percent_of_stars(changes.rating)), only_there=True)
    if "label" in changes.fields:
        edit.with_text(LABEL, clean(changes.label))
    if "caption" in changes.fields:
        edit.with_description(clean(changes.caption))
    if "keywords" in changes.fields:
        edit.with_keywords([clean(word) for word in changes.keywords])
    if not edit.changed:
        return content
    edit.with_text(METADATA_DATE, moment, only_there=True)
    return edit.result()


def clean(text: str) -> str:
    """`text` without what XML cannot hold."""
    return _FORBIDDEN.sub("", text).strip()


def in_utf8(content: bytes) -> bytes:
    """A document of any encoding in UTF-8. Raises OddValue for one that is not in the encoding it says."""
    mark = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}.get(content[:2])
    declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf"))
    encoding = mark or (declared[2].decode() if declared else "utf-8")
    try:
        if encoding.lower() in ("utf-8", "utf8", "us-ascii", "ascii"):
            content.decode("utf-8")
            return content
        data = content.decode(encoding).encode()
    except (UnicodeError, LookupError) as error:
        raise OddValue(_("it is not in the encoding {name}").format(name=encoding)) from error
    declared = _DECLARED.match(data)
    return data[: declared.start(1)] + data[declared.end(1) :] if declared else data


class _Edit:
    """Splices for one document."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._rdf = parse(data, WANTED)
        self._splices: list[tuple[int, int, bytes]] = []
        self._inserted: dict[int, list[str]] = {}  # children for nodes, by where these begin
        self._parents: dict[int, Node] = {}

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._splices or self._inserted)

    def result(self) -> bytes:
        """The document, changed."""
        splices = list(self._splices)
        for start, elements in self._inserted.items():
            splices.append(self._insertion(self._parents[start], elements))
        parts, at = [], 0
        for begin, end, text in sorted(splices):
            parts += [self._data[at:begin], text]
            at = end
        return b"".join((*parts, self._data[at:]))

    def with_text(self, name: str, value: str, *, only_there: bool = False) -> _Edit:
        """Set a simple property wherever it is, as attribute or element; '' takes it out."""
        there = False
        for node in self._rdf.children:
            if (attribute := node.attributes.get(name)) is not None:
                there = True
                if not value:
                    self._splice(attribute.whole, "")
                elif not _alike(attribute.value, value):
                    self._splice(attribute.inner, _quoted(value))
            for element in self._properties(node, name):
                there = True
                if not value:
                    self._take_out(element)
                elif not _alike(element.text, value) or element.children:
                    self._fill(element, escape(value))
        if not there and value and not only_there:
            self._add(self._home(), name, lambda tag: f"<{tag}>{escape(value)}</", value)
        return self

    def with_description(self, value: str) -> None:
        """Set dc:description in the default language; other languages stay, unless there is to be none at all."""
        found = [element for node in self._rdf.children for element in self._properties(node, DESCRIPTION)]
        plain = [node.attributes[DESCRIPTION] for node in self._rdf.children if DESCRIPTION in node.attributes]
        if not value:
            for element in found:
                self._take_out(element)
            for attribute in plain:
                self._splice(attribute.whole, "")
            return
        for attribute in plain:
            if attribute.value.strip() != value:
                self._splice(attribute.inner, _quoted(value))
        for element in found:
            self._describe(element, value)
        if not found and not plain:
            rdf = self._prefix(self._home(), RDF)
            li = f'<{rdf[0]}:li xml:lang="x-default">{escape(value)}</{rdf[0]}:li>'
            self._add(self._home(), DESCRIPTION, lambda tag: f"<{tag}{rdf[1]}><{rdf[0]}:Alt>{li}</{rdf[0]}:Alt></", value)

    def _describe(self, element: Node, value: str) -> None:
        items = _items(element)
        default = [item for item in items if item.attributes.get(f"{XML}lang") is None or _language(item) == "x-default"]
        if default:
            if default[0].text.strip() != value or default[0].children:
                self._fill(default[0], escape(value))
        elif items:
            at = items[0].start
            self._splices.append((at, at, f'<{items[0].tag} xml:lang="x-default">{escape(value)}</{items[0].tag}>'.encode()))
        elif element.text.strip() != value or element.children:
            rdf, declared = self._prefix(element, RDF)
            self._fill(element, f'<{rdf}:Alt{declared}><{rdf}:li xml:lang="x-default">{escape(value)}</{rdf}:li></{rdf}:Alt>')

    def with_keywords(self, words: Sequence[str]) -> None:
        """Make these the keywords: in the flat list, and in hierarchical lists where there are any."""
        wanted = {word.casefold(): word for word in words if word}
        known = self._keywords()
        new = [word for folded, word in wanted.items() if folded not in known]
        for name, separator in ((SUBJECT, None), *HIERARCHIES.items()):
            elements = [element for node in self._rdf.children for element in node.children if element.name == name]
            for item in [item for element in elements for item in _items(element)]:
                if item.text.strip() and _keyword(item.text, separator) not in wanted:
                    self._take_out(item)
            fitting = [word for word in new if separator is None or separator not in word]
            if fitting and (elements or separator is None):
                self._add_items(name, elements, fitting)

    def _keywords(self) -> set[str]:
        """What the document has, folded. Lists that are no lists are taken out: their words are written again."""
        found = set()
        for name, separator in ((SUBJECT, None), *HIERARCHIES.items()):
            for node in self._rdf.children:
                if name in node.attributes:
                    self._splice(node.attributes[name].whole, "")
                for element in [child for child in node.children if child.name == name]:
                    found |= {_keyword(item.text, separator) for item in _items(element)}
                    if not _items(element) and element.text.strip():
                        self._take_out(element)
        return found

    def _add_items(self, name: str, elements: Sequence[Node], words: Sequence[str]) -> None:
        lists = [child for element in elements for child in element.children if child.name in _LISTS]
        rdf, declared = self._prefix(lists[0] if lists else self._home(), RDF)
        items = [f"<{rdf}:li{declared if lists else ''}>{escape(word)}</{rdf}:li>" for word in words]
        if lists:
            self._into(lists[0], items)
        else:
            self._add(self._home(), name, lambda tag: f"<{tag}{declared}><{rdf}:Bag>{''.join(items)}</{rdf}:Bag></", name)

    def _properties(self, node: Node, name: str) -> list[Node]:
        return [child for child in node.children if child.name == name]

    def _home(self) -> Node:
        """Where new properties go: the first rdf:Description, or a new one."""
        return self._rdf.children[0] if self._rdf.children else self._rdf

    def _prefix(self, node: Node, space: str) -> tuple[str, str]:
        """The prefix of a namespace in `node`, and the declaration that it needs there ('' for none)."""
        uri = space[1:-1]
        for prefix, meant in node.prefixes.items():
            if meant == uri and prefix:
                return prefix, ""
        name, number = _PREFIXES[space], 1
        while name in node.prefixes:
            name, number = f"{_PREFIXES[space]}{number}", number + 1
        return name, f' xmlns:{name}="{uri}"'

    def _add(self, home: Node, name: str, begin: Callable[[str], str], value: str) -> None:
        if not value:
            return
        space, _, local = name.rpartition("}")
        prefix, declared = self._prefix(home, space + "}")
        tag = f"{prefix}:{local}"
        element = f"{begin(tag)}{tag}>".replace(f"<{tag}", f"<{tag}{declared}", 1)
        if home is self._rdf:
            rdf, _ = self._prefix(home, RDF)
            element = f'<{rdf}:Description {rdf}:about="">{element}</{rdf}:Description>'
        self._into(home, [element])

    def _into(self, node: Node, elements: Sequence[str]) -> None:
        self._parents[node.start] = node
        self._inserted.setdefault(node.start, []).extend(elements)

    def _insertion(self, node: Node, elements: Sequence[str]) -> tuple[int, int, bytes]:
        """Elements before the end tag, each in a line where the document has lines."""
        if node.closed:
            before = self._data[: node.inside - 2].rstrip()
            return len(before), node.end, f">{''.join(elements)}</{node.tag}>".encode()
        blank = re.search(rb"\r?\n[ \t]*\Z", self._data[max(node.inside, node.outside - 200) : node.outside])
        if blank is None:
            return node.outside, node.outside, "".join(elements).encode()
        at = node.outside - len(blank.group())
        return at, at, b"".join(blank.group() + b" " + element.encode() for element in elements)

    def _fill(self, element: Node, inner: str) -> None:
        if element.closed:
            before = self._data[: element.inside - 2].rstrip()
            self._splices.append((len(before), element.end, f">{inner}</{element.tag}>".encode()))
        else:
            self._splices.append((element.inside, element.outside, inner.encode()))

    def _take_out(self, element: Node) -> None:
        """Take an element out with the blank line that would be left."""
        start = element.start
        blank = re.search(rb"\r?\n[ \t]*\Z", self._data[max(0, start - 200) : start])
        if blank is not None and self._data[element.end : element.end + 1] in (b"\n", b"\r"):
            start -= len(blank.group())
        self._splice((start, element.end), "")

    def _splice(self, where: tuple[int, int], text: str) -> None:
        self._splices.append((*where, text.encode()))


def _keyword(text: str, separator: str | None) -> str:
    """An item of a list as a folded keyword: of a hierarchical one its last word."""
    return (text if separator is None else text.rpartition(separator)[2]).strip().casefold()


def _items(element: Node) -> list[Node]:
    """The items of a bag, sequence or alternatives."""
    return [item for kind in element.children for item in kind.children if item.name == f"{RDF}li"]


def _alike(one: str, other: str) -> bool:
    """Whether two simple values say the same: `3` and `3.0` do."""
    if one.strip() == other:
        return True
    with contextlib.suppress(ValueError):
        return float(one) == float(other)
    return False


def _language(item: Node) -> str:
    return item.attributes[f"{XML}lang"].value


def _quoted(value: str) -> str:
    return escape(value, {'"': "&quot;", "'": "&apos;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
