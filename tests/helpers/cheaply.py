"""What tests go without: compilers that pay in long runs, and fine pictures.

`tests/experiments/test_in_earnest.py` goes without nothing.
"""

import functools
import io
import os

# One thread a program, since programs are tiny and workers share the cores; machine
# code that is not optimized, since it runs a few times. Processes inherit both.
ENVIRONMENT = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
}


def trace_quickly() -> None:
    """What tracing goes without, in this process."""
    optimize_no_graphs()
    remember_protocols()
    name_no_handles()
    trace_no_lines()


def optimize_no_graphs() -> None:
    """Graphs run as they were traced."""
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def remember_protocols() -> None:
    """Whether what is of a class follows a protocol of TensorFlow is found once.

    Python 3.11 looks for it at each `isinstance`, and TensorFlow has one in every
    conversion of a number: a thirtieth of all time. Its protocols ask for methods,
    which all of a class have.
    """
    from tensorflow.python.types import core

    kind = type(core.TensorProtocol)
    look, known = kind.__instancecheck__, {}

    def instance_check(protocol, instance):
        if not protocol.__module__.startswith("tensorflow"):
            return look(protocol, instance)
        pair = protocol, type(instance)
        if pair not in known:
            known[pair] = look(protocol, instance)
        return known[pair]

    kind.__instancecheck__ = instance_check


def trace_no_lines() -> None:
    """Operations do not know the lines of Python that made them.

    TensorFlow keeps them for its errors alone: a tenth of all time.
    """
    from tensorflow.python.framework import ops

    ops._create_c_op = functools.partial(ops._create_c_op, extract_traceback=False)


def name_no_handles() -> None:
    """Variables of any name are made by one operation, which is ready.

    TensorFlow makes it anew for each name, which it needs for its errors alone: a
    thirtieth of all time.
    """
    from tensorflow.python.ops import gen_resource_variable_ops as operations

    make = operations.var_handle_op

    def nameless(*args, debug_name="", **options):
        return make(*args, **options)

    operations.var_handle_op = nameless


def draw_coarsely() -> None:
    """Few pixels of the data alone: text and layout take longer than the drawing.

    Of programs' figures alone: what `plots` draws has tests of its own.
    """
    from experiments.coulomb_gan import field_monitor
    from experiments.points import point_figures
    from experiments.rundir import monitor

    point_figures.GRID, field_monitor.POINTS = 40, 24

    def coarse(figure):
        figure.set_layout_engine("none")
        for axes in figure.axes:
            axes.set_axis_off()
            if axes.get_legend():
                axes.get_legend().remove()
        for legend in figure.legends:
            legend.remove()
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=40, metadata={"Software": None})
        return buffer.getvalue()

    monitor.png = coarse


def wait_for_no_disk() -> None:
    """A file that a killed process wrote is there: only a machine's end loses it."""
    os.fsync = lambda descriptor: None
