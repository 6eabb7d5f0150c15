"""The library's costs and guarantees, measured against a baseline in the same run.

`python -m benchmarks` prints one table, `--only WORD` runs part of it, `--list` lists all names. `--json FILE` saves
the table, and `--compare FILE` shows what became worse since; `--repeat N` runs each N times to measure the noise.
"""
