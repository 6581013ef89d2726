"""What a generated module takes and refuses, and that it leaves what it takes as it was."""

import numpy as np
import pytest

INT_DTYPES = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.intp, ">i4"]


def arguments(contract, name, dtype=np.float64, seed=0, offset=0):
    made = contract.module(name)
    return made, *contract.data_for(made, contract.network(name), contract.sizes_of(made, offset), seed, dtype)


def frozen(values):
    for value in values:
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        elif isinstance(value, dict):
            frozen(value.values())


def same(first, second):
    (loss, grads), (other, others) = first, second
    assert loss == other
    for name, grad in grads.items():
        assert np.array_equal(grad, others[name]), name


def arrays_in(value):
    if isinstance(value, np.ndarray | np.generic):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from arrays_in(item)


# --- dtypes --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("other", [np.float64, np.float32])
def test_the_dtype_of_the_parameters_is_kept(contract, every, dtype, other):
    """Whatever the dtype of the inputs."""
    made, params, rest = arguments(contract, every, dtype)
    rest = {k: v.astype(other) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v for k, v in rest.items()}
    for workspace in (None, made.Workspace()):
        loss, cache = made.forward(params, **rest, workspace=workspace)
        grads = made.backward(cache, workspace=workspace)
        assert type(loss) is dtype
        for array in arrays_in([cache, grads]):
            assert array.dtype == dtype or array.dtype.kind in "iub", array.dtype
        for name, grad in grads.items():
            assert isinstance(grad, np.ndarray)
            assert grad.dtype == dtype
            assert grad.shape == params[name].shape
    for output in arrays_in(made.predict(params, **contract.for_predict(made, rest))):
        assert output.dtype == dtype
    if hasattr(made, "next_buffers"):
        assert all(value.dtype == dtype for value in made.next_buffers(cache).values())


def test_float32_agrees_with_float64(contract, every):
    made, params, rest = arguments(contract, every, np.float32, seed=1)
    wide = made.value_and_grad({k: v.astype(np.float64) for k, v in params.items()}, **rest)
    loss, grads = made.value_and_grad(params, **rest)
    assert loss == pytest.approx(wide[0], rel=1e-4)
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, wide[1][name], rtol=2e-3, atol=2e-4 * np.abs(wide[1][name]).max() + 1e-6)


def test_parameters_of_two_dtypes_are_refused(contract):
    made, params, rest = arguments(contract, "mlp")
    with pytest.raises(ValueError, match=r"b2.*float64.*float32"):
        made.forward({**params, "b2": params["b2"].astype(np.float32)}, **rest)
    with pytest.raises(ValueError, match=r"W1.*int"):
        made.forward({**params, "W1": params["W1"].astype(int)}, **rest)
    with pytest.raises(ValueError, match=r"W1.*complex"):
        made.forward({**params, "W1": params["W1"].astype(complex)}, **rest)


# --- nothing that is given is modified -------------------------------------------------------------------
def test_arguments_are_left_alone(contract, every):
    """Read-only arrays are taken, and copies compare equal after."""
    made, params, rest = arguments(contract, every)
    frozen([params, rest])
    before = [array.copy() for array in arrays_in([params, rest])]
    for workspace in (None, made.Workspace()):
        made.value_and_grad(params, **rest, workspace=workspace)
    made.predict(params, **contract.for_predict(made, rest))
    assert all(np.array_equal(one, two) for one, two in zip(before, arrays_in([params, rest]), strict=True))


def test_results_belong_to_the_caller(contract, every):
    """Without a workspace: overwritten results touch neither arguments nor later calls, and calls share nothing."""
    made, params, rest = arguments(contract, every)
    loss, cache = made.forward(params, **rest)
    grads = made.backward(cache)
    kept = {name: grad.copy() for name, grad in grads.items()}
    same((loss, grads), (loss, made.backward(cache)))
    outputs = made.predict(params, **contract.for_predict(made, rest))
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    predicted = [output.copy() for output in outputs]
    _, others, other_rest = arguments(contract, every, seed=9)
    made.value_and_grad(others, **other_rest)
    made.predict(others, **contract.for_predict(made, other_rest))
    same((loss, grads), (loss, kept))
    assert all(np.array_equal(a, b) for a, b in zip(outputs, predicted, strict=True))
    given = list(arrays_in([params, rest]))
    results = [*grads.values(), *outputs]
    for place, result in enumerate(results):
        assert result.flags.writeable
        for array in [*given, *results[:place]]:
            assert not np.shares_memory(result, array)
    before = [array.copy() for array in given]
    for result in results:
        result[...] = 7
    assert all(np.array_equal(one, two) for one, two in zip(before, given, strict=True))
    same((loss, kept), (loss, made.backward(cache)))


# --- what is taken ---------------------------------------------------------------------------------------
LAYOUTS = {
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a,
    "backwards": lambda a: np.ascontiguousarray(a[::-1])[::-1] if a.ndim else a,
    "fortran": lambda a: np.asfortranarray(a) if a.ndim else a,
    "transposed": lambda a: np.ascontiguousarray(a.T).T if a.ndim else a,
    "swapped": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "unaligned": lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    "broadcast": lambda a: np.broadcast_to(a[:1], a.shape) if a.ndim else a,
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["mlp", "convolution", "lenet", "lstm", "padded", "attention", "normalised"])
def test_any_layout(contract, name, layout):
    made, params, rest = arguments(contract, name)
    change = LAYOUTS[layout]

    def changed(values):
        return {
            k: changed(v) if isinstance(v, dict) else change(v) if isinstance(v, np.ndarray) else v
            for k, v in values.items()
        }

    odd_params, odd_rest = changed(params), changed(rest)
    straight = [
        {
            k: {b: np.array(a, dtype=np.float64, order="C") for b, a in v.items()} if isinstance(v, dict)
            else np.array(v, dtype=None if v.dtype.kind != "f" else np.float64, order="C")
            if isinstance(v, np.ndarray) else v
            for k, v in values.items()
        }
        for values in (odd_params, odd_rest)
    ]  # fmt: skip
    expected = made.value_and_grad(straight[0], **straight[1])
    found = made.value_and_grad(odd_params, **odd_rest)
    assert found[0] == pytest.approx(expected[0], rel=1e-12)
    for key, grad in found[1].items():
        np.testing.assert_allclose(grad, expected[1][key], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", INT_DTYPES)
def test_integers_of_any_kind(contract, dtype):
    made, params, rest = arguments(contract, "padded")
    expected = made.value_and_grad(params, **rest)
    same(expected, made.value_and_grad(params, **{name: value.astype(dtype) for name, value in rest.items()}))


def test_lists(contract):
    made, params, rest = arguments(contract, "padded")
    expected = made.value_and_grad(params, **rest)
    same(expected, made.value_and_grad(params, **{name: value.tolist() for name, value in rest.items()}))
    lists = {name: value.tolist() for name, value in params.items()}
    same(expected, made.value_and_grad(lists, **rest))
    made, params, rest = arguments(contract, "mlp")
    same(made.value_and_grad(params, **rest), made.value_and_grad(params, *(rest[k].tolist() for k in "xy")))


def test_other_mappings_and_numbers_for_rank_0(contract):
    from types import MappingProxyType

    made, params, rest = arguments(contract, "mixed")
    expected = made.value_and_grad(params, **rest)
    same(expected, made.value_and_grad(MappingProxyType(params), **rest))
    same(expected, made.value_and_grad({name: float(value) for name, value in params.items()}, **rest))
    same(expected, made.value_and_grad({name: value[()] for name, value in params.items()}, **rest))


# --- what is refused -------------------------------------------------------------------------------------
def test_every_wrong_shape_is_named(contract, every):
    """One more along each axis, or an axis too many or too few: the argument is named with its shape as expected."""
    made, params, rest = arguments(contract, every)
    tables = {**made.INPUTS, **made.PARAMETERS, **getattr(made, "BUFFERS", {})}
    for name, value in [*params.items(), *((k, v) for k, v in rest.items() if k in made.INPUTS)]:
        text = ", ".join(str(extent) for extent in tables[name][0])
        for wrong in (value[None], value[..., None], *([value[0]] if value.ndim else [])):
            changed = ({**params, name: wrong}, rest) if name in params else (params, {**rest, name: wrong})
            with pytest.raises(ValueError) as caught:
                made.forward(changed[0], **changed[1])
            assert str(caught.value).startswith(f"{name}: ")
            assert f"({text}" in str(caught.value)
            assert str(wrong.shape) in str(caught.value)


def test_every_wrong_extent_is_found(contract, every):
    """An extent that two arguments share: whichever is at fault, shape expected with its sizes, shape found."""
    made, params, rest = arguments(contract, every)
    tables = {**made.INPUTS, **made.PARAMETERS}
    given = {**params, **{k: v for k, v in rest.items() if k in made.INPUTS}}
    uses = {}
    for name, (shape, _) in tables.items():
        for extent in shape:
            uses.setdefault(str(extent), []).append(name)
    for name, value in given.items():
        for axis, extent in enumerate(tables[name][0]):
            if len(uses[str(extent)]) < 2:
                continue
            wrong = np.concatenate([value, np.take(value, [0], axis)], axis)
            changed = ({**params, name: wrong}, rest) if name in params else (params, {**rest, name: wrong})
            with pytest.raises(ValueError, match=r"^\w+: expected shape \(.*\) = \(.*\), found \(.*\)$"):
                made.forward(changed[0], **changed[1])


def test_integers_out_of_range(contract):
    made, params, rest = arguments(contract, "padded")
    for name, high in (("token", 5), ("label", 4), ("length", 3)):
        for bad in (-1, high):
            wrong = rest[name].copy()
            wrong.flat[-1] = bad
            with pytest.raises(ValueError, match=rf"^{name}: expected integers from 0 to {high - 1}, found"):
                made.forward(params, **{**rest, name: wrong})
    with pytest.raises(ValueError, match=r"^token: expected integers from 0 to 4"):
        made.predict(params, np.full((3, 2), 5), rest["length"])
    for bad in (rest["token"] * 1.0, rest["token"] > 2, rest["token"].astype(str), rest["token"].astype(object)):
        with pytest.raises(ValueError, match=r"^token: expected integers, found"):
            made.forward(params, **{**rest, "token": bad})
    huge = rest["token"].astype(np.uint64)
    huge[0, 0] = 2**64 - 1
    with pytest.raises(ValueError, match=r"^token: "):
        made.forward(params, **{**rest, "token": huge})


@pytest.mark.parametrize("bad", [np.array([["a"] * 2] * 3), np.ones((3, 2)) * 1j, np.full((3, 2), None)])
def test_inputs_that_are_no_numbers(contract, bad):
    made, params, rest = arguments(contract, "mlp")
    with pytest.raises(ValueError, match=r"^x: expected real numbers, found"):
        made.forward(params, bad, rest["y"])


def test_ragged_lists_name_the_argument(contract):
    made, params, rest = arguments(contract, "mlp")
    with pytest.raises(ValueError, match=r"^x: "):
        made.forward(params, [[1.0, 2.0], [3.0]], rest["y"])


def test_keys_of_dictionaries(contract):
    made, params, rest = arguments(contract, "normalised")
    with pytest.raises(ValueError, match=r"params.*gain"):
        made.forward({k: v for k, v in params.items() if k != "gain"}, **rest)
    with pytest.raises(ValueError, match=r"params.*other"):
        made.forward({**params, "other": params["gain"]}, **rest)
    with pytest.raises(ValueError, match=r"buffers.*running_var"):
        made.forward(params, **{**rest, "buffers": {"running_mean": rest["buffers"]["running_mean"]}})
    with pytest.raises(ValueError, match=r"running_var.*\(C,\).*found \(1, 2\)"):
        made.forward(params, **{**rest, "buffers": {**rest["buffers"], "running_var": np.ones((1, 2))}})
    for bad in (None, 3, [params]):
        with pytest.raises((TypeError, ValueError), match=r"params"):
            made.forward(bad, **rest)


def test_unknown_and_missing_arguments(contract):
    made, params, rest = arguments(contract, "steps")
    with pytest.raises(TypeError, match=r"T"):
        made.forward(params, rest["x"], rest["y"])
    with pytest.raises(TypeError, match=r"T"):
        made.predict(params, rest["x"])
    with pytest.raises(TypeError, match=r"y"):
        made.forward(params, rest["x"], T=2)
    with pytest.raises(TypeError, match=r"other"):
        made.forward(params, **rest, other=1)


def test_sizes_below_one(contract):
    made, params, rest = arguments(contract, "steps")
    for bad in (0, -1):
        with pytest.raises(ValueError, match=rf"^T: .*found {bad}"):
            made.forward(params, **{**rest, "T": bad})
        with pytest.raises(ValueError, match=rf"^D: .*found {bad}"):
            made.init_params(0, D=bad)
    for bad in (2.0, "2", None, True):
        with pytest.raises((TypeError, ValueError), match=r"^T: "):
            made.forward(params, **{**rest, "T": bad})
    assert made.forward(params, **{**rest, "T": np.int64(3)})[0] == made.forward(params, **{**rest, "T": 3})[0]
    with pytest.raises(ValueError, match=r"x.*at least 1.*\(0, 2\)"):
        made.forward(params, np.ones((0, 2)), np.ones((0, 2)), T=2)


def test_sizes_that_the_network_excludes(contract):
    made, _, _ = arguments(contract, "convolution")
    params = {"w": np.ones((2, 3, 9)), "b": np.ones(2)}
    with pytest.raises(ValueError, match=r"H.*K.*H = 6, K = 9"):
        made.predict(params, np.ones((4, 3, 6)))
    with pytest.raises(ValueError, match=r"^target: .*at least 1 .*\(4, 2, 0\)"):
        made.forward(params, np.ones((4, 3, 6)), np.ones((4, 2, 0)))


@pytest.mark.parametrize("name", ["mlp", "normalised", "padded", "steps"])
def test_byte_order_is_not_kept(contract, name):
    """Results are in the machine's own order, whatever order the parameters come in."""
    made, params, rest = arguments(contract, name)
    swapped = {key: np.array(value).astype(">f8") for key, value in params.items()}
    loss, grads = made.value_and_grad(swapped, **rest)
    assert loss == made.forward(params, **rest)[0]
    assert all(array.dtype == np.float64 and array.dtype.isnative for array in grads.values())


def test_no_warnings_at_extremes():
    """Of parameters of 1e4 in float32, stably and silently (warnings are errors in these tests)."""
    from symbackprop import Network, Sum, load
    from symbackprop.functions import log_sigmoid, sigmoid, softplus

    for name, function, limits in (
        ("sigmoid", sigmoid, (0, 1)), ("softplus", softplus, (0, 1e4)), ("log_sigmoid", log_sigmoid, (-1e4, 0)),
    ):  # fmt: skip
        net = Network(f"extreme_{name}")
        w = net.parameter("w", (2,))
        i = net.index("i", 2)
        net.loss = Sum(function(w[i]) * (i + 1), i)
        made = load(net)
        loss, grads = made.value_and_grad({"w": np.array([-1e4, 1e4], np.float32)})
        assert loss == np.float32(limits[0] + 2 * limits[1])
        assert np.isfinite(grads["w"]).all()
