"""The checks and additions of the build itself, on books of one page."""

from pathlib import Path

import pytest
from sphinx.cmd.build import build_main

from book.extensions import alternatives, style_sheet

PIXEL = bytes.fromhex("47494638376101000100800000000000ffffff2c00000000010001000002024401003b")  # a GIF


def build(folder: Path, markdown: str, extension: str, **settings: str) -> int:
    """Build a book of one page as `python3 book` builds ours, warnings being errors; the status of the command."""
    (folder / "conf.py").write_text(
        f"extensions = ['myst_nb', 'book.extensions.{extension}']\nnb_execution_mode = 'off'"
    )
    (folder / "index.md").write_text(f"# Title\n\n{markdown}\n", encoding="utf-8")
    (folder / "picture.gif").write_bytes(PIXEL)
    options = [f"-D{name}={value}" for name, value in settings.items()]
    return build_main(["-q", "-W", "--keep-going", *options, str(folder), str(folder / "html")])


@pytest.mark.parametrize(
    "markdown",
    [
        "![](picture.gif)",
        "```{image} picture.gif\n```",
        "```{figure} picture.gif\nA caption is no alternative: it says what the picture is about.\n```",
        '<img src="picture.gif">',
        '<svg viewBox="0 0 1 1"><circle r="1"/></svg>',
        "<canvas></canvas>",
    ],
)
def test_a_picture_without_a_text_alternative_stops_the_build(
    markdown: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert build(tmp_path, markdown, "alternatives") == 1
    assert "index.md: WARNING: no text alternative for <" in capfd.readouterr().err


def test_pictures_with_a_text_alternative_do_not(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    markdown = """
![A dot.](picture.gif)

```{image} picture.gif
:alt: A dot.
```

<svg role="img" aria-label="A dot."><circle r="1"/></svg> <svg><title>A dot.</title></svg>
<span aria-hidden="true"><svg></svg></span>
"""
    assert build(tmp_path, markdown, "alternatives") == 0, capfd.readouterr().err


def test_a_path_is_no_text_alternative() -> None:
    assert list(alternatives.without_alternative('<img src="a/b.png" alt="a/b.png">'))
    assert not list(alternatives.without_alternative('<img src="a/b.png" alt="The law is p.d.f.">'))


# --- The style sheet -----------------------------------------------------------------------------

RULES = """
@import "colours.css";
/*! a licence */ /* a remark */
.used, .unused, p.used #unused { color: red }
.unused:hover { color: red }
.used:not(.unused) > a[href] { background: url("picture.gif") }
@media print { .unused { color: red } p { color: red } }
@media screen { .unused { color: red } }
@font-face { src: url(data:font/woff2;base64,AA) }
"""


def test_the_style_sheet_has_what_pages_can_use(tmp_path: Path) -> None:
    (tmp_path / "_static" / "styles").mkdir(parents=True)
    (tmp_path / "_static" / "a.css").write_text(RULES)
    (tmp_path / "_static" / "colours.css").write_text("b { color: blue }")
    (tmp_path / "_static" / "a.js").write_text("element.classList.add('by-script')")
    (tmp_path / "_static" / "b.css").write_text(".by-script { color: green }")
    for folder, up in ((tmp_path, ""), (tmp_path / "deeper", "../")):
        folder.mkdir(exist_ok=True)
        links = "".join(f'<link rel="stylesheet" type="text/css" href="{up}_static/{name}.css?v=1" />' for name in "ab")
        (folder / "page.html").write_text(f"<head>{links}<title></title></head><p class='used'></p>")
    style_sheet.join_all(tmp_path)
    assert (tmp_path / "_static" / "styles" / "all.css").read_text().splitlines() == [
        "b{ color: blue }",
        "/*! a licence */",
        ".used{ color: red }",
        '.used:not(.unused) > a[href]{ background: url("../picture.gif") }',
        "@media print {p{ color: red }}",
        "@font-face { src: url(data:font/woff2;base64,AA) }",
        ".by-script{ color: green }",
    ]
    for page, sheet in (("page.html", "_static/styles/all.css"), ("deeper/page.html", "../_static/styles/all.css")):
        head = (tmp_path / page).read_text().split("<title>")[0]
        assert head.startswith(f'<head><link rel="stylesheet" href="{sheet}?v=')
        assert head.count("<link") == 1
