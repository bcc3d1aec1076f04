"""The edge: what comes from a person becomes trusted arrays, or a clear error.

Values are checked here *before* JAX narrows anything: to JAX the code 2³² + 1 is 1, and 1.9 is 1 after a cast. Numbers
of NumPy, lists and files are checked on the host; a JAX array where it lies, on one device or on many, and one truth
value comes back (or, where it has few values and lies on one device, all of them, which takes less time than to compile
a check). Tracers have no values yet, so under `jit` only shapes and dtypes of them are checked; but what a compiled
function merely closes over is checked as ever.

Every message has the same form: name, rule, first place and value got, how many:
`x must be codes below 3; x[4, 0] is 7 (2 such values)`. What only one model needs is checked in the file of that model.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeGuard

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding

from lib.numerics.summation import pairwise_sum
from lib.numerics.tables import is_value

Array = jax.Array | np.ndarray

MAX_PSEUDO_COUNT = 1e20  # a table of 2³¹ such counts still adds up in float32
MAX_SHIFT = 1e-4  # of the width of the data: by no more may rounding to float32 move a point
MAX_VALUES_TO_FETCH = 2**12
ELEMENTS_AT_ONCE = 2**20  # of a NumPy array are checked: it may be a file that is larger than the memory

# What is computed from known arrays is computed now, so that it can be checked. Else `jit` would trace that as well.
_AT_ONCE = jax.ensure_compile_time_eval()


def is_traced(x: Any) -> TypeGuard[jax.core.Tracer]:
    return isinstance(x, jax.core.Tracer)


def array(name: str, x: Any) -> Array:
    """An array: a JAX array or a tracer as it came, all else as a NumPy array. Masked values are refused."""
    if isinstance(x, jax.Array):
        return x
    _refuse_masked(name, x)
    try:
        return np.asarray(x)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be an array of numbers; {error}") from None


@_AT_ONCE
def refuse(name: str, x: Array, bad: Callable[..., Array], rule: str, *limits: Array) -> None:
    """Raise a ValueError if any value of x is bad: it names the first one, its place and how many there are.

    `bad(x, *limits)` says which values are, of some rows of x as of all. Where x is a JAX array it is compiled, once if
    it is a function of a module. Tracers pass.
    """
    if is_traced(x):
        return
    x = _few_on_host(x)
    if isinstance(x, jax.Array) and not _any(bad, x, *limits):
        return
    if isinstance(x, jax.Array) and isinstance(x.sharding, NamedSharding):  # without a type that forbids to take rows
        mesh = Mesh(x.sharding.mesh.devices, x.sharding.mesh.axis_names)
        x = jax.device_put(x, NamedSharding(mesh, x.sharding.spec))
    rows = x if x.ndim else x.reshape(1)
    step = max(1, ELEMENTS_AT_ONCE // max(1, math.prod(rows.shape[1:])))
    first, many = None, 0
    for start in range(0, len(rows), step):
        found = np.asarray(bad(rows[start : start + step], *limits))
        if first is None and found.any():
            row, *place = map(int, np.argwhere(found)[0])
            first = (start + row, *place)[: x.ndim]
        many += int(found.sum())
    if first is not None:
        raise ValueError(f"{name} must be {rule}; {_at(name, first)} is {x[first]} ({many} such values)")


def codes(name: str, x: Any, sizes: tuple[int, ...]) -> Array:
    """Rows of codes (n, features) of an integer dtype.

    Does not check values: the caller compares the total count with the number of rows, and then calls `refuse_codes`.
    Raises TypeError where x is not of an integer dtype, ValueError where its shape is wrong.
    """
    x = integers(name, x)
    if x.ndim != 2 or x.shape[1] != len(sizes):
        raise ValueError(f"{name} must have shape (n, {len(sizes)}), a row for each observation; got shape {x.shape}")
    return x


def refuse_codes(name: str, x: Array, sizes: tuple[int, ...]) -> None:
    """Raise a ValueError if a code of feature j is not one of 0, …, sizes[j] − 1. x may be larger than the memory."""
    refuse(name, x, _out_of_range, f"codes from 0 to below {sizes}", np.array([sizes], np.int32))


def attributes(name: str, x: Any, sizes: tuple[int, ...], n: int, rule: str) -> Array:
    """Codes (n, k) of the attributes of n observations, of which attribute j has those from 0 to below sizes[j].

    Raises TypeError where they are not of an integer dtype, ValueError for a wrong shape or a code out of range. `rule`
    says in the error why there must be n rows.
    """
    x = codes(name, x, sizes)
    if len(x) != n:
        raise ValueError(f"{name} must have {n} rows, {rule}; got {len(x)}")
    refuse_codes(name, x, sizes)
    return x


def condition(name: str, x: Any, sizes: tuple[int, ...], batch: tuple[int, ...]) -> Array:
    """What is asked of attributes: codes (*batch, k) as int32, from one for all (k,) or one for each; −1 does not ask.

    Raises TypeError where they are not of an integer dtype, ValueError for a wrong shape or a code out of range.
    """
    x = integers(name, x)
    wanted = (*batch, len(sizes))
    if x.shape not in (wanted, wanted[-1:]):
        raise ValueError(f"{name} must have shape {wanted[-1:]}, one for all, or {wanted}; got shape {x.shape}")
    refuse(name, x, _never_asked, f"codes from 0 to below {sizes}, or -1", np.array(sizes, np.int32))
    return library_of(x).broadcast_to(x.astype(np.int32), wanted)


def refuse_levels(name: str, x: Array, num_levels: int, called: str = "levels") -> None:
    """Raise a ValueError if a value is not one of 0, …, num_levels − 1. x may be larger than the memory."""
    refuse(name, x, _out_of_range, f"{called} from 0 to below {num_levels}", np.array(num_levels, np.int32))


@_AT_ONCE
def labels(name: str, y: Any, n: int, num_classes: int | None = None) -> tuple[Array, int]:
    """Labels (n,) below `num_classes`, or else each of those from 0 to the largest; and this number of classes.

    Raises TypeError where y is not of an integer dtype, or traced without `num_classes`; ValueError for a wrong shape,
    a label out of range and, without `num_classes`, one that is missing.
    """
    y = integers(name, y)
    if y.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), a label for each row of x; got shape {y.shape}")
    if num_classes is None:
        if is_traced(y):
            raise TypeError(f"{name} must be known before jit, or num_classes be given; got a tracer")
        refuse(name, y, _negative, "labels of at least 0")
        each_label(name, y, num_classes := int(y.max()) + 1)
        return y, num_classes
    num_classes = whole("num_classes", num_classes, least=1)
    refuse_levels(name, y, num_classes, called="labels")
    return y, num_classes


def each_label(name: str, y: Array, num_classes: int) -> None:
    """Raise a ValueError if one of the labels 0, …, num_classes − 1 does not occur in y."""
    found = np.unique(np.asarray(y))
    if missing := num_classes - len(found):
        first = next((i for i, label in enumerate(found) if i != label), len(found))
        raise ValueError(
            f"{name} must hold each label from 0 to {num_classes - 1}; {first} is missing ({missing} such labels)"
        )


def integers(name: str, x: Any) -> Array:
    """An array of an integer dtype."""
    x = array(name, x)
    if not jnp.issubdtype(x.dtype, jnp.integer):
        raise TypeError(f"{name} must be integers; got {_dtype(x)}")
    return x


def real_numbers(name: str, x: Any) -> Array:
    """An array of a dtype of real numbers, as it came."""
    x = array(name, x)
    if not (jnp.issubdtype(x.dtype, jnp.integer) or jnp.issubdtype(x.dtype, jnp.floating)):
        raise TypeError(f"{name} must be real numbers; got {_dtype(x)}")
    return x


def reals(name: str, x: Any) -> Array:
    """An array of real numbers as float32. What is too large for it becomes infinite, which `finite` refuses."""
    return float32(real_numbers(name, x))


def rows(name: str, x: Any, features: int) -> Array:
    """Rows of real numbers (n, features), as they came. Does not check values."""
    x = real_numbers(name, x)
    if x.ndim != 2 or x.shape[1] != features:
        raise ValueError(f"{name} must have shape (n, {features}), a row for each observation; got shape {x.shape}")
    return x


def finite_rows(name: str, x: Any) -> Array:
    """Rows of real numbers (n, features) as they came: finite in float32, and at least one row."""
    x = real_numbers(name, x)
    if x.ndim != 2 or x.shape[1] == 0:
        raise ValueError(f"{name} must have shape (n, features), a row for each observation; got shape {x.shape}")
    if len(x) == 0:
        raise ValueError(f"{name} must have at least one row; got none")
    finite(name, x)
    return x


def observations(name: str, x: Any) -> np.ndarray:
    """Observations (n, *event_shape) to train on, as float32 on the host: finite, and at least one."""
    x = real_numbers(name, x)
    if x.ndim < 2 or 0 in x.shape:
        raise ValueError(f"{name} must have shape (n, *event_shape), at least one observation; got shape {x.shape}")
    finite(name, x)
    return np.asarray(jax.device_get(x), np.float32)


@_AT_ONCE
def points(name: str, x: Any) -> Array:
    """Data (n, features) to fit to, as float32: finite, at least one row, and no feature whose digits float32 loses."""
    x = finite_rows(name, x)
    if has_more_digits(x) and not is_traced(x):
        least, most = (end(axis=0, keepdims=True) for end in (x.min, x.max))
        with np.errstate(over="ignore"):
            width = float32(most) - float32(least)
        precise(name, x, library_of(x).where(least == most, np.inf, width))
    return float32(x)


def varied_points(name: str, data: Any) -> np.ndarray:
    """Data (n, features) to fit to, as `points`, in which each feature varies; on the host, where they are scaled."""
    data = points(name, data)
    if is_traced(data):
        raise TypeError(f"{name} must be known before jit, so that it can be scaled; got a tracer")
    x = np.asarray(jax.device_get(data))
    same = x.min(axis=0) == x.max(axis=0)
    if same.any():
        j = int(same.argmax())
        raise ValueError(
            f"{name} must vary in each feature; {name}[:, {j}] is {x[0, j]:g} in all rows ({same.sum()} such features)"
        )
    spread = x.std(axis=0, dtype=np.float64)
    refuse(f"{name}.std(axis=0)", spread, lambda spread: (spread < 1e-20) | (spread > 1e20), "from 1e-20 to 1e+20")
    return x


def finite(name: str, x: Array) -> None:
    """Raise a ValueError if a number is not finite in float32. Tracers pass."""
    refuse(name, x, _infinite, "finite, and at most 3.4e+38 in size")


def precise(name: str, x: Array, width: Array) -> None:
    """Raise a ValueError if rounding to float32 moves a number by more than 1e-4 of the width of what it belongs to.

    So ids beyond 2²⁴ and time stamps, which float32 holds to two minutes, are refused rather than merged. Tracers pass.
    """
    if has_more_digits(x):
        rule = f"kept by float32 to {MAX_SHIFT:g} of its range: subtract an origin first"
        refuse(name, x, _moved, rule, MAX_SHIFT * width)


@_AT_ONCE
def positive(name: str, value: Any) -> Array:
    """A number above 0 that is a float32, and so is its inverse."""
    value = reals(name, value)
    if value.shape != ():
        raise ValueError(f"{name} must be a number; got shape {value.shape}")
    if not is_traced(value) and not 1.2e-38 <= value <= 8e37:
        raise ValueError(f"{name} must be above 0, from 1.2e-38 to 8e+37; got {value:g}")
    return value


def sizes(sizes: Sequence[int], name: str = "sizes", of: str = "feature") -> tuple[int, ...]:
    """The number of values of each feature, or of units of each layer, as a tuple of whole numbers ≥ 1."""
    try:
        result = tuple(whole(name, size, least=1) for size in sizes)
    except TypeError as error:
        raise TypeError(f"{name} must be a sequence of whole numbers, such as (3, 8); got {sizes!r}") from error
    if not result:
        raise ValueError(f"{name} must name at least one {of}; got ()")
    return result


def table_size(name: str, sizes: tuple[int, ...]) -> int:
    """The number of combinations, which must be small enough for an index of 31 bits."""
    cells = math.prod(sizes)
    if cells >= 2**31:
        raise ValueError(f"{name} must have a product below 2**31 to be tabulated; got {cells} cells")
    return cells


def whole(name: str, n: int, least: int = 0) -> int:
    """A whole number that is not less than `least`."""
    if isinstance(n, bool | np.bool) or not hasattr(n, "__index__"):
        raise TypeError(f"{name} must be a whole number; got {n!r}")
    n = operator.index(n)
    if n < least:
        raise ValueError(f"{name} must be at least {least}; got {n}")
    return n


@_AT_ONCE
def not_negative(name: str, number: Any) -> Array:
    """A number from 0 to MAX_PSEUDO_COUNT, as float32."""
    if is_traced(number):
        if number.shape != ():
            raise ValueError(f"{name} must be a number; got shape {number.shape}")
        return number
    value = array(name, number)
    if value.shape != () or not (jnp.issubdtype(value.dtype, jnp.integer) or jnp.issubdtype(value.dtype, jnp.floating)):
        raise TypeError(f"{name} must be a real number; got {number!r}")
    if not 0 <= value <= MAX_PSEUDO_COUNT:
        raise ValueError(f"{name} must be at least 0 and at most {MAX_PSEUDO_COUNT:g}; got {number}")
    return value.astype(np.float32)


@_AT_ONCE
def counts(name: str, n: Any) -> Array:
    """A table of integer counts, each at least 0, as float32 (which holds the large ones that int32 does not)."""
    n = integers(name, n)
    refuse(name, n, _negative, "counts of at least 0")
    return n.astype(np.float32)


@_AT_ONCE
def smoothed_counts(tables: Mapping[str, Any], alpha: Any) -> tuple[list[Array], Array]:
    """Tables of counts of the same observations, by name, and the pseudo-count that is to be added to them.

    They must have the same total. Counts that are all zero say nothing, so then alpha must not be 0.
    """
    checked, alpha = [counts(name, table) for name, table in tables.items()], not_negative("alpha", alpha)
    if any(map(is_traced, checked)):
        return checked, alpha
    totals = [_total(table) for table in tables.values()]
    exact = all(isinstance(total, int) for total in totals)
    for j, total in enumerate(totals):
        if abs(total - totals[0]) > (0 if exact else 1e-6 * totals[0]):
            raise ValueError(f"counts must count the same observations; table {j} has {total}, the first {totals[0]}")
    if not is_traced(alpha) and alpha == 0 and totals[0] == 0:
        raise ValueError("counts must hold at least one observation where alpha is 0; all of them are 0")
    return checked, alpha


def log_table(name: str, log_p: Any, axis: int | None = None) -> Array:
    """A table of log-probabilities, of a floating dtype, that sums to one within 1e-4: all of it, or along the axis."""
    log_p = array(name, log_p)
    if not jnp.issubdtype(log_p.dtype, jnp.floating):
        raise TypeError(f"{name} must be real log-probabilities; got {_dtype(log_p)}")
    refuse(name, log_p, _no_log_prob, "log-probabilities, none of them nan or above 0")
    if not is_traced(log_p):
        totals = sum_exp(log_p, axis)
        wrong = np.argwhere(abs(totals - 1) > 1e-4)
        if len(wrong):
            place = tuple(map(int, wrong[0]))
            where, many = ("it", "") if axis is None else (_at(name, place), f" ({len(wrong)} such rows)")
            raise ValueError(f"{name} must sum to one after exp; {where} sums to {totals[place]:.6g}{many}")
    return log_p


@_AT_ONCE
def log_rows(name: str, log_p: Any, sizes: tuple[int, ...]) -> None:
    """Raise a TypeError or ValueError unless each row of log_p (features, …, values) is one of log-probabilities.

    They sum to one within 1e-4, and are −inf where a feature has no such value. The shape is for the caller to check.
    """
    log_p = log_table(name, log_p, axis=-1)
    exists = np.expand_dims(is_value(sizes), tuple(range(1, log_p.ndim - 1)))
    beyond = library_of(log_p).where(exists, -np.inf, log_p)
    refuse(name, beyond, _possible, "-inf where a feature has no such value")


@_AT_ONCE
def total(x: Array) -> float:
    """Σ x of real numbers: of NumPy in float64, of a JAX array of many in float32, in pairs, where it lies."""
    x = _few_on_host(x)
    return float(pairwise_sum(jnp.ravel(float32(x))) if isinstance(x, jax.Array) else x.sum(dtype=np.float64))


@_AT_ONCE
def sum_exp(log_p: Array, axis: int | None = None) -> np.ndarray:
    """Σ exp(log_p), of all or along the axis, as (sums,): of NumPy in float64, of a JAX array where it lies."""
    log_p = _few_on_host(log_p)
    if isinstance(log_p, jax.Array):
        return np.atleast_1d(np.asarray(_sum_exp(log_p, axis)))
    return np.atleast_1d(np.exp(log_p, dtype=np.float64).sum(axis))


def codes_at(x: Any, shape: tuple[int, ...]) -> Array:
    """Points (*batch, *shape) of integer codes at which a density is asked for, in at most 4 bytes each.

    Any integer is allowed: out of support the density is 0. One that int32 cannot hold becomes −1, which no support
    contains, so that it is not taken for the small code it would be narrowed to.
    """
    return narrow(of_shape(integers("x", x), shape))


def points_at(x: Any, shape: tuple[int, ...]) -> Array:
    """Points (*batch, *shape) of real numbers at which a density is asked for, as float32. Any number is allowed."""
    return float32(of_shape(real_numbers("x", x), shape))


def of_shape(x: Array, shape: tuple[int, ...]) -> Array:
    """Observations (*batch, *shape), as they came."""
    if x.shape[max(0, x.ndim - len(shape)) :] != shape:
        raise ValueError(f"x must have shape (*batch, {', '.join(map(str, shape))}); got shape {x.shape}")
    return x


def narrow(x: Array) -> Array:
    """Codes in at most 4 bytes each. Codes of 8 bytes that int32 cannot hold become negative.

    Codes of uint32 stay as they are: those from 2³¹ on become negative once they are cast to int32.
    """
    if isinstance(x, np.ndarray) and not x.dtype.isnative:
        x = x.astype(x.dtype.newbyteorder("="))
    if x.dtype.itemsize > 4:
        x = library_of(x).minimum(x.astype(np.uint64), 2**32 - 1).astype(np.uint32).astype(np.int32)
    return x


def key(key: jax.Array) -> jax.Array:
    """One typed key of jax.random.key; raw uint32 keys are refused."""
    if not (isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)):
        raise TypeError(f"key must be made by jax.random.key(seed); got {key!r}")
    if key.shape != ():
        raise ValueError(f"key must be one key; got keys of shape {key.shape}")
    return key


@_AT_ONCE
def float32(x: Array) -> Array:
    """Numbers as float32; what is too large becomes infinite."""
    with np.errstate(over="ignore"):
        return x.astype(np.float32)


def library_of(x: Array) -> Any:
    """The library that computes with x: JAX or NumPy."""
    return jnp if isinstance(x, jax.Array) else np


def has_more_digits(x: Array) -> bool:
    """Whether float32 cannot hold each number of this dtype."""
    return x.dtype.itemsize > 4 or (x.dtype.itemsize == 4 and jnp.issubdtype(x.dtype, jnp.integer))


# --- Private parts -------------------------------------------------------------------------------


def _few_on_host(x: Array) -> Array:
    few = isinstance(x, jax.Array) and x.size <= MAX_VALUES_TO_FETCH and x.sharding.num_devices == 1
    return np.asarray(jax.device_get(x)) if few else x


def _at(name: str, place: Sequence[int]) -> str:
    """A place in an array as errors call it."""
    return f"{name}[{', '.join(map(str, place))}]" if len(place) else name


def _dtype(x: Array) -> str:
    """The dtype as errors call it; of objects, which say little by it, with the first one."""
    return f"dtype {x.dtype}" + (f", such as {x.item(0)!r}" if x.dtype == object and x.size else "")


def _refuse_masked(name: str, x: Any) -> None:
    """NumPy would take what is hidden by a mask for data, also where a list holds masked arrays."""
    if np.ma.is_masked(x):
        where = np.argwhere(np.ma.getmaskarray(x))
        raise ValueError(
            f"{name} must have no masked values: leave them out or fill them; {_at(name, where[0])} is masked "
            f"({len(where)} such values)"
        )
    if isinstance(x, list | tuple):
        for i, part in enumerate(x):
            if isinstance(part, list | tuple | np.ma.MaskedArray):
                _refuse_masked(f"{name}[{i}]", part)


# What `refuse` looks for, in NumPy and in JAX alike.


@partial(jax.jit, static_argnums=0)
def _any(bad: Callable[..., Array], x: Array, *limits: Array) -> Array:
    return jnp.any(bad(x, *limits))


def _infinite(x: Array) -> Array:
    return ~library_of(x).isfinite(float32(x))


def _moved(x: Array, most: Array) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = float32(x).astype(x.dtype)
    where = library_of(x)
    return float32(where.maximum(x, rounded) - where.minimum(x, rounded)) > most  # unsigned ones have no negatives


def _out_of_range(codes: Array, sizes: Array) -> Array:
    codes = narrow(codes).astype(np.int32)
    return (codes < 0) | (codes >= sizes)


def _never_asked(codes: Array, sizes: Array) -> Array:
    below = codes < -1 if np.issubdtype(codes.dtype, np.signedinteger) else False
    return below | (codes >= sizes.astype(codes.dtype))


def _negative(x: Any) -> Array:
    return x < 0


def _no_log_prob(x: Any) -> Array:
    return ~(x <= 1e-4)


def _possible(log_p: Any) -> Any:
    return log_p > -np.inf


def _total(n: Any) -> int | float:
    """The sum of counts: exact, but for a JAX array of many, which is added up in float32 where it lies."""
    n = _few_on_host(array("counts", n))
    return total(n) if isinstance(n, jax.Array) else int(n.sum(dtype=np.uint64))


@partial(jax.jit, static_argnums=1)
def _sum_exp(x: jax.Array, axis: int | None) -> jax.Array:
    p = jnp.exp(float32(x))
    return pairwise_sum(jnp.ravel(p) if axis is None else jnp.moveaxis(p, axis, -1))
