"""Calls that lead into other files."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from looplint import check_paths, check_source, engine
from looplint.finding import Finding
from looplint.show import render
from looplint.source import Project, Source, reader
from looplint.source.module import Module

ENGINE = """
def train_one_epoch(model, loader, optimizer, scheduler):
    for x, y in loader:
        optimizer.zero_grad()
        model(x).sum().backward()
        optimizer.step()
        scheduler.step()
"""
MAIN = """
import torch
from torch.utils.data import DataLoader
{imports}

def main(data):
    model = torch.nn.Linear(2, 1)
    loader = DataLoader(data)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30)
    for epoch in range(90):
        {call}(model, loader, optimizer, scheduler)
"""
WRONG = [("LL201", 7)]
"""What is wrong in ENGINE once it is known who calls it."""


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))


def check(folder: Path, files: dict[str, str], *names: str) -> list[Finding]:
    """Return the findings in files with these texts; in all of them unless some are named."""
    write(folder, files)
    return check_paths([folder / name for name in names] or [folder])


def told(findings: list[Finding], folder: Path) -> list[tuple[str, str, int]]:
    return [(Path(one.filename).relative_to(folder).as_posix(), one.code, one.line) for one in findings]


def main(imports: str, call: str = "train_one_epoch") -> str:
    return MAIN.format(imports=imports, call=call)


WAYS = {
    "a sibling": ("main.py", "engine.py", main("from engine import train_one_epoch")),
    "a sibling module": ("main.py", "engine.py", main("import engine", "engine.train_one_epoch")),
    "under another name": ("main.py", "engine.py", main("from engine import train_one_epoch as fit", "fit")),
    "a module under another name": ("main.py", "lib/engine.py", main("import lib.engine as e", "e.train_one_epoch")),
    "a module by its full name": ("main.py", "lib/engine.py", main("import lib.engine", "lib.engine.train_one_epoch")),
    "a package without a file": ("main.py", "a/b/engine.py", main("from a.b.engine import train_one_epoch")),
    "a module of a package": ("main.py", "a/engine.py", main("from a import engine", "engine.train_one_epoch")),
    "relative": ("pkg/main.py", "pkg/engine.py", main("from .engine import train_one_epoch")),
    "relative, the module": ("pkg/main.py", "pkg/engine.py", main("from . import engine", "engine.train_one_epoch")),
    "relative, one up": ("pkg/run/main.py", "pkg/engine.py", main("from ..engine import train_one_epoch")),
    "absolute inside the package": ("pkg/run/main.py", "pkg/engine.py", main("from pkg.engine import train_one_epoch")),
    "a src layout": ("scripts/main.py", "src/pkg/engine.py", main("from pkg.engine import train_one_epoch")),
    "a script in a folder": ("tools/run/main.py", "lib/engine.py", main("from lib.engine import train_one_epoch")),
    "everything": ("main.py", "engine.py", main("from engine import *")),
    "in a try": (
        "main.py",
        "engine.py",
        main("try:\n    from engine import train_one_epoch\nexcept ImportError:\n    train_one_epoch = None"),
    ),
}


@pytest.mark.parametrize(("caller", "callee", "text"), WAYS.values(), ids=WAYS)
def test_an_import_is_followed(tmp_path: Path, caller: str, callee: str, text: str) -> None:
    (tmp_path / ".git").mkdir()
    found = check(tmp_path, {caller: text, callee: ENGINE})
    assert told(found, tmp_path) == [(callee, code, line) for code, line in WRONG]


PASSED_ON = {
    "a re-export": {"pkg/__init__.py": "from .engine import train_one_epoch"},
    "a re-export under another name": {
        "pkg/__init__.py": "from .loops import fit as train_one_epoch",
        "pkg/loops.py": "from .engine import train_one_epoch as fit",
    },
    "a re-export of everything": {"pkg/__init__.py": "from .engine import *"},
    "a re-export for type checkers": {
        "pkg/__init__.py": "import typing\nif typing.TYPE_CHECKING:\n    from .engine import train_one_epoch"
    },
    "an assignment": {"pkg/__init__.py": "from . import engine\ntrain_one_epoch = engine.train_one_epoch"},
    "a circle": {
        "pkg/__init__.py": "from .loops import train_one_epoch",
        "pkg/loops.py": "from .engine import train_one_epoch\nfrom . import other",
    },
}


@pytest.mark.parametrize("files", PASSED_ON.values(), ids=PASSED_ON)
def test_a_name_that_is_passed_on(tmp_path: Path, files: dict[str, str]) -> None:
    texts = {"main.py": main("from pkg import train_one_epoch"), "pkg/engine.py": ENGINE, **files}
    assert told(check(tmp_path, texts), tmp_path) == [("pkg/engine.py", *one) for one in WRONG]


NOWHERE = {
    "nobody has it": {"engine.py": "x = 1"},
    "no such file": {},
    "not Python": {"engine.py": "def train_one_epoch(:"},
    "a circle without an end": {"engine.py": "from other import train_one_epoch", "other.py": "from engine import *"},
}


@pytest.mark.parametrize("files", NOWHERE.values(), ids=NOWHERE)
def test_an_import_that_leads_nowhere_is_unseen_code(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, files)
    text = main("from engine import train_one_epoch").replace("scheduler)\n", "scheduler)\n        optimizer.step()\n")
    assert check(tmp_path, {"main.py": text}, "main.py") == []


def test_what_is_no_text_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "engine.py").write_bytes(b"\xff\0")
    assert check(tmp_path, {"main.py": main("from engine import train_one_epoch")}, "main.py") == []


def test_nothing_outside_the_project_is_opened(tmp_path: Path) -> None:
    (tmp_path / "project/.git").mkdir(parents=True)
    files = {"project/main.py": main("from engine import train_one_epoch"), "engine.py": ENGINE}
    assert check(tmp_path, files) == []


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    right = ENGINE.replace("        scheduler.step()\n", "")
    files = {"run/main.py": main("from engine import train_one_epoch"), "run/engine.py": right, "engine.py": ENGINE}
    (tmp_path / ".git").mkdir()
    assert check(tmp_path, files) == []


def test_torch_is_never_a_file_of_the_tree(tmp_path: Path) -> None:
    text = "import torch\n\ndef fit(model, opt):\n    opt = torch.optim.SGD(model.parameters(), 0.1)\n"
    loop = "    for x in range(9):\n        model(x).sum().backward()\n        opt.step()\n"
    files = {"main.py": text + loop, "torch/__init__.py": "", "torch/optim.py": "def SGD(*a): return None"}
    assert told(check(tmp_path, files), tmp_path) == [("main.py", "LL101", 7)]


# -- what is followed ------------------------------------------------------------------------------------------------

LOOP = """
import torch
from torch.utils.data import DataLoader
from lib import *
import lib

def main(data, model):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in DataLoader(data):
{body}
"""


def loop(*body: str) -> str:
    return LOOP.format(body="\n".join(f"        {line}" for line in body))


BACKWARD = "model(x).sum().backward()"
HELPERS = {
    "clears": ("def tidy(o):\n    o.zero_grad()", [BACKWARD, "optimizer.step()", "tidy(optimizer)"], []),
    "clears by hand": (
        "def tidy(net):\n    for p in net.parameters():\n        p.grad = None",
        [BACKWARD, "optimizer.step()", "lib.tidy(model)"],
        [],
    ),
    "does not clear": (
        "def tidy(o):\n    return len(o.param_groups)",
        [BACKWARD, "optimizer.step()", "tidy(optimizer)"],
        [("main.py", "LL101", 11)],
    ),
    "by its words has nothing to do with training, and is given a callback": (
        "def run(f):\n    return f()",
        [BACKWARD, "run(optimizer.step)", "run(optimizer.zero_grad)"],
        [],
    ),
    "differentiates": (
        "def tune(loss):\n    loss.backward()",
        ["optimizer.zero_grad()", "loss = model(x).sum()", "tune(loss)", "optimizer.step()"],
        [],
    ),
    "differentiates, and nothing clears": (
        "def tune(loss):\n    loss.backward()",
        ["loss = model(x).sum()", "tune(loss)", "optimizer.step()"],
        [("main.py", "LL101", 12)],
    ),
    "calls a helper of its own": (
        "def really(o):\n    o.zero_grad()\n\ndef tidy(o):\n    really(o)",
        [BACKWARD, "optimizer.step()", "tidy(optimizer)"],
        [],
    ),
    "is made by `partial`": (
        "from functools import partial\n\ndef clear(o, deep):\n    o.zero_grad()\n\ntidy = partial(clear, deep=True)",
        [BACKWARD, "optimizer.step()", "tidy(optimizer)"],
        [],
    ),
}


@pytest.mark.parametrize(("lib", "body", "wrong"), HELPERS.values(), ids=HELPERS)
def test_a_helper(tmp_path: Path, lib: str, body: list[str], wrong: list[tuple[str, str, int]]) -> None:
    assert told(check(tmp_path, {"main.py": loop(*body), "lib.py": lib}), tmp_path) == wrong


CLEARING = "def clear(o):\n    o.zero_grad()"
FAR = {
    "a name": {"lib.py": "from deep import clear\n\ndef tidy(o):\n    clear(o)", "deep.py": CLEARING},
    "a module": {"lib.py": "import deep\n\ndef tidy(o):\n    deep.clear(o)", "deep.py": CLEARING},
    "a module of a package": {
        "lib.py": "from pkg import deep\n\ndef tidy(o):\n    deep.clear(o)",
        "pkg/__init__.py": "",
        "pkg/deep.py": CLEARING,
    },
    "a re-export": {
        "lib.py": "from pkg import clear\n\ndef tidy(o):\n    clear(o)",
        "pkg/__init__.py": "from .deep import clear",
        "pkg/deep.py": CLEARING,
    },
    "a re-export of everything": {
        "lib.py": "import pkg\n\ndef tidy(o):\n    pkg.clear(o)",
        "pkg/__init__.py": "from .deep import *",
        "pkg/deep.py": CLEARING,
    },
    "a class": {
        "lib.py": "from deep import Cleaner\n\ndef tidy(o):\n    Cleaner(o).run()",
        "deep.py": (
            "class Cleaner:\n    def __init__(self, o):\n        self.o = o\n    def run(self):\n"
            "        self.o.zero_grad()"
        ),
    },
    "an import inside the function": {
        "lib.py": "def tidy(o):\n    from deep import clear\n    clear(o)",
        "deep.py": CLEARING,
    },
    "one that decorates": {
        "lib.py": "from deep import clear, log\n\n@log\ndef tidy(o):\n    clear(o)",
        "deep.py": f"{CLEARING}\n\ndef log(f):\n    return f",
    },
}


@pytest.mark.parametrize("files", FAR.values(), ids=FAR)
def test_a_helper_whose_own_words_say_nothing_of_training(tmp_path: Path, files: dict[str, str]) -> None:
    text = loop(BACKWARD, "optimizer.step()", "tidy(optimizer)")
    assert check(tmp_path, {"main.py": text, **files}, "main.py") == []
    files = {name: body.replace("zero_grad()", "state_dict()") for name, body in files.items()}
    assert told(check(tmp_path, {"main.py": text, **files}, "main.py"), tmp_path) == [("main.py", "LL101", 11)]


TRAINER = """
class Trainer:
    def __init__(self, model, optimizer):
        self.model = model
        self.optimizer = optimizer

    def fit(self, loader):
        for batch in loader:
            self.before()
            self.loss(batch).backward()
            self.optimizer.step()

    def before(self):
        {before}
"""
MINE = """
import torch
from torch.utils.data import DataLoader
from trainer import Trainer

class Mine(Trainer):
    def loss(self, batch):
        return self.model(batch).sum()
    {more}

def main(model, data):
    Mine(model, torch.optim.SGD(model.parameters(), lr=0.1)).fit(DataLoader(data))
"""


def test_a_base_class_that_is_right(tmp_path: Path) -> None:
    files = {"trainer.py": TRAINER.format(before="self.optimizer.zero_grad()"), "main.py": MINE.format(more="")}
    assert check(tmp_path, files) == []


def test_a_base_class_that_leaves_clearing_to_those_below(tmp_path: Path) -> None:
    more = "def before(self):\n        self.optimizer.zero_grad()"
    files = {"trainer.py": TRAINER.format(before="pass"), "main.py": MINE.format(more=more)}
    assert told(check(tmp_path, files, "main.py"), tmp_path) == []


def test_a_base_class_that_nobody_clears_for(tmp_path: Path) -> None:
    files = {"trainer.py": TRAINER.format(before="pass"), "main.py": MINE.format(more="")}
    assert told(check(tmp_path, files), tmp_path) == [("trainer.py", "LL101", 11)]


CONTAINERS = {
    "a dataclass": "@dataclass\nclass State:\n    model: object\n    optimizer: object = None",
    "a dataclass with arguments": "@dataclass(frozen=True)\nclass State:\n    model: object\n    optimizer: object",
    "a named tuple": "class State(NamedTuple):\n    model: object\n    optimizer: object",
    "a namespace": "from types import SimpleNamespace as State",
    "an initialiser": (
        "class State:\n    def __init__(self, model, optimizer):\n"
        "        self.model = model\n        self.optimizer = optimizer"
    ),
}


@pytest.mark.parametrize("state", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize("clears", [True, False])
def test_an_optimizer_in_a_container(tmp_path: Path, state: str, clears: bool) -> None:
    body = [
        "state = State(model=model, optimizer=optimizer)",
        *(["state.optimizer.zero_grad()"] if clears else ["pass"]),
        "state.model(x).sum().backward()",
        "state.optimizer.step()",
    ]
    header = "from dataclasses import dataclass\nfrom typing import NamedTuple\n"
    found = check(tmp_path, {"main.py": loop(*body), "lib.py": header + state})
    assert told(found, tmp_path) == ([] if clears else [("main.py", "LL101", 13)])


@pytest.mark.parametrize("clears", [True, False])
def test_an_optimizer_from_a_factory(tmp_path: Path, clears: bool) -> None:
    lib = """
    import torch
    KINDS = {"sgd": torch.optim.SGD}

    def build(model, kind):
        if kind == "adam":
            return torch.optim.Adam(model.parameters())
        return KINDS[kind](model.parameters(), lr=0.1)
    """
    clear = "updater.zero_grad()" if clears else "pass"
    text = f"""
    import lib
    from torch.utils.data import DataLoader

    def main(model, data):
        updater = lib.build(model, "adam")
        for x, y in DataLoader(data):
            {clear}
            model(x).sum().backward()
            updater.step()
    """
    found = check(tmp_path, {"main.py": text, "lib.py": lib})
    assert told(found, tmp_path) == ([] if clears else [("main.py", "LL101", 10)])


def test_a_schedule_that_counts_steps_and_is_moved_per_epoch_two_files_away(tmp_path: Path) -> None:
    files = {
        "optim.py": """
        from torch.optim.lr_scheduler import OneCycleLR

        def schedule(optimizer, loader, epochs):
            return OneCycleLR(optimizer, 0.1, total_steps=len(loader) * epochs)
        """,
        "engine.py": ENGINE.replace("        scheduler.step()\n", "    scheduler.step()\n"),
        "main.py": """
        import torch
        from torch.utils.data import DataLoader
        from engine import train_one_epoch
        from optim import schedule

        def main(data, model):
            loader = DataLoader(data)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            scheduler = schedule(optimizer, loader, 9)
            for epoch in range(9):
                train_one_epoch(model, loader, optimizer, scheduler)
        """,
    }
    assert told(check(tmp_path, files), tmp_path) == [("engine.py", "LL203", 7)]


def test_the_main_part_of_an_imported_file_does_not_run(tmp_path: Path) -> None:
    lib = "def tidy(o):\n    o.zero_grad()\n\nif __name__ == '__main__':\n    tidy = print"
    assert check(tmp_path, {"main.py": loop(BACKWARD, "optimizer.step()", "tidy(optimizer)"), "lib.py": lib}) == []


# -- where it is told ------------------------------------------------------------------------------------------------


def test_the_function_that_brings_the_parts_together_is_told(tmp_path: Path) -> None:
    files = {"main.py": loop(BACKWARD, "apply(optimizer)"), "lib.py": "def apply(o):\n    o.step()"}
    (found,) = check(tmp_path, files)
    assert told([found], tmp_path) == [("main.py", "LL101", 11)]
    assert (Path(found.related[0].span.filename).name, found.related[0].span.start.row) == ("lib.py", 2)


def test_a_finding_in_a_file_that_is_not_checked_is_not_told(tmp_path: Path) -> None:
    files = {"main.py": main("from engine import train_one_epoch"), "engine.py": ENGINE}
    assert check(tmp_path, files, "main.py") == []
    assert check(tmp_path, files, "engine.py") == []


def test_a_suppression_is_that_of_the_file_with_the_finding(tmp_path: Path) -> None:
    engine = ENGINE.replace("scheduler.step()", "scheduler.step()  # noqa: LL201")
    assert check(tmp_path, {"main.py": main("from engine import train_one_epoch"), "engine.py": engine}) == []


def test_a_finding_of_several_callers_is_told_once(tmp_path: Path) -> None:
    text = main("from engine import train_one_epoch")
    assert told(check(tmp_path, {"one.py": text, "two.py": text, "engine.py": ENGINE}), tmp_path) == [
        ("engine.py", *one) for one in WRONG
    ]


def test_a_file_with_no_training_code_of_its_own(tmp_path: Path) -> None:
    files = {"main.py": main("from lib import *", "fit"), "lib.py": ENGINE.replace("train_one_epoch", "fit")}
    files["lib.py"] = files["lib.py"].replace("scheduler.step()", "tick(scheduler)") + "\nfrom clock import tick\n"
    files["clock.py"] = "def tick(s):\n    s.step()\n"
    assert told(check(tmp_path, files), tmp_path) == [("clock.py", "LL201", 2)]


def test_a_loop_that_leaves_the_rest_to_an_object_of_another_file(tmp_path: Path) -> None:
    learner = """
        import torch

        class Learner:
            def __init__(self, model):
                self.model = model
                self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

            def optimize_parameters(self, batch):
                {}
                self.model(batch).sum().backward()
                self.optimizer.step()
        """
    caller = """
        from learner import Learner

        learner = Learner(model)
        for batch in batches:
            learner.optimize_parameters(batch)
        """
    wrong = {"learner.py": learner.format("pass"), "main.py": caller}
    assert told(check(tmp_path, wrong), tmp_path) == [("learner.py", "LL101", 12)]
    right = {"learner.py": learner.format("self.optimizer.zero_grad()"), "main.py": caller}
    assert check(tmp_path, right) == []


HOOKED = """
class Hook:
    def before_epoch(self, trainer):
        pass

    def after_step(self, trainer):
        pass

    def after_epoch(self, trainer):
        pass

class Schedule(Hook):
    def {when}(self, trainer):
        trainer.scheduler.step()

class Trainer:
    def __init__(self, optimizer, scheduler):
        self.optimizer, self.scheduler = optimizer, scheduler
        self.hooks = []

    def register(self, hook):
        self.hooks.append(hook)

    def call(self, name):
        for hook in self.hooks:
            {call}

    def fit(self, model, loader):
        for epoch in range(9):
            self.call("before_epoch")
            for x in loader:
                self.optimizer.zero_grad()
                model(x).sum().backward()
                self.optimizer.step()
                self.call("after_step")
            self.call("after_epoch")

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
trainer = Trainer(optimizer, torch.optim.lr_scheduler.StepLR(optimizer, step_size=3))
trainer.register(Schedule())
trainer.fit(model, torch.utils.data.DataLoader(data))
"""


@pytest.mark.parametrize(
    ("when", "wrong"),
    [("after_epoch", []), ("after_step", [("LL201", 15)]), ("before_epoch", [("LL202", 15)])],
)
@pytest.mark.parametrize("call", ["getattr(hook, name)(self)", "method = getattr(hook, name); method(self)"])
def test_a_hook_that_is_registered_and_called_by_a_name(when: str, wrong: list[tuple[str, int]], call: str) -> None:
    found = check_source("import torch\n" + HOOKED.format(when=when, call=call))
    assert [(one.code, one.line) for one in found] == wrong


def test_what_other_files_do_is_shown(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": loop(BACKWARD, "apply(optimizer)"), "lib.py": "def apply(o):\n    o.step()"})
    text = (tmp_path / "main.py").read_text()
    assert "   11  call of `apply`\n" in render(text, "main.py", str(tmp_path / "main.py"))
    assert "lib.py:2  step       `optimizer`: `o.step()`\n" in render(text, "main.py", str(tmp_path / "main.py"))


def test_too_much_code_of_other_files_is_unseen_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = loop(BACKWARD, "tidy(optimizer)", "optimizer.step()")
    files = {"main.py": text, "lib.py": "def tidy(o):\n    print(o)\n    print(o.defaults)"}
    assert told(check(tmp_path, files), tmp_path) == [("main.py", "LL101", 12)]
    monkeypatch.setattr(reader, "FAR", 0)
    assert check(tmp_path, files) == []
    notes: list[str] = []
    project = Project()
    engine.judge(text, "main.py", project, str(tmp_path / "main.py"), notes.append)
    assert "the call of tidy is not followed: it leads to too much code of other files" in notes


def test_a_text_is_read_where_its_file_would_be(tmp_path: Path) -> None:
    write(tmp_path, {"lib.py": "def tidy(o):\n    o.zero_grad()"})
    text = loop(BACKWARD, "optimizer.step()", "tidy(optimizer)")
    assert check_source(text, str(tmp_path / "main.py")) == []
    (tmp_path / "lib.py").write_text("def tidy(o):\n    print(o)")
    assert [one.code for one in check_source(text, str(tmp_path / "main.py"))] == ["LL101"]


@pytest.mark.parametrize("name", ["engine", ""])
def test_more_dots_than_there_are_folders_lead_nowhere(name: str, tmp_path: Path) -> None:
    imported = main(f"from {'.' * 50}{name} import train_one_epoch")
    assert check(tmp_path, {"main.py": imported, "engine.py": ENGINE}) == []


SPOKEN = {
    "a comment": "def helper(x):\n    # faster in its backward pass\n    return x\n",
    "a docstring": 'def helper(x):\n    """Optimizes x.\n\n    The loss."""\n    return x\n',
    "a derivative of its own": (
        "class helper(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n"
        "        ctx.save_for_backward(x)\n        return x\n\n    @staticmethod\n    def backward(ctx, g):\n"
        "        return g\n"
    ),
    "a string with the sign of a comment": "def helper(x):\n    return f('#', loss=x)\n",
    "a backward": "def helper(x):\n    x.sum().backward()\n",
    "a method of that name": "def helper(x):\n    x.backward_generator()\n",
    "a message": "def helper(x):\n    raise ValueError('no optimizer', \"the loss is\", f'of {x} the loss')\n",
    "a message with an expression": "def helper(x):\n    print(rf'it is {x.loss} now')\n",
    "a key": "def helper(x):\n    return x['optimizer']\n",
    "what is best": "def helper(x):\n    return optimal(x, kind=OptimizedModule)\n",
    "loaders of other things": "def helper(x):\n    return yaml.load(x, Loader=yaml.SafeLoader), spec.loader\n",
    "a loader": "def helper(x):\n    return DataLoader(x)\n",
    "a loader under another name": ("from torch.utils.data import DataLoader as D\ndef helper(x):\n    return D(x)\n"),
    "a schedule": "from torch.optim.lr_scheduler import StepLR\ndef helper(x):\n    return StepLR(x, 1)\n",
    "a module of torch": "import torch.optim.lr_scheduler as t\ndef helper(x):\n    return t.StepLR(x, 1)\n",
    "a backward under another name": "from torch.autograd import backward as go\ndef helper(x):\n    go(x)\n",
    "a layer": "from torch.nn import Linear as L\ndef helper(x):\n    return L(x, 1)\n",
    "a schedule of nobody's": "from mylib.scheduling import StepLR\ndef helper(x):\n    return StepLR(x, 1)\n",
}
HAPPENS = {
    "a string with the sign of a comment",
    "a backward",
    "a method of that name",
    "a message with an expression",
    "a key",
    "a loader",
    "a loader under another name",
    "a schedule",
    "a module of torch",
    "a backward under another name",
}


@pytest.mark.parametrize("name", SPOKEN)
def test_what_is_only_spoken_of_has_nothing_to_do_with_training(name: str, tmp_path: Path) -> None:
    write(
        tmp_path,
        {"main.py": "from helpers import helper\nhelper(1)\n", "helpers.py": "import torch\n\n\n" + SPOKEN[name]},
    )
    main = tmp_path / "main.py"
    source = Source(main.read_text(), "main.py")
    one = reader.Reader(source, Project(), str(main))
    assert one.imports.matters("helper(1)", one.module) is (name in HAPPENS)


def test_code_keeps_its_lines_without_what_is_said() -> None:
    text = 'def f():\r\n    """One,\r\n    two."""\r\n    return "#", \'"""\'  # three\r\n'
    (code,) = Module(text, "f.py").defined("f")
    assert code == 'def f():\r\n    \r\n\r\n    return "#", \'"""\'  \r\n'
