"""Rebuilds the weights in src/rapport/analysis/weights: `python -m training`. Not part of the installed package."""
