"""The Agents API, as documented by AI Teammate: one file per noun of its paths."""
