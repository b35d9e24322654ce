"""Claim, load, analyse, save, repeat: a task inside `serve`, or a process of its own (`rapport worker`)."""
