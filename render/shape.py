"""The shapes that notebooks and _quarto.yml must have, checked before anything reads them."""

from datetime import date

# A shape is a type, [shape of each item], {key: shape} ("key?" may be missing, "*" is any key), a tuple of choices, or a text.
TEXT = (str, [str])
SCALAR = (str, int, float)
NONE = type(None)
CELL = {
    "cell_type": ("code", "markdown", "raw"),
    "source": TEXT,
    "metadata": {"tags?": [str]},
    "attachments?": {"*": {"*": TEXT}},
    "outputs?": [
        (
            {"output_type": "stream", "name": ("stdout", "stderr"), "text": TEXT},
            {"output_type": "error", "ename": str, "evalue": str},
            {"output_type": ("display_data", "execute_result"), "data": {}},
        )
    ],
}
MADE = {
    "date": str,
    "python": str,
    "device": str,
    "seconds": (int, float),
    "versions": {"*": SCALAR},
    "data": {"*": SCALAR},
}
NOTEBOOK = {"cells": [{}], "metadata": {"dlcourse?": MADE}}
ITEM = (str, {"href": str, "text?": str}, {"auto": str})
FORMAT = {"format?": (str, {"*": (str, {}, NONE)})}  # of the front matter
CONFIG = {
    "project": {"render": [str], "output-dir?": str, "resources?": [str]},
    "website": {
        "title": str,
        "search?": bool,
        "navbar?": {"left?": [(str, {"href": str, "text?": str})]},
        "sidebar?": {"contents?": [({"section": str, "contents": [ITEM]}, *ITEM)]},
    },
    "course?": {"repository?": str, "license?": str, "classes?": [str]},
    "lang?": str,
    "from": str,
    "filters": [{"path": str}],
    "bibliography?": str,
}
NAMES = {date: "a date", NONE: "nothing", str: "a text", int: "a number", float: "a number", bool: "true or false"}


def misfit(value: object, shape: object, name: str) -> str:
    """What is wrong with `value`, called `name`; empty if it has the shape."""
    shown = repr(value)[:40] if isinstance(value, SCALAR) else f"a {type(value).__name__}"
    found = f"{name} is {shown}, and "
    match shape:
        case dict():
            if not isinstance(value, dict):
                return found + "a mapping is needed"
            for key, inner in shape.items():
                names = list(value) if key == "*" else [key.rstrip("?")]
                for inside in names:
                    if inside not in value and not key.endswith("?"):
                        return f"{name} lacks `{inside}`"
                    if inside in value and (wrong := misfit(value[inside], inner, f"{name}: {inside}")):
                        return wrong
            return ""
        case list():
            if not isinstance(value, list):
                return found + "a list is needed"
            return next(filter(None, (misfit(item, shape[0], name) for item in value)), "")
        case tuple():
            wrong = [misfit(value, choice, name) for choice in shape]
            return "" if "" in wrong else wrong[0]
        case type():
            is_type = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
            return "" if is_type else f"{found}{NAMES[shape]} is needed"
    return "" if value == shape else f"{found}{shape} is needed"
