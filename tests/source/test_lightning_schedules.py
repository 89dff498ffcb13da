"""Schedulers that Lightning moves: `configure_optimizers` says which, and how often."""

from __future__ import annotations

from textwrap import indent

import pytest

from looplint import engine
from tests.source.reading import codes, functions

HEAD = """\
import lightning as L
from torch.optim.lr_scheduler import *
from transformers import get_linear_schedule_with_warmup
from helpers import Unseen
class Net(L.LightningModule):
    def configure_optimizers(self):
        tuner = torch.optim.SGD(self.parameters(), lr=0.1)
"""
STEPS = "rate = OneCycleLR(tuner, 0.1, total_steps=self.trainer.estimated_stepping_batches)\n"
EPOCHS = "rate = CosineAnnealingLR(tuner, T_max=self.trainer.max_epochs)\n"
ONE_STEP = 'return {"optimizer": tuner, "lr_scheduler": {"scheduler": rate, "interval": "step"}}'
ONE_EPOCH = 'return {"optimizer": tuner, "lr_scheduler": {"scheduler": rate, "interval": "epoch"}}'


def reported(body: str, head: str = HEAD, rest: str = "") -> list[str]:
    """Return the codes that are reported of a class whose `configure_optimizers` goes on like this."""
    return [code for code, _ in codes(head + indent(body, "        ") + "\n" + indent(rest, "    "))]


SHAPES = {
    "two lists": "return [tuner], [rate]",
    "a list and one": "return [tuner], rate",
    "lists by name": "both, rates = [tuner], [rate]\nreturn both, rates",
    "a dict": 'return {"optimizer": tuner, "lr_scheduler": rate}',
    "a dict by call": "return dict(optimizer=tuner, lr_scheduler=rate)",
    "a dict in a dict": 'return {"optimizer": tuner, "lr_scheduler": {"scheduler": rate}}',
    "a dict and a monitor": 'return {"optimizer": tuner, "lr_scheduler": {"scheduler": rate, "monitor": "loss"}}',
    "the default": ONE_EPOCH,
    "a list of dicts": 'return [{"optimizer": tuner, "lr_scheduler": rate}]',
    "a tuple of dicts": 'return {"optimizer": tuner, "lr_scheduler": rate}, {"optimizer": torch.optim.SGD(rest)}',
    "two lists with a dict": 'return [tuner], [{"scheduler": rate, "interval": "epoch"}]',
    "a dict that is kept": 'kept = {"scheduler": rate}\nkept["frequency"] = 1\nreturn [tuner], [kept]',
    "a result that is kept": 'kept = {"optimizer": tuner}\nkept["lr_scheduler"] = rate\nreturn kept',
    "a dict that is updated": 'kept = {"scheduler": rate}\nkept.update(interval="epoch")\nreturn [tuner], [kept]',
    "a frequency of 1": 'return [tuner], [{"scheduler": rate, "frequency": 1}]',
    "one of two": "if self.plain:\n    return tuner\nreturn [tuner], [rate]",
}


@pytest.mark.parametrize("result", SHAPES.values(), ids=SHAPES)
def test_a_schedule_of_steps_that_moves_once_per_epoch_is_found(result: str) -> None:
    assert reported(STEPS + result) == ["LL203"]


@pytest.mark.parametrize("result", SHAPES.values(), ids=SHAPES)
def test_a_schedule_of_epochs_that_moves_once_per_epoch_is_let_pass(result: str) -> None:
    assert reported(EPOCHS + result) == []


def test_a_result_that_another_method_makes() -> None:
    rest = "def pair(self, one, other):\n    return [one], [other]"
    assert reported(f"{STEPS}return self.pair(tuner, rate)", rest=rest) == ["LL203"]
    assert reported(f"{EPOCHS}return self.pair(tuner, rate)", rest=rest) == []


def test_one_of_two_results_of_another_method() -> None:
    rest = "def pair(self, one, other):\n    if self.plain:\n        return one\n    return [one], [other]"
    assert reported(f"{STEPS}return self.pair(tuner, rate)", rest=rest) == ["LL203"]


STEP_SHAPES = {
    "a dict": ONE_STEP,
    "two lists": 'return [tuner], [{"scheduler": rate, "interval": "step"}]',
    "by call": 'return [tuner], [dict(scheduler=rate, interval="step", frequency=1)]',
    "set later": 'kept = {"scheduler": rate}\nkept["interval"] = "step"\nreturn [tuner], [kept]',
    "updated": 'kept = {"scheduler": rate}\nkept.update({"interval": "step"})\nreturn [tuner], [kept]',
    "unpacked": 'kept = {"interval": "step"}\nreturn [tuner], [{"scheduler": rate, **kept}]',
    "by a name": 'how = "step"\nreturn [tuner], [{"scheduler": rate, "interval": how}]',
}


@pytest.mark.parametrize("result", STEP_SHAPES.values(), ids=STEP_SHAPES)
def test_a_schedule_moves_with_each_step(result: str) -> None:
    assert reported(STEPS + result) == []
    assert reported(EPOCHS + result) == ["LL201"]


OF_STEPS = {
    "a horizon that is computed": "rate = CosineAnnealingLR(tuner, int(self.trainer.estimated_stepping_batches))",
    "a horizon by name": "n = self.trainer.estimated_stepping_batches\nrate = CosineAnnealingLR(tuner, n)",
    "a part of it by name": "n = self.trainer.estimated_stepping_batches // 2\nrate = CosineAnnealingLR(tuner, n)",
    "a warm-up of its own": "rate = LinearLR(tuner, total_iters=self.trainer.estimated_stepping_batches)",
    "the batches of an epoch": "rate = CosineAnnealingLR(tuner, T_max=self.trainer.num_training_batches * 3)",
    "a trainer by name": "t = self.trainer\nrate = CosineAnnealingLR(tuner, T_max=t.estimated_stepping_batches)",
    "a loader": "rate = OneCycleLR(tuner, 0.1, epochs=3, steps_per_epoch=len(self.train_dataloader()))",
    "a loader elsewhere": "rate = CosineAnnealingLR(tuner, 3 * len(self.trainer.datamodule.train_dataloader()))",
    "a literal by its keyword": "rate = OneCycleLR(tuner, 0.1, epochs=3, steps_per_epoch=500)",
    "settings": "rate = OneCycleLR(tuner, 0.1, total_steps=self.hparams.total_steps)",
    "transformers": "rate = get_linear_schedule_with_warmup(tuner, 10, self.trainer.estimated_stepping_batches)",
}


@pytest.mark.parametrize("built", OF_STEPS.values(), ids=OF_STEPS)
def test_what_counts_steps(built: str) -> None:
    assert reported(f"{built}\nreturn [tuner], [rate]") == ["LL203"]
    assert reported(f"{built}\n{ONE_EPOCH}") == ["LL203"]
    assert reported(f"{built}\n{ONE_STEP}") == []


OF_EPOCHS = {
    "the trainer": EPOCHS,
    "the trainer by name": "n = self.trainer.max_epochs\nrate = CosineAnnealingLR(tuner, T_max=n)",
    "settings": "rate = StepLR(tuner, step_size=self.hparams.epochs // 3)",
    "settings by key": 'rate = StepLR(tuner, step_size=self.hparams["max_epochs"] // 3)',
    "a number that is called epochs": "epochs = 30\nrate = StepLR(tuner, step_size=epochs // 3)",
    "a cycle of epochs": "rate = OneCycleLR(tuner, 0.1, total_steps=self.trainer.max_epochs)",
    "a chain": "rate = SequentialLR(tuner, [LinearLR(tuner, total_iters=5),"
    " CosineAnnealingLR(tuner, T_max=self.trainer.max_epochs - 5)], milestones=[5])",
}


@pytest.mark.parametrize("built", OF_EPOCHS.values(), ids=OF_EPOCHS)
def test_what_counts_epochs(built: str) -> None:
    assert reported(f"{built}\n{ONE_STEP}") == ["LL201"]
    assert reported(f"{built}\n{ONE_EPOCH}") == []


SAID = {
    "a step size": "rate = StepLR(tuner, step_size=30)",
    "a step size by name": "n = 30\nrate = StepLR(tuner, step_size=n)",
    "milestones": "rate = MultiStepLR(tuner, milestones=[30, 60])",
    "a decay": "rate = ExponentialLR(tuner, gamma=0.9)",
    "a cosine": "rate = CosineAnnealingLR(tuner, T_max=100)",
    "a plateau": "rate = ReduceLROnPlateau(tuner, patience=3)",
    "a chain": "rate = ChainedScheduler([StepLR(tuner, 30), ExponentialLR(tuner, 0.9)])",
    "many steps": "rate = OneCycleLR(tuner, 0.1, total_steps=5000)",
}


@pytest.mark.parametrize("built", SAID.values(), ids=SAID)
def test_an_interval_says_what_a_plain_number_counts(built: str) -> None:
    assert reported(f"{built}\n{ONE_STEP}") == []
    assert reported(f"{built}\n{ONE_EPOCH}") == []


def test_where_no_interval_says_it_the_size_of_a_number_does() -> None:
    assert reported("rate = OneCycleLR(tuner, 0.1, total_steps=5000)\nreturn [tuner], [rate]") == ["LL203"]
    assert reported("rate = StepLR(tuner, 30)\nreturn [tuner], [rate]") == []


UNTOLD = {
    "a frequency": 'return [tuner], [{"scheduler": rate, "frequency": 10}]',
    "a frequency by name": 'return [tuner], [{"scheduler": rate, "frequency": self.hparams.often}]',
    "an interval that is no literal": 'return [tuner], [{"scheduler": rate, "interval": self.hparams.often}]',
    "one of two intervals": 'return [tuner], [{"scheduler": rate, "interval": "epoch" if self.slow else "step"}]',
    "an interval that a flag changes": (
        'kept = {"scheduler": rate, "interval": "epoch"}\n'
        'if self.fast:\n    kept["interval"] = "step"\nreturn [tuner], [kept]'
    ),
    "an interval that a flag sets": (
        'kept = {"scheduler": rate}\nif self.fast:\n    kept["interval"] = "step"\nreturn [tuner], [kept]'
    ),
    "an interval of another kind": 'return [tuner], [{"scheduler": rate, "interval": "batch"}]',
    "keys nobody sees": 'return [tuner], [{"scheduler": rate, **self.hparams.settings}]',
    "keys nobody sees, added": 'kept = {"scheduler": rate}\nkept.update(self.settings)\nreturn [tuner], [kept]',
    "keys nobody sees, by keyword": 'kept = {"scheduler": rate}\nkept.update(**self.settings)\nreturn [tuner], [kept]',
    "no scheduler": "return tuner",
    "no schedulers": "return [tuner], []",
    "two optimizers": "return tuner, torch.optim.SGD(rest)",
    "a scheduler where none is taken": "return [tuner, torch.optim.SGD(rest), rate]",
    "code nobody sees": "return helper(tuner, rate)",
    "nothing": "return",
}


@pytest.mark.parametrize("result", UNTOLD.values(), ids=UNTOLD)
def test_what_cannot_be_told_is_let_pass(result: str) -> None:
    assert reported(STEPS + result) == []


OTHERS = {
    "manual optimization": "automatic_optimization = False",
    "a backward by hand": "def training_step(self, batch):\n    self.manual_backward(batch)",
    "a hook that moves it": "def lr_scheduler_step(self, rate, metric):\n    rate.step(self.global_step)",
    "a call that moves it": "def on_train_batch_end(self, *_):\n    self.rate.step()",
    "one of those it hands out": "def on_train_batch_end(self, *_):\n    rate = self.lr_schedulers()",
}


@pytest.mark.parametrize("rest", OTHERS.values(), ids=OTHERS)
def test_what_somebody_else_moves_is_let_pass(rest: str) -> None:
    assert reported(f"{STEPS}return [tuner], [rate]", rest=rest) == []


def test_a_step_of_the_optimizer_moves_no_scheduler() -> None:
    rest = "def optimizer_step(self, epoch, i, one, closure):\n    one.step(closure=closure)\n    self.optim.step()"
    assert reported(f"{STEPS}return [tuner], [rate]", rest=rest) == ["LL203"]


@pytest.mark.parametrize(
    ("bases", "found"),
    [
        ("pytorch_lightning.LightningModule", ["LL203"]),
        ("L.LightningModule, torch.nn.Module", ["LL203"]),
        ("L.LightningModule, Unseen", []),
        ("Unseen", []),
        ("torch.nn.Module", []),
        ("L.LightningDataModule", []),
    ],
)
def test_only_a_class_that_is_surely_lightning_s_is_read_so(bases: str, found: list[str]) -> None:
    head = "import pytorch_lightning\n" + HEAD.replace("L.LightningModule", bases)
    assert reported(f"{STEPS}return [tuner], [rate]", head) == found


def test_only_the_result_of_one_method_is_read_so() -> None:
    head = HEAD.replace("configure_optimizers", "build_optimizers")
    assert reported(f"{STEPS}return [tuner], [rate]", head) == []


def test_a_base_class_may_say_that_optimization_is_manual() -> None:
    base = "import lightning as L\nclass Base(L.LightningModule):\n    {}\n"
    derived = HEAD.replace("L.LightningModule", "Base")
    assert reported(f"{STEPS}return [tuner], [rate]", base.format("a = 1") + derived) == ["LL203"]
    assert reported(f"{STEPS}return [tuner], [rate]", base.format("automatic_optimization = False") + derived) == []


def test_a_method_that_is_read_where_it_is_called_returns_to_its_caller() -> None:
    code = f"""{HEAD}        {STEPS}        return [tuner], [rate]
a = Net()
(tuner,), (rate,) = a.configure_optimizers()
for epoch in range(9):
    for x, y in loader:
        tuner.zero_grad()
        model(x).sum().backward()
        tuner.step()
        rate.step()
"""
    assert codes(code) == []


def test_what_is_read() -> None:
    code = HEAD + indent(f"{STEPS}{EPOCHS.replace('rate', 'slow')}", "        ")
    code += '        return [tuner], [{"scheduler": rate, "interval": "step"}, slow]'
    turn = "clear(tuner) backward step(tuner) schedule(rate)"
    body = "Net.configure_optimizers{build(tuner) return}"
    assert functions(code)["Net.configure_optimizers"] == f"{body} epoch[batch*[{turn}] schedule(slow)]"


def test_optimizers_nobody_sees_are_stepped_all_the_same() -> None:
    code = HEAD + indent(f"{STEPS}return self.mine, [rate]", "        ")
    assert functions(code)["Net.configure_optimizers"].endswith("epoch[batch*[clear backward step] schedule(rate)]")


def test_the_place_and_the_words_of_a_finding() -> None:
    code = "import torch\n" + HEAD + indent(f"{EPOCHS}{ONE_STEP}\n", "        ")
    (found,) = engine.judge(code, "program.py")
    line = code.splitlines()[found.span.start.row - 1]
    assert line[found.span.start.column - 1 : found.span.end.column - 1] == '{"scheduler": rate, "interval": "step"}'
    made = "CosineAnnealingLR(T_max=self.trainer.max_epochs)"
    assert found.message == f"`rate` moves for each batch, but `{made}` counts epochs"
    assert found.help == 'give it `"interval": "epoch"`'
    assert found.fix is None


PLACES = {
    "[rate]": "rate",
    '[{"scheduler": rate}]': '{"scheduler": rate}',
    "list((rate,))": "list((rate,))",
    "[*[], rate]": "[*[], rate]",
    "[OneCycleLR(tuner, 0.1, total_steps=5000)]": "OneCycleLR(tuner, 0.1, total_steps=5000)",
}


@pytest.mark.parametrize(("listed", "place"), PLACES.items())
def test_the_place_of_a_finding_is_in_the_result(listed: str, place: str) -> None:
    code = "import torch\n" + HEAD + indent(f"{STEPS}return [tuner], {listed}\n", "        ")
    (found,) = engine.judge(code, "program.py")
    line = code.splitlines()[found.span.start.row - 1]
    assert line[found.span.start.column - 1 : found.span.end.column - 1] == place
    assert found.message.startswith("`rate` moves once per epoch" if "rate" in listed else "`OneCycleLR` moves once")
    assert found.help == 'give it `"interval": "step"`'
