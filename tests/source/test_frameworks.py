"""Frameworks that own part of the contract: what they hand back, clear, step and differentiate."""

from __future__ import annotations

import pytest

from tests.source.reading import codes, functions, module

ACCELERATE = "from accelerate import Accelerator\nlauncher = Accelerator()\n"
FABRIC = "from lightning.fabric import Fabric\nlauncher = Fabric()\n"
TURN = "for x, y in loader:\n    launcher.backward(model(x).sum())\n    optimizer.step()\n    optimizer.zero_grad()"
READ = "batch*[backward step(optimizer) clear(optimizer)]"

LAUNCHED = {
    "accelerate": f"{ACCELERATE}model, optimizer, loader = launcher.prepare(model, optimizer, loader)\n{TURN}",
    "accelerate, one at a time": f"{ACCELERATE}optimizer = launcher.prepare(optimizer)\n"
    f"loader = launcher.prepare(loader)\n{TURN}",
    "accelerate, its own method": f"{ACCELERATE}model = launcher.prepare_model(model)\n{TURN}",
    "accelerate, imported whole": f"import accelerate\nlauncher = accelerate.Accelerator()\n"
    f"optimizer = launcher.prepare(optimizer)\n{TURN}",
    "an accelerator by name": f"model, optimizer, loader = accelerator.prepare(model, optimizer, loader)\n{TURN}",
    "fabric": f"{FABRIC}model, optimizer = launcher.setup(model, optimizer)\n"
    f"loader = launcher.setup_dataloaders(loader)\n{TURN}",
    "fabric, apart": f"{FABRIC}model = launcher.setup_module(model)\n"
    f"optimizer = launcher.setup_optimizers(optimizer)\n{TURN}",
    "fabric of its own package": f"import lightning as L\nlauncher = L.Fabric()\n"
    f"model, optimizer = launcher.setup(model, optimizer)\n{TURN}",
    "apex": f"from apex import amp\nmodel, optimizer = amp.initialize(model, optimizer, opt_level='O1')\n{TURN}",
    "apex, the optimizer alone": f"import apex\noptimizer = apex.amp.initialize(optimizer)\n{TURN}",
}


@pytest.mark.parametrize("code", LAUNCHED.values(), ids=LAUNCHED)
def test_what_a_launcher_hands_back_is_what_it_was_given(code: str) -> None:
    assert module(code) == READ


def test_what_a_launcher_hands_back_of_a_list_is_no_more_than_a_name() -> None:
    code = f"{ACCELERATE}objects = [model, optimizer]\nmodel, optimizer = launcher.prepare(*objects)\n{TURN}"
    assert module(code) == READ
    code = f"{ACCELERATE}model, optimizer = launcher.prepare(*objects)\n{TURN}"
    assert module(code) == f"rebind(optimizer) {READ}"


def test_a_launcher_on_self() -> None:
    code = """
        class Coach:
            def __init__(self):
                self.launcher = Accelerator()
                self.net, self.tuner = self.launcher.prepare(net, torch.optim.SGD(net.parameters()))
            def go(self):
                for x in loader:
                    self.launcher.backward(self.net(x).sum())
                    self.tuner.step()
    """
    assert functions(code)["Coach.go"] == "batch*[backward step(self.tuner)]"
    assert codes(code) == [("LL101", 8)]


def test_a_scheduler_that_was_prepared_is_managed() -> None:
    code = """
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)
        {}
        for x, y in loader:
            scheduler.step()
            optimizer.zero_grad()
            model(x).sum().backward()
            optimizer.step()
    """
    assert codes(code.format("pass")) == [("LL202", 4)]
    prepare = "optimizer, scheduler = accelerator.prepare(optimizer, scheduler)"
    assert codes(code.format(prepare)) == []


ENGINES = {
    "deepspeed": (
        "import deepspeed\nengine, tuner, _, _ = deepspeed.initialize(model=model)\n"
        "for x, y in loader:\n    engine.backward(engine(x).sum())\n    engine.step()",
        "loop*[escape escape]",
    ),
    "deepspeed, cleared": (
        "import deepspeed\nengine, _, _, _ = deepspeed.initialize(model=model)\nengine.zero_grad()",
        "clear?",
    ),
    "colossalai": (
        "import colossalai\nengine, rest, _, _ = colossalai.initialize(model)\nengine.step()",
        "escape",
    ),
    "its optimizer": (
        "import deepspeed\n_, tuner, _, _ = deepspeed.initialize(model=model)\ntuner.step()",
        "escape",
    ),
    "distributed autograd": (
        "from torch.distributed.optim import DistributedOptimizer as D\n"
        "tuner = D(torch.optim.SGD, refs)\ntuner.step(c)",
        "escape",
    ),
}


@pytest.mark.parametrize(("code", "expected"), ENGINES.values(), ids=ENGINES)
def test_an_engine_may_do_anything(code: str, expected: str) -> None:
    assert module(code) == expected


SCALERS = {
    "a scaler": ("scaler = torch.cuda.amp.GradScaler()\nscaler.step(optimizer)", "step(optimizer)"),
    "a scaler of torch.amp": ("scaler = torch.amp.GradScaler('cuda')\nscaler.step(optimizer)", "step(optimizer)"),
    "a scaler under another name": ("s = torch.amp.GradScaler('cuda')\ns.step(optimizer)", "step(optimizer)"),
    "a scaler that is imported": (
        "from torch.amp import GradScaler\ns = GradScaler()\ns.step(optimizer)",
        "step(optimizer)",
    ),
    "a scaler by name": ("grad_scaler.step(optimizer)", "step(optimizer)"),
    "a scaler on self": ("self.scaler.step(optimizer)", "step(optimizer)"),
    "scaled": (
        "scaler.scale(model(x).sum()).backward()\nscaler.step(optimizer)\nscaler.update()",
        "backward step(optimizer)",
    ),
    "unscaled": ("scaler.unscale_(optimizer)\nscaler.step(optimizer)", "step(optimizer)"),
    "with a closure": ("scaler.step(optimizer, lambda: loss.backward())", "lambda{backward} step(optimizer)"),
    "of something unseen": ("scaler.step(helper)\noptimizer.step()", "step(optimizer)"),
}


@pytest.mark.parametrize(("code", "expected"), SCALERS.values(), ids=SCALERS)
def test_a_scaler_steps_the_optimizer_it_is_given(code: str, expected: str) -> None:
    assert module(code) == expected


XLA = {
    "xm": "import torch_xla.core.xla_model as xm\nxm.optimizer_step(optimizer)",
    "xm from its package": "from torch_xla.core import xla_model\nxla_model.optimizer_step(optimizer)",
    "the function": "from torch_xla.core.xla_model import optimizer_step\noptimizer_step(optimizer, barrier=True)",
    "an unknown object": "engine.optimizer_step(optimizer)",
}


@pytest.mark.parametrize("code", XLA.values(), ids=XLA)
def test_a_function_may_step(code: str) -> None:
    assert module(code) == "step(optimizer)"


def test_a_function_that_steps_something_unseen_is_unseen() -> None:
    assert module("import torch_xla.core.xla_model as xm\nxm.optimizer_step(helper)\noptimizer.step()") == (
        "opaque step(optimizer)"
    )


LIGHTNING = """
import lightning as L
class Net(L.LightningModule):
    def training_step(self, batch):
{body}
"""
MANUAL = {
    "one optimizer": (
        "tuner = self.optimizers()\nself.manual_backward(batch)\ntuner.step()",
        "rebind(tuner) backward step(tuner)",
    ),
    "two optimizers": (
        "a, b = self.optimizers()\nb.step()",
        "rebind(a) rebind(b) step(b)",
    ),
    "a list": ("for one in self.optimizers():\n    one.step()", "loop[rebind(one) step(one)]"),
    "schedulers": ("rate = self.lr_schedulers()\nrate.step()", "schedule(rate)"),
    "two schedulers": ("a, b = self.lr_schedulers()\na.step()\nb.step()", "schedule(a) schedule(b)"),
    "toggled": (
        "tuner = self.optimizers()\nself.toggle_optimizer(tuner)\ntuner.step()\nself.untoggle_optimizer(tuner)",
        "rebind(tuner) step(tuner)",
    ),
    "clipped": (
        "tuner = self.optimizers()\nself.clip_gradients(tuner, 0.5)\ntuner.step()",
        "rebind(tuner) step(tuner)",
    ),
    "cleared through the network": ("self.zero_grad()\nself.manual_backward(batch)", "clear<self> backward"),
}


@pytest.mark.parametrize(("body", "expected"), MANUAL.values(), ids=MANUAL)
def test_manual_optimization_of_lightning(body: str, expected: str) -> None:
    indented = "\n".join(f"        {line}" for line in body.splitlines())
    assert functions(LIGHTNING.format(body=indented))["Net.training_step"] == expected


def test_a_scheduler_of_lightning_knows_no_optimizer_of_its_own() -> None:
    code = """
        class Net(L.LightningModule):
            def training_step(self, batch):
                a, b = self.optimizers()
                rate = self.lr_schedulers()
                rate.step()
                self.manual_backward(batch)
                a.step()
                b.step()
    """
    assert codes(code) == []
