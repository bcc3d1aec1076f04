r"""Formulas become MathML when the book is built: readers need no script and no other host to see them.

math-core translates the LaTeX. Equation numbers are written here, since Sphinx's `{eq}` references count them.
A formula that cannot be translated, or that browsers would draw wrongly, is a Sphinx warning.
"""

import re

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

converter = LatexToMathML(
    macros={
        "bm": r"\boldsymbol{#1}",
        "substack": r"\begin{subarray}{c}#1\end{subarray}",
    },
    fancy_error=False,
)

# The converter would number the lines of these environments, and stretch them over the whole column.
UNNUMBERED = {"equation": "", "align": "aligned", "gather": "gathered"}
ENVIRONMENT = re.compile(rf"\\(begin|end)\{{({'|'.join(UNNUMBERED)})\*?\}}")
TOKEN = re.compile(r"\\begin|\\end|\\.|[{}]", re.DOTALL)


def block(latex: str) -> str:
    """The LaTeX of a displayed formula in the form that the converter understands."""

    def unnumbered(match: re.Match[str]) -> str:
        name = UNNUMBERED[match[2]]
        return rf"\{match[1]}{{{name}}}" if name else ""

    latex = ENVIRONMENT.sub(unnumbered, latex).strip()
    return rf"\begin{{aligned}}{latex}\end{{aligned}}" if has_lines(latex) else latex


def has_lines(latex: str) -> bool:
    r"""Whether there is a line break `\\` outside all environments and braces; the converter ignores such breaks."""
    depth = 0
    for token in TOKEN.findall(latex):
        if token == r"\\" and depth == 0:
            return True
        depth += (token in ("{", r"\begin")) - (token in ("}", r"\end"))
    return False


def convert(node: nodes.Element, latex: str, displaystyle: bool) -> str:
    try:
        mathml = converter.convert_with_local_state(latex, displaystyle=displaystyle)
    except LatexError as error:
        logger.warning("the formula %r has an error: %s", latex, error, location=node)
        return ""
    if "<menclose" in mathml:  # browsers draw MathML Core, which has no boxes and no strike-outs
        logger.warning("the formula %r has a box or a strike-out, which browsers omit", latex, location=node)
    if "\u0332" in mathml:
        logger.warning(r"the formula %r has a line that Chromium misplaces: write \bar", latex, location=node)
    return mathml


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(convert(node, node.astext(), displaystyle=False))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node.get("number"):
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(convert(node, block(node.astext()), displaystyle=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
