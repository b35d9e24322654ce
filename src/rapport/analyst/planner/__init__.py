"""Understands a question about conversations without a language model, and writes the answer from what the tools returned.

In: the question, the turns before it, the tenant's own names and the clock. Out: tool calls, later a text. Pure functions only;
imports nothing but domain values. The idea: slots first (metric, dimension, names, dates), then a vote for the intent.
"""
