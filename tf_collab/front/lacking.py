"""What the folder of a collaboration lacks, and the one call that loads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tf_collab import tables

__all__ = ["LAWS", "NETS", "load_by", "needed", "not_read", "told"]

# The net that `collaborate` was given, of each part that is kept.
NETS = {
    "generator": "generator",
    "calibrated": "discriminator",
    "shaped": "discriminator",
}
# Priors that are made again of their `spec`.
LAWS = "labelled", "normal", "truncated", "uniform"


def needed(kinds: Mapping[str, str], spec: Any, objective: Any) -> list[str]:
    """Options of `load_collaboration` that are to be given, in its order.

    `kinds` has for each of NETS whether it is kept as `file` or as `weights`; `spec` is
    the prior's, and `objective` a name.
    """
    nets = [net for part, net in NETS.items() if kinds[part] != "file"]
    lacks = {
        "generator": "generator" in nets,
        "discriminator": "discriminator" in nets,
        "prior": not _is_known(spec),
        "objective": objective not in [*tables.OBJECTIVES],
    }
    return [name for name, lacking in lacks.items() if lacking]


def _is_known(spec: Any) -> bool:
    if spec is None or spec[0] not in LAWS:
        return False
    return spec[0] != "labelled" or _is_known(spec[1])


def told(options: Sequence[str]) -> str:
    """What a folder lacks, where it lacks these options, as the end of a sentence."""
    nets = [name for name in options if name in NETS.values()]
    others = [name for name in options if name not in nets]
    parts = []
    if nets:
        parts.append(
            f"has of the {' and the '.join(nets)} the weights alone, since no file "
            "carries a net of another class than Keras' own"
        )
    if others:
        parts.append(f"does not tell the {' and the '.join(others)}")
    return ", and ".join(parts)


def not_read(folder: str, kinds: Mapping[str, str], given: Sequence[str]) -> str:
    """A sentence on nets that were given and that the folder has itself, or ""."""
    weights = {net for part, net in NETS.items() if kinds[part] != "file"}
    spare = [net for net in dict.fromkeys(NETS.values()) if net in {*given} - weights]
    if not spare:
        return ""
    what = "the one that was given is" if len(spare) == 1 else "those given are"
    return (
        f"{folder!r} has the {' and the '.join(spare)} whole, and {what} not read: "
        f"leave {' and '.join(f'{net}=...' for net in spare)} out"
    )


def load_by(folder: str, options: Sequence[str]) -> str:
    """The call that loads the folder, with these options."""
    given = [repr(folder), *(f"{name}=..." for name in options)]
    return f"tc.load_collaboration({', '.join(given)})"
