"""Reliability of one form."""
