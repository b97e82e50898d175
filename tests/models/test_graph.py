"""Layers written as ONNX compute what TensorFlow's definitions say."""

from __future__ import annotations

import numpy as np
import pytest

from models.build import layers
from models.build.graph import GraphWriter, Tensor, window
from tests.models.running import convolve, run

RNG = np.random.default_rng


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [
        (512, 3, 2, (0, 1, 256)),
        (5, 3, 2, (1, 1, 3)),
        (8, 3, 1, (1, 1, 8)),
        (8, 5, 2, (1, 2, 4)),
        (1, 3, 2, (1, 1, 1)),
        (4, 1, 2, (0, 0, 2)),
    ],
)
def test_same_padding_puts_the_smaller_half_first(size: int, kernel: int, stride: int, expected: tuple[int, int, int]) -> None:
    assert window(size, kernel, stride, "same") == expected


def test_valid_padding_pads_nothing() -> None:
    assert window(150, 7, 2, "valid") == (0, 0, 72)


@pytest.mark.parametrize("size", [6, 7])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_convolution_equals_its_definition(size: int, stride: int, padding: str) -> None:
    picture, filters, bias = RNG(1).normal(size=(size, size, 3)), RNG(2).normal(size=(3, 3, 3, 4)), RNG(3).normal(size=4)
    g = GraphWriter("conv")
    g.output("y", layers.conv(g, g.image_input("x", size), filters, bias, stride, padding))  # type: ignore[arg-type]
    (answer,) = run(g.model(), picture.transpose(2, 0, 1)[None])
    assert np.allclose(answer[0].transpose(1, 2, 0), convolve(picture, filters, stride, padding) + bias, atol=1e-5)


def test_a_depthwise_convolution_keeps_channels_apart() -> None:
    picture, filters = RNG(1).normal(size=(6, 6, 3)), RNG(2).normal(size=(5, 5, 3, 1))
    g = GraphWriter("depthwise")
    g.output("y", layers.depthwise(g, g.image_input("x", 6), filters, None, 2))
    (answer,) = run(g.model(), picture.transpose(2, 0, 1)[None])
    for channel in range(3):
        alone = convolve(picture[:, :, [channel]], filters[:, :, [channel]], 2, "same")
        assert np.allclose(answer[0, channel], alone[:, :, 0], atol=1e-5)


def test_the_batch_dimension_is_free() -> None:
    g = GraphWriter("batch")
    x = g.image_input("x", 4)
    g.output("y", layers.reshape(g, layers.channels_last(g, x), (48,)))
    pictures = RNG(1).normal(size=(3, 3, 4, 4)).astype(np.float32)
    (answer,) = run(g.model(), pictures)
    assert np.array_equal(answer, pictures.transpose(0, 2, 3, 1).reshape(3, 48))


def test_an_affine_layer_shifts_before_it_scales() -> None:
    g = GraphWriter("affine")
    g.output("y", layers.affine(g, g.image_input("x", 1), 0.5, (10.0, 20.0, 30.0)))
    (answer,) = run(g.model(), np.full((1, 3, 1, 1), 40.0))
    assert answer.ravel().tolist() == [15.0, 10.0, 5.0]


def test_equal_constants_are_stored_once() -> None:
    g = GraphWriter("constants")
    assert g.constant(1.0) == g.constant(1.0)
    assert g.constant(1.0) != g.constant([1.0])
    assert g.constant(1) != g.constant(1, np.int64)


def test_shapes_that_do_not_meet_are_refused_while_writing() -> None:
    g = GraphWriter("wrong")
    x = g.image_input("x", 4)
    with pytest.raises(ValueError, match="filters for 5 channels meet x with 3"):
        layers.conv(g, x, np.zeros((1, 1, 5, 2)))
    with pytest.raises(ValueError, match="one filter per channel"):
        layers.depthwise(g, x, np.zeros((1, 1, 3, 2)))
    with pytest.raises(ValueError, match="differ in shape"):
        layers.plus(g, x, Tensor("y", (3, 2, 2)))
    with pytest.raises(ValueError, match="does not reshape"):
        layers.reshape(g, x, (47,))
