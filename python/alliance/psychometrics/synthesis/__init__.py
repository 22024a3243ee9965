"""Correlations of several studies, and effect sizes."""
