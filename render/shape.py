"""The shapes that notebooks and _quarto.yml must have, checked before anything reads them."""

from datetime import date

# A shape is a type, [shape of each item], {key: shape} ("key?" may be missing, "*" is any key), a tuple of choices, or a text.
TEXT = (str, [str])
SCALAR = (str, int, float)
NONE = type(None)
OUTPUT = (
    {"output_type": "stream", "name": ("stdout", "stderr"), "text": TEXT},
    {"output_type": "error", "ename": str, "evalue": str},
    {"output_type": ("display_data", "execute_result"), "data": {}},
)
CELL = {
    "cell_type": ("code", "markdown", "raw"),
    "source": TEXT,
    "metadata": {"tags?": [str]},
    "attachments?": {"*": {"*": TEXT}},
    "outputs?": [OUTPUT],
}
MADE = {"date": str, "python": str, "device": str, "seconds": (int, float), "versions": {"*": SCALAR}, "data": {"*": SCALAR}}  # fmt: skip
NOTEBOOK = {"cells": [{}], "metadata": {"dlcourse?": MADE}}
FRONT = {"*": (*SCALAR, date, NONE)}
FORMAT = (str, {"*": (str, {}, NONE)})
LINK = {"href": str, "text?": str}
ITEM = (str, LINK, {"auto": str})
CONFIG = {
    "project": {"render": [str], "output-dir?": str, "resources?": [str]},
    "website": {
        "title": str,
        "search?": bool,
        "navbar?": {"left?": [(str, LINK)]},
        "sidebar?": {"contents?": [({"section": str, "contents": [ITEM]}, *ITEM)]},
    },
    "course?": {"repository?": str, "glossary?": str, "license?": str, "classes?": [str]},
    "lang?": str,
    "from": str,
    "filters": [{"path": str}],
    "bibliography?": str,
}
NAMES = {date: "a date", NONE: "nothing", str: "a text", int: "a number", float: "a number", bool: "true or false"}


def misfit(value: object, shape: object, name: str) -> str:
    """What is wrong with `value`, called `name`; empty if it has the shape."""
    match shape:
        case dict() if isinstance(value, dict):
            for key, inner in shape.items():
                for inside in value if key == "*" else [key.rstrip("?")]:
                    if inside not in value and not key.endswith("?"):
                        return f"{name} lacks `{inside}`"
                    if inside in value and (wrong := misfit(value[inside], inner, f"{name}: {inside}")):
                        return wrong
            return ""
        case list() if isinstance(value, list):
            if shape[0] is str and {*map(type, value)} <= {str}:  # the thousands of lines of a picture
                return ""
            return next(filter(None, (misfit(item, shape[0], name) for item in value)), "")
        case tuple():
            wrong = misfit(value, shape[0], name)
            return wrong if all(misfit(value, choice, name) for choice in shape[1:]) else ""
        case type() if isinstance(value, shape) and (shape is bool or not isinstance(value, bool)):
            return ""
        case str() if value == shape:
            return ""
    needed = {dict: "a mapping", list: "a list"}.get(type(shape)) or (
        NAMES[shape] if isinstance(shape, type) else shape
    )
    found = repr(value)[:40] if isinstance(value, SCALAR) else f"a {type(value).__name__}"
    return f"{name} is {found}, and {needed} is needed"
