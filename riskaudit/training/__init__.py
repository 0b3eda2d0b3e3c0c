"""Training: how models are made here; every learner by name, in plain NumPy or from scikit-learn.

`LEARNERS` lists them, `build` makes an estimator, `recipe` a whole pipeline from a table. Nothing heavy
is imported until one of these is asked for a model.
"""

from riskaudit.subjects.size import parameter_count
from riskaudit.training.learners import LEARNERS, Learner, build, recipe

__all__ = ["LEARNERS", "Learner", "build", "parameter_count", "recipe"]
