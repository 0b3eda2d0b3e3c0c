"""Lets the tests of this room share `statistics_helpers`; as a package the folder would hide the stdlib's."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.append(str(Path(__file__).parent))
settings.register_profile("statistics", deadline=None)  # a busy machine is no fault of an interval
settings.load_profile("statistics")
