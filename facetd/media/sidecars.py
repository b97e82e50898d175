"""Files beside a photo that tell about it: XMP, and what Picasa keeps for a whole folder.

Both `a.xmp` (Lightroom, Capture One) and `a.jpg.xmp` (darktable, digiKam) exist in the wild.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence

from facetd.media.formats import is_raw_name

PICASA_NAMES = (".picasa.ini", "Picasa.ini")


def find_sidecars(path: str, names_in_folder: Collection[str]) -> list[str]:
    """Full paths of the sidecars of the photo at `path`, the most specific first: its values win over later ones.

    `names_in_folder` are the names of the files beside it (a set is faster than a list); letter case of the suffix does not matter.
    """
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    found = [whole + suffix for whole in (name, stem) for suffix in (".xmp", ".XMP", ".Xmp")]
    return [os.path.join(folder, candidate) for candidate in (*found, *PICASA_NAMES) if candidate in names_in_folder]


def is_shared_stem(filename: str, photos: Collection[str], *, raw_pairs: bool) -> bool:
    """Whether `stem.xmp` would be about another photo of the folder too; with `raw_pairs` the RAW of a picture is no other photo."""
    stem = os.path.splitext(filename)[0]
    others = [name for name in photos if name != filename and os.path.splitext(name)[0] == stem]
    return any(not (raw_pairs and is_raw_name(name) and not is_raw_name(filename)) for name in others)


def sidecar_to_write(
    filename: str, there: Sequence[str], times: Mapping[str, int], *, shared_stem: bool, alone: bool, naming: str
) -> str:  # fmt: skip
    """The name of the sidecar that is written for a photo, `full` (`a.jpg.xmp`) or `stem` (`a.xmp`) as `naming` says where there is none.

    `there` are the names of its sidecars, the most specific first, `times` when each was changed. Of two the newer one is written, as its
    values count, unless the stem is not `alone` in its folder: then the full one. One that is about another photo too is left alone.
    """
    stem = os.path.splitext(filename)[0]
    own = [name for name in there if name not in PICASA_NAMES and not (shared_stem and os.path.splitext(name)[0] == stem)]
    if own:
        return max(own, key=lambda name: (times.get(name, 0), -own.index(name))) if alone else own[0]
    return f"{stem}.xmp" if naming == "stem" and not shared_stem else f"{filename}.xmp"
