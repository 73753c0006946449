"""The flags of text."""

import dataclasses
from typing import Annotated, ClassVar

from experiments.cli import rules

__all__ = ["TextData"]


@dataclasses.dataclass(frozen=True)
class TextData:
    """How much of a text there is, and how it is cut."""

    TOPIC: ClassVar[str] = "Lines of text"

    length: Annotated[
        int, "characters in a line", rules.at_least(2), rules.at_most(10**4)
    ] = 32
    vocabulary_size: Annotated[
        int, "characters in the vocabulary", rules.at_least(2), rules.at_most(2**16)
    ] = 2048
    max_lines: Annotated[
        int, "lines of text to read, at most", rules.at_least(100), rules.at_most(10**9)
    ] = 10_000_000
