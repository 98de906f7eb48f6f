"""Looks through the finished pages: whatever syntax a link or attribute came from, here it is plain HTML."""

import html
import posixpath
import re
from urllib.parse import unquote

ATTRIBUTE = re.compile(
    r"""\s(id|(?:xlink:|data-)?(?:href|src)|srcset|action|formaction|poster|srcdoc|on[a-z]+)\s*=\s*("[^"]*"|'[^']*')""",
    re.I,
)
# What no picture may hold, in small letters. One pattern for each beginning: so each is a fast search.
SVG = [re.compile(pattern) for pattern in (
    rb"<\s*(?:script|foreignobject|iframe)|<!entity|<\?xml-stylesheet", rb"@import", rb"""\son\w+\s*=\s*["'][^<>]*>""",
    rb"""href\s*=\s*["'](?!#|data:image/(?:png|jpeg))""", rb"""src\s*=\s*["'](?!#|data:image/(?:png|jpeg))""",
    rb"""url\((?!\s*["']?#)""")]  # fmt: skip


def attributes(page: str) -> list[tuple[str, str]]:
    """Names and values of the attributes in the body that can lead somewhere or run something."""
    body = re.sub(r"<script\b.*?</script>", "", page[page.find("<body") :], flags=re.S | re.I)
    found = ((name.lower(), html.unescape(value[1:-1])) for name, value in ATTRIBUTE.findall(body))
    # White space and control characters don't count for a browser: "java\nscript:" is "javascript:".
    return [(name, re.sub(r"[\x00-\x20]", "", value)) for name, value in found]


def wrong_links(pages: dict[str, str], others: set[str]) -> list[tuple[str, str, str]]:
    """(page, text to look for in its source, what is wrong) for `pages` by path in the site; `others` are further files of it."""
    found = {name: attributes(page) for name, page in pages.items()}
    ids = {name: {value for key, value in pairs if key == "id"} for name, pairs in found.items()}
    wrong = []
    for name, pairs in found.items():
        for key, value in dict.fromkeys(pairs):
            if key != "id" and (problem := problem_of(name, key, value, ids, others)):
                file, _, anchor = value.partition("#")
                wrong.append((name, anchor.lstrip("/") or posixpath.splitext(posixpath.basename(file))[0], problem))
    return wrong


def problem_of(page: str, key: str, value: str, ids: dict[str, set[str]], others: set[str]) -> str:
    if key not in ("href", "src", "data-src", "xlink:href"):
        return f"the attribute {key}; leave it out"
    if re.match(r"[a-zA-Z][\w+.-]*:|//", value):
        allowed = ("https://", "http://", "mailto:") if key == "href" else "data:image/"
        known = value.lower().startswith(allowed)
        return "" if known else f"a link to {value[:60]}; write https://…, or the path of a page"
    path, _, anchor = value.partition("#")
    path = unquote(path.partition("?")[0])
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    if target not in ids:
        return "" if target in others else f"a link to {value}, which is not in the site; correct the path"
    anchor = unquote(anchor).lstrip("/")
    if key == "href" and anchor and not anchor.isdigit() and anchor not in ids[target]:
        return f"a link to {value}, and {target} has no #{anchor}; correct it, or give the heading that name"
    return ""
