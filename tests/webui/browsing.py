"""What the browser tests share."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Error, Locator, Page, Route

from facetd.assets import asset_dir

AXE = asset_dir("webui") / "node_modules" / "axe-core" / "axe.min.js"
CARDS = "#grid [role=listitem]"


def until(page: Page, expression: str, *, seconds: float = 30) -> None:
    """Wait until the JavaScript `expression` holds. (wait_for_function needs eval, which the content security policy forbids.)"""
    end = time.monotonic() + seconds
    while not _holds(page, expression):
        assert time.monotonic() < end, f"never came true: {expression}"
        page.wait_for_timeout(40)


def eventually(page: Page, holds: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait until `holds()` is true here, beside the browser: for what the page is to have sent."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came true"
        page.wait_for_timeout(40)


def hold(page: Page, address: str) -> list[Route]:
    """Hold back the page's requests to `address`; they come into the list, to go on when the test wants it."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(address, keep)
    return held


def scroll_until(page: Page, holds: Callable[[], object], *, step: int = 3000, seconds: float = 60) -> None:
    """Turn the wheel, as long as it takes, until `holds()`."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "the wheel never got there"
        page.mouse.wheel(0, step)
        page.wait_for_timeout(80)


def scroll_to_count(page: Page, items: Locator, count: int) -> None:
    """Turn the wheel until there are `count` items."""
    scroll_until(page, lambda: items.count() >= count)


def still(page: Page) -> None:
    """Wait until what slides or fades has come to rest (what turns for ever is left out)."""
    painted(page)
    until(page, "document.getAnimations().every(a => a.playState !== 'running' || a.effect.getComputedTiming().endTime === Infinity)")


def painted(page: Page) -> None:
    """Wait until the window has been laid out and drawn anew: what hangs on its size or on scrolling has been told."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))")


def settled(page: Page) -> None:
    """Wait until a list that was scrolled has come to rest, and all of it that is in the window is loaded."""
    painted(page)
    page.evaluate(
        """() => new Promise(done => {
            let timer;
            const rest = () => { clearTimeout(timer); timer = setTimeout(done, 300) };
            addEventListener('scroll', rest);
            rest() })"""
    )
    until(
        page,
        """(links => links.length && links.every(([a]) => a.dataset.id))([...document.querySelectorAll('#grid a')]
            .map(a => [a, a.getBoundingClientRect()])
            .filter(([, r]) => r.bottom > document.getElementById('bar').offsetHeight + 8 && r.top < innerHeight))""",
    )


def _holds(page: Page, expression: str) -> bool:
    try:
        return bool(page.evaluate(f"Boolean({expression})"))
    except Error as error:
        if "context was destroyed" in str(error):  # the page is being left: ask the next one
            return False
        raise


def overflow(page: Page) -> int:
    """How many px the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def pale_texts(page: Page) -> list[str]:
    """Visible texts whose contrast with what is behind them is below WCAG AA (4.5, or 3 for large text)."""
    return page.evaluate(
        """() => {
        const parse = text => { const n = (text.match(/[\\d.]+/g) || []).map(Number); return n.length === 3 ? [...n, 1] : n };
        const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a)];
        const linear = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
        const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
        const page = matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255];
        const exempt = '.facts, .overlay, noscript, option, [hidden], :disabled';
        const seen = node => node.checkVisibility({opacityProperty: true, visibilityProperty: true});
        const behind = node => {
            const layers = [];
            for (let at = node; at; at = at.parentElement) {
                const style = getComputedStyle(at), color = parse(style.backgroundColor);
                if (color[3]) layers.push(color);
                if (color[3] === 1) break;
            }
            return layers.reverse().reduce((below, layer) => over(layer, below), page);
        };
        const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const text = walker.currentNode.textContent.trim(), node = walker.currentNode.parentElement;
            if (!text || node.closest(exempt) || !seen(node)) continue;
            const style = getComputedStyle(node), size = parseFloat(style.fontSize), back = behind(node);
            const [a, b] = [light(over(parse(style.color), back)), light(back)].sort((x, y) => y - x);
            const ratio = (a + .05) / (b + .05);
            const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
            if (ratio >= (large ? 3 : 4.5)) continue;
            found.push(`${ratio.toFixed(2)} ${style.color} on ${back.map(Math.round)}: ${text.slice(0, 40)}`);
        }
        return found }"""
    )


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds wrong, but in the markup of Swagger UI, which is not ours. `make lint` installs it."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    violations = page.evaluate("axe.run({exclude: ['.swagger-ui']}, {resultTypes: ['violations']}).then(result => result.violations)")
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in violations]
