"""PyTorch modules that code of the user's makes, with weights from a file.

Nothing else in the programs runs code that is not theirs.
"""

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any

from experiments.cli import errors, rules
from tf_collab import files

__all__ = ["a_function", "module", "source", "whole"]

WEIGHTS = "state_dict of PyTorch"


def a_function(code: str) -> str | None:
    """A check of a flag: `module:function`, or `file.py:function` of a file there."""
    place, name = _parts(code)
    if place.endswith(".py") and name.isidentifier():
        return rules.a_file(place)
    if name.isidentifier() and all(part.isidentifier() for part in place.split(".")):
        return None
    return "must be module:function or file.py:function"


def module(role: str, code: str, weights: str) -> Any:
    """The torch.nn.Module that `code` makes, with the `weights`.

    Refused, which names --ROLE_code or --ROLE_weights, whatever is wrong.
    """
    given = f"--{role}_code={code!r}"
    try:
        import torch
    except ImportError:
        raise errors.Refused(
            f"{given} needs PyTorch, which is not installed: pip install torch"
        ) from None
    net = _run(given, _function(given, code))
    if not isinstance(net, torch.nn.Module):
        raise errors.Refused(
            f"{given} must give a torch.nn.Module, not {type(net).__name__}"
        )
    given = f"--{role}_weights={weights!r}"
    state = _state(given, weights)
    try:
        net.load_state_dict(state)
    except RuntimeError as error:  # a line for each kind of misfit, below a first one
        lines = str(error).splitlines()
        why = files.first_sentence(RuntimeError(lines[min(1, len(lines) - 1)].strip()))
        raise errors.Refused(
            f"{given} does not fit the module that --{role}_code makes: {why}"
        ) from None
    return net


def whole(code: str) -> str:
    """The same wherever the current folder is: of a file, with its whole path."""
    place, name = _parts(code)
    return f"{os.path.abspath(place)}:{name}" if place.endswith(".py") else code


def source(code: str) -> str | None:
    """The file that `code` is in; None where there is none."""
    place, _ = _parts(code)
    if place.endswith(".py"):
        return os.path.abspath(place)
    _findable(os.getcwd())
    try:
        spec = importlib.util.find_spec(place)
    except (ImportError, ValueError):
        return None
    return spec.origin if spec and spec.has_location else None


def _parts(code: str) -> tuple[str, str]:
    """Where the function is, a home resolved, and its name."""
    place, _, name = code.rpartition(":")
    return os.path.expanduser(place), name


def _function(given: str, code: str) -> Callable:
    place, name = _parts(code)
    source = _run(given, lambda: _imported(given, place))
    make = getattr(source, name, None)
    if not callable(make):
        names = [key for key, value in vars(source).items() if callable(value)]
        hint = rules.nearest(name, names)
        raise errors.Refused(f"{given}: {place!r} has no function {name!r}{hint}")
    return make


def _findable(folder: str) -> None:
    if folder not in sys.path:
        sys.path.append(folder)  # behind all others, which it must not hide


def _imported(given: str, place: str) -> ModuleType:
    """The module of that name, or in that file, from where its own imports work."""
    is_file = place.endswith(".py")
    path = os.path.abspath(place)
    folder = os.path.dirname(path) if is_file else os.getcwd()
    _findable(folder)
    if not is_file:
        try:
            return importlib.import_module(place)
        except ModuleNotFoundError as error:
            if error.name and f"{place}.".startswith(f"{error.name}."):
                raise errors.Refused(
                    f"{given}: there is no module {error.name!r} in the current "
                    "folder or on Python's path"
                ) from None
            raise
    if path not in sys.modules:  # both nets may come from one file
        spec = importlib.util.spec_from_file_location(path, path)
        assert spec and spec.loader  # as for every .py
        sys.modules[path] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(sys.modules[path])
        except BaseException:
            del sys.modules[path]
            raise
    return sys.modules[path]


def _run(given: str, fn: Callable[[], Any]) -> Any:
    """What fn gives; an error of the user's code is told with its place."""
    try:
        return fn()
    except errors.Refused:
        raise
    except (Exception, SystemExit) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        why = f"{type(error).__name__}: {files.first_sentence(error)}"
        raise errors.Refused(
            f"{given} failed in {last.filename!r}, line {last.lineno}: {why}"
        ) from None


def _state(given: str, path: str) -> Any:
    import torch

    with errors.blaming(given), files.reading(path, WEIGHTS):
        if path.endswith(".safetensors"):
            try:
                from safetensors.torch import load_file
            except ImportError:
                raise errors.Refused(
                    f"{given} needs the package safetensors: pip install safetensors"
                ) from None
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
        named = isinstance(state, dict) and all(isinstance(key, str) for key in state)
        if not named:
            raise ValueError(
                f"it holds a {type(state).__name__}; write "
                "torch.save(module.state_dict(), path)"
            )
    return state
