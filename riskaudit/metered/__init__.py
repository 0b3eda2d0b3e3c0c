"""Metered: trainings of any kind, watched from outside, as records that an audit reads."""
