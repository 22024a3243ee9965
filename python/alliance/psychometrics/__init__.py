"""How far numbers can be trusted: one room per family, and what they share."""
