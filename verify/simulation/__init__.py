"""Fast samplers of the excess risks of the four models, and runs of them over a grid.

`problem` says what is simulated, `ladder` by which sampler, and `run` simulates a grid in chunks that a
killed run finds again. The naive procedure, which closed forms are judged by, is in verify/pipeline.py.
"""
