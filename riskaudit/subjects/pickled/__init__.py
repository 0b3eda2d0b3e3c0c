"""Pickled: pickles of honest models loaded through an allow-list, in a process that may do nothing else."""
