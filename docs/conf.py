"""Settings of Sphinx, for both languages: `python -m docs.site` builds them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.site import chinese, docstrings, pages, signatures
from docs.site.search import Search
from docs.site.words import LANGUAGES
from tim_async import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "tim-async"
author = "tim_async maintainers"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
templates_path = ["templates"]
exclude_patterns = ["_*"]
nitpicky = True
# What other projects document, and what is no name at all.
nitpick_ignore_regex = [("py:.*", r".*")]

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]
# Quotes alone: two hyphens begin an option.
smartquotes_action = "q"

# Docstrings mark code as Markdown does.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
python_maximum_signature_line_length = 100
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/language.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["tabs.js"]
html_copy_source = False
html_favicon = "../tim_async/_pages/static/icon.svg"
# A summary of an entry of the index is empty, which its script does not expect.
html_show_search_summary = False
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    """Make the pages that are made from the code, and name the other language on every page."""
    words = LANGUAGES[Path(app.srcdir).name]
    app.add_search_language(Search)
    app.config["html_title"] = words.site_title
    signatures.setup(app)
    docstrings.setup(app)
    if words.code != "en":
        chinese.setup(app)
    app.connect("builder-inited", lambda app: pages.write(Path(app.srcdir), words))

    def name_other_language(
        app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
    ) -> None:
        up = "../" * (pagename.count("/") + 1)
        context["other_language"] = words.other_name
        context["other_url"] = f"{up}{words.other}/{pagename}.html"

    app.connect("html-page-context", name_other_language)
