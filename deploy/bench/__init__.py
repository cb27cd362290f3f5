"""Measurements: matching against a known truth, and events per second."""
