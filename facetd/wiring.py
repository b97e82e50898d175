"""What the web side is given of an open library."""

from __future__ import annotations

from collections.abc import Sequence

from facetd.accounts.authentication import Authentication, KeepHash, keep_nowhere
from facetd.accounts.guesses import Guesses
from facetd.house import House
from facetd.http.services import Services
from facetd.ingest.darktable import Developer
from facetd.ingest.facecrops import FaceCrops
from facetd.ingest.renditions import Renditions
from facetd.library.albums import Albums
from facetd.library.browse import Browse
from facetd.library.capsules import Capsules
from facetd.library.captions import Captions
from facetd.library.culling import Culling
from facetd.library.downloads import Downloads
from facetd.library.export import Export
from facetd.library.gallery import Gallery
from facetd.library.labels import Labels
from facetd.library.map import Map
from facetd.library.memories import Memories
from facetd.library.numbers import Numbers
from facetd.library.people import People
from facetd.library.ratings import Ratings
from facetd.library.search import Search
from facetd.library.shares import Shares
from facetd.library.sidecars import Sidecars
from facetd.library.similar import Similar
from facetd.library.tickets import Tickets
from facetd.library.timeline import Timeline
from facetd.library.undoing import Undoing
from facetd.plugins.room import Plugins
from facetd.records.viewer import Viewer


def make_services(house: House, *, keep_hash: KeepHash = keep_nowhere) -> Services:
    """What the web side needs of an open library. `keep_hash` writes a user's new hash into the configuration."""

    async def ready() -> None:
        await house.db.row("SELECT 1 FROM meta")

    def rated(viewer: Viewer, ids: Sequence[int]) -> None:
        house.ingest.events.publish("ratings", {"ids": list(ids)}, user_id=viewer.user_id)

    gallery = Gallery(house.db, house.config, house.ingest.judge)
    undoing = Undoing(house.db)
    albums = Albums(house.db, house.config, gallery, undoing)
    authentication = Authentication(house.db, house.config, keep_hash=keep_hash)
    authentication.sessions.ended.append(house.ingest.events.end)
    return Services(
        config=house.config,
        data=house.data,
        gallery=gallery,
        search=Search(house.db, house.config, gallery, house.ingest.meaning),
        captions=Captions(house.db, house.config, gallery, house.captioning),
        captioning=house.captioning,
        browse=Browse(house.db, house.config),
        timeline=Timeline(house.db, house.config),
        memories=Memories(house.db, house.config),
        people=People(house.db, house.config, house.ingest.people_decided, undoing),
        similar=Similar(house.db, house.config, house.data, house.ingest.lookups),
        capsules=Capsules(house.db, house.config, house.ingest.capsules),
        culling=Culling(house.db, house.config),
        ratings=Ratings(house.db, undoing, rated),
        jobs=house.jobs,
        export=Export(house.db, gallery),
        numbers=Numbers(house.db),
        map=Map(house.db, house.config, gallery, lambda: house.ingest.scanning, house.ingest.placed),
        undoing=undoing,
        labels=Labels(house.db),
        sidecars=Sidecars(house.db),
        albums=albums,
        shares=Shares(house.db, house.config, albums, gallery, authentication.looking_as, Guesses()),
        ingest=house.ingest,
        renditions=Renditions(house.ingest.renditions_folder, house.ingest.workers, house.config),
        downloads=Downloads(house.db, house.config),
        darktable=Developer(house.ingest.renditions_folder, house.data / "darktable", house.config),
        tickets=Tickets(),
        plugins=Plugins(house.config.plugins, house.data / "plugins", house.db),
        face_crops=FaceCrops(house.data / "cache" / "faces", house.ingest.thumbs, house.ingest.workers),
        group_people=house.group_people,
        authentication=authentication,
        ready=ready,
        household=house,
    )
