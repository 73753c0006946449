"""Comments beside the fields of a NamedTuple, as their documentation on the site."""

import griffe

__all__ = ["FieldComments"]


class FieldComments(griffe.Extension):
    """A field without a docstring has its comment, above it or at its line's end."""

    def on_attribute_instance(self, *, attr, **kwargs):
        del kwargs
        if attr.docstring or not attr.parent or not attr.parent.is_class:
            return
        lines, at = attr.parent.module.lines, attr.lineno - 1
        above = []
        while lines[at - 1 - len(above)].strip().startswith("#"):
            above.insert(0, lines[at - 1 - len(above)])
        beside = [lines[at].split("  # ", 1)[1]] if "  # " in lines[at] else []
        text = " ".join(line.strip().lstrip("# ") for line in above + beside)
        if text:
            attr.docstring = griffe.Docstring(text, parent=attr)
