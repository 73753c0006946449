"""What tests go without: compilers that pay in long runs, and fine pictures.

`tests/experiments/test_in_earnest.py` goes without nothing.
"""

import functools
import inspect
import io
import os
import types
import weakref

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
    build_operations_quickly()
    list_no_types()
    remember_versions()
    order_what_has_a_state()
    remember_leaves()
    set_plain_values_plainly()
    remember_arguments()


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


def build_operations_quickly() -> None:
    """TensorFlow's C++ finds the attributes of operations, in place of its Python."""
    from tensorflow.core.config import flags

    flags.config().graph_building_optimization.reset(True)


def list_no_types() -> None:
    """The types that an operation allows are spelled out where one is refused.

    TensorFlow does so for each operation of a graph: a tenth of what it takes.
    """
    from tensorflow.python.framework import op_def_library as library

    refuse = library._SatisfiesTypeConstraint

    def satisfies(dtype, attribute, param_name):
        if dtype not in attribute.allowed_values.list.type:
            refuse(dtype, attribute, param_name)

    library._SatisfiesTypeConstraint = satisfies


def remember_versions() -> None:
    """A graph's version is read once, and not for each operation."""
    from tensorflow.core.framework import versions_pb2
    from tensorflow.python.framework import ops

    read = functools.lru_cache(versions_pb2.VersionDef.FromString)
    ops.Graph.graph_def_versions = property(lambda graph: read(graph._version_def))


def order_what_has_a_state() -> None:
    """An operation waits for others if an input of it has a state.

    TensorFlow asks of each operation which inputs are only read, and nearly all
    answer by an error of C++: a tenth of what a graph takes.
    """
    from tensorflow.core.framework import types_pb2
    from tensorflow.python.framework import auto_control_deps

    look = auto_control_deps._get_resource_inputs
    stateful = {types_pb2.DT_RESOURCE, types_pb2.DT_VARIANT}

    def inputs(operation):
        kinds = {one.dtype.as_datatype_enum for one in operation.inputs}
        return look(operation) if kinds & stateful else ()

    auto_control_deps._get_resource_inputs = inputs


def remember_leaves() -> None:
    """Whether Keras looks into what is of a class is found once.

    It asks some fifteen times for each layer that is called: a twentieth of all time.
    """
    from keras.src.tree import optree_impl

    look, known = optree_impl.is_nested, {}

    def is_nested(structure):
        kind = type(structure)
        if kind not in known:
            known[kind] = look(structure)
        return known[kind]

    optree_impl.is_nested = is_nested


def set_plain_values_plainly() -> None:
    """A layer looks for what to save in values that may have something to save.

    Keras and TensorFlow look into numbers and words as well: a twentieth of all time.
    """
    from keras import layers

    plain = {bool, int, float, str, type(None), types.FunctionType}
    look = layers.Layer.__setattr__

    def set_attribute(layer, name, value):
        (object.__setattr__ if type(value) in plain else look)(layer, name, value)

    layers.Layer.__setattr__ = set_attribute


def remember_arguments() -> None:
    """What a class is made of is found once.

    Keras reads it twice for each layer: a fiftieth of all time.
    """
    from keras.src.ops import operation

    def once(find):
        known = weakref.WeakKeyDictionary()

        def found(of):
            if type(of) is not types.FunctionType:
                return find(of)
            if of not in known:
                known[of] = find(of)
            return known[of]

        return found

    operation.inspect = types.SimpleNamespace(
        Parameter=inspect.Parameter,
        signature=once(inspect.signature),
        getfullargspec=once(inspect.getfullargspec),
    )


def draw_coarsely() -> None:
    """Few pixels of the data alone: text and layout take longer than the drawing.

    Of programs' figures alone: what `plots` draws has tests of its own.
    """
    from experiments.coulomb_gan import field_monitor
    from experiments.points import point_figures
    from experiments.rundir import monitor

    point_figures.GRID, field_monitor.POINTS = 40, 24

    def coarse(figure, title=None):
        figure.set_layout_engine("none")
        for axes in figure.axes:
            axes.set_axis_off()
            axes._autotitlepos = False  # a title stays where it is
            if axes.get_legend():
                axes.get_legend().remove()
        for legend in figure.legends:
            legend.remove()
        buffer = io.BytesIO()
        told = {"Software": None} | ({"Title": title} if title else {})
        figure.savefig(buffer, format="png", dpi=40, metadata=told)
        return buffer.getvalue()

    monitor.png = coarse


def wait_for_no_disk() -> None:
    """A file that a killed process wrote is there: only a machine's end loses it."""
    os.fsync = lambda descriptor: None
