"""What the library costs and what it keeps, measured against a baseline in the same run.

`python -m benchmarks` prints one table, `--only WORD` runs some of it, `--list` names all. `--json FILE` saves the
table, and `--compare FILE` shows what became worse since; `--repeat N` runs each N times, so that noise is known.
"""
