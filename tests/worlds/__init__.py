"""Invented tenants with known facts, and questions about them whose answers a program can check.

`world.build(seed, now)` makes a world; `questions.build(world)` makes its questions; `checks` judges answers.
`python -m bench.exam --seed N` puts them together. Seeds 1 to 3 are for tuning; from 4 on, the wording of the questions is another.
"""
