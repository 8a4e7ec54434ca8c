"""The book as a reader has it: in a browser, from the file system and from a server, without a network."""

import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from book import mathjax
from derivations.claims import claims
from tests.planted import proved
from verify.predictions import predict
from verify.targets import Inputs

ROOT = Path(__file__).parent.parent
BUILT = Path(os.environ.get("W2S_BOOK", ROOT / "book/_build/html"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MISSING = [
    reason
    for missing, reason in (
        (find_spec("playwright") is None, "playwright (pip install .[browser])"),
        (CHROMIUM is None, "a chromium (apt install chromium)"),
        (not (BUILT / "index.html").is_file(), "a built book (make book)"),
    )
    if missing
]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")
Page = Any  # of playwright, which may not be here
AXE = (
    (
        "axe-core@4.10.3",
        "sha512-Xm7bpRXnDSX2YE2YFfBk2FnF0ep6tmG7xPh8iHee8MIcrgq762Nkce856dYtJYLkuIoYZvGfTs/PbZhideTcEg==",
        "axe-core",
        ("axe.min.js",),
    ),
)
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield made
        made.close()


@contextmanager
def served() -> Iterator[str]:
    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(BUILT)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def watched(browser: Any, base: str, **options: object) -> tuple[Page, list[str]]:
    """A page, and what goes wrong on it: errors, failed requests, requests to elsewhere."""
    page, wrong = browser.new_page(**options), list[str]()
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: wrong.append(str(e)))
    page.on("requestfailed", lambda r: wrong.append(r.url) if "favicon" not in r.url else None)  # left early
    page.on("request", lambda r: None if r.url.startswith((base, "data:", "blob:")) else wrong.append(r.url))
    return page, wrong


def names() -> list[str]:
    """Every page but the first, which leads on to the introduction at once."""
    found = [p for p in (*BUILT.glob("*.html"), *BUILT.glob("claims/*.html")) if p != BUILT / "index.html"]
    return sorted(p.relative_to(BUILT).as_posix() for p in found)


def settled(page: Page) -> None:
    """Wait for MathJax where the page has it."""
    page.evaluate("() => window.MathJax && MathJax.startup ? MathJax.startup.promise : null")


def test_every_page_loads_alone_typeset_and_fits_a_phone(browser: Any) -> None:
    page, wrong = watched(browser, BUILT.as_uri(), viewport=PHONE)
    assert len(names()) > len(claims())
    for name in names():
        page.goto(f"{BUILT.as_uri()}/{name}")
        settled(page)
        wide, most = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= most, name
        raw = page.evaluate(
            "[...document.querySelectorAll('.math')].filter(m => !m.querySelector('mjx-container')).length"
        )
        assert raw == 0, name
        assert page.locator("mjx-merror").count() == 0, name
        assert wrong == [], name
    page.close()


def test_pages_load_from_a_server(browser: Any) -> None:
    with served() as base:
        page, wrong = watched(browser, base)
        for name in ("intro.html", "graph.html", "explorer.html", "claims/w2s-variance.html"):
            page.goto(f"{base}/{name}")
            settled(page)
            assert wrong == [], name
        page.close()


def test_the_graph_leads_to_the_claims_and_says_what_falls(browser: Any) -> None:
    page, wrong = watched(browser, BUILT.as_uri())
    page.goto(f"{BUILT.as_uri()}/graph.html")
    book = proved()
    above = [id for id in claims() if "wishart-inverse-mean" in book.ancestors(id)]
    page.select_option("#w2s-falls", "wishart-inverse-mean")
    marked = page.evaluate("[...document.querySelectorAll('.claim.falls')].map(g => g.id.slice(6))")
    assert sorted(marked) == sorted([*above, "wishart-inverse-mean"])
    assert str(len(above)) in page.inner_text("#w2s-fallen")
    addresses = page.evaluate("[...document.querySelectorAll('.w2s-graph a')].map(a => a.href.baseVal)")
    assert all((BUILT / address).is_file() for address in addresses)
    page.focus("a[href='claims/opr.html']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/claims/opr.html")
    assert wrong == []
    page.close()


def test_search_finds_a_theorem(browser: Any) -> None:
    page, wrong = watched(browser, BUILT.as_uri())
    page.goto(f"{BUILT.as_uri()}/search.html?q=discrepancy+virtue")
    page.wait_for_selector("#search-results a[href*='virtue-of-discrepancy']", timeout=20000)
    assert wrong == []
    page.close()


@pytest.fixture(scope="module")
def axe() -> str:
    folder = BUILT.parent / "axe"
    if not mathjax.vendored(folder, AXE):
        pytest.skip("needs npm, and a registry that has axe-core")
    return (folder / "axe-core/axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name", ["intro", "main-theorem", "explorer", "graph", "passes", "claims/w2s-variance"]
)
def test_colours_contrast_and_images_have_words(browser: Any, axe: str, name: str, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(f"{BUILT.as_uri()}/{name}.html")
    settled(page)
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run('article', {runOnly: ['color-contrast', 'image-alt', 'svg-img-alt', 'label']})"
        ".then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))]))"
    )
    assert found == []
    page.close()


# ------------------------------------------------------------------------------------ the explorer


def predicted(page: Page) -> dict[str, float]:
    """What `w2s predict` says at the settings of the page, by the names of the explorer's values."""
    given = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-letter]')]"
        ".map(r => [r.dataset.letter, r.querySelector('[type=number]').value]))"
    )
    d_w, d_s, n, N = (int(given[k]) for k in ("d_w", "d_s", "n", "N"))
    d_sw, sigma2, rho_w, delta2, tau2 = (
        Fraction(given[k]) for k in ("d_sw", "sigma2", "rho_w", "delta2", "tau2")
    )
    at = Inputs(d_w, d_s, d_sw, n, N, sigma2, rho_w, rho_w + tau2 - delta2, delta2, tau2)
    found = predict(at, lambda id: proved().theorem(id).conclusion)
    entries = {
        "teacher-risk": found.excess_risk["weak"],
        "w2s-risk": found.excess_risk["w2s"],
        "baseline-risk": found.excess_risk["strong_baseline"],
        "ceiling-risk": found.excess_risk["strong_ceiling"],
        "w2s-variance-inherited": found.variance["w2s_inherited"],
        "w2s-variance-reduced": found.variance["w2s_reduced"],
        "misfit": found.ratios["misfit"],
        "pgr": found.ratios["pgr"],
        "opr": found.ratios["opr"],
    }
    return {k: float(x) for k, x in entries.items() if isinstance(x, Fraction)}


def told(page: Page) -> dict[str, float]:
    shown = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-value]')]"
        ".map(c => [c.dataset.value, c.dataset.exact]))"
    )
    return {k: float(x) for k, x in shown.items() if x and k != "rho_s"}


def assert_predicted(page: Page) -> dict[str, float]:
    found, expected = told(page), predicted(page)
    assert found.keys() == expected.keys()
    for name, x in expected.items():
        assert math.isclose(found[name], x, rel_tol=1e-9, abs_tol=1e-15), (name, found[name], x)
    return found


@pytest.mark.parametrize("letter", ["n", "N", "d_w", "d_s", "d_sw", "sigma2", "rho_w", "delta2", "tau2"])
def test_a_moved_slider_gives_what_is_predicted(browser: Any, letter: str) -> None:
    page, wrong = watched(browser, BUILT.as_uri())
    page.goto(f"{BUILT.as_uri()}/explorer.html")
    before, drawn = assert_predicted(page), page.inner_html("#w2s-panels")
    page.focus(f"#w2s-{letter}")
    for _ in range(3):
        page.keyboard.press("PageDown")
    assert assert_predicted(page) != before
    assert page.inner_html("#w2s-panels") != drawn
    page.keyboard.press("Home")  # the end of a slider is feasible, too
    assert_predicted(page)
    address = page.url
    assert f"{letter}=" in address
    again, _ = watched(browser, BUILT.as_uri())
    again.goto(address)
    assert told(again) == told(page)
    assert wrong == []
    page.close()
    again.close()


def test_presets_hold_and_shade_where_the_student_loses(browser: Any) -> None:
    page, wrong = watched(browser, BUILT.as_uri(), viewport=PHONE)
    page.goto(f"{BUILT.as_uri()}/explorer.html")
    presets = page.evaluate("Object.keys(theory.presets)")
    assert len(presets) >= 4
    for name in presets:
        page.select_option("#w2s-preset", name)
        found = assert_predicted(page)
        gains = found["w2s-risk"] < found["teacher-risk"]
        assert ("beats" in page.inner_text("#w2s-fares")) == gains
    page.goto(f"{BUILT.as_uri()}/explorer.html#d_s=10&d_w=20&d_sw=5&n=60&N=40&rho_w=0&delta2=0&tau2=0")
    page.reload()
    shades = page.locator("#w2s-panels svg").first.locator(".loses")
    assert shades.count() == 1  # N <= 2 d_s, and a tie at 2 d_s + 1
    assert wrong == []
    page.close()
