"""A page has no kernel, so ipywidgets do not live there: a page shows the HTML or the picture that comes with them.

Their state would only add weight, so it is not embedded. A widget that offers nothing else is a Sphinx warning: the
reader would see the name of a Python class where a slider should be.
"""

from typing import cast

from docutils import nodes
from myst_nb.core.render import WIDGET_VIEW_MIMETYPE
from myst_nb.sphinx_ import NbMetadataCollector, SphinxEnvType
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)


def drop_state(app: Sphinx, _doctree: nodes.document) -> None:
    """Undo what myst-nb noted when it parsed this page: a script element that holds the state of all its widgets."""
    scripts = NbMetadataCollector.get_js_files(cast(SphinxEnvType, app.env), app.env.docname)
    scripts.pop("ipywidgets_state", None)


def find_bare_widgets(_app: Sphinx, doctree: nodes.document) -> None:
    for bundle in doctree.findall(nodes.container):
        offered = {form.get("mime_type", "") for form in bundle.children if isinstance(form, nodes.container)}
        if WIDGET_VIEW_MIMETYPE in offered and not any(form.startswith(("text/html", "image/")) for form in offered):
            logger.warning("this widget would be dead in the page: offer text/html too", location=bundle)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("doctree-read", drop_state)
    app.connect("doctree-read", find_bare_widgets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
