"""Curves of the predicted risks over a sample size: what is drawn, its scales, and two drawings of it.

`curves` asks `verify.predictions` at each size; `svg` and `text` only place what they are given.
"""
