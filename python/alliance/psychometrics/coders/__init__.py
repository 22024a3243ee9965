"""Agreement of coders, and of a model with them."""
