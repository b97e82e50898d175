"""What the faces of a photo say about the photo: how many, how large, how good, a group or not."""

from __future__ import annotations

from collections.abc import Sequence

from facetd.records.sightings import DetectedFace, FaceFacts

GROUP = 3  # faces from which a portrait is one of a group
MAIN = 0.4  # faces at least this wide, in relation to the widest one, are who the photo is about
GROUP_RATIO = 0.02  # share of the picture that the faces of a group portrait take together


def face_facts(faces: Sequence[DetectedFace]) -> FaceFacts:
    """The facts of one photo. Quality and sharpness are those of the best of the main faces; a photo blinks when one of them seems to."""
    if not faces:
        return FaceFacts(face_count=0, face_ratio=0.0, is_group_portrait=False)
    widest = max(face.box.width for face in faces)
    main = [face for face in faces if face.box.width >= MAIN * widest]
    best = max(main, key=lambda face: face.quality)
    ratio = min(1.0, sum(face.box.width * face.box.height for face in faces))
    return FaceFacts(
        face_count=len(faces),
        face_ratio=round(ratio, 5),
        face_confidence=round(max(face.score for face in main), 4),
        face_quality=best.quality,
        eye_sharpness=best.eye_sharpness,
        face_sharpness=best.sharpness,
        is_group_portrait=len(main) >= GROUP and ratio >= GROUP_RATIO,
        is_blink=any(face.eyes_closed for face in main),
    )
