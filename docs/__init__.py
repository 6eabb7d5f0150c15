"""The documentation: `en/` and `zh/` are two trees with the same names, `site/` makes what is made from the code."""
