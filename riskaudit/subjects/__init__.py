"""Subjects: the model under audit, one file per format."""
