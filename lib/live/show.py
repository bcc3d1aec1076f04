"""A figure or a table as HTML that fits the page: in the page's ink and font, and with a text alternative."""

import hashlib
import html
import io
import re
from collections.abc import Iterable

import matplotlib.pyplot as plt
from IPython.display import HTML
from matplotlib.figure import Figure

# The colour of text and axes in lib/book.mplstyle. It stands for the page's own ink, dark or light.
INK = "#1b1b1b"


def show(fig: Figure, *, alt: str) -> HTML:
    """Display a matplotlib figure, once. `alt` says what one should see in it, for readers who do not see it.

    Raises ValueError where `alt` is empty.
    """
    plt.close(fig)  # else Jupyter shows it a second time
    return HTML(f'<figure class="plot">{svg(fig, alt)}</figure>')


def table(header: Iterable[object], rows: Iterable[Iterable[object]]) -> HTML:
    """Display a table; numbers are set flush right."""
    head = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return HTML(f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')


def svg(fig: Figure, alt: str) -> str:
    """The figure as an inline SVG element."""
    if not alt.strip():
        raise ValueError("alt must say what the figure shows; got an empty text")
    file = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "book"}):
        fig.savefig(file, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = file.getvalue()
    body = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    body = re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)  # inline, it would apply to the whole page
    body = re.sub(r"font-family: [^;\"]*;? ?", "", body)  # the page's own font
    body = body.replace(INK, "currentColor")
    # Several figures stand on one page: their ids must not meet.
    prefix = f"f{hashlib.sha256((alt + body).encode()).hexdigest()[:8]}-"
    body = re.sub(r"(\bid=\"|\"#|url\(#)", rf"\1{prefix}", body)
    width, height = fig.get_size_inches() * 72  # points, as in the picture
    return (
        f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="0 0 {width:g} {height:g}" '
        f'style="width: {width * 4 / 3:g}px; max-width: 100%; stroke-linejoin: round" '
        f'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{body}</svg>'
    )


def _cell(value: object) -> str:
    return (
        f'<td class="number">{value}</td>' if isinstance(value, int | float) else f"<td>{html.escape(str(value))}</td>"
    )
