"""Operators: the ATen functions that a network for a table may be made of; a list, reviewed, with no file or code in it.

`aten::from_file`, `aten::save` and their like open files: what is not here is refused, whatever it does.
"""

from __future__ import annotations

_ALGEBRA = """add sub mul div rsub neg abs sign pow sqrt rsqrt square reciprocal exp expm1 exp2 log log1p log2 log10 sin cos
tan asin acos atan sinh cosh tanh erf floor ceil round trunc frac remainder floor_divide fmod maximum minimum clamp clamp_min
clamp_max lerp addcmul addcdiv true_divide hypot atan2 logaddexp logit xlogy sigmoid"""
_LINEAR = """linear matmul mm bmm addmm baddbmm mv dot t transpose permute einsum bilinear outer conv1d conv2d convolution
scaled_dot_product_attention _scaled_dot_product_flash_attention_for_cpu"""
_BENDS = """relu relu6 leaky_relu prelu elu selu celu gelu silu mish softplus softsign hardtanh hardsigmoid hardswish
hardshrink softshrink threshold log_sigmoid softmax _softmax log_softmax _log_softmax glu tanhshrink"""
_NORMS = """batch_norm _native_batch_norm_legit_no_training native_batch_norm layer_norm native_layer_norm group_norm
native_group_norm instance_norm rms_norm dropout native_dropout alpha_dropout feature_dropout embedding embedding_bag one_hot
normalize norm linalg_vector_norm cumsum"""
_SHAPES = """view _unsafe_view reshape flatten unflatten squeeze unsqueeze expand expand_as cat concat stack split
split_with_sizes chunk unbind select slice narrow index index_select gather masked_fill where repeat movedim flip contiguous
alias detach detach_ clone to _to_copy _to_cpu type_as copy lift_fresh lift_fresh_copy dim size sym_size numel len is_floating_point
pad constant_pad_nd zeros_like ones_like full_like new_zeros new_ones new_full zeros ones full scalar_tensor arange tensor
broadcast_tensors unsafe_split max_pool1d avg_pool1d adaptive_avg_pool1d tril triu"""
_FOLDS = """sum mean prod var std amax amin max min argmax argmin any all logsumexp topk sort count_nonzero median"""
_COMPARES = """eq ne lt le gt ge logical_and logical_or logical_not logical_xor isnan isinf isfinite nan_to_num
bitwise_and bitwise_or bitwise_not equal _assert_tensor_metadata _assert_scalar _assert_async
sym_constrain_range_for_size sym_constrain_range"""

ATEN = frozenset(" ".join((_ALGEBRA, _LINEAR, _BENDS, _NORMS, _SHAPES, _FOLDS, _COMPARES)).split())
"""Names without their overload; one with `_` at its end writes to its argument and counts as the one without."""

SCRIPT = frozenset(
    [
        "RaiseException",
        "format",
        "annotate",
        "unchecked_cast",
        "uninitialized",
        "len",
        "size",
        "str",
        "int",
        "float",
        "bool",
        "Int",
        "Float",
        "Bool",
        "Scalar",
        "ScalarImplicit",
        "IntImplicit",
        "FloatImplicit",
        "NumToTensor",
        "item",
        "append",
        "extend",
        "list",
        "__is__",
        "__isnot__",
        "__not__",
        "__getitem__",
        "__contains__",
        "__range_length",
        "warn",
        "dtype",
        "device",
        "layout",
        "is_scripting",
        "is_tracing",
        "TupleConstruct",
        "TupleUnpack",
        "range",
        "unsqueeze_copy",
    ]
)
"""What TorchScript writes besides: texts of errors, numbers, lists."""


def is_aten(name: str) -> bool:
    """Whether an ATen function, without its overload, is on the list."""
    return name in ATEN or (name.endswith("_") and not name.endswith("__") and name[:-1] in ATEN)
