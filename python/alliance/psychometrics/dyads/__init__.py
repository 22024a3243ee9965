"""Dyads, teams and other raters of the same sessions."""
