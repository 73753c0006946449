"""Documents: links lead somewhere, programs run, the API has every public name."""

import importlib
import importlib.util
import inspect
import pathlib
import re

import pytest

import tf_collab

ROOT = pathlib.Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# As much training and as many samples as a reader wants take too long for a test.
STEPS = re.compile(r"\b\d{3,}(?=,\s+(?:seed|real)=)")


def _build():
    spec = importlib.util.spec_from_file_location("build", ROOT / "docs/build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILD = _build()


def prose(page):
    """A page without its programs, where [a](b) is not a link."""
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text("utf-8"))
    return re.sub(r"`[^`\n]+`", lambda code: code[0].replace("](", ""), text)


def anchors(text):
    """Those that GitHub and MkDocs both give to the headings of a page."""
    titles = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```$", "", text))
    words = (re.sub(r"[^\w\- ]", "", title).strip().lower() for title in titles)
    return {title.replace(" ", "-") for title in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent.joinpath(path).resolve() if path else page
        made = str(target.relative_to(DOCS)) if page.parent == DOCS else ""
        assert target.exists() or made in BUILD.pages(), link
        if anchor:
            assert anchor in anchors(target.read_text("utf-8")), link


def program_of(page, steps=10):
    """The programs of a page as one, with less training and fewer samples."""
    text = (ROOT / page).read_text("utf-8")
    program = "\n".join(re.findall(r"(?ms)^```python\n(.*?)^```$", text))
    program, shortened = STEPS.subn(str(steps), program)
    assert shortened >= 1
    return compile(program, page, "exec")


def test_the_program_of_getting_started_runs_as_pasted(capsys):
    exec(program_of("docs/getting_started.md"), {})
    printed = capsys.readouterr().out.split("\n")[:-1]
    # After ten steps batch-norm's averages have not, which is told.
    told = [line for line in printed if not line.endswith("averages have settled")]
    assert len(printed) - len(told) <= 1
    numbers = [float(line.split()[-1]) for line in told]
    assert len(numbers) >= 2 and all(0 <= number <= 1 for number in numbers)


def test_the_program_of_the_readme_runs_as_pasted(capsys, monkeypatch):
    tune = tf_collab.Collaboration.tune
    few = lambda self, calls: tune(self, calls=40_000, progress=False)
    monkeypatch.setattr(tf_collab.Collaboration, "tune", few)
    names = {}
    exec(program_of("README.md", 40), names)  # which batch-norm needs to settle
    printed = capsys.readouterr().out
    assert all(f"{method}" in printed for method in tf_collab.tables.USUAL)
    assert names["samples"].shape == (1000, 2)


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")  # the page tells of it
def test_the_program_of_the_conditional_page_runs_as_pasted(capsys):
    text = (DOCS / "conditional.md").read_text("utf-8")
    program = "\n".join(re.findall(r"(?ms)^```python\n(.*?)^```$", text))
    assert "steps=2000" in program
    # Less training, and fewer samples.
    program = program.replace("steps=2000", "steps=20").replace("3000", "300")
    exec(compile(program, "conditional.md", "exec"), {})
    head, *rows = capsys.readouterr().out.splitlines()
    table = text[text.index("```text\n") :].splitlines()[1:]
    assert head == table[0]
    for row, shown in zip(rows, table[1:5], strict=True):
        assert row[:20] == shown[:20] and len(row[20:].split()) == 3


def test_the_readme_is_of_one_screen():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


def test_every_public_name_has_its_place_in_the_api():
    pages = BUILD.pages()
    for name in tf_collab.__all__:
        thing = getattr(tf_collab, name)
        if name in tf_collab.FRONT:
            assert name in BUILD.public("tf_collab.front")
            continue
        if isinstance(thing, type):
            assert name in BUILD.public("tf_collab.base")
            continue
        page = pages[f"api/{name}.md"]
        for public in importlib.import_module(f"tf_collab.{name}").__all__:
            assert f"'{public}'" in page
            getattr(thing, public)


def test_every_public_name_says_what_it_is():
    """A function or class without a docstring is a heading without a text."""
    for module in BUILD.modules():
        thing = importlib.import_module(module)
        assert thing.__doc__
        for name in BUILD.public(module):
            public = getattr(thing, name)
            if inspect.isclass(public) or inspect.isroutine(public):
                assert public.__doc__, f"{module}.{name}"


def test_a_site_that_loads_from_elsewhere_is_seen(tmp_path):
    page = tmp_path / "index.html"
    page.write_text(
        '<a href="https://arxiv.org"></a><link rel="canonical" href="https://here">'
        '<script src="https://cdn.example/x.js"></script><img src="figure.png">'
    )
    assert BUILD.loaded(page) == ["https://cdn.example/x.js"]
