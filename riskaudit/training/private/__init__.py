"""Private: differentially private training, and the accountant that says what it spent.

One page each: `renyi.py` and `loss_distribution.py` (two ways of counting), `accountant.py` (the question and the
answer), `noise.py` (where chance comes from), `clipping.py` (one row's pull, bounded), `descent.py` (the
training loop), `guarantee.py` (what is promised, in words) and `perceptron.py` (the estimators).
"""

from riskaudit.training.private.accountant import epsilon, noise_for

__all__ = ["epsilon", "noise_for"]
