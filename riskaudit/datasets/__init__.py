"""Datasets: a table whose columns have roles, readers, splits and the built-in example."""
