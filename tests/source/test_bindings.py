"""What is an optimizer, under whatever name and by whatever road it came."""

from __future__ import annotations

import pytest

from tests.source.reading import codes, functions, module, plain, program

STEPS = {
    # -- constructors, through imports and aliases; `tuner` is a name that tells nothing --
    "torch.optim": ("tuner = torch.optim.SGD(net.parameters())", "build(tuner)"),
    "from torch import optim": ("from torch import optim\ntuner = optim.Adam(net.parameters())", "build(tuner)"),
    "from torch import optim as": ("from torch import optim as o\ntuner = o.Adam(net.parameters())", "build(tuner)"),
    "import torch.optim as": ("import torch.optim as o\ntuner = o.RMSprop(net.parameters())", "build(tuner)"),
    "import torch as": ("import torch as th\ntuner = th.optim.RMSprop(net.parameters())", "build(tuner)"),
    "the class as another name": ("from torch.optim import AdamW as A\ntuner = A(net.parameters())", "build(tuner)"),
    "star import": ("from torch.optim import *\ntuner = Adam(net.parameters())", "build(tuner)"),
    "bitsandbytes": ("import bitsandbytes as bnb\ntuner = bnb.optim.AdamW8bit(net.parameters())", "build(tuner)"),
    "transformers": ("from transformers import Adafactor\ntuner = Adafactor(net.parameters())", "build(tuner)"),
    "apex": ("from apex.optimizers import FusedAdam\ntuner = FusedAdam(net.parameters())", "build(tuner)"),
    "a class called an optimizer": ("from x import SwiftOptimizer as S\ntuner = S(net)", "build(tuner)"),
    "a factory of timm": ("from timm.optim import create_optimizer_v2 as make\ntuner = make(net)", "rebind(tuner)"),
    "getattr with a name": ("tuner = getattr(torch.optim, name)(net.parameters())", "build(tuner)"),
    "getattr with a literal": ("tuner = getattr(torch.optim, 'SGD')(net.parameters())", "build(tuner)"),
    "a variable for the class": ("kind = torch.optim.SGD\ntuner = kind(net.parameters())", "build(tuner)"),
    "one of two classes": (
        "kind = torch.optim.SGD if fast else torch.optim.Adam\ntuner = kind(net.parameters())",
        "build(tuner)",
    ),
    "a dict of classes": (
        "kinds = {'sgd': torch.optim.SGD, 'adam': torch.optim.Adam}\ntuner = kinds[name](net.parameters())",
        "build(tuner)",
    ),
    "a dict of classes, one picked": (
        "kinds = {'sgd': torch.optim.SGD, 'adam': torch.optim.Adam}\ntuner = kinds['sgd'](net.parameters())",
        "build(tuner)",
    ),
    "a ternary": ("tuner = torch.optim.SGD(p) if fast else torch.optim.Adam(p)", "build(tuner)"),
    "a subclass in the file": ("class Own(torch.optim.Adam): ...\ntuner = Own(net.parameters())", "build(tuner)"),
    "a subclass of what nobody has imported": (
        "class Own(optim.Adam): ...\ntuner = Own(net.parameters())",
        "build(tuner)",
    ),
    "a subclass of a subclass": (
        "class Own(torch.optim.Optimizer): ...\nclass More(Own): ...\ntuner = More(net.parameters())",
        "build(tuner)",
    ),
    # -- how it is stored --
    "annotated": ("tuner: torch.optim.Optimizer = torch.optim.SGD(p)", "build(tuner)"),
    "walrus": ("print(tuner := torch.optim.SGD(p))", "build(tuner)"),
    "unpacked": ("other, tuner = torch.optim.SGD(p), torch.optim.SGD(q)", "build(other) build(tuner)"),
    "unpacked from a call": ("(net, tuner), rest = (net, torch.optim.SGD(p)), 1", "build(tuner)"),
    "another name of the same": ("first = torch.optim.SGD(p)\ntuner = first", "build(first)"),
    "assigned twice in a row": ("tuner = first = torch.optim.SGD(p)", "build(first) build(first)"),
    "built in both branches": (
        "if fast:\n    tuner = torch.optim.SGD(p)\nelse:\n    tuner = torch.optim.Adam(p)",
        "fast?(build(tuner) | build(tuner))",
    ),
    "None until later": ("tuner = None\ntuner = torch.optim.SGD(p)", "build(tuner)"),
    "None in one branch": (
        "tuner = None\nif train:\n    tuner = torch.optim.SGD(p)",
        "train?(build(tuner) | )",
    ),
}


@pytest.mark.parametrize(("code", "built"), STEPS.values(), ids=STEPS)
def test_what_is_built_is_an_optimizer(code: str, built: str) -> None:
    name = "first" if "first" in built else "tuner"
    assert plain(f"{code}\ntuner.step()") == f"{built} step({name})"


FACTORIES = {
    "one": ("    return torch.optim.SGD(p)", "build(tuner)"),
    "of several": (
        "    if name == 'sgd':\n        return torch.optim.SGD(p)\n    elif name == 'adam':\n"
        "        return torch.optim.Adam(p)\n    raise ValueError(name)",
        "build(tuner)",
    ),
    "through a variable": (
        "    if name == 'sgd':\n        made = torch.optim.SGD(p)\n    else:\n        made = torch.optim.Adam(p)\n"
        "    return made",
        "make{name == 'sgd'?(build(made) | build(made)) return}",
    ),
    "through a dict": (
        "    return {'sgd': torch.optim.SGD, 'adam': torch.optim.Adam}[name](p)",
        "build(tuner)",
    ),
}


@pytest.mark.parametrize(("body", "built"), FACTORIES.values(), ids=FACTORIES)
def test_a_factory_returns_one_optimizer(body: str, built: str) -> None:
    name = "made" if "made" in built else "tuner"
    read = plain(f"def make(name, p):\n{body}\ntuner = make(kind, net.parameters())\ntuner.step()")
    assert read == f"{built} step({name})"


HELD = {
    "a list": (
        "tuners = [torch.optim.SGD(p), torch.optim.SGD(q)]\nfor one in tuners:\n    one.step()",
        "build(tuners[0]) build(tuners[1]) step(tuners[0]) step(tuners[1])",
    ),
    "a tuple, by index": (
        "tuners = torch.optim.SGD(p), torch.optim.SGD(q)\ntuners[1].step()\ntuners[-2].step()",
        "build(tuners[0]) build(tuners[1]) step(tuners[1]) step(tuners[0])",
    ),
    "a list, unpacked": (
        "tuners = [torch.optim.SGD(p), torch.optim.SGD(q)]\none, two = tuners\ntwo.step()",
        "build(tuners[0]) build(tuners[1]) step(tuners[1])",
    ),
    "lists added": (
        "tuners = [torch.optim.SGD(p)] + [torch.optim.SGD(q)]\nfor one in tuners:\n    one.step()",
        "build(tuners[0]) build(tuners[1]) step(tuners[0]) step(tuners[1])",
    ),
    "a list with a star": (
        "some = [torch.optim.SGD(p)]\nfor one in [*some]:\n    one.step()",
        "build(some[0]) step(some[0])",
    ),
    "appended": (
        "tuners = []\ntuners.append(torch.optim.SGD(p))\ntuners.append(torch.optim.SGD(q))\ntuners[1].step()",
        "build(tuners[0]) build(tuners[1]) step(tuners[1])",
    ),
    "a comprehension": (
        "tuners = [torch.optim.SGD(net.parameters()) for net in nets]\nfor one in tuners:\n    one.step()",
        "build(tuners[...]) step(tuners[...])",
    ),
    "a comprehension, by index": (
        "tuners = [torch.optim.SGD(net.parameters()) for net in nets]\ntuners[0].step()",
        "build(tuners[...]) (step(tuners[...]) | )",
    ),
    "a step in a comprehension": (
        "tuners = [torch.optim.SGD(p), torch.optim.SGD(q)]\n[one.step() for one in tuners]",
        "build(tuners[0]) build(tuners[1]) step(tuners[0]) step(tuners[1])",
    ),
    "enumerated": (
        "tuners = [torch.optim.SGD(p), torch.optim.SGD(q)]\nfor i, one in enumerate(tuners):\n    one.step()",
        "build(tuners[0]) build(tuners[1]) step(tuners[0]) step(tuners[1])",
    ),
    "zipped": (
        "tuners = [torch.optim.SGD(p), torch.optim.SGD(q)]\nfor one, x in zip(tuners, nets):\n    one.step()",
        "build(tuners[0]) build(tuners[1]) step(tuners[0]) step(tuners[1])",
    ),
    "a dict, by key": (
        "tuners = {'g': torch.optim.SGD(p), 'd': torch.optim.SGD(q)}\ntuners['d'].step()",
        "build(tuners['g']) build(tuners['d']) step(tuners['d'])",
    ),
    "a dict, its values": (
        "tuners = {'g': torch.optim.SGD(p), 'd': torch.optim.SGD(q)}\nfor one in tuners.values():\n    one.step()",
        "build(tuners['g']) build(tuners['d']) step(tuners['g']) step(tuners['d'])",
    ),
    "a dict, its items": (
        "tuners = {'g': torch.optim.SGD(p), 'd': torch.optim.SGD(q)}\nfor key, one in tuners.items():\n    one.step()",
        "build(tuners['g']) build(tuners['d']) step(tuners['g']) step(tuners['d'])",
    ),
    "a dict, its keys": (
        "tuners = {'g': torch.optim.SGD(p), 'd': torch.optim.SGD(q)}\nfor key in tuners:\n    tuners[key].step()",
        "build(tuners['g']) build(tuners['d']) step(tuners['g']) step(tuners['d'])",
    ),
    "a dict, filled later": (
        "tuners = {}\ntuners['g'] = torch.optim.SGD(p)\ntuners['g'].step()",
        "build(tuners['g']) step(tuners['g'])",
    ),
    "a dict in a dict": (
        "one = {'g': torch.optim.SGD(p)}\nboth = {**one, 'd': torch.optim.SGD(q)}\nboth['g'].step()",
        "build(one['g']) build(both['d']) step(one['g'])",
    ),
    "an attribute of some object": (
        "args.tuner = torch.optim.SGD(p)\nargs.tuner.step()",
        "build(args.tuner) step(args.tuner)",
    ),
    "a for over two by hand": (
        "a = torch.optim.SGD(p)\nb = torch.optim.SGD(q)\nfor one in (a, b):\n    one.zero_grad()",
        "build(a) build(b) clear(a) clear(b)",
    ),
    "one of two": (
        "a = torch.optim.SGD(p)\nb = torch.optim.SGD(q)\none = a if odd else b\none.step()",
        "build(a) build(b) (step(a) | step(b))",
    ),
    "an index behind the end": (
        "tuners = [torch.optim.SGD(p)]\ntuners[3].step()\ntuners[0].step()",
        "build(tuners[0]) step(tuners[0])",
    ),
    "lists in a list": (
        "tuners = [[torch.optim.SGD(p)], [torch.optim.SGD(q)]]\n"
        "for some in tuners:\n    for one in some:\n        one.step()",
        "build(tuners[0][0]) build(tuners[1][0]) step(tuners[0][0]) step(tuners[1][0])",
    ),
    "a comprehension over known networks, unpacked": (
        "a, b = [torch.optim.SGD(net.parameters()) for net in (one, two)]\na.step()\nb.step()",
        "build(a) build(b) step(a) step(b)",
    ),
    "a dict, the keys of it": (
        "tuners = {'g': torch.optim.SGD(p), 'd': torch.optim.SGD(q)}\n"
        "for key in tuners.keys():\n    tuners[key].step()",
        "build(tuners['g']) build(tuners['d']) step(tuners['g']) step(tuners['d'])",
    ),
    "a dict, asked by key": (
        "tuners = {'g': torch.optim.SGD(p), 'd': torch.optim.SGD(q)}\ntuners.get('d').step()",
        "build(tuners['g']) build(tuners['d']) step(tuners['d'])",
    ),
    "a dict by keywords": (
        "tuners = dict(g=torch.optim.SGD(p), d=torch.optim.SGD(q))\ntuners['d'].step()",
        "build(tuners['g']) build(tuners['d']) step(tuners['d'])",
    ),
    "comprehensions in a comprehension": (
        "tuners = [[torch.optim.SGD(p) for p in q] for q in r]\nfor some in tuners:\n    for one in some:\n"
        "        one.step()",
        "build(some[...]) step(some[...])",
    ),
    "other things, unpacked": (
        "a, b = [make(net) for net in nets]\ntuner = torch.optim.SGD(p)\ntuner.step()",
        "build(tuner) step(tuner)",
    ),
    "a dict, popped": (
        "tuners = {'g': torch.optim.SGD(p)}\none = tuners.pop('g')\ntuners['g'].step()",
        "build(tuners['g']) step(tuners['g'])",
    ),
    "appended to a comprehension": (
        "tuners = [torch.optim.SGD(net.parameters()) for net in nets]\n"
        "tuners.append(torch.optim.SGD(p))\ntuners[0].step()",
        "build(tuners[...]) build(tuners[...]) (step(tuners[...]) | )",
    ),
    "stored again under its name": (
        "tuner = tuner = torch.optim.SGD(p)\ntuner.step()",
        "build(tuner) build(tuner) step(tuner)",
    ),
    "built again": (
        "tuner = torch.optim.SGD(p)\ntuner = torch.optim.Adam(p)\ntuner.step()",
        "build(tuner) build(tuner) step(tuner)",
    ),
    "sliced": (
        "tuners = [torch.optim.SGD(p), torch.optim.SGD(q)]\ntuners[0:1] = []\ntuners[0].step()",
        "build(tuners[0]) build(tuners[1]) step(tuners[0])",
    ),
    "deleted": ("tuner = torch.optim.SGD(p)\ntuner.step()\ndel tuner", "build(tuner) step(tuner)"),
}


@pytest.mark.parametrize(("code", "expected"), HELD.values(), ids=HELD)
def test_optimizers_are_told_apart_in_what_holds_them(code: str, expected: str) -> None:
    assert plain(code) == expected


NAMES = [
    "optimizer", "optim", "opt", "opt_g", "g_opt", "optimizer_d", "netD_optimizer", "optimizerG", "g_optim",
    "optimiser", "self.optimizer", "args.optimizer", "self._optimizer", "optims[0]",
]  # fmt: skip
NO_NAMES = [
    "options", "opt_level", "opt_params", "optimizer_config", "optimizer_name", "optimal", "optional", "lr_sched_opt",
    "scaler", "env", "ema", "solver", "profiler", "bar",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_name_is_the_last_resort(name: str) -> None:
    assert module(f"{name}.step()") == f"step({name})"


@pytest.mark.parametrize("name", NO_NAMES)
def test_other_names_are_no_optimizers(name: str) -> None:
    assert "step(" not in " ".join(functions(f"{name}.step()\nmodel.zero_grad()").values())


USES = {
    "zero_grad and step": ("runner.zero_grad()\nrunner.step()", "clear(runner) step(runner)"),
    "a step alone": ("runner.step()\noptimizer.step()", "step(optimizer)"),
    "an engine": ("runner.zero_grad()\nrunner.backward(x)\nrunner.step()", "clear<runner> backward"),
    "a network": ("runner.zero_grad()\np = runner.parameters()\nrunner.step()", "clear<runner>"),
    "an optimizer that scales": ("my_optimizer.backward(x)\nmy_optimizer.step()", "backward step(my_optimizer)"),
}


@pytest.mark.parametrize(("code", "expected"), USES.values(), ids=USES)
def test_use_tells_an_optimizer(code: str, expected: str) -> None:
    assert module(code) == expected


PARAMETERS = {
    "positional": "def go(a, t):\n    t.step()\ngo(1, tuner)",
    "keyword": "def go(a, t):\n    t.step()\ngo(t=tuner, a=1)",
    "keyword only": "def go(a, *, t):\n    t.step()\ngo(1, t=tuner)",
    "positional only": "def go(t, /):\n    t.step()\ngo(tuner)",
    "default": "def go(t=tuner):\n    t.step()\ngo()",
    "star": "def go(*ts):\n    ts[1].step()\ngo(1, tuner)",
    "two stars": "def go(**ts):\n    ts['t'].step()\ngo(t=tuner)",
    "star in the call": "def go(a, t):\n    t.step()\nboth = 1, tuner\ngo(*both)",
    "two stars in the call": "def go(a, t):\n    t.step()\ngo(**{'a': 1, 't': tuner})",
    "passed on": "def go(t):\n    inner(t)\ndef inner(u):\n    u.step()\ngo(tuner)",
}


@pytest.mark.parametrize("code", PARAMETERS.values(), ids=PARAMETERS)
def test_arguments_are_bound(code: str) -> None:
    inner = "inner{step(tuner)}" if "inner" in code else "step(tuner)"
    assert plain(f"tuner = torch.optim.SGD(p)\n{code}") == f"build(tuner) go{{{inner}}}"


def test_a_function_nobody_calls_has_its_parameters_by_name() -> None:
    assert functions("def go(optimizer, tuner, *rest, key=1, **more):\n    optimizer.step()\n    tuner.step()", "") == {
        "go": "step(optimizer)"
    }


SELF = """
class Coach:
    def __init__(self, net):
        self.net = net
        self.optimizer = torch.optim.SGD(net.parameters())
{methods}
"""
METHODS = {
    "read on its own": ("    def go(self):\n        self.optimizer.step()", {"Coach.go": "step(self.optimizer)"}),
    "called from outside": (
        "    def go(self):\n        self.optimizer.step()\nCoach(net).go()",
        {"module": "Coach.__init__{build(self.optimizer)} Coach.go{step(self.optimizer)}"},
    ),
    "called from another": (
        "    def go(self):\n        self.one()\n    def one(self):\n        self.optimizer.step()",
        {"Coach.go": "Coach.one{step(self.optimizer)}"},
    ),
    "through a property": (
        "    @property\n    def best(self):\n        "
        "return self.optimizer\n    def go(self):\n        self.best.step()",
        {"Coach.go": "step(self.optimizer)"},
    ),
    "through a method": (
        "    def best(self):\n        return self.optimizer\n    def go(self):\n        self.best().step()",
        {"Coach.go": "step(self.optimizer)"},
    ),
    "a static method": (
        "    @staticmethod\n    def one(t):\n        t.step()\n    def go(self):\n        self.one(self.optimizer)",
        {"Coach.go": "Coach.one{step(self.optimizer)}"},
    ),
    "a class method": (
        "    @classmethod\n    def one(cls, t):\n        t.step()\n    def go(self):\n        self.one(self.optimizer)",
        {"Coach.go": "Coach.one{step(self.optimizer)}"},
    ),
    "the method of the class": (
        "    def one(self):\n        self.optimizer.step()\n    def go(self):\n        Coach.one(self)",
        {"Coach.go": "Coach.one{step(self.optimizer)}"},
    ),
    "a base class": (
        "class Head(Coach):\n    def go(self):\n        self.optimizer.step()",
        {"Head.go": "step(self.optimizer)"},
    ),
    "a base class that is called": (
        "class Head(Coach):\n    def __init__(self, net):\n        super().__init__(net)\n"
        "    def go(self):\n        self.optimizer.step()",
        {"Head.__init__": "Coach.__init__{build(self.optimizer)}", "Head.go": "step(self.optimizer)"},
    ),
    "a local name": (
        "    def go(self):\n        one = self.optimizer\n        one.step()",
        {"Coach.go": "step(self.optimizer)"},
    ),
    "getattr": (
        "    def go(self):\n        getattr(self, 'optimizer').step()",
        {"Coach.go": "step(self.optimizer)"},
    ),
    "stored by another method": (
        "    def build(self):\n        self.late = torch.optim.SGD(p)\n    def go(self):\n        self.late.step()",
        {"Coach.build": "build(self.late)", "Coach.go": "step(self.late)"},
    ),
    "inside another object": (
        "class Owner:\n    def __init__(self):\n        self.coach = Coach(net)\n"
        "    def go(self):\n        self.coach.optimizer.step()",
        {"Owner.__init__": "Coach.__init__{build(self.optimizer)}", "Owner.go": "step(self.optimizer)"},
    ),
}


@pytest.mark.parametrize(("methods", "expected"), METHODS.values(), ids=METHODS)
def test_attributes_of_self(methods: str, expected: dict[str, str]) -> None:
    found = functions(SELF.format(methods=methods), "import torch\n")
    built = {"Coach.__init__": "build(self.optimizer)"}
    assert {k: v for k, v in found.items() if (k, v) not in built.items()} == expected


def test_a_class_attribute_is_shared() -> None:
    code = (
        "class Coach:\n    optimizer = torch.optim.SGD(p)\n    "
        "def go(self):\n        self.optimizer.step()\nCoach().go()"
    )
    assert "step(" in plain(code)


def test_the_prelude_builds_an_optimizer() -> None:
    assert program("pass").endswith("pass\n")
    assert module("optimizer.step()") == "step(optimizer)"


def test_a_value_from_elsewhere_is_what_it_is_called_now() -> None:
    code = """
class Coach:
    def __init__(self, **parts):
        self.optimizer, self.net = parts["first"], parts["net"]

    def train(self, pairs):
        for x, y in pairs:
            self.net(x).sum().backward()
            self.optimizer.step()
"""
    assert codes(code) == [("LL101", 8)]


def test_an_option_of_the_command_line_is_no_optimizer() -> None:
    assert module("opt = parse()\nopt.parameters()\nopt.zero_grad()") == "opaque? clear<opt>"
    assert module("_opt_args = {}\n_opt_args['lr'] = x\nfit(_opt_args)") == "opaque"


def test_what_is_cleared_and_called_opt_is_an_optimizer() -> None:
    assert functions("def go(opt):\n    opt.zero_grad()") == {"module": "", "go": "clear(opt)"}


def test_what_is_given_for_an_optimizer_is_one() -> None:
    code = "def apply(optimizer):\n    optimizer.step()\ndef train(o):\n    apply(o)\n    o.zero_grad()"
    assert functions(code)["train"] == "apply{step(o)} clear(o)"
    code = "def apply(scale):\n    scale.step()\ndef train(o):\n    apply(o)\n    o.zero_grad()"
    assert functions(code)["train"] == "clear<o>"


def test_an_optimizer_that_only_looks_or_scales_is_seen_through() -> None:
    assert module("optimizer.clip_grad_norm(1)\noptimizer.to(device)\noptimizer.compute(1)") == "escape(optimizer)"


def test_the_backward_of_a_loss_that_may_hold_the_optimizer_is_one() -> None:
    assert module("loss = measure(optimizer, x)\nloss.backward()") == "escape(optimizer) loss backward"
    engine = "wrapped = wrap(model, optimizer)\nwrapped.backward(loss)"
    assert module(engine) == "escape(optimizer) escape(optimizer)"


def test_one_that_is_chosen_from_several_over_the_same_network_is_one_optimizer() -> None:
    code = """
    tuners = {"a": torch.optim.Adam(net.parameters()), "b": torch.optim.SGD(net.parameters())}
    optimizer = tuners[args.which]
    optimizer.step()
    """
    assert plain(code).endswith(" rebind(optimizer) step(optimizer)")


def test_one_that_is_chosen_from_several_networks_is_any_of_them() -> None:
    code = """
    tuners = {"a": torch.optim.Adam(one.parameters()), "b": torch.optim.SGD(two.parameters())}
    optimizer = tuners[args.which]
    optimizer.step()
    """
    assert plain(code).endswith(" (step(tuners['a']) | step(tuners['b']))")
