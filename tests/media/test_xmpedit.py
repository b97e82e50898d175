"""What is changed in a sidecar is all that is changed, whoever wrote it."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetd.media import xmpedit
from facetd.media.dates import OddValue
from facetd.media.xmp import xmp_facts
from facetd.media.xmpedit import Changes, edited, fresh
from tests.media.test_xmp import bag, packet
from tests.media.xmpsamples import DARKTABLE, DIGIKAM, LIGHTROOM

MOMENT = "2024-01-02T03:04:05+01:00"
ALL = frozenset({"rating", "label", "caption", "keywords"})
SAMPLES = {"darktable": DARKTABLE, "lightroom": LIGHTROOM, "digikam": DIGIKAM}
OURS = xmpedit.WANTED


def bare(inside: str = "") -> bytes:
    """An XMP document without its first processing instruction."""
    return packet(inside).partition(b"\n")[2]


def facts_of(content: bytes) -> dict[str, Any]:
    facts, warnings = xmp_facts(content, stored_size=(400, 300), orientation=1)
    assert warnings == []
    return facts


def said(content: bytes) -> tuple[int, str, str, set[str]]:
    facts = facts_of(content)
    return facts.get("rating", 0), facts.get("label", ""), facts.get("description", ""), set(facts.get("keywords", ()))


def others(content: bytes) -> list[tuple[Any, ...]]:
    """Everything in document order but the properties that are changed, their texts, and blank between elements."""
    builder = ElementTree.TreeBuilder(insert_comments=True, insert_pis=True)
    root = ElementTree.fromstring(content, ElementTree.XMLParser(target=builder))
    found: list[tuple[Any, ...]] = []  # of adjacent texts it does not matter where one ends

    def walk(node: ElementTree.Element) -> None:
        if node.tag in OURS:
            return
        attributes = {name: value for name, value in node.attrib.items() if name not in OURS}
        found.append((str(node.tag), attributes, (node.text or "").strip()))
        for child in node:
            walk(child)
            found.append(((child.tail or "").strip(),))

    walk(root)
    return [each for each in found if each != ("",)]


class TestSamples:
    @pytest.mark.parametrize("name", SAMPLES)
    def test_only_what_is_ours_changes(self, name: str) -> None:
        before = SAMPLES[name]
        after = edited(before, Changes(ALL, 5, "Green", 'Tom & "Anna" <3', ("sea", "sun")), MOMENT)
        assert said(after) == (5, "Green", 'Tom & "Anna" <3', {"sea", "sun"})
        assert others(after) == others(before)
        assert edited(after, Changes(ALL, 5, "Green", 'Tom & "Anna" <3', ("sun", "sea")), MOMENT) == after

    @pytest.mark.parametrize("name", SAMPLES)
    def test_one_number_is_one_number_in_the_bytes(self, name: str) -> None:
        before = SAMPLES[name]
        after = edited(before, Changes(frozenset({"rating"}), 2), MOMENT)
        expected = re.sub(rb'xmp:Rating="\d"', b'xmp:Rating="2"', before)
        expected = re.sub(rb'MicrosoftPhoto:Rating="\d+"', b'MicrosoftPhoto:Rating="25"', expected)
        assert after == re.sub(rb'xmp:MetadataDate="[^"]*"', f'xmp:MetadataDate="{MOMENT}"'.encode(), expected)

    @pytest.mark.parametrize("name", SAMPLES)
    def test_nothing_to_change_changes_no_byte(self, name: str) -> None:
        rating, label, caption, words = said(SAMPLES[name])
        assert edited(SAMPLES[name], Changes(ALL, rating, label, caption, tuple(words)), MOMENT) == SAMPLES[name]

    def test_hierarchies_follow(self) -> None:
        after = edited(DIGIKAM, Changes(frozenset({"keywords"}), keywords=("sea", "boat", "1/2")), MOMENT).decode()
        tags = re.search(r"<digiKam:TagsList>(.*?)</digiKam:TagsList>", after, re.DOTALL)
        paths = re.search(r"<lr:hierarchicalSubject>(.*?)</lr:hierarchicalSubject>", after, re.DOTALL)
        assert tags and paths
        assert re.findall("<rdf:li>(.*?)</rdf:li>", tags[1]) == ["sea", "boat"]
        assert re.findall("<rdf:li>(.*?)</rdf:li>", paths[1]) == ["sea", "boat", "1/2"]

    def test_everything_can_be_taken_away(self) -> None:
        after = edited(LIGHTROOM, Changes(ALL), MOMENT)
        assert said(after) == (0, "", "", set())
        assert others(after) == others(LIGHTROOM)


def test_a_new_sidecar() -> None:
    made = fresh(Changes(ALL, -1, "Red", "\u4e2d \U0001f600", ("a|b", "c/d", "e\u0301")), MOMENT)
    assert said(made) == (-1, "Red", "\u4e2d \U0001f600", {"a|b", "c/d", "e\u0301"})
    assert MOMENT.encode() in made
    assert edited(made, Changes(frozenset({"rating"}), -1), MOMENT) == made


def test_what_xml_cannot_hold_is_left_out() -> None:
    made = fresh(Changes(frozenset({"caption", "keywords"}), caption="a\x00b\x0bc\ufffe\ud800d", keywords=("\x1b[0m",)), MOMENT)
    assert said(made) == (0, "", "abcd", {"[0m"})


@pytest.mark.parametrize(
    "before",
    [
        packet(attributes='xmp:Rating="1" dc:description="plain"'),
        packet("<xmp:Rating>1</xmp:Rating><dc:subject>flat</dc:subject><dc:description>plain</dc:description>"),
        packet("<xmp:Rating/><dc:subject/><dc:description/><xmp:Label/>"),
        packet("<dc:subject><rdf:Bag/></dc:subject><dc:description><rdf:Alt/></dc:description>"),
        packet(bag("dc:subject", "one") + bag("dc:subject", "two")),
        packet('<dc:description><rdf:Alt><rdf:li xml:lang="fr">Mer</rdf:li></rdf:Alt></dc:description>'),
        packet("<xmp:Rating><![CDATA[1]]></xmp:Rating><!-- <xmp:Rating>4</xmp:Rating> -->"),
        packet(attributes="xmp:Rating='1' xmp:Label = \"a>b\""),
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
        b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:xmp="urn:other"><r:Description/></r:RDF>',
        b'<RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><Description xmlns:rdf="urn:x" xmlns:dc="urn:y"></Description></RDF>',
        packet().replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + packet(),
        packet().decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + bare(bag("dc:subject", "\xe9t\xe9")).decode().encode("latin-1", "replace"),
    ],
)  # fmt: skip
def test_ways_to_write_it(before: bytes) -> None:
    changes = Changes(ALL, 3, "Blue", "Sea & sun", ("sun", "B&B"))
    after = edited(before, changes, MOMENT)
    assert said(after) == (3, "Blue", "Sea & sun", {"sun", "B&B"})
    assert edited(after, changes, MOMENT) == after


def test_other_languages_stay() -> None:
    inner = '<rdf:li xml:lang="x-default">Sea</rdf:li><rdf:li xml:lang="fr">Mer</rdf:li>'
    before = packet(f"<dc:description><rdf:Alt>{inner}</rdf:Alt></dc:description>")
    after = edited(before, Changes(frozenset({"caption"}), caption="Sun"), MOMENT)
    assert after == before.replace(b"Sea", b"Sun")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no element"),
        (packet()[:150], "no element|not well-formed|unclosed"),
        (packet() + b"junk", "junk|not well-formed"),
        (b"<a/>", "rdf:RDF"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]>' + bare(), "document type"),
        (b'<?xml version="1.0" encoding="koi-9"?><a/>', "koi-9"),
        (packet("\udcff".encode("utf-8", "surrogateescape").decode("latin-1")).replace("ÿ".encode(), b"\xff"), "utf-8"),
        (b"<a>" * 3000 + b"</a>" * 3000, "deeply"),
        (
            b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description><b:c/></rdf:Description></rdf:RDF>',
            "unbound prefix",
        ),
    ],
)
def test_what_is_no_xmp_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(OddValue, match=why):
        edited(content, Changes(ALL, 3), MOMENT)


NAMES = st.sampled_from(["tool:a", "tool:b", "other:c", "crs:ToneCurve", "darktable:history"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\ufffe\uffff"), max_size=12)
WORDS = TEXTS.map(str.strip).filter(bool)
MARKUP = st.one_of(
    TEXTS.filter(lambda text: "--" not in text and not text.endswith("-")).map(lambda text: f"<!--{text}-->"),
    TEXTS.filter(lambda text: "]]>" not in text).map(lambda text: f"<![CDATA[{text}]]>"),
    TEXTS.filter(lambda text: "?>" not in text).map(lambda text: f"<?note {text}?>"),
    TEXTS.map(escape),
    st.just("\n   "),
)
ELEMENTS = st.recursive(
    st.builds(lambda name, value: f"<{name} other:x={quoteattr(value)}/>", NAMES, TEXTS),
    lambda inner: st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>", NAMES, st.lists(st.one_of(inner, MARKUP), max_size=4)
    ),
    max_leaves=6,
)
PROPERTIES = st.one_of(
    ELEMENTS,
    st.integers(-1, 5).map(lambda stars: f"<xmp:Rating>{stars}</xmp:Rating>"),
    st.lists(WORDS, max_size=3).map(lambda words: bag("dc:subject", *map(escape, words))),
    st.lists(WORDS, max_size=3).map(lambda words: bag("lr:hierarchicalSubject", *map(escape, words))),
    st.lists(WORDS, max_size=3).map(lambda words: bag("digiKam:TagsList", *map(escape, words))),
    WORDS.map(lambda text: f"<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>{escape(text)}</rdf:li></rdf:Alt></dc:description>"),
    WORDS.map(lambda text: f"<xmp:Label>{escape(text)}</xmp:Label>"),
    st.sampled_from(["\n  ", "<!-- dc:subject -->"]),
)
DECLARED = (
    'xmlns:tool="urn:tool" xmlns:other="urn:other" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"'
    ' xmlns:darktable="http://darktable.sf.net/"'
)
DOCUMENTS = st.builds(
    lambda blocks, rating: packet(
        "".join(blocks[:2]), f"{DECLARED} tool:q='>' {'' if rating is None else f'xmp:Rating={quoteattr(str(rating))}'}"
    ),
    st.lists(PROPERTIES, max_size=6).map(lambda parts: ["".join(parts), ""]),
    st.one_of(st.none(), st.integers(-1, 5)),
)
WANTED = st.builds(
    Changes, st.sets(st.sampled_from(sorted(ALL))).map(frozenset), st.integers(-1, 5), WORDS | st.just(""), WORDS | st.just(""),
    st.lists(WORDS, max_size=3).map(tuple),
)  # fmt: skip


@settings(deadline=None)
@given(DOCUMENTS, WANTED)
def test_what_others_wrote_survives(before: bytes, changes: Changes) -> None:
    after = edited(before, changes, MOMENT)
    assert others(after) == others(before)
    found, was = said(after), said(before)
    assert found[0] == (changes.rating if "rating" in changes.fields else was[0])
    assert found[1] == (changes.label if "label" in changes.fields else was[1])
    assert found[2] == (changes.caption if "caption" in changes.fields else was[2])
    words = {word.casefold() for word in (changes.keywords if "keywords" in changes.fields else was[3])}
    assert {word.casefold() for word in found[3]} == words
    assert edited(after, changes, MOMENT) == after
