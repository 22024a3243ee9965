"""Change of clients: from before to after, over sessions, from one session to the next."""
