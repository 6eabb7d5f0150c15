"""What the library costs and what it keeps, measured against a baseline in the same run.

`python -m benchmarks` prints one table; `--json FILE` saves it, `--only WORD` runs some of it, `--list` names them all.
"""
