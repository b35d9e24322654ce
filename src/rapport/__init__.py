"""Rapport: runs AI agents that talk to your users, and understands what those conversations are about."""

__version__ = "0.1.0"
