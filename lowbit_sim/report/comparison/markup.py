"""HTML in which every text is escaped unless it was made here.

A name may come from anybody's file, so `element` escapes whatever is no `Html`, and the data that a
page's script reads hold no ``<`` that could close their element.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

#: elements without content or end
_VOID = frozenset({"br", "hr", "meta"})
#: what would end a script's element, or a line of JavaScript, inside a string of JSON
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def escaped(text: object) -> Html:
    """Return `text` as HTML that shows it; what is HTML already stays as it is.

    Examples
    --------
    >>> escaped("</script><b>")
    '&lt;/script&gt;&lt;b&gt;'
    """
    return text if isinstance(text, Html) else Html(html.escape(str(text)))


def joined(parts: Iterable[object], between: object = "") -> Html:
    """Return some parts after each other, each escaped."""
    return Html(escaped(between).join(escaped(part) for part in parts))


def element(tag: str, *content: object, **attributes: object) -> Html:
    """Return an element.

    Parameters
    ----------
    tag : str
    *content : object
        What stands in it, escaped unless it is `Html`.
    **attributes : object
        Their values, escaped; ``_`` in a name stands for ``-``, and one at its end is left out.
        True gives the name alone, None and False nothing.

    Examples
    --------
    >>> element("td", "a < b", class_="number", title=None)
    '<td class="number">a &lt; b</td>'
    """
    given = "".join(_attribute(name, value) for name, value in attributes.items())
    start = f"<{tag}{given}>"
    return Html(start if tag in _VOID else f"{start}{joined(content)}</{tag}>")


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    shown = name.rstrip("_").replace("_", "-")
    return f" {shown}" if value is True else f' {shown}="{html.escape(str(value))}"'


def breakable(name: str) -> Html:
    """Return a name that may be broken after its dots and underscores.

    Examples
    --------
    >>> breakable("dram.read")
    'dram.<wbr>read'
    """
    parts = re.split(r"(?<=[._])", name)
    return joined(parts, Html("<wbr>"))


def prose(line: str) -> Html:
    """Return a line in which ```` `names` ```` are set as code.

    Examples
    --------
    >>> prose("`a<b` wins")
    '<code>a&lt;b</code> wins'
    """
    parts = enumerate(line.split("`"))
    return joined(element("code", part) if place % 2 else part for place, part in parts if part)


def table(
    header: Sequence[object],
    rows: Iterable[Sequence[object]],
    caption: str,
    *,
    texts: int = 1,
    class_: str | None = None,
    stop: bool = True,
) -> Html:
    """Return a table, whose first column holds the headers of its rows, that scrolls if too wide.

    Parameters
    ----------
    header : sequence
    rows : iterable of sequence
    caption : str
        What the table shows, for those who hear it.
    texts : int
        How many columns hold text; the others hold numbers.
    class_ : str or None
    stop : bool
        Whether the tab key stops at it, so that arrow keys can scroll it.
    """
    classes = ["number" if place >= texts else None for place in range(len(header))]
    head = [
        element("th", cell, scope="col", class_=kind)
        for cell, kind in zip(header, classes, strict=True)
    ]
    body = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(
                element("td", cell, class_=kind)
                for cell, kind in zip(row[1:], classes[1:], strict=True)
            ),
        )
        for row in rows
    ]
    made = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *head)),
        element("tbody", joined(body, "\n")),
        class_=class_,
    )
    stopping = {"tabindex": 0, "role": "group", "aria_label": caption} if stop else {}
    return element("div", made, class_="scroll", **stopping)


def json_data(data: Any) -> Html:
    r"""Return data as JSON that may stand in a ``<script>`` of another type than JavaScript.

    Examples
    --------
    >>> json_data({"a": "</script>"})
    '{"a":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for unsafe, escape in _UNSAFE.items():
        text = text.replace(unsafe, escape)
    return Html(text)
