"""The API has every operation of the product description; what is still to come is listed by name."""

from __future__ import annotations

import re

from facetd.http.api import OPERATIONS

DESCRIBED = """
GET /api/photos /api/photo /api/type_counts /api/similar_photos/{path} /api/search /api/critique /api/config
POST /api/auth/login /api/auth/edition/login /api/auth/edition/logout
GET /api/auth/status
GET /thumbnail /face_thumbnail/{id} /person_thumbnail/{id} /image
GET /api/filter_options/cameras /api/filter_options/lenses /api/filter_options/tags /api/filter_options/persons
GET /api/filter_options/patterns /api/filter_options/categories /api/filter_options/apertures /api/filter_options/focal_lengths
GET /api/filter_options/location_name
POST /api/photos/batch_favorite /api/photos/batch_reject /api/photos/batch_rating
GET /api/persons
POST /api/persons/{id}/rename /api/persons/merge /api/persons/merge/{source}/{target} /api/persons/merge_batch
POST /api/persons/{id}/delete /api/persons/delete_batch
GET /api/albums /api/albums/{id} /api/albums/{id}/photos /api/shared/album/{id}
POST /api/albums /api/albums/{id}/photos /api/albums/{id}/share
PUT /api/albums/{id}
DELETE /api/albums/{id} /api/albums/{id}/photos /api/albums/{id}/share
GET /api/memories /api/memories/check /api/caption
PUT /api/caption
GET /api/timeline /api/timeline/dates /api/timeline/years /api/timeline/months /api/photos/map /api/photos/map/count
GET /api/capsules /api/capsules/{id}/photos
POST /api/capsules/{id}/save-album
GET /api/stats/overview /api/stats/score_distribution /api/stats/top_cameras /api/stats/categories /api/stats/gear /api/stats/settings
GET /api/stats/timeline /api/stats/correlations /api/stats/categories/breakdown /api/stats/categories/weights
GET /api/stats/categories/correlations /api/stats/categories/metrics /api/stats/categories/overlap
POST /api/stats/categories/update /api/stats/categories/recompute
GET /api/comparison/next_pair /api/comparison/stats /api/comparison/history /api/comparison/coverage /api/comparison/confidence
GET /api/comparison/photo_metrics /api/comparison/category_weights /api/comparison/learned_weights
POST /api/comparison/submit /api/comparison/reset /api/comparison/edit /api/comparison/delete /api/comparison/preview_score
POST /api/comparison/suggest_filters /api/comparison/override_category /api/recalculate
GET /api/burst-groups /api/similar-groups /api/culling-groups
POST /api/burst-groups/select /api/similar-groups/select /api/culling-groups/confirm
POST /api/scan/start
GET /api/scan/status /api/scan/directories
GET /api/person/{id}/faces /api/photo/faces
POST /api/person/{id}/avatar /api/face/{id}/assign /api/photo/assign_all_faces /api/photo/unassign_person
POST /api/photo/set_rating /api/photo/toggle_favorite /api/photo/toggle_rejected
POST /api/config/update_weights /api/config/save_snapshot /api/config/restore_weights
GET /api/config/weight_snapshots
GET /api/merge_suggestions /api/folders
GET /api/download/options /api/download
GET /api/plugins
POST /api/plugins/test-webhook
GET /health /ready
GET /api/i18n/languages /api/i18n/{lang}
"""
# Judgement: statistics, comparison, weights, critique, and deciding about groups.
TO_COME = """
GET /api/critique
GET /api/stats/overview /api/stats/score_distribution /api/stats/top_cameras /api/stats/categories /api/stats/gear /api/stats/settings
GET /api/stats/timeline /api/stats/correlations /api/stats/categories/breakdown /api/stats/categories/weights
GET /api/stats/categories/correlations /api/stats/categories/metrics /api/stats/categories/overlap
POST /api/stats/categories/update /api/stats/categories/recompute
GET /api/comparison/next_pair /api/comparison/stats /api/comparison/history /api/comparison/coverage /api/comparison/confidence
GET /api/comparison/photo_metrics /api/comparison/category_weights /api/comparison/learned_weights
POST /api/comparison/submit /api/comparison/reset /api/comparison/edit /api/comparison/delete /api/comparison/preview_score
POST /api/comparison/suggest_filters /api/comparison/override_category /api/recalculate
POST /api/burst-groups/select /api/similar-groups/select /api/culling-groups/confirm
POST /api/config/update_weights /api/config/save_snapshot /api/config/restore_weights
GET /api/config/weight_snapshots
"""


def operations(text: str) -> set[tuple[str, str]]:
    """(method, path) of each line."""
    return {(method, path) for method, *paths in (line.split() for line in text.strip().splitlines()) for path in paths}


def test_what_is_missing_is_what_is_to_come() -> None:
    there = {
        (operation.method, re.sub(r"\{(\w+):.*\}(?=/|$)", r"{\1}", re.sub(r"\{(\w+):[^{}/]*\}", r"{\1}", operation.path)))
        for operation in OPERATIONS
    }
    assert operations(DESCRIBED) - there == operations(TO_COME)
