"""Regions that other programs drew: MWG face regions and Microsoft's people tags, as fractions of the upright picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from facetd.media.orientation import upright_size
from facetd.records.metadata import FaceRegion

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_MWG = "{http://www.metadataworkinggroup.com/schemas/regions/}"
_AREA = "{http://ns.adobe.com/xmp/sType/Area#}"
_DIMENSIONS = "{http://ns.adobe.com/xap/1.0/sType/Dimensions#}"
_PEOPLE = "{http://ns.microsoft.com/photo/1.2/}"
_PEOPLE_INFO = "{http://ns.microsoft.com/photo/1.2/t/RegionInfo#}"
_PEOPLE_REGION = "{http://ns.microsoft.com/photo/1.2/t/Region#}"
_KINDS = {"face": "Face", "pet": "Pet", "focus": "Focus", "barcode": "BarCode"}
_MOST_REGIONS = 500


def mwg_regions(nodes: Iterable[Element], stored_size: tuple[int, int], orientation: int) -> tuple[FaceRegion, ...]:
    """MWG regions of the rdf:Description `nodes`.

    MWG counts in the stored picture, before EXIF orientation, and says so by AppliedToDimensions. Programs that turned the
    picture first write the upright dimensions there; their regions are taken as they are.
    """
    found: list[FaceRegion] = []
    for regions in _children(nodes, f"{_MWG}Regions"):
        applied = next(_children([regions], f"{_MWG}AppliedToDimensions"), None)
        width, height = (_number(applied, f"{_DIMENSIONS}{side}") for side in "wh")
        turn = 1 if width and height and _is_upright(width / height, stored_size, orientation) else orientation
        for region_list in _children([regions], f"{_MWG}RegionList"):
            for item in region_list.findall(f"*/{_RDF}li"):
                region = _mwg_region(item, width, height, turn)
                if region is not None and len(found) < _MOST_REGIONS:
                    found.append(region)
    return tuple(found)


def people_regions(nodes: Iterable[Element], orientation: int) -> tuple[FaceRegion, ...]:
    """Microsoft's people tags: rectangles from the top left corner of the stored picture."""
    found: list[FaceRegion] = []
    for info in _children(nodes, f"{_PEOPLE}RegionInfo"):
        for regions in _children([info], f"{_PEOPLE_INFO}Regions"):
            for item in regions.findall(f"*/{_RDF}li"):
                place = _text(item, f"{_PEOPLE_REGION}Rectangle")
                parts = [_float(part) for part in (place or "").split(",")]
                if len(parts) == 4 and None not in parts and len(found) < _MOST_REGIONS:
                    left, top, width, height = (part or 0.0 for part in parts)
                    name = _text(item, f"{_PEOPLE_REGION}PersonDisplayName")
                    region = _region(name, "Face", (left + width / 2, top + height / 2, width, height), orientation)
                    if region is not None:
                        found.append(region)
    return tuple(found)


def _mwg_region(item: Element, width: float | None, height: float | None, turn: int) -> FaceRegion | None:
    area = next(_children([item], f"{_MWG}Area"), None)
    numbers = [_number(area, f"{_AREA}{key}") for key in "xywh"]
    if area is None or numbers[0] is None or numbers[1] is None:
        return None
    # A circle has a diameter instead of width and height.
    diameter = _number(area, f"{_AREA}d")
    x, y, w, h = (value if value is not None else diameter or 0.0 for value in numbers)
    if _text(area, f"{_AREA}unit") == "pixel":
        if not width or not height:
            return None
        x, y, w, h = x / width, y / height, w / width, h / height
    name = _text(item, f"{_MWG}Name")
    kind = _KINDS.get((_text(item, f"{_MWG}Type") or "face").casefold())
    return _region(name, kind, (x, y, w, h), turn) if kind else None


def _region(name: str | None, kind: str, box: tuple[float, float, float, float], turn: int) -> FaceRegion | None:
    """The region turned upright; None when it lies outside or has no size."""
    x, y, width, height = box
    if not all(math.isfinite(value) and -0.01 <= value <= 1.01 for value in box) or width <= 0 or height <= 0:
        return None
    if turn >= 5:
        x, y, width, height = y, x, height, width
    if turn in (2, 3, 6, 7):
        x = 1 - x
    if turn in (3, 4, 7, 8):
        y = 1 - y
    clean = " ".join((name or "").split()) or None
    return FaceRegion(clean, kind, *(round(min(1.0, max(0.0, value)), 6) for value in (x, y, width, height)))


def _is_upright(shape: float, stored_size: tuple[int, int], orientation: int) -> bool:
    stored, upright = stored_size, upright_size(*stored_size, orientation)
    off_stored, off_upright = (abs(math.log(shape * size[1] / size[0])) for size in (stored, upright))
    return orientation >= 5 and off_upright < off_stored


def _children(nodes: Iterable[Element], name: str) -> Iterator[Element]:
    """Elements `name` of each node, also through an rdf:Description in between; itself where it stands for a structure."""
    for node in nodes:
        for holder in (node, *node.findall(f"{_RDF}Description")):
            yield from holder.findall(name)


def _text(node: Element | None, name: str) -> str | None:
    """A simple value written as attribute or element, directly or inside an rdf:Description."""
    for holder in () if node is None else (node, *node.findall(f"{_RDF}Description")):
        value = holder.get(name) or holder.findtext(name)
        if value and value.strip():
            return value.strip()
    return None


def _number(node: Element | None, name: str) -> float | None:
    return _float(_text(node, name))


def _float(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is None or math.isfinite(value) else None
