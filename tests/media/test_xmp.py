from __future__ import annotations

import time
from typing import Any

import pytest

from facetd.media.xmp import xmp_facts

SPACES = " ".join(
    f'xmlns:{name}="{uri}"'
    for name, uri in {
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "xmp": "http://ns.adobe.com/xap/1.0/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "exif": "http://ns.adobe.com/exif/1.0/",
        "photoshop": "http://ns.adobe.com/photoshop/1.0/",
        "lr": "http://ns.adobe.com/lightroom/1.0/",
        "digiKam": "http://www.digikam.org/ns/1.0/",
        "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
        "MP": "http://ns.microsoft.com/photo/1.2/",
        "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
        "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
        "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
        "stArea": "http://ns.adobe.com/xmp/sType/Area#",
        "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    }.items()
)


def packet(inside: str = "", attributes: str = "") -> bytes:
    description = f'<rdf:Description rdf:about="" {attributes}>{inside}</rdf:Description>'
    text = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {SPACES}>{description}</rdf:RDF></x:xmpmeta>'
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n{text}\n{" " * 200}<?xpacket end="w"?>'.encode()


def facts_of(data: bytes, size: tuple[int, int] = (400, 300), orientation: int = 1) -> tuple[dict[str, Any], list[str]]:
    return xmp_facts(data, stored_size=size, orientation=orientation)


def bag(name: str, *items: str) -> str:
    return f"<{name}><rdf:Bag>{''.join(f'<rdf:li>{item}</rdf:li>' for item in items)}</rdf:Bag></{name}>"


@pytest.mark.parametrize(("text", "rating"), [("3", 3), ("-1", -1), ("0", 0), ("5.0", 5), (" 4 ", 4)])
def test_ratings_as_attribute_and_as_element(text: str, rating: int) -> None:
    assert facts_of(packet(attributes=f'xmp:Rating="{text}"')) == ({"rating": rating}, [])
    assert facts_of(packet(f"<xmp:Rating>{text}</xmp:Rating>")) == ({"rating": rating}, [])


@pytest.mark.parametrize(("percent", "stars"), [(0, 0), (1, 1), (25, 2), (50, 3), (75, 4), (99, 5)])
def test_ratings_in_percent(percent: int, stars: int) -> None:
    assert facts_of(packet(attributes=f'MicrosoftPhoto:Rating="{percent}"'))[0] == {"rating": stars}


@pytest.mark.parametrize("text", ["6", "-2", "good", "nan"])
def test_an_odd_rating_is_left_out_with_a_warning(text: str) -> None:
    facts, warnings = facts_of(packet(bag("dc:subject", "sea"), f'xmp:Rating="{text}"'))
    assert facts == {"keywords": ("sea",)}
    assert "rating" in warnings[0]


def test_titles_take_the_default_language() -> None:
    title = '<dc:title><rdf:Alt><rdf:li xml:lang="fr">Mer</rdf:li><rdf:li xml:lang="x-default">Sea</rdf:li></rdf:Alt></dc:title>'
    facts, _ = facts_of(packet(title + "<dc:description><rdf:Alt><rdf:li>A day &amp; a night</rdf:li></rdf:Alt></dc:description>"))
    assert facts == {"title": "Sea", "description": "A day & a night"}
    assert facts_of(packet(attributes='photoshop:Headline="Sea"'))[0] == {"title": "Sea"}


def test_hierarchical_keywords_add_only_leaves_that_are_missing() -> None:
    words = (
        bag("dc:subject", "Anna", "sea", "sea")
        + bag("lr:hierarchicalSubject", "People|anna", "Places|France|Brest")
        + bag("digiKam:TagsList", "A/Brest", "A/ship")
    )
    assert facts_of(packet(words))[0]["keywords"] == ("Anna", "sea", "Brest", "ship")


@pytest.mark.parametrize(
    ("text", "date", "offset"),
    [
        ("2024-07-14T18:03:22.25+02:00", "2024-07-14T18:03:22.25", "+02:00"),
        ("2024-07-14T18:03:22Z", "2024-07-14T18:03:22", "+00:00"),
        ("2024-07-14T18:03", "2024-07-14T18:03:00", None),
        ("2024-07-14", "2024-07-14T00:00:00", None),
        ("2024:07:14 18:03:22", "2024-07-14T18:03:22", None),
        ("2024-07-14T18:03:60+99:00", "2024-07-14T18:03:59", None),
    ],
)
def test_dates(text: str, date: str, offset: str | None) -> None:
    assert facts_of(packet(attributes=f'exif:DateTimeOriginal="{text}"')) == (
        {"date_taken": date} | ({"date_offset": offset} if offset else {}),
        [],
    )


def test_a_date_that_is_none_gives_way_to_the_next() -> None:
    later = 'photoshop:DateCreated="2001-02-03T04:05:06" xmp:CreateDate="2009-09-09"'
    assert facts_of(packet(attributes=f'exif:DateTimeOriginal="2024-13-45" {later}'))[0]["date_taken"] == "2001-02-03T04:05:06"
    assert facts_of(packet(attributes='exif:DateTimeOriginal="2024"')) == ({}, [])
    facts, warnings = facts_of(packet(attributes='xmp:CreateDate="last summer"'))
    assert facts == {} and "last summer" in warnings[0]


@pytest.mark.parametrize(
    ("latitude", "longitude", "place"),
    [
        ("50,5.375N", "14,23.8445E", (50.0895833, 14.3974083)),
        ("33,27,30S", "70,30,0W", (-33.4583333, -70.5)),
        ("10.5N", "20W", (10.5, -20.0)),
    ],
)
def test_places(latitude: str, longitude: str, place: tuple[float, float]) -> None:
    facts, _ = facts_of(packet(attributes=f'exif:GPSLatitude="{latitude}" exif:GPSLongitude="{longitude}"'))
    assert (facts["gps_latitude"], facts["gps_longitude"]) == pytest.approx(place)


@pytest.mark.parametrize(("latitude", "longitude"), [("95N", "10E"), ("0N", "0E"), ("50,5.375", "14E"), ("", "14E")])
def test_places_that_are_none(latitude: str, longitude: str) -> None:
    assert facts_of(packet(attributes=f'exif:GPSLatitude="{latitude}" exif:GPSLongitude="{longitude}"'))[0] == {}


class TestRegions:
    @staticmethod
    def mwg(
        area: str, applied: str = 'stDim:w="400" stDim:h="300" stDim:unit="pixel"', about: str = 'mwg-rs:Name="Anna" mwg-rs:Type="Face"'
    ) -> bytes:
        item = f"<rdf:li><rdf:Description {about}><mwg-rs:Area {area}/></rdf:Description></rdf:li>"
        inside = f"<mwg-rs:AppliedToDimensions {applied}/><mwg-rs:RegionList><rdf:Bag>{item}</rdf:Bag></mwg-rs:RegionList>"
        return packet(f'<mwg-rs:Regions rdf:parseType="Resource">{inside}</mwg-rs:Regions>')

    AREA = 'stArea:x="0.25" stArea:y="0.4" stArea:w="0.1" stArea:h="0.2" stArea:unit="normalized"'

    def boxes(self, data: bytes, **options: Any) -> list[tuple[float, ...]]:
        return [(r.x, r.y, r.width, r.height) for r in facts_of(data, **options)[0].get("regions", ())]

    @pytest.mark.parametrize(
        ("orientation", "box"),
        [
            (1, (0.25, 0.4, 0.1, 0.2)),
            (2, (0.75, 0.4, 0.1, 0.2)),
            (3, (0.75, 0.6, 0.1, 0.2)),
            (4, (0.25, 0.6, 0.1, 0.2)),
            (5, (0.4, 0.25, 0.2, 0.1)),
            (6, (0.6, 0.25, 0.2, 0.1)),
            (7, (0.6, 0.75, 0.2, 0.1)),
            (8, (0.4, 0.75, 0.2, 0.1)),
        ],
    )
    def test_regions_of_the_stored_picture_turn_with_it(self, orientation: int, box: tuple[float, ...]) -> None:
        assert self.boxes(self.mwg(self.AREA), orientation=orientation) == [pytest.approx(box)]

    def test_regions_that_were_drawn_on_the_upright_picture_stay(self) -> None:
        data = self.mwg(self.AREA, 'stDim:w="300" stDim:h="400" stDim:unit="pixel"')
        assert self.boxes(data, orientation=6) == [(0.25, 0.4, 0.1, 0.2)]

    def test_a_turned_region_covers_the_same_pixels(self) -> None:
        import numpy as np

        from facetd.media.orientation import turn_upright

        stored = np.zeros((300, 400), np.uint8)
        stored[90:150, 80:120] = 1  # the area above, as pixels
        for orientation in range(1, 9):
            upright = turn_upright(stored, orientation)
            ((x, y, width, height),) = self.boxes(self.mwg(self.AREA), orientation=orientation)
            rows, columns = np.nonzero(upright)
            assert (columns.min(), rows.min()) == (round((x - width / 2) * upright.shape[1]), round((y - height / 2) * upright.shape[0]))
            assert (columns.max() + 1, rows.max() + 1) == (
                round((x + width / 2) * upright.shape[1]),
                round((y + height / 2) * upright.shape[0]),
            )

    def test_pixels_circles_and_kinds(self) -> None:
        pixels = 'stArea:x="100" stArea:y="120" stArea:w="40" stArea:h="60" stArea:unit="pixel"'
        assert self.boxes(self.mwg(pixels)) == [(0.25, 0.4, 0.1, 0.2)]
        assert self.boxes(self.mwg('stArea:x="0.5" stArea:y="0.5" stArea:d="0.1"')) == [(0.5, 0.5, 0.1, 0.1)]
        (region,) = facts_of(self.mwg(self.AREA, about='mwg-rs:Name=" Rex  the dog " mwg-rs:Type="Pet"'))[0]["regions"]
        assert (region.name, region.kind) == ("Rex the dog", "Pet")
        (region,) = facts_of(self.mwg(self.AREA, about=""))[0]["regions"]
        assert (region.name, region.kind) == (None, "Face")

    @pytest.mark.parametrize(
        "area",
        [
            'stArea:x="2" stArea:y="0.5" stArea:w="0.1" stArea:h="0.1"',
            'stArea:x="0.5" stArea:y="0.5" stArea:w="0" stArea:h="0.1"',
            'stArea:x="nan" stArea:y="0.5" stArea:w="0.1" stArea:h="0.1"',
            'stArea:x="left" stArea:y="0.5" stArea:w="0.1" stArea:h="0.1"',
            'stArea:w="0.1" stArea:h="0.1"',
        ],
    )
    def test_areas_outside_or_without_size_are_left_out(self, area: str) -> None:
        assert self.boxes(self.mwg(area)) == []
        assert self.boxes(self.mwg(self.AREA.replace("normalized", "pixel"), applied="")) == []
        assert self.boxes(self.mwg(self.AREA, about='mwg-rs:Type="Starship"')) == []

    def test_people_tags_of_microsoft_when_there_is_nothing_else(self) -> None:
        name = "<MPReg:PersonDisplayName>Anna</MPReg:PersonDisplayName>"
        item = f'<rdf:li rdf:parseType="Resource"><MPReg:Rectangle>0.2, 0.3, 0.1, 0.2</MPReg:Rectangle>{name}</rdf:li>'
        odd = '<rdf:li rdf:parseType="Resource"><MPReg:Rectangle>0.2, 0.3</MPReg:Rectangle></rdf:li>'
        people = f'<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>{item}{odd}</rdf:Bag></MPRI:Regions></MP:RegionInfo>'
        (region,) = facts_of(packet(people))[0]["regions"]
        assert (region.name, region.x, region.y, region.width, region.height) == ("Anna", 0.25, 0.4, 0.1, 0.2)


class TestHostilePackets:
    @pytest.mark.parametrize(
        "data", [b"", b"<x", b"not xml", packet()[:300], b"\0" * 100, b"<a/>", packet().replace(b"Description", b"Nothing")]
    )
    def test_what_cannot_be_read_has_no_facts(self, data: bytes) -> None:
        assert facts_of(data)[0] == {}

    def test_entities_are_not_expanded(self, tmp_path: object) -> None:
        bomb = (
            b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
            + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(8))
            + b"]>"
        )
        started = time.process_time()
        facts, warnings = facts_of(bomb + packet("<dc:description>&i;</dc:description>"))
        assert facts == {} and warnings
        assert time.process_time() - started < 1

    def test_files_are_not_opened(self) -> None:
        outside = b'<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + packet("<dc:description>&f;</dc:description>")
        assert facts_of(outside)[0] == {}

    def test_deep_nesting_is_survived(self) -> None:
        assert facts_of(packet("<dc:x>" * 50000 + "</dc:x>" * 50000)) == ({}, [])

    def test_a_packet_of_any_size_is_bounded(self) -> None:
        facts, warnings = facts_of(b"<" * (17 << 20))
        assert facts == {} and "too large" in warnings[0]
