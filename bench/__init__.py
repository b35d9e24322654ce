"""Measurements, each one command; nothing here is asserted in tests."""
