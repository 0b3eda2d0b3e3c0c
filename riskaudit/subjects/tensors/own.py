"""Own: a PyTorch class of the user's, with weights from a file; the class runs in this process, the file does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from riskaudit.errors import InputError
from riskaudit.subjects.native.needing import needed
from riskaudit.subjects.norefit import NoRefit
from riskaudit.subjects.pickled.restricted import Refused
from riskaudit.subjects.source import Source
from riskaudit.subjects.tensors.asked import Network
from riskaudit.subjects.tensors.weights import read_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FLAG = "--weights"


class OwnNetwork(NoRefit):
    """A network whose answers are values, probabilities or margins of named classes."""

    no_refit = "weights without the code that trained them hold no recipe: they cannot be fitted again"

    def __init__(self, network: Network, module: Any, classes: tuple[str, ...]) -> None:
        import numpy as np

        self._network, self._module = network, module
        self.n_features_in_ = network.n_features_in_
        self.counted = {"network weights": network.parameters}
        self.numbers_held = network.parameters
        if classes:
            self.classes_ = np.array(classes, dtype=object)

    def __getattr__(self, name: str) -> Any:
        network: Network = self.__dict__["_network"]
        scores = "predict_proba" if network.graded else "decision_function"
        if name == scores and "classes_" in self.__dict__:
            return getattr(network, name)
        raise AttributeError(f"this network has no {name}")

    def predict(self, rows: Any) -> NDArray[Any]:
        """Labels, or values (n,)."""
        if not hasattr(self, "classes_"):
            values: NDArray[np.float64] = self._network.raw(rows)[:, 0]
            return values
        said: NDArray[Any] = self.classes_[self._network.predict(rows)]
        return said


def own_network(
    kind: Any, source: Source, *, spec: str, features: int, classes: tuple[str, ...], regression: bool
) -> OwnNetwork:
    """The class made without arguments, its weights filled in.

    Raises
    ------
    InputError
        If torch is absent, the class cannot be made, its weights do not fit, or its answers are of another shape.
    """
    torch = needed("torch", "weights of PyTorch", _FLAG)
    weights = read_weights(source)
    try:
        module = kind() if isinstance(kind, type) else kind
        module.load_state_dict({name: torch.from_numpy(one.copy()) for name, one in weights.items()})
        module.eval()
    except Exception as error:
        first = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(
            f"{spec} does not take the weights of {source.name}: {first}",
            "name a class that can be made without arguments, or an object of it, with the very same layers",
            where=_FLAG,
        ) from error
    held = next((one.dtype for one in module.parameters() if one.is_floating_point()), torch.float32)

    def ask(table: Any) -> Any:
        with torch.inference_mode():
            return module(torch.from_numpy(table).to(held)).to(torch.float64).numpy()

    try:
        network = Network(
            ask, features=features, parameters=sum(int(one.numel()) for one in module.parameters()), kind=spec
        )
    except Refused as error:
        raise InputError(
            f"{spec}: {error}", "give --features with the columns it takes", where=_FLAG
        ) from error
    wanted = 1 if regression else len(network.classes_)
    if (regression and not network.either) or (not regression and wanted != len(classes)):
        raise InputError(
            f"{spec} gives {1 if network.either else wanted} columns, but the target has {len(classes) or 'values'}",
            "name its classes in order: --classes A,B,...",
            where="--classes",
        )
    return OwnNetwork(network, module, () if regression else classes)
