"""The flags with which a run on images was begun, whose samples are scored again."""

import pathlib
from collections.abc import Mapping
from typing import Any

import tf_collab as tc
from experiments.cli import errors, fields, flag_types
from experiments.images import image_options
from experiments.rundir import run_record

__all__ = ["flags_of"]


def flags_of(config: Any, workdir: str, programs: Mapping[str, Any]) -> Any:
    """Those of a run in `workdir`; places of images are those given now, if any are.

    Refused unless it is a run on images of one of the `programs`.
    """
    path, known = pathlib.Path(workdir, run_record.NAME), " or ".join(programs)
    try:
        with errors.blaming(f"--from_run={workdir!r}: {str(path)!r} was damaged"):
            found = run_record.read(path)
        kind = programs[found.experiment]
        flags = {
            field.name: field.recorded.read(flag_types.spell(found.flags[field.name]))
            for field in fields.read(kind)
            if field.name in found.flags
        }
        if flags["dataset"] not in tc.data.IMAGES:
            raise KeyError(flags["dataset"])
    except FileNotFoundError:
        raise errors.Refused(
            f"--from_run={workdir!r} is not a run, for there is no {str(path)!r}: put "
            f"a copy of it back, or give a run of {known}"
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise errors.Refused(
            f"--from_run={workdir!r} is not a run on images: give one of {known}"
        ) from None
    for field in fields.read(image_options.ImageStore):  # where not given, as it was
        if field.name in config.flags_given():
            flags[field.name] = getattr(config, field.name)
    return kind(**flags)
