"""The run engine: one question being answered, as a detached task with an event log that any number of readers follow.
May import store, providers' ports and below; never HTTP, never wire formats.
"""
