"""Files beside a photo that tell about it: XMP, and what Picasa keeps for a whole folder.

Both `a.xmp` (Lightroom, Capture One) and `a.jpg.xmp` (darktable, digiKam) exist in the wild.
"""

from __future__ import annotations

import os
from collections.abc import Collection

PICASA_NAMES = (".picasa.ini", "Picasa.ini")


def find_sidecars(path: str, names_in_folder: Collection[str]) -> list[str]:
    """Full paths of the sidecars of the photo at `path`, the most specific first: its values win over later ones.

    `names_in_folder` are the names of the files beside it (a set is faster than a list); letter case of the suffix does not matter.
    """
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    found = [whole + suffix for whole in (name, stem) for suffix in (".xmp", ".XMP", ".Xmp")]
    return [os.path.join(folder, candidate) for candidate in (*found, *PICASA_NAMES) if candidate in names_in_folder]
