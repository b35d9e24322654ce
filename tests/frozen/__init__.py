"""The frozen examination: a world and questions of its own, written by hands that saw neither the planner nor the other questions.

Never read it while tuning; run it for a last look: `python -m tests.frozen --out FILE`. Only rates and mechanisms leave that file.
`world.build(now)` makes the world, `questions.build` its questions, `figures` tells which figures of an answer follow from the world.
"""
