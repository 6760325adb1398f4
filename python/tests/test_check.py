"""`check` and its like on NumPy arrays: verdicts, points, settings, and what goes wrong around them."""

import json
import multiprocessing
import os
import pickle
import re
import signal
import threading
import time
from collections import defaultdict, namedtuple
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import gradient_check as gc
from gradient_check import _finish, check


def cubes(x):
    return np.sum(x**3)


def of_cubes(x):
    return 3 * x**2


def doubled(x):
    return 2 * of_cubes(x)


def slow_cubes(x):
    time.sleep(0.002)
    return cubes(x)


#: A fork of a process with threads, such as JAX's, may wait forever.
SPAWN = multiprocessing.get_context("spawn")


class Own(Exception):
    """What a user's function raises."""


class TestVerdicts:
    def test_a_right_gradient_agrees(self, x):
        report = check(cubes, of_cubes, x)
        assert report.ok and report.verdict == "agree" and report.reason is None
        assert 0 < report.detection_limit < 1e-5
        assert report.difference < 1e-7
        assert str(report).startswith("the gradient agrees: cubes\n  agree: all 3 coordinates")

    def test_a_wrong_one_is_named_with_its_place_and_cause(self, x):
        report = check(cubes, doubled, x)
        assert report.verdict == "disagree" and not report.ok
        assert any("2×" in cause for cause in report.causes)
        one = check(cubes, lambda x: of_cubes(x) + [0, 1e-3, 0], x)
        assert one.verdict == "disagree"
        assert one.worst["index"] == [1]
        assert list(np.flatnonzero(one.coordinates.verdict == 1)) == [1]
        assert one.coordinates.error[1] == pytest.approx(1e-3, rel=1e-6)

    def test_what_could_not_be_decided_is_no_pass(self, x):
        report = check(lambda x: np.nan, of_cubes, x)
        assert (report.verdict, report.reason, report.ok) == ("inconclusive", "non_finite", False)

    def test_a_report_is_neither_true_nor_false(self, x):
        with pytest.raises(TypeError, match=r"report\.ok"):
            bool(check(cubes, of_cubes, x))

    def test_a_cost_that_returns_its_gradient_too(self, x):
        assert check(lambda x: (cubes(x), of_cubes(x)), True, x).ok
        assert not check(lambda x: (cubes(x), doubled(x)), True, x).ok
        with pytest.raises(TypeError, match="as a pair, not a float"):
            check(cubes, True, x)

    def test_the_assertion_has_the_whole_text_and_the_place(self, x):
        with pytest.raises(AssertionError) as failed:
            gc.assert_gradient(cubes, doubled, x)
        text = str(failed.value)
        assert "the gradient is wrong: cubes" in text and "extra factor of 2" in text
        assert re.search(r"checked at .*test_check\.py:\d+, seed 0", text)
        assert gc.assert_gradient(cubes, of_cubes, x).ok

    def test_texts_speak_python(self, x):
        texts = [str(check(cubes, of_cubes, x)), str(check(lambda x: np.nan, of_cubes, x))]
        slightly = str(check(cubes, lambda x: of_cubes(x) * (1 + 1e-8), x))
        assert "`accuracy=1e-8`" in slightly
        for text in [*texts, slightly]:
            assert "course" not in text and " = " not in text.replace("`", "")
            assert all(len(line) <= 80 for line in text.splitlines())

    def test_the_document_has_the_keys_of_schema_1(self, x):
        document = json.loads(check(cubes, doubled, x).to_json())
        assert document["schema"] == 1 and document["verdict"] == "disagree"
        [checked] = document["checks"]
        assert checked["stage"] == "gradient" and checked["blocks"][0]["diagnosis"]["cause"]
        # What is not finite has no form in JSON.
        json.loads(check(lambda x: np.nan, of_cubes, x).to_json(), parse_constant=pytest.fail)

    def test_coordinates_are_arrays_of_one_length(self, x):
        c = check(cubes, of_cubes, np.linspace(0.1, 1, 40), sample=9).coordinates
        assert len(c) == len(c.analytic) == len(c.numeric) == len(c.error_bar) == len(c.tolerance) == 9
        assert np.all(np.abs(c.error) <= c.tolerance)


class TestPoints:
    def test_names_are_those_of_the_tree(self):
        def f(p):
            return np.sum(p["layers"][0]["weight"] ** 2) * p["scale"] + p["n"]

        def grad(p):
            w = p["layers"][0]["weight"]
            return {"layers": [{"weight": 2 * w * p["scale"] * np.where(w == 5, 1.1, 1)}], "scale": np.sum(w**2)}

        point = {"layers": [{"weight": np.arange(6.0).reshape(2, 3)}], "scale": 2.0, "n": 3}
        report = check(f, grad, point)
        assert report.verdict == "disagree"
        assert "layers.0.weight[1,2]" in str(report)

    def test_integers_and_none_stay(self):
        def f(p):
            assert p["n"] == 3 and p["mode"] == "sum" and p["none"] is None
            assert p["index"].dtype == np.int64
            return np.sum(p["w"][p["index"]]) * p["n"]

        def grad(p):
            w = np.zeros_like(p["w"])
            np.add.at(w, p["index"], p["n"])
            return {"w": w}

        point = {"w": np.ones(4), "n": 3, "mode": "sum", "none": None, "index": np.array([0, 2, 2, 3])}
        assert check(f, grad, point).ok

    def test_numbers_lists_tuples_and_named_tuples(self):
        assert check(lambda x: x**2, lambda x: 2 * x, 1.5).ok
        assert check(lambda x: x @ x, lambda x: 2 * x, [1.0, 2.0, 3]).ok
        assert check(lambda x: np.sum(x**2), lambda x: 2 * x, [[1.0, 2.0], [3.0, 4.0]]).ok
        Pair = namedtuple("Pair", "w b")
        pair = Pair(np.ones(2), 0.5)
        report = check(lambda p: np.sum(p.w) * p.b, lambda p: Pair(np.full(2, p.b), np.sum(p.w)), pair)
        assert report.ok and {block["name"] for block in report.blocks} == {"w", "b"}

    def test_memory_order_and_strides_do_not_matter(self):
        grid = np.arange(12.0).reshape(3, 4) / 7 + 0.3
        for point in (grid, np.asfortranarray(grid), np.repeat(grid, 2, axis=0)[::2], grid.T.copy().T):
            weights = np.arange(12.0).reshape(3, 4)
            assert check(lambda x: np.sum(weights * x**2), lambda x: 2 * weights * x, point).ok

    def test_the_point_is_left_as_it_is(self, x):
        before = x.copy()
        check(cubes, of_cubes, x)
        assert np.array_equal(x, before)

    def test_single_precision_stays_single(self, x):
        seen = set()

        def f(x):
            seen.add(x.dtype)
            return cubes(x)

        report = check(f, of_cubes, x.astype(np.float32))
        assert seen == {np.dtype(np.float32)}
        assert report.ok and report.detection_limit < 1e-2
        assert check(f, doubled, x.astype(np.float32)).verdict == "disagree"

    def test_a_cost_in_single_precision_of_a_double_point(self, x):
        report = check(lambda x: np.float32(np.sum(np.sin(x.astype(np.float32)))), np.cos, x)
        assert report.ok

    @pytest.mark.parametrize(
        ("point", "error", "words"),
        [
            (np.array([1, 2]), TypeError, "there is no derivative"),
            (2, ValueError, "2.0 for 2"),
            (np.array([]), ValueError, "is empty"),
            (np.array([1.0, np.inf]), ValueError, r"the value inf at x\[1\]"),
            (np.array([1j]), TypeError, "is complex"),
            (np.ones(2, np.float16), TypeError, "float16"),
            (np.array([object()]), TypeError, "dtype object"),
            ({"a": object()}, TypeError, "a is an object"),
            (None, ValueError, "no floating-point numbers"),
        ],
    )
    def test_a_point_that_is_none(self, point, error, words):
        with pytest.raises(error, match=words):
            check(lambda x: 0.0, lambda x: x, point)


class TestFunctions:
    def test_an_exception_comes_out_as_it_went_in(self, x):
        mine = Own("mine")

        def f(x):
            raise mine

        with pytest.raises(Own) as raised:
            check(f, of_cubes, x)
        assert raised.value is mine

    def test_one_at_a_small_step_says_where(self, x):
        def f(y):
            if not np.array_equal(y, x):
                raise Own("outside")
            return cubes(y)

        with pytest.raises(Own) as raised:
            check(f, of_cubes, x)
        notes = getattr(raised.value, "__notes__", ["`lower`"])
        assert "`lower`" in notes[0]

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (None, "is there a `return`"),
            (np.ones(3), r"shape \(3,\).*check_jacobian"),
            (1j, "complex"),
            ("1", "a str, not a number"),
            ([], r"shape \(0,\)"),
        ],
    )
    def test_a_cost_that_is_no_number(self, x, value, words):
        with pytest.raises(TypeError, match=words):
            check(lambda x: value, of_cubes, x)

    def test_any_kind_of_number_is_a_cost(self, x):
        for kind in (float, np.float64, np.array, lambda value: np.array([value])):
            assert check(lambda x: kind(cubes(x)), of_cubes, x).ok
        assert check(lambda x: 3, lambda x: 0 * x, x).verdict != "disagree"

    @pytest.mark.parametrize(
        ("gradient", "words"),
        [
            (lambda x: of_cubes(x)[:2], r"the shape \[2\]"),
            (lambda x: of_cubes(x)[None], r"the shape \[1, 3\]"),
            (lambda x: np.nan * x, "NaN"),
        ],
    )
    def test_a_gradient_of_another_shape_is_a_finding(self, x, gradient, words):
        report = check(cubes, gradient, x)
        assert report.verdict == "disagree"
        assert re.search(words, str(report))

    def test_a_gradient_of_another_structure_is_an_error(self, x):
        with pytest.raises(TypeError, match="is a dict, but x is an array"):
            check(cubes, lambda x: {"x": of_cubes(x)}, x)
        with pytest.raises(TypeError, match="a list of length 1 where x is a list of length 2"):
            check(lambda p: cubes(p[0]), lambda p: [of_cubes(p[0])], [x, x])

    def test_writing_into_the_argument_is_a_finding(self, x):
        def f(x):
            x *= 2
            return cubes(x / 2)

        report = check(f, of_cubes, x)
        assert report.verdict == "disagree" and "modifies the parameters" in str(report)

    def test_a_buffer_that_is_used_again_is_fine(self, x):
        buffer = np.empty(3)

        def grad(x):
            buffer[:] = of_cubes(x)
            return buffer

        assert check(cubes, grad, x).ok

    def test_what_differs_from_call_to_call_is_inconclusive(self, x):
        random = np.random.default_rng(0)
        report = check(lambda x: cubes(x) + random.normal(), of_cubes, x)
        assert (report.verdict, report.reason) == ("inconclusive", "not_deterministic")

    def test_functions_are_called_on_the_thread_of_the_check(self, x):
        threads = set()

        def f(x):
            threads.add(threading.get_ident())
            return cubes(x)

        assert check(f, of_cubes, x).ok
        assert threads == {threading.get_ident()}

    def test_a_check_within_a_check_and_on_another_thread(self, x):
        assert check(lambda x: cubes(x) if check(cubes, of_cubes, x).ok else 0.0, of_cubes, x).ok
        reports = []
        threads = [threading.Thread(target=lambda: reports.append(check(cubes, of_cubes, x))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [report.ok for report in reports] == [True] * 4


class TestFirstUsers:
    """What people who tried the package stumbled over."""

    def test_an_empty_array_among_others(self, x):
        report = check(lambda p: cubes(p["a"]), lambda p: {"a": of_cubes(p["a"]), "b": p["b"]}, {"a": x, "b": np.zeros((0, 3))})
        assert report.ok

    def test_arrays_that_would_lose_their_meaning(self):
        with pytest.raises(TypeError, match="mask would be lost"):
            check(cubes, of_cubes, np.ma.masked_array([1.0, 2.0], [0, 1]))
        with pytest.raises(TypeError, match=r"np\.asarray\(x\)"):
            check(cubes, of_cubes, np.asmatrix([[1.0, 2.0]]))
        with pytest.raises(TypeError, match="masked array was returned"):
            check(cubes, lambda x: np.ma.masked_array(of_cubes(x), [0, 1, 0]), np.ones(3))

    def test_other_byte_orders_and_dicts_of_other_kinds(self, x):
        assert check(cubes, of_cubes, x.astype(">f8")).ok
        point = defaultdict(list, a=x)
        assert check(lambda p: cubes(p["a"]) + len(p["new"]), lambda p: {"a": of_cubes(p["a"])}, point).ok
        assert list(point) == ["a"]

    def test_named_tuples_have_their_names(self):
        Pair = namedtuple("Pair", "w b")
        report = check(lambda p: np.sum(p.w) * p.b, lambda p: Pair(np.full(2, p.b), 0.0), Pair(np.ones(2), 0.5))
        assert {block["name"]: block["verdict"] for block in report.blocks} == {"w": "agree", "b": "disagree"}

    def test_a_number_keeps_its_type(self):
        seen = set()

        def f(x):
            seen.add(type(x))
            return float(x) ** 2

        assert check(f, lambda x: 2 * x, 1.5).ok and seen == {float}
        seen.clear()
        assert check(f, lambda x: 2 * x, np.float64(1.5)).ok and seen == {np.ndarray}

    def test_a_jacobian_of_no_gradient_is_no_hessian(self):
        report = gc.check_hessian(
            lambda x: np.array([-x[1], x[0]]), lambda x: np.array([[0.0, -1], [1, 0]]), np.array([0.3, 0.7])
        )
        assert report.verdict == "disagree" and "not symmetric: H[0,1] is -1, but H[1,0] is 1" in str(report)
        with pytest.raises(TypeError, match="takes the gradient, not the cost"):
            gc.check_hessian(cubes, lambda x: np.eye(2), np.ones(2))

    def test_who_watches_sees_the_last_word(self):
        seen = []
        _finish.observers.append(seen.append)
        gc.check_hessian(lambda x: np.array([-x[1], x[0]]), lambda x: np.array([[0.0, -1], [1, 0]]), np.array([0.3, 0.7]))
        _finish.observers.pop()
        assert [report.verdict for report in seen] == ["disagree"]

    def test_a_product_must_be_linear(self):
        matrix = np.arange(6.0).reshape(2, 3) + 1

        def vjp(x, v):
            return matrix.T @ (np.abs(v) * (1 - np.tanh(matrix @ x) ** 2))

        for seed in range(6):
            report = gc.check_vjp(lambda x: np.tanh(matrix @ x), vjp, np.array([0.1, -0.2, 0.05]), seed=seed)
            assert report.verdict == "disagree", seed

    def test_second_derivatives_of_trees(self, x):
        def grad(p):
            return {"a": 3 * p["a"] ** 2 * p["s"], "s": np.sum(p["a"] ** 3)}

        def hvp(p, u):
            return {
                "a": 6 * p["a"] * u["a"] * p["s"] + 3 * p["a"] ** 2 * u["s"],
                "s": np.sum(3 * p["a"] ** 2 * u["a"]),
            }

        assert gc.check_hvp(grad, hvp, {"a": x, "s": 2.0}).ok
        assert not gc.check_hvp(grad, lambda p, u: {**hvp(p, u), "s": 0.0}, {"a": x, "s": 2.0}).ok

    def test_writing_into_the_argument_is_told_by_every_check(self, x):
        def f(x):
            x *= 2
            return x / 2

        with pytest.raises(ValueError, match="modifies its argument"):
            gc.check_jacobian(f, lambda x: np.eye(3), x)
        with pytest.raises(ValueError, match="modifies its argument"):
            gc.check_directional(lambda x: cubes(f(x)), of_cubes, x)

    def test_a_batch_that_mixes_its_points(self):
        def mixed(x):
            return np.sum(x**3, axis=1)[::-1]

        with pytest.raises(ValueError, match="another derivative in a batch"):
            check(mixed, of_cubes, np.linspace(0.1, 1, 40), batched=True)

    @pytest.mark.parametrize("call", [10, 45, 75])
    def test_what_ends_a_test_or_a_program_is_no_interrupt(self, x, call):
        calls = 0

        def f(x):
            nonlocal calls
            calls += 1
            if calls == call:
                pytest.fail("on purpose")
            return cubes(x)

        with pytest.raises(pytest.fail.Exception, match="on purpose"):
            check(f, of_cubes, x)

    def test_the_exception_of_a_signal_handler_comes_out(self):
        def handler(*_):
            raise TimeoutError("too long")

        before = signal.signal(signal.SIGALRM, handler)
        try:
            for threads in (1, 2):
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                with pytest.raises(TimeoutError, match="too long"):
                    check(slow_cubes, of_cubes, np.linspace(0.1, 1, 5000), threads=threads)
        finally:
            signal.signal(signal.SIGALRM, before)

    def test_threads_see_the_context(self, x):
        seen = set()

        def f(x):
            seen.add(np.geterr()["under"])
            return cubes(x)

        with np.errstate(under="raise"):
            check(f, of_cubes, x, threads=3)
        assert seen == {"raise"}

    def test_bounds_in_the_type_of_the_point_and_with_none(self):
        x = np.array([0.7, 0.9], np.float32)
        assert check(cubes, of_cubes, x, lower=0.7).verdict != "disagree"
        assert check(cubes, of_cubes, np.array([0.7, 0.9]), lower=[None, 0]).ok

    @pytest.mark.parametrize(
        ("arguments", "settings", "error", "words"),
        [
            ((np.ones(2), cubes, of_cubes), {}, TypeError, r"the order is check\(f, grad, x\)|two functions"),
            ((lambda x: (cubes(x), of_cubes(x)), of_cubes, np.ones(2)), {}, TypeError, "pass grad=True"),
            ((cubes, lambda x: None, np.ones(2)), {}, TypeError, "grad returned None"),
            ((cubes, lambda x: [[1.0], [1.0, 2.0]], np.ones(2)), {}, TypeError, "not a number or an array"),
            ((cubes, of_cubes, np.array([True])), {}, TypeError, "dtype bool, for which there is no derivative"),
            ((cubes, of_cubes, np.array([object()])), {}, TypeError, "an array of dtype object"),
            ((cubes, of_cubes, np.ones(2)), {"seed": -1}, ValueError, "seed is -1"),
            ((cubes, of_cubes, np.ones(2)), {"seed": None}, TypeError, "seed is None"),
            ((cubes, of_cubes, np.ones(2)), {"sample": 1.5}, TypeError, "sample is 1.5"),
            ((cubes, of_cubes, np.ones(2)), {"executor": 3}, TypeError, "executor is an int"),
            ((cubes, of_cubes, np.ones(2)), {"lower": [0, 0, 0]}, ValueError, r"shape \(3,\), but x has \(2,\)"),
            ((cubes, of_cubes, np.ones(2)), {"fixed": np.array([True] * 3)}, ValueError, r"shape \(3,\), but x has \(2,\)"),
            (
                (lambda p: p["a"] ** 2, lambda p: p, {"a": 1.0}),
                {"lower": {"b": 0}},
                ValueError,
                "'b', which does not exist: there are a",
            ),
        ],
    )
    def test_messages_say_what_to_do(self, arguments, settings, error, words):
        with pytest.raises(error, match=words):
            check(*arguments, **settings)


class TestSettings:
    def test_bounds_are_kept(self):
        seen = []

        def f(x):
            seen.append(x.min())
            return np.sum(np.log(x))

        x = np.array([1e-3, 1.0])
        assert check(f, lambda x: 1 / x, x, lower=0).ok
        assert min(seen) >= 0
        assert check(f, lambda x: 1 / x, x, lower=[0, 0.5], upper=np.array([np.inf, 2])).ok
        with pytest.raises(ValueError, match="outside its bounds"):
            check(f, lambda x: 1 / x, x, lower=0.5)
        with pytest.raises(ValueError, match="but x has"):
            check(f, lambda x: 1 / x, x, lower=[0, 0, 0])

    def test_fixed_by_name_by_prefix_and_by_mask(self, x):
        def f(p):
            return cubes(p["a"]["w"]) * p["b"]

        def grad(p):
            # That of `b` is wrong.
            return {"a": {"w": of_cubes(p["a"]["w"]) * p["b"]}, "b": 0.0}

        point = {"a": {"w": x}, "b": 2.0}
        assert check(f, grad, point).verdict == "disagree"
        assert check(f, grad, point, fixed="b").ok
        assert not check(f, grad, point, fixed="a").ok
        assert len(check(f, grad, point, fixed={"b": True, "a.w": [True, False, False]}).coordinates) == 2
        with pytest.raises(ValueError, match="cannot fix 'c', which does not exist: there are a.w, b"):
            check(f, grad, point, fixed=["c"])

    def test_sample_and_seed(self):
        x = np.linspace(0.1, 1, 300)
        first, again = (check(cubes, of_cubes, x, sample=7, seed=3).coordinates.index for _ in range(2))
        other = check(cubes, of_cubes, x, sample=7, seed=4).coordinates.index
        assert len(first) == 7 and np.array_equal(first, again) and not np.array_equal(first, other)

    def test_accuracy_exact_and_strict(self, x):
        def off(x):
            return of_cubes(x) * (1 + 1e-5)

        assert not check(cubes, off, x).ok
        assert check(cubes, off, x, accuracy=1e-4).ok

        def slightly(x):
            return of_cubes(x) * (1 + 1e-8)

        assert check(cubes, slightly, x).verdict != "disagree"
        assert check(cubes, slightly, x, exact=True).verdict == "disagree"
        flat = check(lambda x: x[0] ** 2, lambda x: np.array([2 * x[0], 0, 0]), x, strict=True)
        assert (flat.verdict, flat.left_open) == ("inconclusive", 2)

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"sample": 0}, "from 1 to"),
            ({"accuracy": 2}, "between 0 and 1"),
            ({"resolution": 0}, "between 0 and 1"),
            ({"eps": -1}, "positive"),
            ({"eps": float("nan")}, "positive"),
            ({"threads": 0}, "from 1 to"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, x, settings, words):
        with pytest.raises(ValueError, match=words):
            check(cubes, of_cubes, x, **settings)

    def test_batches(self):
        def f(x):
            assert x.ndim == 2
            return np.sum(x**3, axis=1)

        x = np.linspace(0.1, 1, 200)
        report = check(f, of_cubes, x, batched=True)
        assert report.ok
        wrong = check(f, lambda x: of_cubes(x) + np.eye(200)[7] * 1e-3, x, batched=True)
        assert list(np.flatnonzero(wrong.coordinates.verdict == 1)) == [7]
        with pytest.raises(ValueError, match=r"one number for each point"):
            check(cubes, of_cubes, x, batched=True)

    def test_batches_of_trees(self):
        def f(p):
            return np.einsum("kij,kj->k", p["w"], p["b"]) * p["s"]

        def grad(p):
            return {"w": np.broadcast_to(p["b"], (2, 3)) * p["s"], "b": p["w"].sum(0) * p["s"], "s": np.sum(p["w"] @ p["b"])}

        point = {"w": np.arange(6.0).reshape(2, 3) + 1, "b": np.array([0.5, -1, 2]), "s": 1.5}
        assert check(f, grad, point, batched=True).ok


class TestElsewhere:
    def test_threads_and_executors_give_the_same_report(self, x):
        alone = check(cubes, of_cubes, x).coordinates
        reports = [check(cubes, of_cubes, x, threads=4)]
        with ThreadPoolExecutor(2) as pool:
            reports.append(check(cubes, of_cubes, x, executor=pool))
        with ProcessPoolExecutor(2, mp_context=SPAWN) as pool:
            reports.append(check(cubes, of_cubes, x, executor=pool))
            with pytest.raises(Own):
                check(raises, of_cubes, x, executor=pool)
        for report in reports:
            assert report.ok
            assert np.array_equal(report.coordinates.numeric, alone.numeric)
            assert np.array_equal(report.coordinates.error_bar, alone.error_bar)

    def test_what_cannot_be_sent_says_so(self, x):
        with ProcessPoolExecutor(1, mp_context=SPAWN) as pool, pytest.raises((pickle.PicklingError, AttributeError)):
            check(lambda x: cubes(x), of_cubes, x, executor=pool)


def raises(x):
    raise Own("elsewhere")


@pytest.fixture
def interruptible():
    """Ctrl-C raises, also where the tests are started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
class TestInterrupts:
    def test_ctrl_c_in_the_function_keeps_what_was_measured(self):
        calls = 0

        def f(x):
            nonlocal calls
            calls += 1
            if calls == 300:
                signal.raise_signal(signal.SIGINT)
            return cubes(x)

        with pytest.raises(gc.Interrupted) as ended:
            check(f, of_cubes, np.linspace(0.1, 1, 500))
        assert isinstance(ended.value, KeyboardInterrupt)
        report = ended.value.report
        assert report.interrupted and (report.verdict, report.reason) == ("inconclusive", "interrupted")
        assert 0 < len(report.coordinates) < 500 and calls < 310
        assert "of 500 coordinates were checked" in str(ended.value)

    @pytest.mark.parametrize("how", ["here", "threads", "executor"])
    def test_ctrl_c_from_outside(self, how):
        def later():
            time.sleep(0.3)
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=later).start()
        with ThreadPoolExecutor(2) as pool, pytest.raises(KeyboardInterrupt):
            elsewhere = {"here": {}, "threads": {"threads": 2}, "executor": {"executor": pool}}[how]
            check(slow_cubes, of_cubes, np.linspace(0.1, 1, 5000), **elsewhere)

    def test_an_exit_is_an_exit(self, x):
        with pytest.raises(SystemExit):
            check(lambda x: exit(3), of_cubes, x)


class TestVectors:
    def test_products_and_jacobians(self):
        x = np.linspace(0.2, 1, 4)
        assert gc.check_vjp(np.sin, lambda x, v: np.cos(x) * v, x).ok
        assert gc.check_jvp(np.sin, lambda x, u: np.cos(x) * u, x).ok
        assert gc.check_jacobian(np.sin, lambda x: np.diag(np.cos(x)), x).ok
        assert gc.check_vjp(np.sin, lambda x, v: -np.cos(x) * v, x).verdict == "disagree"
        assert gc.check_jvp(np.sin, lambda x, u: np.sin(x) * u, x).verdict == "disagree"
        assert gc.check_jacobian(np.sin, lambda x: np.diag(np.sin(x)), x).verdict == "disagree"

    def test_a_matrix_of_outputs_and_a_tree_of_inputs(self):
        def f(p):
            return p["a"] @ p["b"]

        def vjp(p, v):
            assert v.shape == (2, 4)
            return {"a": v @ p["b"].T, "b": p["a"].T @ v}

        def jvp(p, u):
            return u["a"] @ p["b"] + p["a"] @ u["b"]

        random = np.random.default_rng(0)
        point = {"a": random.normal(size=(2, 3)), "b": random.normal(size=(3, 4))}
        assert gc.check_vjp(f, vjp, point).ok
        assert gc.check_jvp(f, jvp, point).ok
        assert not gc.check_vjp(f, lambda p, v: {**vjp(p, v), "b": None}, point).ok

    def test_a_transposed_jacobian_is_told(self):
        matrix = np.arange(6.0).reshape(2, 3)
        assert gc.check_jacobian(lambda x: matrix @ x, lambda x: matrix, np.ones(3)).ok
        with pytest.raises(ValueError, match=r"shape \(3, 2\), but \(2, 3\) is expected"):
            gc.check_jacobian(lambda x: matrix @ x, lambda x: matrix.T, np.ones(3))

    def test_hessians(self):
        a = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 1.0]])
        x = np.array([0.3, -0.2, 0.9])

        def grad(x):
            return a @ x + x**3

        def hessian(x):
            return a + np.diag(3 * x**2)

        assert gc.check_hessian(grad, hessian, x).ok
        assert gc.check_hessian(grad, lambda x: hessian(x) + np.eye(3, k=1) * 0.1, x).verdict == "disagree"
        assert gc.check_hvp(grad, lambda x, u: hessian(x) @ u, x).ok
        assert not gc.check_hvp(grad, lambda x, u: a @ u, x).ok
        assert "the Hessian agrees" in str(gc.check_hessian(grad, hessian, x))

    def test_a_setting_that_does_not_exist(self, x):
        with pytest.raises(TypeError, match="'batched' is not a setting of this check"):
            gc.check_vjp(np.sin, lambda x, v: v, x, batched=True)

    def test_along_directions(self):
        x = np.linspace(0.1, 1, 4000)
        assert gc.check_directional(cubes, of_cubes, x).ok
        wrong = gc.check_directional(cubes, lambda x: of_cubes(x) + np.eye(1, 4000, 1234)[0] * 0.1, x)
        assert wrong.verdict == "disagree" and "x[1234]" in str(wrong)


def test_no_memory_is_lost_over_many_checks(x):
    resource = pytest.importorskip("resource")

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for _ in range(200):
        check(cubes, of_cubes, x)
    before = peak()
    for _ in range(1000):
        check(cubes, of_cubes, x)
    # In KiB: 1,000 reports of some 10 KiB each would be 10 MiB.
    assert peak() - before < 5_000
