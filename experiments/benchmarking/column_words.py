"""What the columns and axes of a benchmark are called where people read them."""

from experiments.rundir import metric_names

__all__ = ["of"]

_WORDS = {
    "cost": "cost (passes a sample)",
    "autocorrelation": "correlation of neighbours",
    "ess": "effective samples",
    "z_square_after": "mean square of z",
    "memory": "peak memory (MiB)",
}


def of(name: str) -> str:
    """Its words; a name that is not known stays as it is, with spaces."""
    return _WORDS.get(name) or metric_names.words(name)
