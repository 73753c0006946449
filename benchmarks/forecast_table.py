"""What lines of forecasts come to."""

from typing import Any

__all__ = ["summary"]


def summary(lines: list[dict[str, Any]]) -> str:
    return ""
