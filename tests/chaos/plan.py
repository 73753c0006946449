"""Which fault befalls which program at which moment: those that have been fewest."""

import collections
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from chaos import between, during
from chaos.rounds import Unbroken
from chaos.subjects import SUBJECTS

__all__ = ["KINDS", "Plan", "Round"]

KINDS = (*during.DURING, *between.BETWEEN)


class Round(NamedTuple):
    """A fault to be."""

    program: str
    fault: str
    moment: str


class Plan:
    """All moments at which each kind of fault can befall each program."""

    def __init__(self, wholes: Mapping[str, Unbroken], kinds: Iterable[str], seed: int):
        self._seed = seed
        self._moments = {
            (kind, program): moments
            for kind in kinds
            for program, whole in wholes.items()
            if (moments := _moments(kind, program, whole))
        }

    def next(self, lines: Iterable[Mapping[str, Any]], most: int) -> Round | None:
        """The next after those in `lines`; None where there are as many as are wanted.

        Each kind befalls each program that it can once at least, however many that is.
        """
        lines = [*lines]
        counts = collections.Counter((line["fault"], line["program"]) for line in lines)
        alone = collections.Counter(part for pair in counts.elements() for part in pair)
        there = {tuple(line[name] for name in Round._fields) for line in lines}

        def fewest(of: tuple[tuple[str, str], list[str]]) -> tuple[int, ...]:
            kind, program = of[0]
            return counts[of[0]], alone[kind], alone[program]

        for (kind, program), moments in sorted(self._moments.items(), key=fewest):
            if len(lines) >= most and counts[kind, program]:
                return None
            rounds = [Round(program, kind, moment) for moment in moments]
            if left := [one for one in rounds if one not in there]:
                rng = np.random.default_rng(
                    [self._seed, _number(program), _number(kind)]
                )
                return left[int(rng.integers(len(left)))]
        return None


def _number(text: str) -> int:
    return zlib.crc32(text.encode())


def _moments(kind: str, program: str, whole: Unbroken) -> list[str]:
    if kind in during.DURING:
        fault = during.DURING[kind]
        if program not in fault.only:
            return []
        return [moment for moment in whole.moments if fault.at(moment)]
    damage = between.BETWEEN[kind]
    own = SUBJECTS[program].files
    if own and damage.file not in own:
        return []
    files = between.files_of(whole.folder, damage.file)
    late = whole.moments[len(whole.moments) // 2 :: 7]
    return [
        *(f"at the end: {file}" for file in files),
        *(f"{when}: {file}" for when in late for file in files[:1]),
    ]
