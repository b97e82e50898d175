"""Photos as plugins and webhooks are told of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from facetd.db.connection import Connection
from facetd.db.ledger import virtual_path
from facetd.db.names import from_stored, shown
from facetd.db.rows import TAKEN
from facetd.db.visibility import NEVER_LISTED


def photo_facts(connection: Connection, ids: Iterable[int]) -> list[dict[str, Any]]:
    """Those of `ids` that are there and can be shown, with what is told of each; of every root."""
    rows = connection.execute(
        f"SELECT p.id, root.name, f.path, p.filename, p.aggregate, p.category, {TAKEN} FROM json_each(?) wanted"
        " CROSS JOIN photo p ON p.id = wanted.value CROSS JOIN gate g ON g.photo_id = p.id"
        " CROSS JOIN folder f ON f.id = p.folder_id CROSS JOIN root ON root.id = g.root_id"
        f" WHERE (g.hide & {int(NEVER_LISTED)}) = 0",
        (json.dumps(list(ids)),),
    )
    return [
        {
            "id": int(number),
            "path": virtual_path(root, folder, filename),
            "filename": shown(from_stored(filename)),
            "aggregate": aggregate,
            "category": category,
            "date_taken": taken,
        }
        for number, root, folder, filename, aggregate, category, taken in rows.fetchall()
    ]
