"""The edge: what comes from a person becomes trusted arrays, or a clear error.

Values are checked here, on the host and in NumPy, *before* JAX narrows anything: to JAX the code 2³² + 1 is 1, and
1.9 is 1 after a cast. Tracers have no values yet, so under `jit` only shapes and dtypes are checked.

Every message has the same form: name, rule, first place and value got, how many:
`x must be codes below 3; x[4, 0] is 7 (2 such values)`.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array | np.ndarray

LARGEST_PSEUDO_COUNT = 1e20  # a table of 2³¹ such counts still adds up in float32
LARGEST_CONDITION = 1e6  # of a Cholesky factor: beyond, float32 cannot tell it from a singular one


def is_traced(x: Any) -> TypeGuard[jax.core.Tracer]:
    return isinstance(x, jax.core.Tracer)


def codes(name: str, x: Any, sizes: tuple[int, ...]) -> Array:
    """Rows of codes (n, features). Their values are looked at by `refuse_codes`, once a count has found some missing.

    Raises TypeError where x is not of an integer dtype, ValueError where its shape is wrong.
    """
    x = integers(name, x)
    if x.ndim != 2 or x.shape[1] != len(sizes):
        raise ValueError(f"{name} must have shape (n, {len(sizes)}), a row for each observation; got shape {x.shape}")
    return x


def refuse_codes(name: str, x: Array, sizes: tuple[int, ...]) -> None:
    """Raise a ValueError if a code of feature j is not one of 0, …, sizes[j] − 1. x may be larger than the memory."""
    refuse_rows(name, x, lambda part: (part < 0) | (part >= np.array(sizes)), f"codes from 0 to below {sizes}")


def refuse_rows(name: str, x: Array, bad: Callable[[Array], Array], rule: str, rows: int = 2**16) -> None:
    """Raise a ValueError if any value of x is bad. `bad` looks at some rows at a time: x may exceed the memory."""
    first, many = None, 0
    for start in range(0, len(x), rows):
        found = bad(x[start : start + rows])
        if first is None and found.any():
            row, feature = map(int, np.argwhere(found)[0])
            first = start + row, feature
        many += int(found.sum())
    if first is not None:
        raise ValueError(_bad_value(name, rule, first, x[first], many))


def integers(name: str, x: Any) -> Array:
    """An array of an integer dtype: a NumPy array, or the tracer that came."""
    x = x if is_traced(x) else _host(name, x)
    if not jnp.issubdtype(x.dtype, jnp.integer):
        raise TypeError(f"{name} must be integers; got dtype {x.dtype}")
    return x


def rows(name: str, x: Any, features: int) -> Array:
    """Rows of real numbers (n, features), as they came: their values are looked at part by part, by `refuse_rows`."""
    x = real_numbers(name, x)
    if x.ndim != 2 or x.shape[1] != features:
        raise ValueError(f"{name} must have shape (n, {features}), a row for each observation; got shape {x.shape}")
    return x


def points(name: str, x: Any) -> Array:
    """Data (n, features) to fit to: finite real numbers, in float32 too, and at least one row."""
    x = reals(name, x)
    if x.ndim != 2 or x.shape[1] == 0:
        raise ValueError(f"{name} must have shape (n, features), a row for each observation; got shape {x.shape}")
    if len(x) == 0:
        raise ValueError(f"{name} must have at least one row; got none")
    finite(name, x)
    return x


def degrees(name: str, x: Any) -> Array:
    """Data (n, 2) to fit to: longitudes, which may be any number of turns off, and latitudes from −90 to 90."""
    x = points(name, x)
    if x.shape[1] != 2:
        raise ValueError(f"{name} must have shape (n, 2), longitudes and latitudes in degrees; got shape {x.shape}")
    if not is_traced(x):
        is_latitude = np.array([False, True])
        _refuse(name, x, is_latitude & (abs(x) > 90), "latitudes from -90 to 90 in its second column")
    return x


def box(low: Any, high: Any) -> tuple[Array, Array]:
    """The corners of a box, each of shape (d,): finite, and low below high, by no more than float32 can hold."""
    low, high = reals("low", low), reals("high", high)
    if low.ndim != 1 or low.shape != high.shape or not low.size:
        raise ValueError(f"low and high must have one shape (d,); got shapes {low.shape} and {high.shape}")
    finite("low", low)
    finite("high", high)
    if not is_traced(low) and not is_traced(high):
        with np.errstate(over="ignore"):
            width = high - low
        _refuse(
            "high - low",
            width,
            ~((width > 0) & (width < np.inf)),
            "above 0 and finite, for a box needs a width on each axis",
        )
    return low, high


def grid(bins: Any, range: Any) -> tuple[np.ndarray, ...]:
    """The edges of so many cells of equal width on each axis, or on all, between a pair (low, high) for each axis.

    There must be so few cells that a table can hold them, and so few on an axis that float32 tells their edges apart.
    """
    pairs = real_numbers("range", range)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise ValueError(f"range must have shape (d, 2), a pair (low, high) for each axis; got shape {pairs.shape}")
    finite("range", reals("range", pairs))
    try:
        bins = tuple(bins)
    except TypeError:
        bins = (bins,) * len(pairs)
    if len(bins) != len(pairs):
        raise ValueError(f"bins must be a number for each of the {len(pairs)} pairs of range; got {bins}")
    bins = tuple(whole("bins", number, least=1) for number in bins)
    table_size("bins", bins)
    edges = []
    for number, (low, high) in zip(bins, pairs.astype(np.float64), strict=True):
        edges.append(np.linspace(low, high, number + 1).astype(np.float32))
        if not (np.diff(edges[-1]) > 0).all() or high - low > np.finfo(np.float32).max:
            raise ValueError(
                f"range must be pairs low < high, which float32 can cut into the bins; got ({low:g}, {high:g}) for "
                f"{number} bins"
            )
    return tuple(edges)


def finite(name: str, x: Array) -> None:
    """Raise a ValueError if a number is not finite. Tracers pass."""
    if not is_traced(x):
        _refuse(name, x, ~np.isfinite(x), "finite, and at most 3.4e+38 in size")


def varied(name: str, x: Any) -> np.ndarray:
    """Data (n, features) to fit to, as `points`, in which each feature varies; not traced, for it must be scaled."""
    if is_traced(x):
        raise TypeError(f"{name} must be known before jit, so that it can be scaled; got a tracer")
    x = np.asarray(points(name, x))
    same = x.min(axis=0) == x.max(axis=0)
    if same.any():
        j = int(same.argmax())
        raise ValueError(
            f"{name} must vary in each feature; {name}[:, {j}] is {x[0, j]:g} in all rows ({same.sum()} such features)"
        )
    spread = x.std(axis=0, dtype=np.float64)
    _refuse(f"{name}.std(axis=0)", spread, (spread < 1e-20) | (spread > 1e20), "from 1e-20 to 1e+20")
    return x


def positive(name: str, value: Any) -> Array:
    """A number above 0 that is a float32, and so is its inverse."""
    value = reals(name, value)
    if value.shape != ():
        raise ValueError(f"{name} must be a number; got shape {value.shape}")
    if not is_traced(value) and not 1.2e-38 <= value <= 8e37:
        raise ValueError(f"{name} must be above 0, from 1.2e-38 to 8e+37; got {value:g}")
    return value


def axis(name: str, x: Any) -> Array:
    """Numbers (k,) along an axis: finite and real."""
    x = reals(name, x)
    if x.ndim != 1:
        raise ValueError(f"{name} must have shape (k,); got shape {x.shape}")
    finite(name, x)
    return x


def real_numbers(name: str, x: Any) -> Array:
    """An array of a dtype of real numbers: a NumPy array, or the tracer that came."""
    x = x if is_traced(x) else _host(name, x)
    if not (jnp.issubdtype(x.dtype, jnp.integer) or jnp.issubdtype(x.dtype, jnp.floating)):
        raise TypeError(f"{name} must be real numbers; got dtype {x.dtype}")
    return x


def reals(name: str, x: Any) -> Array:
    """An array of real numbers as float32; what is too large for it becomes ±inf, and NaN stays NaN."""
    x = real_numbers(name, x)
    with np.errstate(over="ignore"):
        return x.astype(np.float32)


def sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    """The number of values of each feature, as a tuple of whole numbers ≥ 1."""
    try:
        result = tuple(whole("sizes", size, least=1) for size in sizes)
    except TypeError as error:
        raise TypeError(f"sizes must be a sequence of whole numbers, such as (3, 8); got {sizes!r}") from error
    if not result:
        raise ValueError("sizes must name at least one feature; got ()")
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


def not_negative(name: str, number: Any) -> Array:
    """A number from 0 to LARGEST_PSEUDO_COUNT, as float32."""
    if is_traced(number):
        if number.shape != ():
            raise ValueError(f"{name} must be a number; got shape {number.shape}")
        return number
    value = _host(name, number)
    if value.shape != () or not (jnp.issubdtype(value.dtype, jnp.integer) or jnp.issubdtype(value.dtype, jnp.floating)):
        raise TypeError(f"{name} must be a real number; got {number!r}")
    if not 0 <= value <= LARGEST_PSEUDO_COUNT:
        raise ValueError(f"{name} must be at least 0 and at most {LARGEST_PSEUDO_COUNT:g}; got {number}")
    return value.astype(np.float32)


def counts(name: str, n: Any) -> Array:
    """A table of integer counts, each at least 0, as float32 (which holds the large ones that int32 does not)."""
    n = integers(name, n)
    if not is_traced(n):
        _refuse(name, n, n < 0, "counts of at least 0")
    return n.astype(np.float32)


def smoothed_counts(tables: Mapping[str, Any], alpha: Any) -> tuple[list[Array], Array]:
    """Tables of counts of the same observations, by name, and the pseudo-count that is to be added to them.

    They must have the same total. Counts that are all zero say nothing, so then alpha must not be 0.
    """
    checked, alpha = [counts(name, table) for name, table in tables.items()], not_negative("alpha", alpha)
    if any(map(is_traced, checked)):
        return checked, alpha
    totals = [np.asarray(table).sum(dtype=np.uint64) for table in tables.values()]  # float32 has rounded large counts
    for j, total in enumerate(totals):
        if total != totals[0]:
            raise ValueError(f"counts must count the same observations; table {j} has {total}, the first {totals[0]}")
    if not is_traced(alpha) and alpha == 0 and totals[0] == 0:
        raise ValueError("counts must hold at least one observation where alpha is 0; all of them are 0")
    return checked, alpha


def log_table(name: str, log_p: Any, axis: int | None = None) -> Array:
    """A table of log-probabilities, of a floating dtype, that sums to one within 1e-4: all of it, or along the axis."""
    log_p = log_p if is_traced(log_p) else _host(name, log_p)
    if not jnp.issubdtype(log_p.dtype, jnp.floating):
        raise TypeError(f"{name} must be real log-probabilities; got dtype {log_p.dtype}")
    if not is_traced(log_p):
        _refuse(name, log_p, np.isnan(log_p) | (log_p > 1e-4), "log-probabilities, none of them nan or above 0")
        total = np.atleast_1d(np.exp(log_p, dtype=np.float64).sum(axis))
        wrong = total[abs(total - 1) > 1e-4]
        if wrong.size:
            raise ValueError(f"{name} must sum to one after exp; it sums to {wrong[0]:.6g}")
    return log_p


def gaussians(log_weights: Any, means: Any, chols: Any) -> tuple[Array, Array, Array]:
    """The parameters of k Gaussians in d dimensions: weights that sum to one, means, lower Cholesky factors."""
    log_weights, means, chols = reals("log_weights", log_weights), reals("means", means), reals("chols", chols)
    if means.ndim != 2 or 0 in means.shape:
        raise ValueError(f"means must have shape (k, d), a row for each component; got shape {means.shape}")
    k, d = means.shape
    if log_weights.shape != (k,):
        raise ValueError(f"log_weights must have shape ({k},), one for each of the means; got {log_weights.shape}")
    if chols.shape != (k, d, d):
        raise ValueError(f"chols must have shape ({k}, {d}, {d}), one for each of the means; got {chols.shape}")
    if not any(map(is_traced, (log_weights, means, chols))):
        log_table("log_weights", log_weights)
        finite("means", means)
        finite("chols", chols)
        _refuse("chols", chols, np.triu(chols, 1) != 0, "lower triangular")
        tiny = np.finfo(np.float32).tiny
        diagonal = np.diagonal(chols, axis1=1, axis2=2)
        _refuse("the diagonals of chols", diagonal, diagonal < tiny, f"at least {tiny:.2g}")
        rows = chols / np.abs(chols).max(axis=2, keepdims=True)
        condition = np.abs(np.linalg.inv(rows.astype(np.float64))).max(axis=(1, 2))
        _refuse("the condition of chols", condition, condition > LARGEST_CONDITION, f"at most {LARGEST_CONDITION:g}")
    return log_weights, means, chols


def codes_at(x: Any, shape: tuple[int, ...]) -> Array:
    """Points (*batch, *shape) of integer codes at which a density is asked for, in at most 4 bytes each.

    Any integer is allowed: out of support the density is 0. One that int32 cannot hold becomes −1, which no support
    contains, so that it is not taken for the small code it would be narrowed to.
    """
    return narrow(_of_shape(integers("x", x), shape))


def points_at(x: Any, shape: tuple[int, ...]) -> Array:
    """Points (*batch, *shape) of real numbers at which a density is asked for, as float32. Any number is allowed."""
    return _of_shape(reals("x", x), shape)


def _of_shape(x: Array, shape: tuple[int, ...]) -> Array:
    if x.shape[max(0, x.ndim - len(shape)) :] != shape:
        raise ValueError(f"x must have shape (*batch, {', '.join(map(str, shape))}); got shape {x.shape}")
    return x


def narrow(x: Array) -> Array:
    """Codes in at most 4 bytes each. One that does not fit becomes −1 or, as an unsigned one, is that as int32."""
    if isinstance(x, np.ndarray) and not x.dtype.isnative:
        x = x.astype(x.dtype.newbyteorder("="))
    if x.dtype.itemsize > 4:
        where = np if isinstance(x, np.ndarray) else jnp
        x = where.minimum(x.astype(np.uint64), 2**32 - 1).astype(np.uint32).astype(np.int32)
    return x


def key(key: jax.Array) -> jax.Array:
    """One typed key of jax.random.key; raw uint32 keys are refused."""
    if not (isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)):
        raise TypeError(f"key must be made by jax.random.key(seed); got {key!r}")
    if key.shape != ():
        raise ValueError(f"key must be one key; got keys of shape {key.shape}")
    return key


def _host(name: str, x: Any) -> np.ndarray:
    try:
        return np.asarray(x)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be an array of numbers; {error}") from None


def _refuse(name: str, x: Array, bad: Array, rule: str) -> None:
    """Raise a ValueError that names the first bad value, its place and how many there are."""
    if bad.any():
        place = tuple(map(int, np.argwhere(bad)[0]))
        raise ValueError(_bad_value(name, rule, place, x[place], int(bad.sum())))


def _bad_value(name: str, rule: str, place: tuple[int, ...], value: Any, many: int) -> str:
    where = f"{name}[{', '.join(map(str, place))}]" if place else name
    return f"{name} must be {rule}; {where} is {value} ({many} such values)"
