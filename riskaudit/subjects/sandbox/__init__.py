"""Sandbox: a process of its own for a model that is not trusted, to load and to predict in."""
