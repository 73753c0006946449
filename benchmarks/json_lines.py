"""The lines of a file of results, as far as it is there."""

import json
import pathlib
from typing import Any

__all__ = ["read"]


def read(path: pathlib.Path) -> list[dict[str, Any]]:
    """Each line as an object; a file that is missing has none."""
    texts = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(text) for text in texts]
