"""Alliance and outcome, dropout and attendance."""
