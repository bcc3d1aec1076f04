"""A fold says what it holds: the comment in the first line of a folded cell is the name of the fold."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)


def name_folds(_app: Sphinx, doctree: nodes.document) -> None:
    for cell in doctree.findall(lambda node: isinstance(node, nodes.container) and "hide_mode" in node):
        code = next(cell.findall(nodes.literal_block)).astext()
        comment = code.partition("\n")[0]
        if not comment.startswith("# "):
            logger.warning("a folded cell must begin with a comment that says what it holds:\n%s", code, location=cell)
        cell["prompt_show"] = cell["prompt_hide"] = f"Code: {comment.removeprefix('# ')}"


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("doctree-read", name_folds)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
