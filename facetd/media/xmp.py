"""XMP packets and sidecars: ratings, words, named regions, places and dates. Source: XMP part 1-3, MWG guidelines 2.0.

Parsed without entities or external references; larger packets than `_LARGEST` are not looked at.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from facetd.i18n import _
from facetd.media.dates import OddValue, xmp_date
from facetd.media.gps import checked, xmp_angle
from facetd.media.ratings import stars_of_percent
from facetd.media.regions import mwg_regions, people_regions
from facetd.media.sidecars import find_sidecars

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["find_sidecars", "xmp_facts"]

_LARGEST = 16 << 20
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_LIGHTROOM = "{http://ns.adobe.com/lightroom/1.0/}"
_DIGIKAM = "{http://www.digikam.org/ns/1.0/}"
_AUX = "{http://ns.adobe.com/exif/1.0/aux/}"
_MICROSOFT = "{http://ns.microsoft.com/photo/1.0/}"
_PACKET = re.compile(rb"<(?:\w+:)?(xmpmeta|xapmeta|RDF)\b.*</(?:\w+:)?\1\s*>", re.DOTALL)


def xmp_facts(packet: bytes, *, stored_size: tuple[int, int], orientation: int) -> tuple[dict[str, Any], list[str]]:
    """Fields of Metadata that an XMP packet knows, and sentences about what was left out.

    Regions are turned from the stored picture (`stored_size` in px) to the upright one by `orientation` (1..8).
    """
    facts: dict[str, Any] = {}
    try:
        properties = _Properties(packet)
    except OddValue as odd:
        return facts, [str(odd)]
    warnings: list[str] = []
    for read in (_rating, _words, _camera, _date, _place):
        try:
            facts.update({key: value for key, value in read(properties).items() if value is not None})
        except OddValue as odd:
            warnings.append(str(odd))
    regions = mwg_regions(properties.nodes, stored_size, orientation) or people_regions(properties.nodes, orientation)
    if regions:
        facts["regions"] = regions
    return facts, warnings


def metadata_date(path: str) -> float | None:
    """When the metadata of a sidecar were changed by its own word, in seconds since 1970; None where it does not say."""
    with contextlib.suppress(OSError, OddValue, ValueError, OverflowError):
        with open(path, "rb") as file:
            properties = _Properties(file.read(_LARGEST))
        for name in (f"{_XMP}MetadataDate", f"{_XMP}ModifyDate"):
            if found := xmp_date(properties.text(name)):
                return datetime.fromisoformat(found[0] + (found[1] or "")).timestamp()
    return None


class _Properties:
    """The properties of all rdf:Description nodes of one packet, written as attributes or as elements."""

    def __init__(self, packet: bytes) -> None:
        root = _parse(packet)
        rdf = root if root.tag == f"{RDF}RDF" else root.find(f".//{RDF}RDF")
        self.nodes: list[Element] = [] if rdf is None else rdf.findall(f"{RDF}Description")

    def text(self, *names: str) -> str | None:
        """The first of the properties `names` that has text; of a list its first item, of alternatives the default language."""
        for name in names:
            for value in self._values(name):
                if value.strip():
                    return value.strip()
        return None

    def items(self, name: str) -> list[str]:
        """All items of the bag, sequence or alternatives `name`."""
        return [value.strip() for value in self._values(name) if value.strip()]

    def _values(self, name: str) -> Iterator[str]:
        for node in self.nodes:
            if name in node.attrib:
                yield node.attrib[name]
            for element in node.findall(name):
                listed = element.findall(f"*/{RDF}li")
                default = "{http://www.w3.org/XML/1998/namespace}lang"
                listed.sort(key=lambda item: item.get(default, "x-default") != "x-default")
                yield from (item.text or "" for item in listed)
                yield element.text or ""


def _parse(packet: bytes) -> Element:
    from defusedxml import DefusedXmlException  # noqa: PLC0415  most photos carry no XMP
    from defusedxml.ElementTree import ParseError, fromstring  # noqa: PLC0415

    if len(packet) > _LARGEST:
        raise OddValue(_("The XMP data is too large and was not read."))
    match = _PACKET.search(packet)  # leaves out padding, byte order marks and what follows the packet
    try:
        root: Element = fromstring(match.group() if match else packet, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise OddValue(_("The XMP data is damaged and was not read.")) from error
    return root


def _rating(xmp: _Properties) -> dict[str, Any]:
    text, percent = xmp.text(f"{_XMP}Rating"), xmp.text(f"{_MICROSOFT}Rating")
    try:
        stars = float(text) if text is not None else stars_of_percent(float(percent)) if percent is not None else None
    except ValueError:
        stars = None
    if stars is None and text is None and percent is None:
        return {}
    if stars is None or not -1 <= stars <= 5:
        raise OddValue(_("The rating “{text}” is none of -1 to 5 and was left out.").format(text=(text or percent or "")[:20]))
    return {"rating": int(stars)}


def _words(xmp: _Properties) -> dict[str, Any]:
    """Keywords are the flat list; of hierarchical lists only leaves that are missing there are added."""
    keywords = xmp.items(f"{_DC}subject")
    known = {word.casefold() for word in keywords}
    paths = [path.split("|") for path in xmp.items(f"{_LIGHTROOM}hierarchicalSubject")]
    paths += [path.split("/") for path in xmp.items(f"{_DIGIKAM}TagsList")]
    for path in paths:
        leaf = path[-1].strip()
        if leaf and leaf.casefold() not in known:
            known.add(leaf.casefold())
            keywords.append(leaf)
    return {
        "label": xmp.text(f"{_XMP}Label"),
        "title": xmp.text(f"{_DC}title", f"{_PHOTOSHOP}Headline"),
        "description": xmp.text(f"{_DC}description"),
        "keywords": tuple(dict.fromkeys(keywords)) or None,
    }


def _camera(xmp: _Properties) -> dict[str, Any]:
    return {"camera_make": xmp.text(f"{_TIFF}Make"), "camera_model": xmp.text(f"{_TIFF}Model"), "lens_model": xmp.text(f"{_AUX}Lens")}


def _date(xmp: _Properties) -> dict[str, Any]:
    odd: OddValue | None = None
    for name in (f"{_EXIF}DateTimeOriginal", f"{_PHOTOSHOP}DateCreated", f"{_XMP}CreateDate"):
        try:
            found = xmp_date(xmp.text(name))
        except OddValue as error:
            odd = odd or error
            continue
        if found:
            return {"date_taken": found[0], "date_offset": found[1]}
    if odd:
        raise odd
    return {}


def _place(xmp: _Properties) -> dict[str, Any]:
    latitude, longitude = xmp_angle(xmp.text(f"{_EXIF}GPSLatitude")), xmp_angle(xmp.text(f"{_EXIF}GPSLongitude"))
    if latitude is None or longitude is None:
        return {}
    latitude, longitude = checked(latitude, longitude)
    return {"gps_latitude": latitude, "gps_longitude": longitude}
