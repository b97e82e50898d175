"""Scenes of one coloured thing before a background, at any size, and captions that are true of them."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

RGB = tuple[int, int, int]
COLOURS: Mapping[str, RGB] = {
    "red": (205, 35, 40), "orange": (240, 135, 25), "yellow": (240, 215, 45), "green": (45, 150, 60), "blue": (40, 75, 200),
    "purple": (130, 50, 160), "white": (242, 242, 240), "brown": (115, 70, 35),
}  # fmt: skip
THINGS = ("boat", "house", "tree", "car", "sun", "dog", "flower", "fish")
PLACES: Mapping[str, Sequence[str]] = {
    "water": ("on blue water", "on water", "on the water", "on the blue sea", "on the sea", "on a lake"),
    "grass": ("on green grass", "on grass", "on the grass", "in a meadow", "in a green meadow"),
    "sand": ("on yellow sand", "on sand", "on the sand", "on the beach", "at the beach"),
    "snow": ("on white snow", "on snow", "in the snow", "in white snow"),
    "night": ("at night", "under the night sky", "before a night sky", "in the dark night"),
    "sunset": ("at sunset", "before an orange sunset", "at an orange sunset", "under an orange evening sky"),
    "street": ("on a grey street", "on a street", "on the street", "on the grey road", "on the road"),
}
HELD_OUT = frozenset(
    {("red", "boat"), ("blue", "car"), ("yellow", "dog"), ("green", "house"), ("purple", "tree"), ("white", "flower"), ("orange", "fish"),
     ("brown", "sun")}
)  # fmt: skip
"""Colours of things that no scene of the training has: what is learned has to be put together anew."""
OVERSAMPLED = 2


@dataclass(frozen=True, slots=True)
class Scene:
    """What is seen; `seed` decides where, how large, and in which shades."""

    colour: str
    thing: str
    place: str
    seed: int = 0

    @property
    def caption(self) -> str:
        """The plainest one."""
        return f"{self.colour} {self.thing} {PLACES[self.place][0]}"


@dataclass(frozen=True, slots=True)
class Caption:
    """A text, and what it says: None where it says nothing about that."""

    text: str
    colour: str | None
    thing: str | None
    place: str | None

    def fits(self, scene: Scene) -> bool:
        """Whether the text is true of a scene."""
        said = ((self.colour, scene.colour), (self.thing, scene.thing), (self.place, scene.place))
        return all(claimed is None or claimed == true for claimed, true in said)


def combinations(*, held_out: bool) -> list[tuple[str, str, str]]:
    """Every (colour, thing, place) whose colour of the thing is held out, or every other one."""
    return [c for c in itertools.product(COLOURS, THINGS, PLACES) if (c[:2] in HELD_OUT) == held_out]


def caption_of(scene: Scene, chance: random.Random) -> Caption:
    """One that is true of `scene`, as somebody might type it; it may say less than there is."""
    colour = scene.colour if chance.random() < 0.8 else None
    thing = scene.thing if chance.random() < 0.95 else None
    place = scene.place if chance.random() < 0.75 or (thing is None and colour is None) else None
    if thing is None:
        colour = None
    article = chance.choice(("", "", "a ", "the ", "one "))
    what = f"{article}{f'{colour} ' if colour else ''}{thing}" if thing else chance.choice(("something", "a photo", ""))
    where = chance.choice(PLACES[place]) if place else ""
    text = f"{what} {where}" if thing or chance.random() < 0.8 or not where else where.partition(" ")[2]
    if thing and place and chance.random() < 0.2:
        text = f"{where.partition(' ')[2]} with {what}"
    return Caption(" ".join(f"{chance.choice(('', '', 'a photo of '))}{text}".split()) or "a photo", colour, thing, place)


def render(scene: Scene, width: int = 64, height: int = 64) -> Image.Image:
    """The scene as an RGB picture."""
    chance = random.Random(f"{scene}")
    w, h = width * OVERSAMPLED, height * OVERSAMPLED
    image = Image.new("RGB", (w, h))
    draw = ImageDraw.Draw(image)
    _background(draw, scene.place, w, h, chance)
    unit = min(w, h) * chance.uniform(0.36, 0.58)
    x = w / 2 + chance.uniform(-0.18, 0.18) * min(w, h)
    y = h / 2 + chance.uniform(-0.08, 0.16) * min(w, h)
    pen = _Pen(draw, x, y, unit, chance.choice((-1, 1)), _shade(COLOURS[scene.colour], chance, 14))
    _DRAWN[scene.thing](pen)
    return image.resize((width, height), Image.Resampling.BOX)


class _Pen:
    """Draws in units of the thing's size around its middle, mirrored or not, with a dark outline, so that it shows on its own colour."""

    def __init__(self, draw: ImageDraw.ImageDraw, x: float, y: float, unit: float, turn: int, colour: RGB) -> None:
        self.draw, self.x, self.y, self.unit, self.turn, self.colour = draw, x, y, unit, turn, colour
        self.line = max(1, round(unit / 28))
        self.dark: RGB = (colour[0] * 2 // 5, colour[1] * 2 // 5, colour[2] * 2 // 5)

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.x + self.turn * x * self.unit, self.y + y * self.unit

    def shape(self, *points: tuple[float, float], fill: RGB | None = None) -> None:
        self.draw.polygon([self.at(*point) for point in points], fill or self.colour, self.dark, self.line)

    def box(self, left: float, top: float, right: float, bottom: float, fill: RGB | None = None) -> None:
        self.shape((left, top), (right, top), (right, bottom), (left, bottom), fill=fill)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: RGB | None = None) -> None:
        cx, cy = self.at(x, y)
        box = (cx - rx * self.unit, cy - ry * self.unit, cx + rx * self.unit, cy + ry * self.unit)
        self.draw.ellipse(box, fill or self.colour, self.dark, self.line)


def _boat(pen: _Pen) -> None:
    pen.box(-0.03, -0.6, 0.03, 0.2, fill=(90, 60, 35))
    pen.shape((0.05, -0.55), (0.45, 0.12), (0.05, 0.12))
    pen.shape((-0.6, 0.2), (0.6, 0.2), (0.38, 0.5), (-0.4, 0.5))


def _house(pen: _Pen) -> None:
    pen.box(-0.42, -0.1, 0.42, 0.5)
    pen.shape((-0.55, -0.1), (0, -0.58), (0.55, -0.1), fill=pen.dark)
    pen.box(-0.1, 0.2, 0.1, 0.5, fill=pen.dark)
    pen.box(0.18, 0.05, 0.34, 0.22, fill=(230, 225, 170))


def _tree(pen: _Pen) -> None:
    pen.box(-0.07, 0.1, 0.07, 0.55, fill=(95, 65, 40))
    for x, y, r in ((-0.22, 0.0, 0.25), (0.22, 0.0, 0.25), (0.0, -0.28, 0.3)):
        pen.oval(x, y, r, r)


def _car(pen: _Pen) -> None:
    pen.shape((-0.35, 0.05), (-0.22, -0.25), (0.2, -0.25), (0.36, 0.05))
    pen.shape((-0.18, 0.02), (-0.12, -0.18), (0.14, -0.18), (0.22, 0.02), fill=(190, 215, 225))
    pen.box(-0.62, 0.02, 0.62, 0.28)
    for x in (-0.34, 0.34):
        pen.oval(x, 0.3, 0.14, 0.14, fill=(25, 25, 28))


def _sun(pen: _Pen) -> None:
    for number in range(12):
        turn = number * math.tau / 12
        tip, left, right = (math.cos(turn), math.sin(turn)), turn - 0.12, turn + 0.12
        pen.shape(
            (0.6 * tip[0], 0.6 * tip[1]), (0.36 * math.cos(left), 0.36 * math.sin(left)), (0.36 * math.cos(right), 0.36 * math.sin(right))
        )
    pen.oval(0, 0, 0.36, 0.36)


def _dog(pen: _Pen) -> None:
    for x in (-0.34, -0.2, 0.18, 0.32):
        pen.box(x, 0.1, x + 0.1, 0.52)
    pen.shape((-0.38, -0.02), (-0.62, -0.35), (-0.5, -0.38), (-0.28, -0.08))
    pen.oval(0, 0.05, 0.44, 0.2)
    pen.oval(0.44, -0.22, 0.22, 0.18)
    pen.shape((0.34, -0.34), (0.28, -0.02), (0.44, -0.2), fill=pen.dark)
    pen.oval(0.52, -0.26, 0.03, 0.03, fill=(10, 10, 10))


def _flower(pen: _Pen) -> None:
    pen.box(-0.035, 0.0, 0.035, 0.6, fill=(50, 110, 45))
    pen.shape((0.02, 0.45), (0.3, 0.22), (0.22, 0.42), fill=(50, 110, 45))
    for number in range(6):
        turn = number * math.tau / 6
        pen.oval(0.25 * math.cos(turn), -0.22 + 0.25 * math.sin(turn), 0.16, 0.16)
    pen.oval(0, -0.22, 0.13, 0.13, fill=(225, 190, 60))


def _fish(pen: _Pen) -> None:
    pen.shape((-0.3, 0), (-0.62, -0.28), (-0.62, 0.28))
    pen.shape((-0.1, -0.2), (0.1, -0.42), (0.22, -0.2))
    pen.oval(0.06, 0, 0.46, 0.26)
    pen.oval(0.32, -0.06, 0.05, 0.05, fill=(245, 245, 245))
    pen.oval(0.33, -0.06, 0.02, 0.02, fill=(10, 10, 10))


_DRAWN = {"boat": _boat, "house": _house, "tree": _tree, "car": _car, "sun": _sun, "dog": _dog, "flower": _flower, "fish": _fish}


def _shade(colour: RGB, chance: random.Random, by: int) -> RGB:
    """About this colour."""
    light = chance.uniform(0.88, 1.08)
    r, g, b = (max(0, min(255, round(value * light + chance.uniform(-by, by)))) for value in colour)
    return r, g, b


def _background(draw: ImageDraw.ImageDraw, place: str, w: int, h: int, chance: random.Random) -> None:
    """Ground, sky, and a pattern that tells them apart beside their colours."""
    day = _shade((175, 205, 235), chance, 12)
    sky, ground = {
        "water": (day, (45, 115, 185)), "grass": (day, (95, 165, 65)), "sand": (day, (220, 195, 130)), "snow": (day, (235, 238, 245)),
        "night": ((18, 20, 48), (12, 14, 26)), "sunset": ((245, 150, 70), (120, 60, 60)), "street": (day, (120, 120, 124)),
    }[place]  # fmt: skip
    horizon = round(h * (chance.uniform(0.2, 0.38) if place not in ("night", "sunset") else chance.uniform(0.72, 0.9)))
    draw.rectangle((0, 0, w, horizon), _shade(sky, chance, 8))
    draw.rectangle((0, horizon, w, h), _shade(ground, chance, 10))
    line = max(1, min(w, h) // 64)
    for number in range(26):
        x, y = chance.uniform(0, w), chance.uniform(horizon, h)
        length = min(w, h) / 12
        if place == "water":
            draw.line((x, y, x + length, y), (150, 195, 230), line)
        elif place == "grass":
            draw.line((x, y, x + length / 6, y - length / 2), (50, 110, 40), line)
        elif place in ("sand", "snow"):
            draw.point((x, y), (180, 150, 90) if place == "sand" else (200, 210, 225))
        elif place == "night":
            star = (chance.uniform(0, w), chance.uniform(0, horizon))
            draw.ellipse((*star, star[0] + 2 * line, star[1] + 2 * line), (240, 240, 210))
        elif place == "sunset":
            y = chance.uniform(0, horizon)
            draw.line((x, y, x + 3 * length, y), (250, 190, 110), line)
        elif number < 8:
            step = w / 8
            draw.rectangle((number * step, h * 0.86, number * step + step / 2, h * 0.86 + 2 * line), (225, 225, 215))
