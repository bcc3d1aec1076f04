"""What a page tells those who do not read it but link to it: search engines, and whoever shows a preview.

Each page has a description, its first paragraph. Three more things need the address of the site (`html: baseurl` in
`_config.yml`), and are left out as long as it has none: `sitemap.xml`, the picture of the previews, `social.png`, and
the links to the PDF and the offline copy, which only the published site has beside its pages.
"""

import textwrap
from typing import Any
from urllib.parse import urljoin
from xml.sax.saxutils import escape

import matplotlib
from docutils import nodes
from PIL import Image, ImageDraw, ImageEnhance, ImageFont
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

PICTURE = "social.png"
COPIES = {"PDF": "book.pdf", "offline copy": "book.zip"}  # .github/workflows/pages.yml puts them there
SIZE = (1200, 630)  # what those who show previews ask for
SITEMAP = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'


def describe(app: Sphinx, _page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    paragraph = doctree.next_node(nodes.paragraph) if doctree else None
    if paragraph:
        context["description"] = textwrap.shorten(paragraph.astext(), 200, placeholder=" …")
    if app.config.html_baseurl:
        context["social_picture"] = urljoin(app.config.html_baseurl, PICTURE)
        context["copies"] = {name: urljoin(app.config.html_baseurl, file) for name, file in COPIES.items()}


def finish(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html" or not app.config.html_baseurl:
        return
    pages = (urljoin(app.config.html_baseurl, app.builder.get_target_uri(name)) for name in sorted(app.env.found_docs))
    entries = "".join(f"<url><loc>{escape(page)}</loc></url>\n" for page in pages)
    (app.outdir / "sitemap.xml").write_text(f"{SITEMAP}{entries}</urlset>\n", encoding="utf-8")
    social_picture(app.config.html_title).save(app.outdir / PICTURE, optimize=True)


def social_picture(title: str) -> Image.Image:
    """The title on the night of the cover, above its people, whose middle is shown twice as large as it is."""
    from book.tools import cover  # only here: it starts JAX

    people = cover.picture().resize((1280, 320), Image.Resampling.NEAREST)
    picture = Image.new("RGB", SIZE, "white")
    night = cover.night()
    night = night.resize((SIZE[0], SIZE[0] * night.height // night.width))
    picture.paste(ImageEnhance.Brightness(night).enhance(0.55), (0, 0))  # so that the title can be read
    picture.paste("white", (0, SIZE[1] - 320, *SIZE))
    picture.paste(people, ((SIZE[0] - 1280) // 2, SIZE[1] - 320), people)
    draw = ImageDraw.Draw(picture)
    draw.text((60, 80), title, "white", ImageFont.truetype(_font("DejaVuSans-Bold.ttf"), 54))
    words = "An executable course: every claim is run."
    draw.text((60, 175), words, "white", ImageFont.truetype(_font("DejaVuSans.ttf"), 36))
    return picture


def _font(name: str) -> str:
    return f"{matplotlib.get_data_path()}/fonts/ttf/{name}"


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("html-page-context", describe)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
