"""Better samples out of a trained GAN: discriminator-guided samplers, one interface."""

import importlib
import typing
from typing import Any

from tf_collab import backend

if typing.TYPE_CHECKING:
    from tf_collab import (
        base,
        calibrators,
        checks,
        cpu,
        data,
        front,
        metrics,
        models,
        objectives,
        plots,
        policies,
        priors,
        replicas,
        sampling,
        seeds,
        tables,
        training,
    )
    from tf_collab.base import GAN, Doubt, Objective, Prior, Scored
    from tf_collab.front import (
        Advice,
        Collaboration,
        advise,
        collaborate,
        fit_corrector,
        fit_discriminator,
        fit_weight,
        from_keras,
        from_torch,
        load_collaboration,
        summary,
    )

# The front door's functions, which are reached from the top.
FRONT = (
    "Advice",
    "Collaboration",
    "advise",
    "collaborate",
    "fit_corrector",
    "fit_discriminator",
    "fit_weight",
    "from_keras",
    "from_torch",
    "load_collaboration",
    "summary",
)

__version__ = "0.4.0"

backend.check()

__all__ = [
    "GAN",
    "Advice",
    "Collaboration",
    "Doubt",
    "Objective",
    "Prior",
    "Scored",
    "advise",
    "base",
    "calibrators",
    "checks",
    "collaborate",
    "cpu",
    "data",
    "fit_corrector",
    "fit_discriminator",
    "fit_weight",
    "from_keras",
    "from_torch",
    "front",
    "load_collaboration",
    "metrics",
    "models",
    "objectives",
    "plots",
    "policies",
    "priors",
    "replicas",
    "sampling",
    "seeds",
    "summary",
    "tables",
    "training",
]


def __getattr__(name: str) -> Any:
    """Imports a part when it is first used: flags and paths need no TensorFlow.

    Raises AttributeError if `name` is not in `__all__`.
    """
    if name in FRONT:
        return getattr(importlib.import_module("tf_collab.front"), name)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name[0].isupper():
        return getattr(importlib.import_module("tf_collab.base"), name)
    return importlib.import_module(f"tf_collab.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
