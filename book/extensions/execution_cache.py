"""Notebooks run again when what they import has changed.

myst-nb keeps the outputs of a notebook as long as its own cells are the same. But the outputs also depend on `lib/`, on
the figures in `benchmarks/` and on the locked packages, so the folder of the cache is named after these. Folders of
other versions are deleted.
"""

import shutil

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.typing import ExtensionMetadata

from book.digest import digest


def choose_folder(app: Sphinx, config: Config) -> None:
    caches = app.outdir.parent / ".jupyter_cache"
    current = caches / digest(app.srcdir, "requirements.txt", "benchmarks", "lib")
    current.mkdir(parents=True, exist_ok=True)
    for other in caches.iterdir():
        if other != current:
            shutil.rmtree(other) if other.is_dir() else other.unlink()
    # This option is part of the environment: where it changes, Sphinx reads every page anew.
    config.nb_execution_cache_path = str(current)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("config-inited", choose_folder)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
