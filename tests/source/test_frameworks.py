"""Frameworks that own part of the contract: what they hand back, clear, step and differentiate."""

from __future__ import annotations

from textwrap import dedent

import pytest

from looplint.source.frameworks import FRAMEWORKS
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
        "import deepspeed\nengine, tuner, batches, _ = deepspeed.initialize(model=model)\n"
        "for x, y in batches:\n    engine.backward(engine(x).sum())\n    engine.step()",
        "build(engine) batch*[backward(engine) step(engine) clear(engine)]",
    ),
    "deepspeed, cleared": (
        "import deepspeed\nengine, _, _, _ = deepspeed.initialize(model=model)\nengine.zero_grad()",
        "build(engine) clear?(engine)",
    ),
    "deepspeed, its other methods": (
        "import deepspeed\nengine, *rest = deepspeed.initialize(model=model)\n"
        "engine, _, _, _ = deepspeed.initialize(model=model)\nengine.save_checkpoint(a)\nengine.train_batch()",
        "build(engine) escape(engine)",
    ),
    "deepspeed, given away": (
        "import deepspeed\nengine, _, _, _ = deepspeed.initialize(model=model)\nhelper(engine)\nengine.step()",
        "build(engine) escape(engine) step(engine) clear(engine)",
    ),
    "deepspeed, its network given away": (
        "import deepspeed\nengine, _, _, _ = deepspeed.initialize(model=model)\nlayer = helper(engine.module)\n"
        "layer(x)\nengine.step()",
        "build(engine) opaque step(engine) clear(engine)",
    ),
    "deepspeed, asked where it is": (
        "import deepspeed\nengine, _, _, _ = deepspeed.initialize(model=model)\n"
        "placed = helper(engine.device)\nengine.step()",
        "build(engine) step(engine) clear(engine)",
    ),
    "deepspeed, given an optimizer": (
        "import deepspeed\nengine, _, _, _ = deepspeed.initialize(model=model, optimizer=optimizer)\nengine.step()",
        "step(optimizer) clear(optimizer)",
    ),
    "deepspeed, kept in one piece": (
        "import deepspeed\nparts = deepspeed.initialize(model=model)\nparts[0].step()",
        "step(engine) clear(engine)",
    ),
    "colossalai": (
        "import colossalai\nengine, rest, _, _ = colossalai.initialize(model)\nengine.backward(l)\nengine.step()",
        "escape opaque escape",
    ),
    "the optimizer beside an engine": (
        "import deepspeed\n_, tuner, _, _ = deepspeed.initialize(model=model)\ntuner.step()\ntuner.zero_grad()",
        "build(_) escape clear?",
    ),
    "distributed autograd": (
        "from torch.distributed.optim import DistributedOptimizer as D\n"
        "tuner = D(torch.optim.SGD, refs)\ntuner.step(c)",
        "escape",
    ),
}


@pytest.mark.parametrize(("code", "expected"), ENGINES.values(), ids=ENGINES)
def test_what_an_engine_does(code: str, expected: str) -> None:
    assert module(code) == expected


def test_an_engine_computes_gradients_for_itself_alone() -> None:
    code = """
        import deepspeed
        engine, _, _, _ = deepspeed.initialize(model=model)
        for x, y in loader:
            optimizer.step()
            engine.backward(engine(x).sum())
            engine.step()
            optimizer.zero_grad()
            head(x).sum().backward()
    """
    assert codes(code) == []


WRAPPED = {
    "of a package": ("from torch_optimizer import Lookahead\nahead = Lookahead(optimizer, k=5)", "ahead"),
    "not called so": ("from apex.parallel.LARC import LARC\nahead = LARC(optimizer)", "ahead"),
    "in one piece": ("from timm.optim import Lookahead\nahead = Lookahead(torch.optim.SGD(p))", "ahead"),
    "of the file": ("class Own(torch.optim.Optimizer): ...\nahead = Own(optimizer)", "ahead"),
}


@pytest.mark.parametrize(("code", "name"), WRAPPED.values(), ids=WRAPPED)
def test_an_optimizer_around_another_is_that_one(code: str, name: str) -> None:
    built = f"build({name}) " if "SGD(p)" in code else ""
    step = name if built else "optimizer"
    assert module(f"{code}\n{name}.step()") == f"{built}step({step})"


def test_parameters_that_are_called_like_an_optimizer_are_none() -> None:
    code = "def go(optimizer_groups):\n    tuner = AdamW(optimizer_groups)\n    tuner.step()\ngo(groups)"
    assert module(code) == "go{build(tuner) step(tuner)}"


HANDED_BACK = {
    "by keyword": (
        "import intel_extension_for_pytorch as ipex\nnet, tuner = ipex.optimize(model, optimizer=optimizer)",
        "step(optimizer)",
    ),
    "the model alone": (
        "import intel_extension_for_pytorch as ipex\nnet = ipex.optimize(model)\ntuner = optimizer",
        "step(optimizer)",
    ),
    "always five": (
        "from colossalai.booster import Booster\nbooster = Booster()\n"
        "net, tuner, _, batches, _ = booster.boost(model, optimizer, dataloader=loader)",
        "step(optimizer)",
    ),
}


@pytest.mark.parametrize(("code", "expected"), HANDED_BACK.values(), ids=HANDED_BACK)
def test_what_is_handed_back_by_keyword(code: str, expected: str) -> None:
    assert module(f"{code}\ntuner.step()") == expected


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
    automatic_optimization = False
    def training_step(self, batch):
{body}
"""
MANUAL = {
    "one optimizer": (
        "tuner = self.optimizers()\nself.manual_backward(batch)\ntuner.step()",
        "backward step(tuner)",
    ),
    "two optimizers": ("a, b = self.optimizers()\nb.step()", "step(b)"),
    "one of two": ("both = self.optimizers()\nboth[1].step()", "step(self.optimizers[1])"),
    "at once": ("self.optimizers().step()", "step(self.optimizers)"),
    "a list": ("for one in self.optimizers():\n    one.step()", "step(self.optimizers[*])"),
    "schedulers": ("rate = self.lr_schedulers()\nrate.step()", "schedule(rate)"),
    "two schedulers": ("a, b = self.lr_schedulers()\na.step()\nb.step()", "schedule(a) schedule(b)"),
    "toggled": (
        "tuner = self.optimizers()\nself.toggle_optimizer(tuner)\ntuner.step()\nself.untoggle_optimizer(tuner)",
        "step(tuner)",
    ),
    "toggled by a context": ("tuner = self.optimizers()\nwith tuner.toggle_model():\n    tuner.step()", "step(tuner)"),
    "clipped": ("tuner = self.optimizers()\nself.clip_gradients(tuner, 0.5)\ntuner.step()", "step(tuner)"),
    "cleared through the network": ("self.zero_grad()\nself.manual_backward(batch)", "clear<self> backward"),
}


@pytest.mark.parametrize(("body", "expected"), MANUAL.values(), ids=MANUAL)
def test_manual_optimization_of_lightning(body: str, expected: str) -> None:
    indented = "\n".join(f"        {line}" for line in body.splitlines())
    found = functions(LIGHTNING.format(body=indented))["Net.training_step"]
    assert found in (f"batch*[Net.training_step{{{expected}}}]", f"loop*[Net.training_step{{{expected}}}]")


def test_the_optimizers_of_an_object_are_the_same_in_all_its_methods() -> None:
    code = """
        class Net(L.LightningModule):
            automatic_optimization = False
            def training_step(self, batch, i):
                self.clear()
                self.manual_backward(batch)
                tuner = self.optimizers()
                tuner.step()
            def clear(self):
                ours = self.optimizers()
                ours.zero_grad()
    """
    assert codes(f"import lightning as L\n{dedent(code)}") == []


def test_a_clear_of_any_may_be_one_of_each() -> None:
    code = """
        def go(optims, i):
            for x in loader:
                {clear}
                model(x).sum().backward()
                optims[0].step()
    """
    for clear in ("for one in optims: one.zero_grad()", "optims[i].zero_grad()", "optims[0].zero_grad()"):
        assert codes(code.format(clear=clear)) == []
    assert codes(code.format(clear="optims[1].zero_grad()")) == [("LL101", 5)]


TURNS = {
    "automatic": ("L.LightningModule", "def training_step(self, batch):\n        {0}", "{0}"),
    "manual": (
        "L.LightningModule",
        "automatic_optimization = False\n    def training_step(self, batch):\n        {0}",
        "batch*[Net.training_step{{{0}}}]",
    ),
    "told by the backward": (
        "L.LightningModule",
        "def training_step(self, batch):\n        self.manual_backward(batch)\n        {0}",
        "batch*[Net.training_step{{backward {0}}}]",
    ),
    "with hooks": (
        "L.LightningModule",
        "automatic_optimization = False\n    def training_step(self, batch):\n        {0}\n"
        "    def on_train_batch_start(self, batch, i):\n        self.optimizers().zero_grad()",
        "batch*[Net.on_train_batch_start{{clear(self.optimizers)}} Net.training_step{{{0}}}]",
    ),
    "cleared elsewhere": (
        "L.LightningModule",
        "automatic_optimization = False\n    def training_step(self, batch):\n        {0}\n"
        "    def on_anything(self):\n        self.optimizers().zero_grad()",
        "{0}",
    ),
    "beside a base nobody knows": (
        "L.LightningModule, Unseen",
        "automatic_optimization = False\n    def training_step(self, batch):\n        {0}",
        "{0}",
    ),
    "another base": (
        "Unseen",
        "automatic_optimization = False\n    def training_step(self, batch):\n        {0}",
        "{0}",
    ),
    "another method": (
        "L.LightningModule",
        "automatic_optimization = False\n    def validation_step(self, batch):\n        {0}",
        "{0}",
    ),
}


@pytest.mark.parametrize(("bases", "body", "expected"), TURNS.values(), ids=TURNS)
def test_what_a_framework_calls_once_per_batch(bases: str, body: str, expected: str) -> None:
    head = f"import lightning as L\nfrom helpers import Unseen\nclass Net({bases}):\n    "
    found = functions(head + body.format("optimizer.step()"))
    name = "Net.validation_step" if "validation_step" in body else "Net.training_step"
    assert found[name] == expected.format("step(optimizer)")


def test_a_class_that_inherits_through_another() -> None:
    code = """
        import lightning as L
        class Base(L.LightningModule):
            automatic_optimization = False
        class Net(Base):
            def training_step(self, batch, i):
                self.manual_backward(batch)
                optimizer.step()
    """
    assert codes(code) == [("LL101", 7)]


ATTACHED = {
    "by a decorator": "@trainer.on(Events.ITERATION_STARTED)\ndef clear(engine):\n    optimizer.zero_grad()",
    "by a call": "def clear(engine):\n    optimizer.zero_grad()\n"
    "trainer.add_event_handler(Events.ITERATION_STARTED, clear)",
    "a step": "@trainer.on(Events.EPOCH_COMPLETED)\ndef apply(engine):\n    optimizer.step()",
}


@pytest.mark.parametrize("attached", ATTACHED.values(), ids=ATTACHED)
def test_a_function_that_is_attached_to_a_loop_is_called_nobody_knows_when(attached: str) -> None:
    update = "def update(engine, batch):\n    model(batch).sum().backward()\n    optimizer.step()"
    code = f"from ignite.engine import Engine, Events\n{update}\ntrainer = Engine(update)"
    assert codes(f"{code}\n{attached}\ntrainer.run(loader)") == []
    other = "def clear():\n    optimizer.zero_grad()\n@trainer.on(Events.COMPLETED)\ndef log(engine): print(engine)"
    assert codes(f"{code}\n{other}\ntrainer.run(loader)") == [("LL101", 4)]


def test_a_method_that_steps_nobody_knows_when() -> None:
    code = """
        import lightning as L
        class Net(L.LightningModule):
            automatic_optimization = False
            def training_step(self, batch, i):
                tuner = self.optimizers()
                tuner.zero_grad()
                self.manual_backward(batch)
            {}
    """
    assert codes(code.format("")) == [("LL105", 7)]
    assert codes(code.format("def apply(self): self.optimizers().step()")) == []


def test_a_function_given_to_a_loop_that_is_no_function_of_the_file() -> None:
    assert module("from ignite.engine import Engine\ntrainer = Engine(helper)\noptimizer.step()") == "step(optimizer)"


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


LOOP = "for x, y in loader:\n"

RIGHT = {
    "torch.amp": f"""
scaler = torch.amp.GradScaler()
{LOOP}    with torch.autocast("cuda"):
        loss = model(x).sum()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad()
""",
    "torch.func": f"""
weights = dict(model.named_parameters())
{LOOP}    grads = torch.func.grad(compute)(weights, x, y)
    weights = {{name: weights[name] - 0.1 * grads[name] for name in weights}}
""",
    "DistributedDataParallel, FSDP": """
model = torch.nn.parallel.DistributedDataParallel(model)
for i, (x, y) in enumerate(loader):
    if i % 4 != 3:
        with model.no_sync():
            model(x).sum().backward()
    else:
        model(x).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
""",
    "torch.distributed.autograd": f"""
import torch.distributed.autograd as dist_autograd
from torch.distributed.optim import DistributedOptimizer
tuner = DistributedOptimizer(torch.optim.SGD, references, lr=0.1)
{LOOP}    with dist_autograd.context() as context_id:
        dist_autograd.backward(context_id, [model(x).sum()])
        tuner.step(context_id)
""",
    "torch.distributed.pipelining": f"""
from torch.distributed.pipelining import Schedule1F1B
schedule = Schedule1F1B(stage, 4, loss_fn=loss_fn)
{LOOP}    optimizer.zero_grad()
    losses = []
    if first:
        schedule.step(x)
    elif last:
        schedule.step(target=y, losses=losses)
    else:
        schedule.step()
    optimizer.step()
""",
    "optimizer in backward": f"""
each = {{p: torch.optim.SGD([p], lr=0.1) for p in model.parameters()}}
def apply(p):
    each[p].step()
    each[p].zero_grad()
for p in model.parameters():
    p.register_post_accumulate_grad_hook(apply)
{LOOP}    model(x).sum().backward()
""",
    "Accelerate": f"""
from accelerate import Accelerator
launcher = Accelerator(gradient_accumulation_steps=4)
model, optimizer, loader = launcher.prepare(model, optimizer, loader)
{LOOP}    with launcher.accumulate(model):
        launcher.backward(model(x).sum())
        if launcher.sync_gradients:
            launcher.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
""",
    "Lightning Fabric": """
from lightning.fabric import Fabric
launcher = Fabric()
model, optimizer = launcher.setup(model, optimizer)
for i, (x, y) in enumerate(loader):
    with launcher.no_backward_sync(model, enabled=i % 4 != 3):
        launcher.backward(model(x).sum())
    if i % 4 == 3:
        launcher.clip_gradients(model, optimizer, max_norm=1.0)
        optimizer.step()
        optimizer.zero_grad()
""",
    "Lightning, automatic optimization": """
import lightning as L
class Net(L.LightningModule):
    def training_step(self, batch, i):
        loss = self.model(batch).sum()
        self.log("loss", loss)
        return loss
    def optimizer_step(self, epoch, i, tuner, closure):
        tuner.step(closure=closure)
    def configure_optimizers(self):
        tuner = torch.optim.SGD(self.parameters(), lr=0.1)
        rate = torch.optim.lr_scheduler.OneCycleLR(tuner, 0.1, total_steps=self.trainer.estimated_stepping_batches)
        return {"optimizer": tuner, "lr_scheduler": {"scheduler": rate, "interval": "step"}}
""",
    "Lightning, manual optimization": """
import lightning as L
class Net(L.LightningModule):
    automatic_optimization = False
    def training_step(self, batch, i):
        first, second = self.optimizers()
        self.toggle_optimizer(first)
        self.manual_backward(self.model(batch).sum())
        first.step()
        first.zero_grad()
        self.untoggle_optimizer(first)
        second.zero_grad()
        self.manual_backward(self.model(batch).mean())
        second.step()
""",
    "DeepSpeed": f"""
import deepspeed
engine, tuner, batches, rate = deepspeed.initialize(model=model, training_data=data)
for x, y in batches:
    engine.backward(engine(x).sum())
    engine.step()
{LOOP}    tuner.zero_grad()
    engine.backward(engine(x).sum())
    engine.step()
""",
    "ColossalAI": f"""
from colossalai.booster import Booster
booster = Booster()
model, optimizer, measure, loader, rate = booster.boost(model, optimizer, torch.nn.MSELoss(), loader)
{LOOP}    loss = measure(model(x), y)
    booster.backward(loss, optimizer)
    optimizer.step()
    optimizer.zero_grad()
""",
    "ColossalAI, engine of old versions": f"""
import colossalai
engine, batches, _, _ = colossalai.initialize(model, optimizer, measure, loader)
{LOOP}    engine.zero_grad()
    engine.backward(engine.criterion(engine(x), y))
    engine.step()
""",
    "apex": f"""
from apex import amp
from apex.parallel.LARC import LARC
model, optimizer = amp.initialize(model, optimizer, opt_level="O1")
slow = LARC(optimizer)
{LOOP}    optimizer.zero_grad()
    with amp.scale_loss(model(x).sum(), optimizer) as scaled:
        scaled.backward()
    slow.step()
""",
    "Intel Extension for PyTorch": f"""
import intel_extension_for_pytorch as ipex
model, tuner = ipex.optimize(model, optimizer=optimizer)
{LOOP}    optimizer.zero_grad()
    model(x).sum().backward()
    tuner.step()
""",
    "PyTorch/XLA": f"""
import torch_xla.core.xla_model as xm
{LOOP}    optimizer.zero_grad()
    model(x).sum().backward()
    xm.optimizer_step(optimizer)
""",
    "Horovod": f"""
import horovod.torch as hvd
tuner = hvd.DistributedOptimizer(optimizer, named_parameters=model.named_parameters())
{LOOP}    optimizer.zero_grad()
    model(x).sum().backward()
    tuner.synchronize()
    with tuner.skip_synchronize():
        tuner.step()
""",
    "Lookahead": f"""
from torch_optimizer import Lookahead
ahead = Lookahead(optimizer, k=5, alpha=0.5)
{LOOP}    optimizer.zero_grad()
    model(x).sum().backward()
    ahead.step()
""",
    "SAM and other optimizers of two steps": f"""
from sam import SAM
tuner = SAM(model.parameters(), torch.optim.SGD, lr=0.1)
{LOOP}    model(x).sum().backward()
    tuner.first_step(zero_grad=True)
    model(x).sum().backward()
    tuner.second_step(zero_grad=True)
""",
    "schedule-free optimizers": f"""
from schedulefree import AdamWScheduleFree
tuner = AdamWScheduleFree(model.parameters(), lr=0.1)
for epoch in range(9):
    tuner.train()
    {LOOP}        tuner.zero_grad()
        model(x).sum().backward()
        tuner.step()
    tuner.eval()
""",
    "Ignite": """
from ignite.engine import Engine, create_supervised_trainer
def update(engine, batch):
    optimizer.zero_grad()
    model(batch).sum().backward()
    optimizer.step()
trainer = Engine(update)
trainer.run(loader, max_epochs=9)
other = create_supervised_trainer(model, optimizer, measure)
other.run(loader)
""",
    "skorch": """
from skorch import NeuralNetClassifier
class Net(NeuralNetClassifier):
    def train_step(self, batch, **fit_params):
        self.optimizer_.zero_grad()
        loss = self.get_loss(self.infer(batch), batch)
        loss.backward()
        self.optimizer_.step()
        return {"loss": loss}
""",
    "MMEngine": """
from mmengine.model import BaseModel
class Net(BaseModel):
    def train_step(self, data, optim_wrapper):
        with optim_wrapper.optim_context(self):
            losses = self.model(data).sum()
        optim_wrapper.update_params(losses)
class Other(BaseModel):
    def train_step(self, data, optim_wrapper):
        tuner = optim_wrapper["first"]
        with tuner.optim_context(self):
            loss = self.model(data).sum()
        tuner.zero_grad()
        tuner.backward(loss)
        tuner.step()
""",
    "Catalyst": """
from catalyst import dl
class Own(dl.Runner):
    def handle_batch(self, batch):
        loss = self.model(batch).sum()
        if self.is_train_loader:
            self.engine.backward(loss)
            self.optimizer.step()
            self.optimizer.zero_grad()
""",
    "Trainer of transformers": """
from transformers import Trainer
class Own(Trainer):
    def training_step(self, model, inputs, count=None):
        loss = self.compute_loss(model, inputs)
        self.accelerator.backward(loss)
        return loss.detach()
trainer = Own(model, optimizers=(optimizer, None))
trainer.train()
""",
    "fastai": """
from fastai.learner import Learner
learner = Learner(data, model, opt_func=torch.optim.SGD)
learner.fit(3)
optimizer.step()
""",
    "Composer": """
from composer import Trainer
trainer = Trainer(model=model, train_dataloader=loader, optimizers=optimizer)
trainer.fit()
""",
    "Pyro": f"""
from pyro.infer import SVI
from pyro.optim import Adam
tuner = Adam({{"lr": 0.1}})
svi = SVI(model, guide, tuner, loss=elbo)
{LOOP}    loss = svi.step(x, y)
""",
    "higher": f"""
import higher
inner_opt = torch.optim.SGD(model.parameters(), lr=0.1)
{LOOP}    optimizer.zero_grad()
    with higher.innerloop_ctx(model, inner_opt) as (fast, diff_opt):
        for _ in range(3):
            diff_opt.step(fast(x).sum())
        fast(y).sum().backward()
    optimizer.step()
""",
}
"""A right program for every row of the table."""


def test_every_framework_has_a_right_program() -> None:
    assert list(RIGHT) == [row.name for row in FRAMEWORKS]


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_program_of_a_framework_is_let_pass(name: str) -> None:
    assert codes(RIGHT[name]) == []


WRONG = {
    "torch.amp": ("    optimizer.zero_grad()\n", "", ["LL101"]),
    "DistributedDataParallel, FSDP": ("        optimizer.zero_grad()\n", "", ["LL101"]),
    "Accelerate": ("        optimizer.zero_grad()\n", "", ["LL101"]),
    "Lightning Fabric": ("        optimizer.zero_grad()\n", "", ["LL101"]),
    "Lightning, automatic optimization": (', "interval": "step"', "", ["LL203"]),
    "Lightning, manual optimization": ("        first.zero_grad()\n", "", ["LL101"]),
    "DeepSpeed": (
        "    engine.backward(engine(x).sum())\n    engine.step()\nfor",
        "    engine.backward(engine(x).sum())\nengine.step()\nfor",
        ["LL103"],
    ),
    "ColossalAI": ("    optimizer.zero_grad()\n", "", ["LL101"]),
    "apex": ("    optimizer.zero_grad()\n", "", ["LL101"]),
    "Intel Extension for PyTorch": ("    optimizer.zero_grad()\n", "", ["LL101"]),
    "PyTorch/XLA": ("    optimizer.zero_grad()\n", "", ["LL101"]),
    "Horovod": ("    optimizer.zero_grad()\n", "", ["LL101"]),
    "Lookahead": ("    optimizer.zero_grad()\n", "", ["LL101"]),
    "schedule-free optimizers": ("        tuner.zero_grad()\n", "", ["LL101"]),
    "Ignite": ("    optimizer.zero_grad()\n", "", ["LL101"]),
    "skorch": ("        self.optimizer_.zero_grad()\n", "", ["LL101"]),
    "MMEngine": ("        tuner.zero_grad()\n", "", ["LL101"]),
    "Catalyst": ("            self.optimizer.zero_grad()\n", "", ["LL101"]),
    "higher": ("    optimizer.zero_grad()\n", "", ["LL101"]),
}
"""How the right program of each row that is judged becomes a wrong one, and what is found."""


def test_every_framework_that_is_judged_has_a_wrong_program() -> None:
    assert list(WRONG) == [row.name for row in FRAMEWORKS if row.judged]


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_program_of_a_framework_is_found(name: str) -> None:
    old, new, found = WRONG[name]
    assert old in RIGHT[name]
    assert [code for code, _ in codes(RIGHT[name].replace(old, new, 1))] == found


def test_one_of_two_accelerators_is_one() -> None:
    code = """
    from accelerate import Accelerator
    accelerator = Accelerator(log_with="all") if tracking else Accelerator()
    model, optimizer = accelerator.prepare(model, optimizer)
    optimizer = accelerator.prepare_optimizer(optimizer)
    optimizer.step()
    """
    assert module(code) == "step(optimizer)"


def test_one_of_an_accelerator_and_something_else_may_do_anything() -> None:
    code = """
    from accelerate import Accelerator
    helper = Accelerator() if tracking else Helper()
    optimizer = helper.prepare(optimizer)
    """
    assert module(code) == "escape(optimizer) rebind(optimizer)"


LIGHTNING_PAIR = """
from pytorch_lightning import LightningModule
class Model(LightningModule):
    def __init__(self):
        self.automatic_optimization = False
        self.one = torch.nn.Linear(1, 1)
        self.two = torch.nn.Linear(1, 1)
    def training_step(self, batch, index):
        first, second = self.optimizers()
        first.zero_grad()
        self.manual_backward(self.one(batch))
        first.step()
        first.zero_grad()
        self.manual_backward(self.two(batch))
        second.step()
    def configure_optimizers(self):
        {setup}
"""


@pytest.mark.parametrize(
    ("setup", "expected"),
    [
        # what the first clears is what the second steps: nothing is added to what was applied
        ("return torch.optim.Adam(self.one.parameters()), torch.optim.SGD(self.one.parameters())", []),
        ("return [torch.optim.Adam(self.one.parameters()), torch.optim.SGD(self.one.parameters())], []", []),
        ("return torch.optim.Adam(self.one.parameters()), torch.optim.SGD(self.two.parameters())", [("LL101", 14)]),
        ("return build(self)", [("LL101", 14)]),
    ],
)
def test_the_optimizers_of_lightning_have_the_networks_they_were_set_up_with(
    setup: str, expected: list[tuple[str, int]]
) -> None:
    assert codes(LIGHTNING_PAIR.format(setup=setup).strip(), "import torch\n") == expected
