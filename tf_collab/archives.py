"""Archives of arrays and of nets, checked before anything in them is unpacked.

Numbers compress badly, so an archive that grows a hundredfold is made to fill memory.
A net that names another file, or code of its own, is refused.
"""

import io
import json
import math
import os
import pathlib
import subprocess
import sys
import zipfile
from collections.abc import Collection
from typing import Any, BinaryIO

import keras
import numpy as np
import tensorflow as tf

from tf_collab import files

__all__ = ["arrays", "check_keras", "check_weights"]

# An archive may unpack to GROWTH times its size, or to ROOM bytes if that is more.
GROWTH = 100
ROOM = 2**28

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
# Modules with Keras' own parts of nets; its other modules are tools.
PARTS = """
    activations constraints dtype_policies initializers layers losses metrics models
    ops optimizers random regularizers
"""
MODULES = ("keras", "builtins", *(f"keras.{name}" for name in PARTS.split()))
INNER = ("keras.src.models.", "keras.src.ops.")
# Kinds of data that Keras writes without a module.
PLAIN = ("__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__slice__")
RUNS_CODE = ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")


def arrays(
    path: str | os.PathLike,
    names: Collection[str] | None = None,
    *,
    what: str = "npz file",
) -> dict[str, np.ndarray]:
    """The arrays in an npz file by name; only those in `names`, if it is given.

    `what` is a noun for the file, in errors. Raises ValueError if the file is damaged,
    holds pickles, or would unpack to too much; OSError if it cannot be opened.
    """
    files.regular(path)
    with files.reading(path, what):
        with zipfile.ZipFile(path) as archive:
            _check_growth(path, sum(i.file_size for i in archive.infolist()))
        with np.load(path, allow_pickle=False) as archived:
            wanted = archived.files if names is None else {*names} & {*archived.files}
            return {name: archived[name] for name in wanted}


def check_keras(path: str | os.PathLike) -> None:
    """Raises ValueError unless it is safe to let Keras load the net in a .keras file.

    The net is built once without its weights, which takes seconds if it is large.
    """
    files.regular(path)
    with files.reading(path, ".keras file"), zipfile.ZipFile(path) as archive:
        _check_members(path, archive)
        config = json.loads(archive.read(CONFIG))
        _check_config(path, config)
        _check_growth(path, _bytes_of_weights(config))


def check_weights(path: str | os.PathLike) -> None:
    """Raises ValueError unless it is safe to let Keras load a .keras or .h5 file."""
    files.regular(path)
    with files.reading(path, "file of weights"):
        if os.fspath(path).endswith(".keras"):
            with zipfile.ZipFile(path) as archive:
                _check_members(path, archive)
        else:
            with open(path, "rb") as file:
                _check_hdf5(path, file)
            if not os.fspath(path).endswith(".weights.h5"):  # older than Keras 3
                _check_attributes(path)


def _check_attributes(path: str | os.PathLike) -> None:
    """Reads the file's attributes in a process that the system stops if it must."""
    program = pathlib.Path(__file__).with_name("attributes.py")
    command = [sys.executable, str(program), os.path.abspath(path)]
    if subprocess.run(command, capture_output=True).returncode:
        raise ValueError("its attributes are damaged")


def _check_members(path: str | os.PathLike, archive: zipfile.ZipFile) -> None:
    members = {info.filename: info.file_size for info in archive.infolist()}
    _check_growth(path, sum(members.values()))
    stray = {*members} - {CONFIG, WEIGHTS, "metadata.json"}
    if stray:
        raise ValueError(f"it has {min(stray)!r}, which a net does not need")
    _check_hdf5(path, io.BytesIO(archive.read(WEIGHTS)))


def _check_growth(path: str | os.PathLike, size: int) -> None:
    if size > max(ROOM, GROWTH * os.path.getsize(path)):
        raise ValueError(
            f"it would take {size / 2**30:.1f} GiB of memory, and has "
            f"{os.path.getsize(path) / 2**20:.1f} MiB"
        )


def _check_hdf5(path: str | os.PathLike, file: BinaryIO) -> None:
    import h5py

    size, seen = 0, set()
    with h5py.File(file, "r") as root:
        pending: list[h5py.Group] = [root]
        while pending:
            group = pending.pop()
            at = h5py.h5o.get_info(group.id).addr
            if at in seen:
                raise ValueError(f"its group {group.name!r} occurs twice")
            seen.add(at)
            for name in group:
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ValueError(f"its {name!r} is a link to elsewhere")
                item = group[name]
                if isinstance(item, h5py.Group):
                    pending.append(item)
                elif not isinstance(item, h5py.Dataset):
                    raise ValueError(f"its {name!r} is not an array")
                elif item.external or item.is_virtual:
                    raise ValueError(f"its {name!r} is in another file")
                else:
                    size += math.prod(item.shape or ()) * item.dtype.itemsize
    _check_growth(path, size)


def _check_config(path: str | os.PathLike, config: Any) -> None:
    """Raises ValueError where a serialized net names what is not a part of a net."""
    pending = [config]
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending += part
        elif isinstance(part, dict):
            pending += part.values()
            if isinstance(part.get("vocabulary"), str):
                raise ValueError("its 'vocabulary' is in another file")
            kind, module = part.get("class_name"), part.get("module")
            if kind is None or kind in PLAIN:
                continue
            if kind in RUNS_CODE or kind == "__lambda__":
                raise ValueError(f"it has a {kind}, which runs code from elsewhere")
            registered = part.get("registered_name")
            known = keras.saving.get_registered_object(registered)
            # Keras writes no module for a class of a program or a notebook.
            alien = registered if module is None else not _is_for_nets(module)
            if known is None and alien:
                name = part.get("config") if kind == "function" else kind
                place = "" if module is None else f"{module}."
                raise files.Unsound(
                    f"{str(path)!r} names {place}{name}, and classes and functions "
                    "of your own are not loaded from files: use tc.collaborate in "
                    "Python, or build the net of Keras' own layers (Sequential or "
                    "functional)"
                )


def _bytes_of_weights(config: Any) -> int:
    """The memory that a net's weights take: a short config can ask for any amount."""
    with tf.Graph().as_default():  # in a graph a variable has a shape, but no memory
        try:
            net = keras.saving.deserialize_keras_object(config)
        # A layer that is not Keras' own, or an error that Keras tells when it loads.
        except Exception:
            return 0
        return sum(4 * math.prod(weight.shape) for weight in net.variables)


def _is_for_nets(module: Any) -> bool:
    return module in MODULES or str(module).startswith(INNER)
