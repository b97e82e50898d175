"""What workers load to compute something."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("pydantic", "asyncio", "numpy", "cv2")


def test_finding_an_errand_loads_nothing() -> None:
    code = f"import sys, facetd.ingest.errands; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_telling_people_and_likenesses_loads_no_configuration() -> None:
    """Reading its schema would take longer than the computing."""
    modules = ", ".join(f"facetd.ingest.{name}" for name in ("warm", "errands", "grouping", "likening"))
    code = f"import sys, {modules}; print('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
