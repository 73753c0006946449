"""What tests go without: compilers that pay in long runs, and fine pictures.

`tests/experiments/test_in_earnest.py` goes without nothing.
"""

import io

# One thread a program, since programs are tiny and workers share the cores; machine
# code that is not optimized, since it runs a few times. Processes inherit both.
ENVIRONMENT = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
}


def optimize_no_graphs() -> None:
    """Graphs run as they were traced."""
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def draw_coarsely() -> None:
    """Few pixels, and without a layout, which takes as long as the drawing.

    Of programs' figures alone: what `plots` draws has tests of its own.
    """
    from experiments.rundir import monitor

    def coarse(figure):
        figure.set_layout_engine("none")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=40, metadata={"Software": None})
        return buffer.getvalue()

    monitor.png = coarse
