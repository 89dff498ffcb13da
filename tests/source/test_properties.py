"""What must hold of every text, whatever it is: no crash, places inside the text, the same findings each time."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent, indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looplint import engine, show
from looplint.finding import Finding
from looplint.rule import catalogue
from looplint.source import InvalidSyntax
from tests.source.alarms import QUIET
from tests.source.bugs import BROKEN
from tests.source.idioms import LEGAL, TORCH
from tests.source.reading import PRELUDE
from tests.tools import ROOT

steady = settings(deadline=None, derandomize=True, max_examples=150)
"""The same texts each time, however slow the machine is."""

CODES = frozenset(catalogue())

SIMPLE = """\
optimizer.zero_grad()
optimizer.step()
optimizer.step(closure)
optimizer.step
other.step()
model.zero_grad()
loss = loss_fn(model(x), y)
loss.backward()
scaler.scale(loss).backward()
scaler.step(optimizer)
scheduler.step()
scheduler.step(epoch)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
optimizer, other = other, optimizer
other = torch.optim.Adam(net.parameters()) if a else optimizer
many = [optimizer, other]
many = {'a': optimizer, **many}
[one.step() for one in many]
many['a'].step()
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3)
model = accelerator.prepare(model)
model, optimizer = fabric.setup(model, optimizer)
for p in model.parameters(): p.grad = None
p.grad.zero_()
p.grad += 1
helper(optimizer)
helper(model, closure)
a = not a
a, *rest = rest
self.optimizer.step()
self.optimizer = optimizer
del optimizer
closure()
closure = lambda: loss.backward()
engine = make(optimizer)
engine.step()
global optimizer
return optimizer
yield loss
raise
break
continue
pass
x, y = next(iter(loader))
a and optimizer.step()
optimizer.step() if a else optimizer.zero_grad()
(z := optimizer).step()
assert optimizer.step()
partial(closure, optimizer)()
getattr(optimizer, 'step')()
""".splitlines()

HEADS = """\
for x, y in loader:
for epoch in range(3):
for i, x in enumerate(tqdm(loader)):
for one in many:
for one, two in zip(many, many):
for key in many:
while True:
while a:
if a:
if not a:
if i % 4 == 0:
if True:
if optimizer is not None:
with torch.no_grad():
with torch.no_grad:
with open(p) as optimizer.file:
def closure():
def closure(self, optimizer=optimizer, *rest, **more):
def helper(optimizer):
class Coach:
class Coach(Base):
async def closure():
try:
""".splitlines()


def suite(body: str, head: str) -> str:
    text = f"{head}\n{indent(body, '    ')}"
    return f"{text}\nexcept OSError:\n    optimizer.zero_grad()\nelse:\n    pass" if head == "try:" else text


texts = st.recursive(
    st.sampled_from(SIMPLE),
    lambda parts: (
        st.builds(suite, st.lists(parts, min_size=1, max_size=4).map("\n".join), st.sampled_from(HEADS))
        | st.lists(parts, min_size=2, max_size=4).map("\n".join)
    ),
    max_leaves=14,
)

REAL = [
    dedent(code).strip("\n").splitlines()
    for code in (*LEGAL.values(), *QUIET.values(), *(one for one, _ in BROKEN.values()))
]


@st.composite
def changed(draw: st.DrawFn) -> str:
    """A program of the corpus with some of its lines left out, doubled or swapped."""
    lines = list(draw(st.sampled_from(REAL)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(["leave out", "double", "swap", "indent", "cut"]))
        if change == "leave out" and len(lines) > 1:
            del lines[at]
        elif change == "double":
            lines.insert(at, lines[at])
        elif change == "swap":
            lines[at], lines[at - 1] = lines[at - 1], lines[at]
        elif change == "indent":
            lines[at] = f"    {lines[at]}"
        else:
            lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
    return TORCH + "\n".join(lines) + "\n"


def judged(text: str) -> list[Finding] | None:
    """Return the findings in a text, or None where it is refused."""
    try:
        return engine.judge(text, "any.py")
    except InvalidSyntax:
        return None


def check(text: str) -> None:
    found = judged(text)
    if found is None:
        return
    lines = text.splitlines()
    for finding in found:
        for span in (finding.span, *(one.span for one in finding.related)):
            assert span.start < span.end
            assert 1 <= span.start.row <= span.end.row <= len(lines)
            assert 1 <= span.start.column <= len(lines[span.start.row - 1])
            assert span.end.column <= len(lines[span.end.row - 1]) + 1
    assert found == sorted(found, key=lambda one: one.sort_key)
    assert len({(one.code, one.span) for one in found}) == len(found)
    assert judged(text) == found
    assert show.render(text, "any.py").endswith("\n")


@steady
@given(texts)
def test_any_training_code_is_read(text: str) -> None:
    check(f"{PRELUDE}{text}\n")


@steady
@given(texts)
def test_any_body_of_a_function_is_read(text: str) -> None:
    check(f"{PRELUDE}def train(model, loader, optimizer):\n{indent(text, '    ')}\n")


@steady
@given(texts)
def test_any_body_of_a_method_is_read(text: str) -> None:
    body = indent(text, "        ")
    check(f"class Coach(Base):\n    def __init__(self, optimizer):\n{body}\n    def train(self, loader):\n{body}\n")


@steady
@given(changed())
def test_a_changed_program_is_read(text: str) -> None:
    check(text)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.text(alphabet="abo.()=:\n \t'\"#\\\x0c\u00e9", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    check(text)


SCRIPT = """
from tests.source.test_properties import REAL, TORCH, judged
from looplint import show
for lines in REAL:
    text = TORCH + "\\n".join(line for line in lines if "zero_grad" not in line) + "\\n"
    found = judged(text)
    print(found)
    if found is not None:
        print(show.render(text, "any.py"))
"""


def test_nothing_depends_on_hashing() -> None:
    def run(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert run("0") == run("1") == run("42")


@pytest.mark.parametrize("text", ["", "\n", "\\\n", "# optimizer.step()\n", "\ufeff", "optimizer.step()"])
def test_small_texts(text: str) -> None:
    check(text)
