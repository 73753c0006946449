"""The API pages of the documentation site, and what a built site must be.

MkDocs calls the functions that begin with `on_`. The pages are made of the sources, so
that none can be forgotten: one for each module that `tf_collab` names in `__all__`.
"""

import ast
import html.parser
import logging
import pathlib

__all__ = ["loaded", "modules", "pages", "public"]

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOG = logging.getLogger("mkdocs.api")

# What a page may load; links to other sites are for readers to follow.
_LOADING = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "link": "href",
    "object": "data",
    "script": "src",
    "source": "src",
    "video": "src",
}


def public(module: str) -> list[str]:
    """The names in a module's `__all__`, read without importing it."""
    base = ROOT.joinpath(*module.split("."))
    path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    raise ValueError(f"{path} has no __all__")


def modules() -> list[str]:
    """The public modules: names of `tf_collab` that are not classes or functions."""
    front = public("tf_collab.front")  # whose functions are reached from the top too
    names = [x for x in public("tf_collab") if not x[0].isupper() and x not in front]
    return [f"tf_collab.{name}" for name in names]


def pages() -> dict[str, str]:
    """Path -> Markdown of an API page for each public module."""
    return {
        f"api/{module.split('.')[1]}.md": "\n".join(
            [
                f"# {module}",
                "",
                f"::: {module}",
                "    options:",
                f"      members: {public(module)}",
                "",
            ]
        )
        for module in modules()
    }


def loaded(page: pathlib.Path) -> list[str]:
    """What a page loads from other sites."""
    return [address for address in _Page(page).loaded if "//" in address]


def on_config(config):
    """Puts the API pages into the navigation, under its entry of the name API."""
    for entry in config.nav:
        if "API" in entry:
            entry["API"] += [{path[4:-3]: path} for path in pages()]
    return config


def on_files(files, config):
    """Adds the API pages to those in the folder."""
    from mkdocs.structure import files as structure

    for path, text in pages().items():
        files.append(structure.File.generated(config, path, content=text))
    return files


def on_post_build(config):
    """Warns, which `--strict` makes an error, of what a site of ours must not lack."""
    site = pathlib.Path(config.site_dir)
    for module in modules():
        page = _Page(site / "api" / module.split(".")[1] / "index.html")
        for name in public(module):
            if f"{module}.{name}" not in page.anchors:
                LOG.warning("%s.%s is missing from its API page", module, name)
    for path in sorted(site.rglob("*.html")):
        for address in loaded(path):
            LOG.warning("%s loads %s", path.relative_to(site), address)
    for path in sorted(site.rglob("*.css")):
        if "url(http" in path.read_text("utf-8").replace("'", "").replace('"', ""):
            LOG.warning("%s loads something from another site", path.relative_to(site))


class _Page(html.parser.HTMLParser):
    """The anchors of a page, and the addresses of what it loads."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.loaded = set(), []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.anchors.add(attrs.get("id"))
        if tag == "link" and attrs.get("rel") in ("canonical", "next", "prev"):
            return
        if tag in _LOADING and attrs.get(_LOADING[tag]):
            self.loaded.append(attrs[_LOADING[tag]])
