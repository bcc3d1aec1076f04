"""Each stage of the compiler by itself: indices, bounds, expressions, what is left out and what is refused."""

import importlib
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib import javascript
from lib.javascript import RULES, Unsupported, bounds, calls, scope
from lib.javascript.expression import Expr, fill, grouped, literal
from lib.javascript.graph import Const, Eqn, Var
from lib.javascript.index import Index, Variable, flat, unflat
from lib.javascript.program import ARRAYS, helpers
from lib.javascript.trace import trace
from lib.live import to_javascript
from lib.numerics import threefry
from lib.numerics.summation import pairwise_sum

FLOAT, INT = np.dtype(np.float32), np.dtype(np.int32)


def variable(name, size, depth=1):
    return Index(((Variable(name, size, depth), 1),))


# --- index.py ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (Index(), "0"),
        (variable("i", 5) * 3 + 2, "i * 3 + 2"),
        (7 - variable("i", 5), "7 - i"),
        (variable("i", 5) * 4 + variable("j", 4), "i * 4 + j"),
        (variable("i", 1) + 3, "3"),
        ((variable("i", 20) + 1).divmod(4)[1], "(i + 1) % 4"),
        ((variable("i", 20) + 1).divmod(4)[0] * 2, "((i + 1) / 4 | 0) * 2"),
    ],
)
def test_an_index_as_text(index, text):
    assert index.text == text


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 4), (1, 5, 1, 2), (6,)])
def test_to_divide_and_to_put_together_again_is_nothing(shape):
    i = variable("i", int(np.prod(shape)))
    assert flat(unflat(i, shape), shape) == i


def test_a_reshape_of_whole_loops_needs_no_division():
    i, j, k = variable("i", 4), variable("j", 6, 2), variable("k", 5, 3)
    place = flat((i, j, k), (4, 6, 5))
    assert unflat(place, (24, 5)) == (i * 6 + j, k)
    assert not any(index.divides for index in unflat(place, (4, 30)))
    assert any(index.divides for index in unflat(place, (8, 15)))


@pytest.mark.parametrize("d", [2, 3, 7])
def test_division_is_right(d):
    place = variable("i", 9) * 6 + variable("j", 6) + 1
    quotient, rest = (
        compile(index.text.replace("/", "//").replace("| 0", ""), "", "eval") for index in place.divmod(d)
    )
    for i in range(9):
        for j in range(6):
            assert (eval(quotient, {"i": i, "j": j}), eval(rest, {"i": i, "j": j})) == divmod(6 * i + j + 1, d)


# --- expression.py -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "operand"),
    [("x", "x"), ("x[i + 1]", "x[i + 1]"), ("f(a, b)", "f(a, b)"), ("a + b", "(a + b)"), ("-a", "(-a)"), ("3", "3")],
)
def test_only_what_needs_parentheses_gets_them(text, operand):
    assert grouped(text) == operand


def test_operands_are_rounded_but_a_product_that_is_added_is_not():
    a, b = Expr("a", FLOAT), Expr("b", FLOAT)
    total, product = fill("x + y", [a, b], FLOAT, True, 1), fill("x * y", [a, b], FLOAT, True, 1)
    assert fill("x + y", [total, product], FLOAT, True, 1).text == "Math.fround(a + b) + a * b"
    assert fill("Math.exp(x)", [product], FLOAT, True, 1).rounded == "Math.fround(Math.exp(Math.fround(a * b)))"
    assert fill("x + y", [Expr("n", INT), Expr("1", INT)], INT, True, 1).rounded == "(n + 1) | 0"


@pytest.mark.parametrize("x", [0.1, -0.0, 1e-45, 3.4e38, 1 / 3, 7.0, 1e6, -2.5])
def test_a_literal_is_exact(x):
    assert np.float32(literal(np.float32(x), FLOAT)) == np.float32(x)
    assert np.signbit(np.float32(literal(np.float32(x), FLOAT))) == np.signbit(np.float32(x))


@pytest.mark.parametrize(("x", "text"), [(np.inf, "Infinity"), (-np.inf, "-Infinity"), (np.nan, "NaN")])
def test_a_literal_that_is_no_number(x, text):
    assert literal(np.float32(x), FLOAT) == text


# --- bounds.py -----------------------------------------------------------------------------------

SIGNED = [(-7, -2), (-3, 4), (0, 0), (0, 5), (2, 9)]


@pytest.mark.parametrize("name", sorted(set(bounds.FORMULAS) - {"clamp", "sign", "neg", "convert_element_type"}))
@pytest.mark.parametrize("x", SIGNED)
@pytest.mark.parametrize("y", SIGNED)
def test_bounds_hold(name, x, y):
    if name == "shift_right_logical" and (x[0] < 0 or y[0] < 0):
        return  # as wide as the type
    found = bounds.FORMULAS[name](x, y)
    primitive = getattr(jax.lax, name)
    xs, ys = (np.arange(low, high + 1, dtype=np.int32) for low, high in (x, y))
    pairs = [(a, c) for a in xs for c in ys if c or name not in ("div", "rem")]
    if found is None or not pairs:
        return
    values = np.asarray(primitive(*map(np.array, zip(*pairs, strict=True)))).astype(int)
    assert found[0] <= values.min()
    assert values.max() <= found[1]


def test_what_bounds_decide_needs_no_code():
    """An index from the end, a clamp and a floor division by parts: none of them for numbers known to be inside."""
    text = to_javascript(lambda x: x[jnp.arange(6) // 2], np.ones(3, np.float32))
    assert "?" not in text
    assert "Math.min" not in text
    assert "%" not in to_javascript(lambda x: x[jnp.arange(6) % 9], np.ones(6, np.float32))
    assert "Math" not in to_javascript(lambda n: n + jnp.clip(jnp.arange(6), 0, 5), np.int32(3))
    assert to_javascript(lambda n: n * 0 < 1, np.int32(3)).count("true") == 1


# --- trace.py and lower.py -----------------------------------------------------------------------


def test_calls_are_inlined_and_nothing_is_worked_out_twice():
    def twice(x):
        return jax.jit(jnp.sin)(x) + jax.jit(jnp.sin)(x)

    graph, _ = trace(twice, (np.float32(1),))
    assert [eqn.primitive for eqn in graph.eqns] == ["sin", "add"]


def test_a_call_that_the_page_has_a_helper_for_is_not_inlined():
    def drawn(key, x):
        return jnp.searchsorted(jnp.cumsum(x), threefry.bits(key, 9).astype(jnp.int32)), pairwise_sum(x / 2)

    text = to_javascript(drawn, jax.random.key(0), np.arange(9))
    assert (
        text.count("randomBits(") == text.count("countBelow(") == text.count("pairwiseSum(") == 2
    )  # with its own line
    assert "step" not in text


ROW, INTS = np.arange(9, dtype=np.float32), np.arange(1, 9, dtype=np.int32)
CALLS = [
    (lambda key: threefry.bits(key, 9), jax.random.key(0), "random_bits"),
    (lambda x: pairwise_sum(x), ROW, "pairwise_sum"),
    (lambda n: jnp.searchsorted(n, n), INTS, "searchsorted"),
    (lambda n: jnp.clip(n, 1, 5) // jnp.clip(n, 2, 3), INTS, "div"),
    (lambda n: jnp.clip(n, 1, 5) % jnp.clip(n, 2, 3), INTS, "rem"),
]


@pytest.mark.parametrize(("fn", "argument", "primitive"), CALLS)
def test_each_call_that_is_not_inlined_is_one_equation(fn, argument, primitive):
    """They are known by their file and line: one that JAX or lib writes otherwise must not be dropped silently."""
    graph, _ = trace(fn, (argument,))
    assert graph.eqns[-1].primitive == primitive
    assert not any(eqn.graphs for eqn in graph.eqns)


def test_all_calls_that_are_not_inlined_are_tested():
    assert len(CALLS) == len(calls.WHOLE)


def test_a_graph_as_text():
    graph, _ = trace(lambda x: jax.lax.fori_loop(0, 3, lambda _, c: c + jnp.arange(2.0), x), (np.ones(2, np.float32),))
    lines = str(graph).splitlines()
    assert lines[0] == "inputs v0: float32[2]"
    assert any(line.startswith("    ") and "add(" in line for line in lines)
    assert lines[-1].startswith("outputs v")


def test_a_call_of_another_function_of_that_name_is_inlined(tmp_path, monkeypatch):
    (tmp_path / "summation.py").write_text("import jax\n\n@jax.jit\ndef pairwise_sum(x):\n    return x.max()\n")
    monkeypatch.syspath_prepend(tmp_path)
    theirs = importlib.import_module("summation").pairwise_sum
    assert "pairwiseSum" not in to_javascript(lambda x: theirs(x), np.ones(3, np.float32))
    assert "pairwiseSum" in to_javascript(lambda x: pairwise_sum(x), np.ones(3, np.float32))


def test_what_depends_on_constants_only_is_not_in_the_function():
    text = to_javascript(lambda x: x + jnp.sum(jnp.exp(jnp.arange(3.0))), np.float32(1))
    body = text[text.index("return function") :]
    assert "exp" not in body


def test_large_constants_are_at_the_end_in_the_smallest_type():
    table = np.arange(1000, dtype=np.float32) % 200
    text = to_javascript(lambda n: jnp.array(table)[n], np.int32(1))
    assert "decode(Float32Array, Uint8Array, base64.table)" in text
    assert text.rindex("return [") < text.index('table: "')


def test_a_chain_is_one_loop():
    text = to_javascript(lambda x: jnp.exp(x.reshape(-1) * 2) + 1, np.ones((3, 4), np.float32))
    assert text.count("for (") == 1


def test_arguments_and_lines_give_names():
    def model(params, x):
        hidden = jnp.tanh(params["w"] @ x)
        return hidden, jnp.cumsum(hidden)

    text = to_javascript(model, {"w": np.ones((2, 3), np.float32)}, np.ones(3, np.float32))
    assert "return function model(params_w, x)" in text
    assert "hidden[i] =" in text


def test_a_sliced_function_stops_in_its_loops_and_not_when_the_page_starts():
    fixed = jax.lax.fori_loop

    def both(x):
        return fixed(0, 3, lambda _, c: c * 2, x) + jnp.sum(jnp.sin(x[:, None] * jnp.arange(1000.0)[None]), 1)

    plain, sliced = (to_javascript(both, np.ones(300, np.float32), sliced=s) for s in (False, True))
    assert "yield" not in plain
    assert sliced.count("yield;") == 2
    assert "return function* both(x)" in sliced
    assert [line for line in sliced.splitlines() if "yield;" not in line] == plain.replace(
        "function both", "function* both"
    ).splitlines()


def test_names_that_javascript_keeps_are_avoided():
    text = to_javascript(lambda new, i, Math: new + i * Math, *np.ones(3, np.float32))
    assert "(new_, i, Math_)" in text


def test_what_the_helpers_use_of_the_page_is_reserved():
    text = re.sub(r"//.*", "", "\n".join(helpers().values()))
    used = set(re.findall(r"(?<![.\w])([A-Za-z]\w*)(?=[.(])", text)) | set(re.findall(r"new (\w+)", text))
    local = set(re.findall(r"(?:const|let|function) (\w+)|\b(\w+)(?= =>)|, (\w+)(?= = )|[(,] ?(\w+)(?=[,)])", text))
    unknown = used - {word for words in local for word in words} - scope.RESERVED
    assert unknown == set()
    assert set(ARRAYS.values()) <= scope.RESERVED


@pytest.mark.parametrize(
    ("hint", "word"),
    [("θ", "θ"), ("a[0].b", "a_0_b"), ("2d", "_2d"), ("", "_"), ("__proto__", "proto"), ("x²", "x2"), ("→", "_")],
)
def test_a_hint_becomes_a_word_of_javascript(hint, word):
    assert scope.identifier(hint) == word


@pytest.mark.parametrize(
    ("fn", "argument", "message"),
    [
        (jnp.fft.fft, np.ones(4, np.float32), "complex64"),
        (
            lambda x: jnp.linalg.eigvalsh(x),
            np.eye(2, dtype=np.float32),
            "the primitive eigh has no rule yet; .*test_compiler.py, line",
        ),
        (lambda x: x.astype(jnp.bfloat16), np.ones(2, np.float32), "bfloat16.*|.*test_compiler.py, line"),
        (lambda k: jax.random.bits(k), jax.random.key(0, impl="rbg"), "kind threefry2x32"),
    ],
)
def test_what_is_not_supported_is_named_with_its_line(fn, argument, message):
    with pytest.raises(Unsupported, match=message):
        to_javascript(fn, argument)


def test_every_helper_is_used_by_a_rule_or_by_a_helper():
    folder = Path(bounds.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in [folder / "program.py", *folder.glob("rules/*.py")])
    for name, paragraph in helpers().items():
        others = code + "".join(part for part in helpers().values() if part != paragraph)
        assert re.search(rf"\b{name}\b", others) or paragraph.count(name) > 1, name


def test_a_constant_is_one_number_if_all_of_it_is():
    assert Const(np.full((3, 2), np.nan, np.float32)).is_uniform
    assert not Const(np.array([0, 1])).is_uniform
    assert not Const(np.zeros((0, 3))).is_uniform


def test_a_rule_for_each_primitive_of_the_table():
    assert all(rule.loops or callable(rule.inline) for rule in RULES.values())
    assert bounds.result(Eqn("iota", (), (Var((7,), INT),), {"shape": (7,), "dimension": 0})) == (0, 6)


def test_the_map_lists_all_modules():
    folder = Path(bounds.__file__).parent
    modules = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    assert set(re.findall(r"^(\w+\.py) ", javascript.__doc__, re.M)) == modules
