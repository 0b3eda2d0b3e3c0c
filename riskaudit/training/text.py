r"""Text: a classifier of short texts; words to vectors, their mean, dense layers, probabilities.

    tokens -> embedding (V + 1, e) -> mean over the text -> hidden layers -> sigmoid or softmax

Tokens and vocabulary are told in `tokens.py`, embedding and pooling, forward and backward, in
`embedding.py`; the rest is the perceptron's. The order of words is not looked at.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions  # noqa: TID253 only imported to train

from riskaudit.training.arrays import Array
from riskaudit.training.classifying import Classifying, cross_entropy
from riskaudit.training.embedding import TextNetwork, draw, text_outputs, text_size
from riskaudit.training.intake import labelled, one_hot
from riskaudit.training.lesson import Lesson
from riskaudit.training.multilayer import Multilayer
from riskaudit.training.network import Network
from riskaudit.training.tokens import encode, one_text_a_row, vocabulary

_COUNT = Interval(Integral, 1, None, closed="left")


class NumpyTextClassifier(Classifying, Multilayer):
    """A small network that gives the probabilities of classes for texts.

    X is a list, array or Series of texts, or a table of one column; missing texts count as empty ones.

    Parameters
    ----------
    hidden : tuple of int
        Dense layers after the mean; () for none (then it is softmax regression on averaged vectors).
    embedding : int
        e, the length of a word's vector.
    vocabulary : int
        V, at most so many words, the most frequent; all others are one unknown word.
    min_count : int
        A word met less often than this in training is unknown. With 2, no word that a single text has is
        learnt: such words would tell who was in the training data.
    max_tokens : int
        Of a longer text the first so many words are read. Memory: 4 bytes for each of n x the longest.
    column : str or None
        Which column of a DataFrame to read; None for its only one.
    dropout, activation, init, optimizer, learning_rate, momentum, schedule, decay, decay_every, l1, l2
    batch_size, epochs, tol, patience, early_stopping, validation_fraction, dtype, class_weight, random_state
        As in `NumpyPerceptronClassifier`; l1 and l2 are on the dense weights alone.

    Attributes
    ----------
    classes_ : array of shape (K,), the labels as they came
    words_ : array of shape (V,), the vocabulary, most frequent first
    parameters_ : array, all parameters in one vector
    embedding_ : array (V + 1, e), views: row 0 is the unknown word, row 1 + i is `words_[i]`
    coefs_, intercepts_ : embedding and dense weights by layer, and the dense biases
    sizes_ : tuple of int, (e, hidden layers, outputs)
    loss_curve_, validation_curve_, n_iter_, best_epoch_ : as in `NumpyPerceptronClassifier`
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **{k: v for k, v in Multilayer._parameter_constraints.items() if k != "pretrain_epochs"},
        "embedding": [_COUNT],
        "vocabulary": [_COUNT],
        "min_count": [_COUNT],
        "max_tokens": [_COUNT],
        "column": [str, None],
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    def __init__(
        self,
        hidden: tuple[int, ...] = (16,),
        *,
        embedding: int = 32,
        vocabulary: int = 10_000,
        min_count: int = 2,
        max_tokens: int = 256,
        column: str | None = None,
        dropout: float = 0.0,
        activation: str = "relu",
        init: str = "glorot",
        optimizer: str = "adam",
        learning_rate: float = 0.003,
        momentum: float = 0.9,
        schedule: str = "constant",
        decay: float = 0.95,
        decay_every: int = 10,
        l1: float = 0.0,
        l2: float = 1e-4,
        batch_size: int | str | None = 64,
        epochs: int = 30,
        tol: float = 1e-4,
        patience: int | None = 5,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        dtype: str = "float32",
        class_weight: Any = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            hidden,
            activation=activation,
            init=init,
            optimizer=optimizer,
            learning_rate=learning_rate,
            momentum=momentum,
            schedule=schedule,
            decay=decay,
            decay_every=decay_every,
            l1=l1,
            l2=l2,
            dropout=dropout,
            batch_size=batch_size,
            epochs=epochs,
            tol=tol,
            patience=patience,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            dtype=dtype,
            random_state=random_state,
        )
        self.embedding = embedding
        self.vocabulary = vocabulary
        self.min_count = min_count
        self.max_tokens = max_tokens
        self.column = column
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NumpyTextClassifier:
        """Learn from texts X (n,) and labels y (n,), with weights (n,) where given."""
        return self._learn(X, y, sample_weight, Lesson())

    @property
    def embedding_(self) -> Array:
        """Vectors of the unknown word (row 0) and of `words_`: a view into `parameters_`."""
        return self._network().embedding

    @property
    def coefs_(self) -> list[Array]:
        """The embedding and the weights of each dense layer: views into `parameters_`."""
        network = self._network()
        return [network.embedding, *network.weights]

    @property
    def intercepts_(self) -> list[Array]:
        """Biases of each dense layer: views into `parameters_`."""
        return self._network().biases

    def __sklearn_tags__(self) -> Any:
        """Texts, not tables of numbers."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.input_tags.one_d_array = True
        return tags

    def _learn(self, X: Any, y: Any, sample_weight: Any, lesson: Lesson) -> NumpyTextClassifier:
        self._validate_params()
        X, codes, weights = labelled(
            self,
            one_text_a_row(X, self.column),
            y,
            sample_weight,
            dtype=None,
            class_weight=self.class_weight,
        )
        self.words_ = vocabulary(X[:, 0], size=self.vocabulary, at_least=self.min_count)
        Y = one_hot(codes, len(self.classes_), self.dtype)
        ids = encode(X[:, 0], self.words_, longest=self.max_tokens)
        self._train(ids, Y, weights, loss=cross_entropy(len(self.classes_)), codes=codes, lesson=lesson)
        return self

    def _drawn(self, X: Array, K: int, rng: np.random.Generator) -> Network:
        """A network of K outputs with its first parameters."""
        self.sizes_ = (int(self.embedding), *self._widths(), K)
        rows = len(self.words_) + 1
        theta = np.zeros(text_size(rows, self.sizes_), self.dtype)
        return draw(TextNetwork(rows, self.sizes_, self.activation, theta), rng, self.init)

    def _network(self) -> TextNetwork:
        """The fitted network."""
        return TextNetwork(len(self.words_) + 1, self.sizes_, self.activation, self.parameters_)

    def _logits(self, X: Any) -> Array:
        """Raw outputs (n, K)."""
        from sklearn.utils.validation import check_is_fitted, validate_data

        check_is_fitted(self)
        table = one_text_a_row(X, self.column)
        if not hasattr(self, "feature_names_in_"):  # a name that was not there at first is no matter
            table = np.asarray(table, object)
        X = validate_data(self, table, dtype=None, reset=False)
        ids = encode(X[:, 0], self.words_, longest=self.max_tokens)
        return text_outputs(self._network(), ids)
