"""The import rule and the naming rule, enforced on the sources."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
LIBRARY = ROOT / "tf_collab"
MODULES = sorted(LIBRARY.rglob("*.py"))
SOURCES = [*MODULES, *sorted((ROOT / "experiments").rglob("*.py"))]
CORE = {
    "batchwise",
    "oddities",
    "odd_priors",
    "odd_scores",
    "reals",
    "replicas",
    "names",
    "objective_rows",
    "base",
    "seeds",
    "sampler_dials",
    "sampler_flags",
    "tables",
    "tensors",
    "checks",
    "cpu",
    "errors",
    "atomic",
    "files",
    "formats",
    "marks",
    "archives",
    "attributes",
    "folders",
    "groups",
    "fingerprints",
    "backend",
}
# What names all parts of the library, each imported when it is first used.
WHOLE = {LIBRARY / f"{name}.py" for name in ("__init__", "tables", "objective_rows")}
# Packages outside -> the parts of the library that may import them, and whether at
# the top of a file.
OUTSIDE = {
    "absl": (set(), False),
    "experiments": (set(), False),
    "matplotlib": ({"plots"}, True),
    "scipy": ({"calibrators", "metrics"}, False),
    "tensorflow_datasets": ({"data"}, False),
    "torch": ({"models", "front"}, False),
    "dask": ({"front"}, False),
    "distributed": ({"front"}, False),
}

# The rooms of experiments/, from the ground up: each imports what is below it.
FLOORS = [{"cli"}, {"rundir"}, {"stages"}, {"points", "images", "text"}]
FLOORS += [{"coulomb_gan", "benchmarking"}, {"programs"}]
EXPERIMENTS = ROOT / "experiments"

BYTES = {"os", "gzip", "tarfile", "Image"}  # whose `open` is not of text


def parsed(path):
    return ast.parse(path.read_text(encoding="utf8"))


def part(path):
    """`sampling` for tf_collab/sampling/plain.py, `base` for tf_collab/base.py."""
    return path.relative_to(LIBRARY).with_suffix("").parts[0]


def imports(tree, *, inside_functions=True):
    """Dotted names, `from a import b` as a.b."""
    nodes = list(ast.walk(tree))
    if not inside_functions:
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        inner = {id(n) for f in nodes if isinstance(f, kinds) for n in ast.walk(f)}
        nodes = [node for node in nodes if id(node) not in inner]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def named(paths):
    return pytest.mark.parametrize(
        "path", paths, ids=lambda p: str(p.relative_to(ROOT))
    )


@named([path for path in MODULES if path not in WHOLE and part(path) != "front"])
def test_it_imports_the_core_and_its_own_package_only(path):
    names = [name.split(".") for name in imports(parsed(path))]
    parts = {name[1] for name in names if name[0] == "tf_collab"}
    allowed = CORE | ({part(path)} if path.parent != LIBRARY else set())
    assert parts <= allowed


@named(sorted((LIBRARY / "front").rglob("*.py")))
def test_files_of_the_top_floor_are_short(path):
    assert len(path.read_text("utf-8").splitlines()) <= 150


def room(name):
    """`stages` for experiments.stages.d_tuning, `programs` for experiments.mog2d."""
    parts = name.split(".")
    is_room = (EXPERIMENTS / parts[1]).is_dir()
    return parts[1] if is_room else "programs"


@named(sorted(EXPERIMENTS.rglob("*.py")))
def test_rooms_of_experiments_import_what_is_below_them(path):
    above = {name: i for i, floor in enumerate(FLOORS) for name in floor}
    own = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
    names = [name for name in imports(parsed(path)) if name.startswith("experiments.")]
    for name in names:
        assert room(name) == own or above[room(name)] < above[own]


@named(sorted(EXPERIMENTS.rglob("*.py")))
def test_no_circle_of_experiments(path):
    """Nothing that a file imports, and what that imports, is the file itself."""
    origin = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    seen, left = set(), [origin]
    while left:
        module = ROOT.joinpath(*left.pop().split(".")).with_suffix(".py")
        for name in imports(parsed(module)) if module.exists() else ():
            known = [n for n in (name, name.rpartition(".")[0]) if is_module(n)]
            assert origin not in known
            left += [n for n in known if n not in seen]
            seen |= {*known}


def is_module(name):
    parts = name.split(".")
    return parts[0] == "experiments" and (
        ROOT.joinpath(*parts).with_suffix(".py").exists()
    )


@named(MODULES)
def test_it_imports_optional_packages_where_they_belong(path):
    everywhere = {name.split(".")[0] for name in imports(parsed(path))}
    at_top = imports(parsed(path), inside_functions=False)
    at_top = {name.split(".")[0] for name in at_top}
    for package, (parts, top) in OUTSIDE.items():
        assert package not in everywhere or part(path) in parts
        assert package not in at_top or top


@named([path for path in MODULES if path.name == "__init__.py"])
def test_no_export_hides_a_module(path):
    siblings = {p.stem for p in path.parent.iterdir()} - {"__init__"}
    package = ".".join(path.parent.relative_to(ROOT).parts)
    for name in imports(parsed(path)):
        owner, _, export = name.rpartition(".")
        assert export not in siblings or owner == package


@named(SOURCES)
def test_it_says_what_it_is(path):
    docstring = ast.get_docstring(parsed(path))
    assert docstring or not path.read_text().strip()
    assert path.stem not in ("utils", "util", "helpers", "common", "misc")


def test_the_core_is_where_the_rule_says():
    assert {part(path) for path in MODULES} >= CORE


@named(SOURCES)
def test_text_files_are_utf8_wherever_it_runs(path):
    for node in ast.walk(parsed(path)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        of_bytes = getattr(getattr(node.func, "value", None), "id", "")
        if name not in ("open", "read_text", "write_text") or of_bytes in BYTES:
            continue
        given = [*node.args[name != "read_text" :], *(k.value for k in node.keywords)]
        words = {part.value for part in given if isinstance(part, ast.Constant)}
        assert words & {"utf8", "utf-8", "utf-8-sig", "rb", "wb"}, f"line {node.lineno}"
