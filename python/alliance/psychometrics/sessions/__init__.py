"""Reliability across sessions."""
