"""The analytics agent: typed tools over analytics and tickets, and two ways to use them, a language model or the planner.
May import runs, analytics, store and below.
"""
