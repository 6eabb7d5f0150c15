"""The search of the Chinese pages."""

from __future__ import annotations

from sphinx.search.zh import SearchChinese


class Search(SearchChinese):  # type: ignore[misc]  # where types are checked, Sphinx need not be installed
    """Sphinx's own, which asks its script for a stemmer by the wrong name: the script brings the English one."""

    lang = "zh"
    language_name = "English"
