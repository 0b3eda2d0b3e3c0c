"""Documents: what others ask for, filled from evidence; what nobody knows is said to be unknown."""
