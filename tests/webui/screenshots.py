"""Makes docs/images/*.png: the real pages over rendered landscapes, so that no photo of anybody is needed.

Run: python -m tests.webui.screenshots
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import piexif
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.webui.serving import CHECKOUT, serving

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
IMAGES = CHECKOUT / "docs" / "images"
COUNT = 72
CAMERAS = (("Canon", "Canon EOS R6"), ("NIKON CORPORATION", "NIKON Z 6_2"), ("SONY", "ILCE-7M4"), ("FUJIFILM", "X-T5"))
# Top of the sky, horizon, far ridge, near ridge; as BGR.
PALETTES = (
    ((150, 90, 40), (190, 190, 250), (140, 110, 110), (60, 40, 35)),
    ((120, 50, 30), (90, 150, 255), (110, 70, 90), (45, 25, 30)),
    ((210, 150, 70), (240, 230, 215), (170, 150, 120), (70, 80, 50)),
    ((90, 60, 20), (150, 130, 90), (90, 75, 50), (40, 30, 15)),
    ((60, 40, 90), (120, 140, 240), (100, 60, 110), (50, 20, 50)),
    ((190, 180, 160), (225, 225, 225), (185, 180, 175), (95, 92, 90)),
)
Pixels = npt.NDArray[np.float32]


def soft_step(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """0 far below zero, 1 far above."""
    return 1 / (1 + np.exp(np.clip(-values, -50, 50)))


def ridge(random: np.random.Generator, width: int, height: float, rough: float) -> npt.NDArray[np.float64]:
    """The upper edge of a chain of hills, in px from the top: sines of falling size and random phase."""
    x = np.linspace(0, 1, width)
    waves = (np.sin(x * (k * 2.1) * np.pi + random.uniform(0, 7)) / k**1.25 for k in range(1, 24))
    return height + rough * np.sum(list(waves), axis=0)


def landscape(seed: int, width: int = 1500, height: int = 1000) -> npt.NDArray[np.uint8]:
    """Sky, sun, four chains of hills in the haze, water or meadow, and some grain."""
    random = np.random.default_rng(seed)
    top, horizon, far, near = (np.array(color, np.float32) * random.uniform(0.85, 1.15) for color in PALETTES[seed % len(PALETTES)])
    line = height * random.uniform(0.42, 0.66)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    share = np.clip(y / line, 0, 1)[..., None]
    pixels: Pixels = top * (1 - share) + horizon * share
    sun = (width * random.uniform(0.15, 0.85), line * random.uniform(0.35, 0.95))
    distance = np.hypot(x - sun[0], y - sun[1])[..., None]
    glow = np.array((180, 225, 255), np.float32)
    pixels += glow * (0.55 * np.exp(-distance / (width * 0.12)) + 1.2 * soft_step((width * 0.024 - distance) / 3))
    for depth in range(4):
        nearness = (depth + 1) / 4
        edge = ridge(random, width, line + height * 0.085 * depth, height * 0.05 * (0.5 + nearness))
        color = far * (1 - nearness) + near * nearness
        mask = soft_step((y[..., None] - edge[None, :, None]) / 1.5)
        shade = 1 - 0.25 * np.clip((y - edge[None, :]) / height, 0, 1)[..., None]
        pixels = pixels * (1 - mask) + color * shade * mask
    if seed % 3 == 0:
        shore = int(height * random.uniform(0.74, 0.84))
        mirrored = pixels[shore - (height - shore) : shore][::-1]
        ripple = (np.sin(np.arange(height - shore) ** 0.8 * 1.9) * 6).astype(int)
        water = np.stack([np.roll(row, shift, axis=0) for row, shift in zip(mirrored, ripple, strict=True)])
        pixels[shore:] = water * 0.72 + top * 0.12
    blur = (0, 0, 0, 2.5, 0, 6)[seed % 6]
    if blur:
        pixels = cv2.GaussianBlur(pixels, (0, 0), blur)
    pixels = pixels * random.uniform(0.75, 1.12) + random.normal(0, random.choice((1.5, 3, 9)), pixels.shape)
    if seed % 11 == 5:
        pixels = pixels.mean(axis=2, keepdims=True).repeat(3, axis=2)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def make_photos(folder: Path) -> None:
    """Pictures with the EXIF of a summer."""
    for seed in range(COUNT):
        size = (1000, 1500) if seed % 5 == 4 else (1500, 1000)
        path = folder / f"DSC_{4100 + seed * 7}.jpg"
        path.write_bytes(cv2.imencode(".jpg", landscape(seed, *size), [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())
        make, model = CAMERAS[seed % len(CAMERAS)]
        exif = {
            "0th": {piexif.ImageIFD.Make: make.encode(), piexif.ImageIFD.Model: model.encode()},
            "Exif": {
                piexif.ExifIFD.DateTimeOriginal:
                    f"2025:0{6 + seed % 3}:{seed % 28 + 1:02} {5 + seed % 16:02}:{seed * 7 % 60:02}:11".encode(),
                piexif.ExifIFD.ISOSpeedRatings: 100 * 2 ** (seed % 5), piexif.ExifIFD.FNumber: ((28, 40, 56, 80)[seed % 4], 10),
                piexif.ExifIFD.ExposureTime: (1, (60, 125, 250, 500)[seed % 4]),
                piexif.ExifIFD.FocalLength: ((24, 35, 50, 85)[seed % 4], 1),
            },
        }  # fmt: skip
        piexif.insert(piexif.dump(exif), str(path))


def settled(page: Page) -> None:
    """Until the scan is through and the pictures on screen are loaded."""
    expect(page.locator("#total")).to_have_text(re.compile(rf"^{COUNT} photos$"), timeout=180_000)
    expect(page.locator("#scanbar")).to_be_hidden(timeout=60_000)
    page.wait_for_timeout(2500)


def take(browser: Browser, base: str) -> None:
    """The pictures of the README."""
    desk = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark", locale="en-US")
    page = desk.new_page()
    page.goto(base)
    settled(page)
    page.screenshot(path=IMAGES / "gallery.png")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Score, minimum", exact=True).last.fill("5")
    page.keyboard.press("Enter")
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / "filters.png")
    page.locator("#grid a[data-index='0']").click()
    page.locator(".picture img.ready").wait_for()
    page.locator(".alike-grid img.ready").first.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / "photo.png")
    desk.close()
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True, color_scheme="light", locale="en-US"
    )
    page = phone.new_page()
    page.goto(base)
    settled(page)
    page.screenshot(path=IMAGES / "phone.png")
    phone.close()


def main() -> None:
    """Render, serve, look."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        photos, data = Path(folder) / "Summer", Path(folder) / "data"
        photos.mkdir()
        make_photos(photos)
        with serving(photos, data) as daemon, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
            )
            take(browser, daemon.base)
            browser.close()
    for path in IMAGES.glob("*.png"):
        with Image.open(path) as shot:
            small = shot.convert("RGB").quantize(256, dither=Image.Dither.FLOYDSTEINBERG)
        small.save(path, optimize=True)


if __name__ == "__main__":
    main()
