"""Scan: what a model's file holds and would run, read without importing or making anything of it."""
