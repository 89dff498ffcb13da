"""The page of a run, in a real browser: what it shows, light and dark, and that nothing in it can run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("torch", reason="torch is not installed")

from tests.runtime_check.browser import Browser, installed
from tests.runtime_check.running import FAULT, TRAIN, looplint

ATTACK = """<img src=x onerror="document.title='owned'"></script><script>document.title='owned'</script>"""

CONTRAST = """
(() => {
  const channel = (byte) => {
    const value = byte / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)') return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || element.closest('title')) continue;
    const style = getComputedStyle(element);
    const ink = element.namespaceURI.endsWith('svg') ? style.fill : style.color;
    const [low, high] = [light(ink), light(ground(element))].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) found.push([element.tagName, element.className.toString(), ratio]);
  }
  return found;
})()
"""
"""Which texts stand out too little from what is behind them (WCAG 2: at least 4.5 to 1)."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a script whose name, source and optimizer are hostile, and its page."""
    folder = tmp_path_factory.mktemp("run")
    text = TRAIN.replace("            optimizer.step()", f"            optimizer.step()  # {ATTACK}\x1b[2J\u202e")
    name = ATTACK.replace("/", "_") + "\x1b[2J"
    (folder / f"{name}.py").write_text(text)
    done = looplint("--report", "page.html", f"{name}.py", ATTACK, cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "stderr").write_text(done.stderr)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Path:
    return folder / "page.html"


GAN = f"""\
import torch
from torch import nn

torch.manual_seed(0)
body, head, D = nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(2, 1)
Hostile = type({ATTACK!r}, (torch.optim.SGD,), {{}})
opt_g = torch.optim.SGD([{{"params": body.parameters()}}, {{"params": head.parameters(), "lr": 0.4}}], lr=0.1)
opt_d = Hostile(D.parameters(), lr=0.3)
scheduler = torch.optim.lr_scheduler.StepLR(opt_g, 1, 0.5)
for epoch in range(2):
    for real in torch.utils.data.DataLoader(torch.randn(6, 2), batch_size=2):
        opt_d.zero_grad()
        (D(head(body(torch.randn(2, 3))).detach()).mean() - D(real).mean()).backward()
        opt_d.step()
        opt_g.zero_grad()
        D(head(body(torch.randn(2, 3)))).mean().backward()
        opt_g.step()
    scheduler.step()
"""
"""Trains two optimizers, one of them with two groups of parameters, the other of a class with a hostile name."""


@pytest.fixture(scope="module")
def gan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run of it."""
    folder = tmp_path_factory.mktemp("gan")
    (folder / "gan.py").write_text(GAN)
    done = looplint("--exact", "--fail", "--report", "page.html", "gan.py", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "page.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = installed()
    if program is None:
        pytest.skip("no Chromium is installed")
    with Browser(program, tmp_path_factory.mktemp("browser")) as one:
        yield one


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read_in_a_light_and_in_a_dark_room(browser: Browser, page: Path, scheme: str) -> None:
    browser.open(page, scheme=scheme)
    ground = browser.ask("getComputedStyle(document.body).backgroundColor")
    assert all((int(part) > 128) == (scheme == "light") for part in re.findall(r"\d+", ground))
    assert browser.ask(CONTRAST) == []


@pytest.mark.parametrize("width", [1200, 400])
def test_nothing_sticks_out(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, scheme="light", width=width)
    assert browser.ask("document.documentElement.scrollWidth") <= width


def test_nothing_in_the_page_runs_and_nothing_is_fetched(browser: Browser, page: Path) -> None:
    browser.open(page, scheme="light")
    assert browser.ask("document.title").startswith("looplint run ")
    assert browser.ask("document.querySelectorAll('script, img, link, iframe').length") == 0
    everything = "[...document.querySelectorAll('*')].flatMap((one) => [...one.attributes].map((at) => at.name))"
    assert not [name for name in browser.ask(everything) if name.startswith(("on", "href", "src"))]
    assert [one["request"]["url"] for one in browser.seen("Network.requestWillBeSent")] == [page.as_uri()]
    assert browser.seen("Log.entryAdded") == browser.seen("Runtime.exceptionThrown") == []
    assert ATTACK in browser.ask("document.querySelector('pre').textContent"), "it is there to be read"
    assert "\\x1b[2J" in browser.ask("document.querySelector('pre').textContent")


def test_a_page_that_let_the_attack_through_would_be_found(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<title>looplint run</title>{ATTACK}")
    browser.open(tmp_path / "page.html", scheme="light")
    assert browser.ask("document.title") == "owned"


def test_the_page_shows_the_run(browser: Browser, page: Path) -> None:
    browser.open(page, scheme="light")

    def texts(selector: str) -> list[str]:
        found = f"[...document.querySelectorAll({json.dumps(selector)})].map((one) => one.textContent)"
        return browser.ask(found)  # type: ignore[no-any-return]

    assert texts(".verdict") == ["found 1 error in 1 file"]
    assert texts(".finding .code") == ["LL101"]
    assert texts("pre mark.primary") == ["optimizer.step()"]
    assert texts(".optimizer h3") == ["optimizer"]
    assert texts(".optimizer h4")[:2] == ["learning rate", "first iterations"]
    assert texts(".optimizer h4")[2].startswith("around LL101 missing-zero-grad (")

    assert len(texts(".scroll")) == 2
    first, around = ".optimizer .scroll", ".optimizer .scroll ~ .scroll"
    marks = "document.querySelector('.optimizer .scroll').querySelectorAll('.mark')"
    classes = browser.ask(f"[...{marks}].map((one) => one.classList[1])")
    assert classes == [*(["backward", "step"] * 6), "schedule", *(["backward", "step"] * 6), "schedule"]
    assert texts(f"{first} text.epoch")[:3] == ["epoch 1", "end", "epoch 2"]
    assert texts(f"{around} text.turn")[:3] == ["1", "2", "3"]
    (said,) = texts(f"{around} .mark:has(.ring) title")
    assert re.fullmatch(rf"iteration \d+: step\noptimizer\.step\(\)\n.*:{FAULT}", said)
    boxes = "[...document.querySelectorAll('.mark')].map((one) => one.getBoundingClientRect())"
    assert browser.ask(f"{boxes}.every((box) => box.width > 4 && box.height > 4)")

    curve = browser.ask("document.querySelector('.curve').getAttribute('points')").split()
    heights = [float(point.split(",")[1]) for point in curve]
    assert len(curve) == 13, "a point for each of the steps, and one where the rate falls"
    assert len(set(heights)) == 2
    assert texts(".rates text") == ["0.1", "0.05", "1", "step 12"]
    picture = browser.call("Page.captureScreenshot")["data"]
    assert len(picture) > 10_000


def body_of(page: Path) -> ElementTree.Element:
    """Return what a page shows; text that had become markup would be no XML, or further elements."""
    found = re.search(r"<main>.*</main>", page.read_text(), re.DOTALL)
    assert found is not None
    return ElementTree.fromstring(found[0])


def of_class(element: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [one for one in element.iter() if name in one.get("class", "").split()]


def test_each_of_two_optimizers_has_its_own_lane_and_curves(gan: Path) -> None:
    shown = {section.findtext(".//h3/code"): section for section in of_class(body_of(gan), "optimizer")}
    assert list(shown) == ["opt_g", "opt_d"]
    marks = {name: [one.get("class", "")[5:] for one in of_class(section, "mark")] for name, section in shown.items()}
    turn = ["clear", "backward", "step"]
    assert marks["opt_g"] == [*turn[1:], *turn, *turn, "schedule", *turn, *turn, *turn, "schedule"]
    turn = [*turn, "backward"]  # the one of the generator reaches the critic too
    assert marks["opt_d"] == [*turn[1:], *turn * 5]
    said = [of_class(section, "clear")[0].findtext("title") for section in shown.values()]
    assert said == [
        f"iteration 2: cleared\n{name}.zero_grad()\ngan.py:{row}" for name, row in (("opt_g", 15), ("opt_d", 12))
    ]


def test_each_group_of_parameters_has_its_learning_rate(gan: Path) -> None:
    curves = {
        section.findtext(".//h3/code"): [
            (one.get("class"), one.findtext("title"), [point.split(",")[1] for point in one.get("points", "").split()])
            for one in of_class(section, "curve")
        ]
        for section in of_class(body_of(gan), "optimizer")
    }
    (first, one, low), (second, two, high) = curves["opt_g"]
    assert (first, one, second, two) == ("curve c0", "group 0", "curve c1", "group 1")
    assert [len(set(heights)) for heights in (low, high)] == [2, 2], "both fall once"
    assert float(low[0]) > float(high[0]), "that of the head is higher up"
    ((_, _, level),) = curves["opt_d"]
    assert (len(level), len(set(level))) == (6, 1)


def test_the_name_of_a_class_never_becomes_markup(gan: Path) -> None:
    shown = body_of(gan)
    assert not {one.tag for one in shown.iter()} & {"script", "img"}
    assert "<script" not in gan.read_text()
    kinds = [section.findtext("div[@class='meta']") for section in of_class(shown, "optimizer")]
    assert kinds == ["SGD, 6 steps", f"{ATTACK}, 6 steps"], "it is there to be read"


@pytest.mark.parametrize("width", [1200, 400])
def test_two_optimizers_can_be_read_in_a_browser(browser: Browser, gan: Path, width: int) -> None:
    browser.open(gan, scheme="dark", width=width)
    assert browser.ask("document.title") == "looplint run gan.py"
    assert browser.ask(CONTRAST) == []
    assert browser.ask("document.documentElement.scrollWidth") <= width
    boxes = "[...document.querySelectorAll('.mark')].map((one) => one.getBoundingClientRect())"
    assert browser.ask(f"{boxes}.length") == 19 + 23
    assert browser.ask(f"{boxes}.every((box) => box.width > 4 && box.height > 4)")
    assert browser.seen("Log.entryAdded") == browser.seen("Runtime.exceptionThrown") == []


def test_nothing_hostile_reaches_the_terminal(folder: Path) -> None:
    text = (folder / "stderr").read_text()
    assert "LL101" in text
    assert text.count(r"\x1b[2J.py:") == 2, "told once as it occurs and once at the end"
    assert not set(text) & {"\x1b", "\u202e"}


def test_text_never_becomes_markup() -> None:
    from looplint.runtime_check.markup import Markup, tag

    assert tag("p", "<b>&\"'", class_='"><script>', data_x=None) == (
        '<p class="&quot;&gt;&lt;script&gt;">&lt;b&gt;&amp;&quot;&#x27;</p>'
    )
    assert tag("p", Markup("<b>"), ["a", ("\x1b\u202e",)], x=1.5) == '<p x="1.5"><b>a\\x1b\\u202e</p>'


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    from looplint.runtime_check.recorder import POINTS, Curve

    curve = Curve()
    for step in range(1, 100_001):
        curve.add(step, 1 / step)
    assert POINTS // 2 <= len(curve.points) < POINTS
    assert curve.all()[0] == (1, 1.0)
    assert curve.all()[-1] == (100_000, 1 / 100_000)
    assert all(rate == 1 / step for step, rate in curve.all())
