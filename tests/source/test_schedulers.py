"""What is a scheduler, whose it is, and how often its arguments mean it to move."""

from __future__ import annotations

import pytest

from looplint.model import Scheduler
from looplint.source import Reader, Source
from tests.source.reading import codes, module, program

IMPORTS = """\
from transformers import get_linear_schedule_with_warmup, get_scheduler
from torch.optim.lr_scheduler import *
"""


def scheduler(code: str) -> Scheduler:
    """Return the one scheduler that a program moves."""
    text = program(f"{IMPORTS}{code}\nfor e in range(9):\n    optimizer.step()\n    sched.step()")
    moved = {
        event.scheduler
        for function in Reader(Source(text, "program.py")).read().functions
        for event in function.events()
        if event.scheduler is not None
    }
    (found,) = moved
    return found


CADENCES = {
    "StepLR": ("StepLR(optimizer, 30)", "epoch", "step_size=30"),
    "StepLR by keyword": ("StepLR(optimizer, step_size=30, gamma=0.1)", "epoch", "step_size=30"),
    "StepLR in iterations": ("StepLR(optimizer, 30_000)", "unknown", ""),
    "StepLR between": ("StepLR(optimizer, 500)", "unknown", ""),
    "StepLR over batches": ("StepLR(optimizer, len(loader) * 30)", "step", "step_size=len(loader) * 30"),
    "StepLR of a name": ("StepLR(optimizer, args.decay)", "unknown", ""),
    "StepLR of epochs": ("StepLR(optimizer, args.epochs // 3)", "epoch", "step_size=args.epochs // 3"),
    "StepLR of epochs in batches": ("StepLR(optimizer, args.epochs * n)", "unknown", ""),
    "StepLR of steps": ("StepLR(optimizer, args.epoch_steps)", "unknown", ""),
    "StepLR without": ("StepLR(optimizer)", "unknown", ""),
    "StepLR of a constant": ("N = 30\nsched = StepLR(optimizer, N)", "epoch", "step_size=N"),
    "StepLR of a text": ("StepLR(optimizer, '30')", "unknown", ""),
    "StepLR of a star": ("StepLR(optimizer, *rest)", "unknown", ""),
    "MultiStepLR": ("MultiStepLR(optimizer, [30, 60])", "epoch", "milestones=[30, 60]"),
    "MultiStepLR of 300 epochs": ("MultiStepLR(optimizer, [150, 225])", "epoch", "milestones=[150, 225]"),
    "MultiStepLR of some hundred": ("MultiStepLR(optimizer, [200, 400])", "unknown", ""),
    "MultiStepLR in iterations": ("MultiStepLR(optimizer, milestones=[30, 60_000])", "unknown", ""),
    "MultiStepLR of a name": ("MultiStepLR(optimizer, milestones)", "unknown", ""),
    "MultiStepLR of parts of the epochs": (
        "parts = [int(0.6 * args.epochs), int(0.8 * args.epochs)]\nsched = MultiStepLR(optimizer, parts)",
        "epoch",
        "milestones=parts",
    ),
    "MultiStepLR of parts of unknown numbers": (
        "parts = [int(0.6 * n), int(0.8 * n)]\nsched = MultiStepLR(optimizer, parts)",
        "unknown",
        "",
    ),
    "MultiStepLR of parts of all batches": (
        "parts = [args.epochs * n // 2, args.epochs * n]\nsched = MultiStepLR(optimizer, parts)",
        "unknown",
        "",
    ),
    "MultiStepLR of parts of batches in sight": (
        "n = len(loader)\nparts = [30 * n, 60 * n]\nsched = MultiStepLR(optimizer, parts)",
        "step",
        "milestones=parts",
    ),
    "CosineAnnealingLR of a name for epochs": (
        "end = args.epochs - 5\nsched = CosineAnnealingLR(optimizer, end)",
        "epoch",
        "T_max=end",
    ),
    "CosineAnnealingLR of a name that says steps": (
        "end_step = args.epochs - 5\nsched = CosineAnnealingLR(optimizer, end_step)",
        "unknown",
        "",
    ),
    "CosineAnnealingLR of a name that is stored twice": (
        "end = args.epochs\nif args.warm:\n    end = args.end\nsched = CosineAnnealingLR(optimizer, end)",
        "unknown",
        "",
    ),
    "CosineAnnealingLR of a name that is changed": (
        "end = args.epochs\nend *= args.n\nsched = CosineAnnealingLR(optimizer, end)",
        "unknown",
        "",
    ),
    "CosineAnnealingLR of epochs that are multiplied": (
        "epochs *= n\nsched = CosineAnnealingLR(optimizer, epochs)",
        "unknown",
        "",
    ),
    "CosineAnnealingLR of more epochs": (
        "epochs = args.epochs\nepochs += args.start\nsched = CosineAnnealingLR(optimizer, epochs)",
        "epoch",
        "T_max=epochs",
    ),
    "CosineAnnealingLR of a name that stands for itself": (
        "end = int(end)\nsched = CosineAnnealingLR(optimizer, end)",
        "unknown",
        "",
    ),
    "ExponentialLR of a power": ("ExponentialLR(optimizer, 0.99**5)", "epoch", "gamma=0.99**5"),
    "ExponentialLR of a root": ("ExponentialLR(optimizer, 0.5 ** (1 / 100))", "unknown", ""),
    "ExponentialLR of a power nobody knows": ("ExponentialLR(optimizer, 0.1 ** (1 / n))", "unknown", ""),
    "ExponentialLR of no real number": ("ExponentialLR(optimizer, (1 - 2) ** 0.5)", "unknown", ""),
    "StepLR of a power": ("StepLR(optimizer, 10**5)", "unknown", ""),
    "StepLR of a huge power": ("StepLR(optimizer, 10**10**10)", "unknown", ""),
    "CosineAnnealingLR": ("CosineAnnealingLR(optimizer, T_max=200)", "epoch", "T_max=200"),
    "CosineAnnealingLR of epochs": ("CosineAnnealingLR(optimizer, epochs)", "epoch", "T_max=epochs"),
    "CosineAnnealingLR over batches": ("CosineAnnealingLR(optimizer, len(loader))", "step", "T_max=len(loader)"),
    "CosineAnnealingLR over what counts them": (
        "n = 3 * len(loader)\nsched = CosineAnnealingLR(optimizer, n)",
        "step",
        "T_max=n",
    ),
    "CosineAnnealingLR between": ("CosineAnnealingLR(optimizer, 500)", "unknown", ""),
    "ExponentialLR": ("ExponentialLR(optimizer, gamma=0.9)", "epoch", "gamma=0.9"),
    "ExponentialLR by position": ("ExponentialLR(optimizer, 0.95)", "epoch", "gamma=0.95"),
    "ExponentialLR near 1": ("ExponentialLR(optimizer, 0.9999)", "unknown", ""),
    "ExponentialLR of a name": ("ExponentialLR(optimizer, gamma)", "unknown", ""),
    "ExponentialLR without": ("ExponentialLR(optimizer)", "unknown", ""),
    "ReduceLROnPlateau": ("ReduceLROnPlateau(optimizer)", "epoch", ""),
    "ReduceLROnPlateau with patience": ("ReduceLROnPlateau(optimizer, patience=10)", "epoch", ""),
    "ReduceLROnPlateau with the patience of many steps": ("ReduceLROnPlateau(optimizer, patience=100)", "unknown", ""),
    "ReduceLROnPlateau with great patience": ("ReduceLROnPlateau(optimizer, patience=5000)", "unknown", ""),
    "ReduceLROnPlateau of a name": ("ReduceLROnPlateau(optimizer, patience=p)", "epoch", ""),
    "OneCycleLR": ("OneCycleLR(optimizer, 0.1, total_steps=5000)", "step", "total_steps=5000"),
    "OneCycleLR of batches": (
        "OneCycleLR(optimizer, 0.1, epochs=3, steps_per_epoch=len(loader))",
        "step",
        "steps_per_epoch=len(loader)",
    ),
    "OneCycleLR of a literal": (
        "OneCycleLR(optimizer, 0.1, epochs=3, steps_per_epoch=40)",
        "step",
        "steps_per_epoch=40",
    ),
    "OneCycleLR of one step": ("OneCycleLR(optimizer, 0.1, epochs=3, steps_per_epoch=1)", "unknown", ""),
    "OneCycleLR of epochs": ("OneCycleLR(optimizer, 0.1, total_steps=epochs)", "epoch", "total_steps=epochs"),
    "OneCycleLR of few": ("OneCycleLR(optimizer, 0.1, total_steps=30)", "unknown", ""),
    "OneCycleLR of a name": ("OneCycleLR(optimizer, 0.1, total_steps=n)", "unknown", ""),
    "CyclicLR": ("CyclicLR(optimizer, 0.1, 0.2, step_size_up=2000)", "step", "step_size_up=2000"),
    "CyclicLR without": ("CyclicLR(optimizer, 0.1, 0.2)", "unknown", ""),
    "a schedule of transformers": (
        "get_linear_schedule_with_warmup(optimizer, 10, len(loader) * 3)",
        "step",
        "num_training_steps=len(loader) * 3",
    ),
    "a schedule of transformers over epochs": (
        "get_linear_schedule_with_warmup(optimizer, 1, epochs)",
        "epoch",
        "num_training_steps=epochs",
    ),
    "get_scheduler": (
        "get_scheduler('linear', optimizer, num_warmup_steps=0, num_training_steps=len(loader) * 3)",
        "step",
        "num_training_steps=len(loader) * 3",
    ),
    "get_scheduler of diffusers": (
        "from diffusers.optimization import get_scheduler\n"
        "sched = get_scheduler('cosine', optimizer, None, 0, len(loader))",
        "step",
        "num_training_steps=len(loader)",
    ),
    "get_scheduler of nobody known": (
        "from helpers import get_scheduler\nsched = get_scheduler('cosine', optimizer, 0, len(loader))",
        "unknown",
        "",
    ),
    "get_wsd_schedule": (
        "import transformers\nsched = transformers.get_wsd_schedule(optimizer, 1, 2, 9000)",
        "step",
        "num_training_steps=9000",
    ),
    "a warm-up of transformers": (
        "import transformers\nsched = transformers.get_constant_schedule_with_warmup(optimizer, num_warmup_steps=4000)",
        "step",
        "num_warmup_steps=4000",
    ),
    "LambdaLR": ("LambdaLR(optimizer, lambda epoch: 0.9**epoch)", "unknown", ""),
    "MultiplicativeLR": ("MultiplicativeLR(optimizer, lambda epoch: 0.95)", "unknown", ""),
    "LinearLR": ("LinearLR(optimizer, total_iters=5)", "unknown", ""),
    "LinearLR of epochs": ("LinearLR(optimizer, 0.1, 1.0, warmup_epochs)", "epoch", "total_iters=warmup_epochs"),
    "LinearLR over batches": ("LinearLR(optimizer, total_iters=len(loader))", "step", "total_iters=len(loader)"),
    "ConstantLR of epochs": ("ConstantLR(optimizer, 0.5, args.epochs)", "epoch", "total_iters=args.epochs"),
    "PolynomialLR": ("PolynomialLR(optimizer, 50)", "unknown", ""),
    "PolynomialLR of epochs": ("PolynomialLR(optimizer, args.epochs)", "epoch", "total_iters=args.epochs"),
    "PolynomialLR over batches": (
        "PolynomialLR(optimizer, total_iters=epochs * len(loader), power=0.9)",
        "step",
        "total_iters=epochs * len(loader)",
    ),
    "CosineAnnealingWarmRestarts": ("CosineAnnealingWarmRestarts(optimizer, T_0=10)", "unknown", ""),
    "CosineAnnealingWarmRestarts of epochs": (
        "CosineAnnealingWarmRestarts(optimizer, T_0=args.epochs)",
        "epoch",
        "T_0=args.epochs",
    ),
    "CosineAnnealingWarmRestarts over batches": (
        "CosineAnnealingWarmRestarts(optimizer, len(loader), 2)",
        "step",
        "T_0=len(loader)",
    ),
    "SWALR": ("from torch.optim.swa_utils import SWALR\nsched = SWALR(optimizer, 0.05, 5)", "epoch", "anneal_epochs=5"),
    "SWALR without": ("from torch.optim.swa_utils import SWALR\nsched = SWALR(optimizer, swa_lr=0.05)", "unknown", ""),
    "a warm-up in epochs": (
        "from warmup_scheduler import GradualWarmupScheduler\n"
        "sched = GradualWarmupScheduler(optimizer, 1, warmup_epochs, StepLR(optimizer, 30))",
        "epoch",
        "total_epoch=warmup_epochs",
    ),
    "a warm-up of espnet": (
        "from espnet2.schedulers.warmup_lr import WarmupLR\nsched = WarmupLR(optimizer, 25000)",
        "step",
        "warmup_steps=25000",
    ),
    "a placeholder of accelerate": (
        "from accelerate.utils import DummyScheduler\nsched = DummyScheduler(optimizer, len(loader) * 3)",
        "step",
        "total_num_steps=len(loader) * 3",
    ),
    "timm": (
        "from timm.scheduler import CosineLRScheduler\nsched = CosineLRScheduler(optimizer, t_initial=args.epochs)",
        "epoch",
        "t_initial=args.epochs",
    ),
    "a namesake, by position": (
        "from colossalai.nn.lr_scheduler import StepLR\nsched = StepLR(optimizer, 30)",
        "unknown",
        "",
    ),
    "a namesake, by keyword": (
        "from colossalai.nn.lr_scheduler import MultiStepLR as M\nsched = M(optimizer, total_steps=9, milestones=[30])",
        "epoch",
        "milestones=[30]",
    ),
    "nearly no decay": ("StepLR(optimizer, 1, gamma=0.999)", "unknown", ""),
    "parts that agree": (
        "SequentialLR(optimizer, [StepLR(optimizer, 3), StepLR(optimizer, 30)], milestones=[5])",
        "epoch",
        "",
    ),
    "parts that say nothing": (
        "SequentialLR(optimizer, [LinearLR(optimizer), LambdaLR(optimizer, f)], [5])",
        "unknown",
        "",
    ),
    "parts of which one says something": (
        "SequentialLR(optimizer, [LinearLR(optimizer), CosineAnnealingLR(optimizer, args.epochs)], [5])",
        "epoch",
        "",
    ),
    "parts of which one has a small number": (
        "SequentialLR(optimizer, [LinearLR(optimizer, total_iters=1000), StepLR(optimizer, 100)], [1000])",
        "unknown",
        "",
    ),
    "parts of which one counts steps": (
        "SequentialLR(optimizer, [LinearLR(optimizer), CosineAnnealingLR(optimizer, len(loader))], [5])",
        "step",
        "",
    ),
    "parts that differ": (
        "SequentialLR(optimizer, [StepLR(optimizer, 3), CosineAnnealingLR(optimizer, len(loader))], [5])",
        "unknown",
        "",
    ),
    "parts and their borders that differ": (
        "SequentialLR(optimizer, [StepLR(optimizer, 3), StepLR(optimizer, 3)], [len(loader)])",
        "unknown",
        "",
    ),
    "a chain": ("ChainedScheduler([StepLR(optimizer, 3), ExponentialLR(optimizer, 0.9)])", "epoch", ""),
    "a chain of names": (
        "a, b = StepLR(optimizer, 3), CosineAnnealingLR(optimizer, len(loader))\nsched = ChainedScheduler([a, b])",
        "unknown",
        "",
    ),
    "a subclass in the file": ("class Own(StepLR): ...\nsched = Own(optimizer, 30)", "unknown", ""),
}


HORIZONS = {
    "epochs": "epoch",
    "args.epochs": "epoch",
    "cfg.train.max_epoch": "epoch",
    "config['epochs']": "epoch",
    "config.get('epochs', 10)": "epoch",
    "opt.nEpochs": "epoch",
    "epochs // 2": "epoch",
    "0.5 * epochs": "epoch",
    "epochs * 0.5": "epoch",
    "2 * epochs": "epoch",
    "int(0.75 * n_epochs)": "epoch",
    "round(0.75 * n_epochs, 0)": "epoch",
    "max(1, epochs - warmup_epochs)": "epoch",
    "args.epochs - args.warmup": "epoch",
    "epochs // args.cycles": "epoch",
    "(epochs + 1)": "epoch",
    "epochs if long else 2 * epochs": "epoch",
    "[int(0.5 * epochs), int(0.75 * epochs)]": "epoch",
    "[0.5 * epochs, 80]": "epoch",
    "[int(epochs * f) for f in (0.5, 0.75)]": "unknown",
    "[epochs // k for k in (2, 4)]": "epoch",
    "300 // 2": "epoch",
    "10 * 3": "epoch",
    "60 - 5": "epoch",
    "60 // 0": "unknown",
    "60 ** 2": "unknown",
    "100 * epochs": "unknown",
    "epochs * n": "unknown",
    "epochs * epochs": "unknown",
    "epochs if long else steps": "unknown",
    "epoch_size": "unknown",
    "samples_per_epoch": "unknown",
    "helper(epochs)": "unknown",
    "number": "unknown",
    "True": "unknown",
    "None": "unknown",
    "len(loader)": "step",
    "len(loader) * epochs": "step",
    "epochs * len(loader) // 2": "step",
    "len(dataset) // batch_size * epochs": "step",
    "len(train_loader) // args.gradient_accumulation_steps": "step",
    "math.ceil(len(loader) / args.world_size) * epochs": "step",
    "len(loader) // interval": "unknown",
    "len(stages)": "unknown",
    "len(loader) - warmup": "step",
    "steps_per_epoch": "step",
    "epochs * iters_per_epoch": "step",
    "num_batches * 3": "step",
    "total_steps // steps_per_epoch": "unknown",
    "cfg.max_iters": "step",
    "args.num_training_steps": "step",
    "self.trainer.estimated_stepping_batches": "step",
    "niter": "unknown",
    "lr_steps": "unknown",
    "max_iters // val_interval": "unknown",
}


@pytest.mark.parametrize("horizon", HORIZONS)
def test_what_an_expression_counts(horizon: str) -> None:
    assert scheduler(f"sched = CosineAnnealingLR(optimizer, T_max={horizon})").cadence.value == HORIZONS[horizon]


NAMED_HORIZONS = {
    "max_steps = 150": "unknown",
    "max_steps = args.epochs": "epoch",
    "max_steps = args.epochs * len(loader)": "step",
    "max_steps = [30, 60]": "epoch",
}


@pytest.mark.parametrize("stored", NAMED_HORIZONS)
def test_what_a_name_holds_goes_before_what_it_says(stored: str) -> None:
    found = scheduler(f"{stored}\nsched = CosineAnnealingLR(optimizer, T_max=max_steps)")
    assert found.cadence.value == NAMED_HORIZONS[stored]


def test_names_of_steps_tell_nothing_where_they_are_used_for_epochs_too() -> None:
    for code in ("MultiStepLR(optimizer, max_steps)", "StepLR(optimizer, cfg.num_steps)"):
        assert scheduler(f"sched = {code}").cadence.value == "unknown"


def test_a_factory_that_returns_two_things() -> None:
    found = scheduler("from timm.scheduler import create_scheduler\nsched, _ = create_scheduler(args, optimizer)")
    assert (found.kind, found.optimizer and found.optimizer.name) == ("create_scheduler", "optimizer")


@pytest.mark.parametrize(("code", "cadence", "evidence"), CADENCES.values(), ids=CADENCES)
def test_how_often_a_scheduler_is_meant_to_move(code: str, cadence: str, evidence: str) -> None:
    found = scheduler(code if "sched = " in code else f"sched = {code}")
    assert (found.cadence.value, found.evidence) == (cadence, evidence)
    assert found.optimizer is not None
    assert (found.name, found.optimizer.name) == ("sched", "optimizer")


FOUND = {
    "torch": ("torch.optim.lr_scheduler.StepLR(optimizer, 30)", "StepLR", "optimizer"),
    "lr_scheduler": ("lr_scheduler.StepLR(optimizer, 30)", "StepLR", "optimizer"),
    "by keyword": ("StepLR(step_size=30, optimizer=optimizer)", "StepLR", "optimizer"),
    "a class of its own": ("torch.optim.lr_scheduler.Newest(optimizer)", "Newest", "optimizer"),
    "timm": ("CosineLRScheduler(optimizer, t_initial=10)", "CosineLRScheduler", "optimizer"),
    "a factory": ("get_cosine_schedule_with_warmup(optimizer, 1, 2)", "get_cosine_schedule_with_warmup", "optimizer"),
    "of schedulers": ("SequentialLR(optimizer, [StepLR(optimizer, 3)], [1])", "SequentialLR", "optimizer"),
    "of something": ("StepLR(something, 30)", "StepLR", None),
    "of none": ("StepLR()", "StepLR", None),
    "of one of two": ("StepLR(optimizer if a else other_optimizer, 30)", "StepLR", None),
    "unseen": ("make_scheduler(optimizer)", "", None),
}


@pytest.mark.parametrize(("code", "kind", "driven"), FOUND.values(), ids=FOUND)
def test_whose_scheduler_it_is(code: str, kind: str, driven: str | None) -> None:
    imports = "from timm.scheduler import CosineLRScheduler\nfrom torch.optim import lr_scheduler\n"
    imports += "from transformers import get_cosine_schedule_with_warmup\n"
    found = scheduler(f"{imports}sched = {code}")
    assert found.kind == kind
    assert (found.optimizer.name if found.optimizer else None) == driven


def test_a_chain_of_schedulers_drives_what_its_parts_drive() -> None:
    found = scheduler("one = StepLR(optimizer, 3)\nsched = ChainedScheduler(one)")
    assert found.optimizer is not None
    assert found.optimizer.name == "optimizer"


BLENDED = {
    "the same cadence": ("StepLR(optimizer, 3)", "StepLR(optimizer, 3)", "epoch", "optimizer"),
    "another cadence": ("StepLR(optimizer, 3)", "OneCycleLR(optimizer, 0.1, total_steps=5000)", "unknown", "optimizer"),
    "another optimizer": ("StepLR(optimizer, 3)", "StepLR(other_optimizer, 3)", "epoch", None),
}


@pytest.mark.parametrize(("one", "other", "cadence", "driven"), BLENDED.values(), ids=BLENDED)
@pytest.mark.parametrize("how", ["branch", "ternary", "factory"])
def test_a_scheduler_that_is_built_in_two_ways(
    one: str, other: str, cadence: str, driven: str | None, how: str
) -> None:
    code = {
        "branch": f"if a:\n    sched = {one}\nelse:\n    sched = {other}",
        "ternary": f"sched = {one} if a else {other}",
        "factory": f"def make_sched():\n    if a:\n        return {one}\n    return {other}\nsched = make_sched()",
    }[how]
    found = scheduler(f"other_optimizer = torch.optim.SGD(p)\n{code}")
    assert found.cadence.value == cadence
    assert (found.optimizer.name if found.optimizer else None) == driven


MOVES = {
    "step": ("sched.step()", "schedule(sched)"),
    "of a list": ("both = [sched, sched]\nfor one in both:\n    one.step()", "schedule(sched) schedule(sched)"),
    "in a list": ("many = [StepLR(optimizer, 3)]\nfor one in many:\n    one.step()", "schedule(many[0])"),
    "in a dict": ("many = {'a': StepLR(optimizer, 3)}\nmany['a'].step()", "schedule(many['a'])"),
    "appended": ("many = []\nmany.append(StepLR(optimizer, 3))\nmany[0].step()", "schedule(many[0])"),
    "from a comprehension": (
        "many = [StepLR(o, 3) for o in [optimizer]]\nfor one in many:\n    one.step()",
        "schedule(many[0])",
    ),
    "on an object": ("args.rate = StepLR(optimizer, 3)\nargs.rate.step()", "schedule(args.rate)"),
    "an argument": ("def go(one):\n    one.step()\ngo(sched)", "go{schedule(sched)}"),
    "through a launcher": ("sched = accelerator.prepare(sched)\nsched.step()", "schedule(sched)"),
    "two positions": ("lr_sched.step(a, b)", ""),
    "told its update": ("sched.step_update(7)", "schedule(sched)"),
    "told its update, of something else": ("meter.step_update(7)", "opaque"),
    "stored again": ("rate = rate = StepLR(optimizer, 3)\nrate.step()", "schedule(rate)"),
    "one of two, which nobody can tell": ("rate = StepLR(optimizer, 3)\none = sched if a else rate\none.step()", ""),
}


@pytest.mark.parametrize(("code", "expected"), MOVES.values(), ids=MOVES)
def test_a_scheduler_moves(code: str, expected: str) -> None:
    assert module(f"{IMPORTS}sched = StepLR(optimizer, 3)\n{code}") == expected


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("scheduler.step()", [("LL202", 4)]),
        ("scheduler.step(epoch)", []),
        ("scheduler.step_update(updates)", []),
        ("plateau.step(loss)", []),
        ("scheduler.step(*rest)", []),
        ("scheduler.step(1, 2, 3)", []),
    ],
)
def test_a_scheduler_that_is_told_its_epoch(call: str, found: list[tuple[str, int]]) -> None:
    code = f"""
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
        for epoch in range(9):
            {call}
            for x, y in loader:
                optimizer.zero_grad()
                model(x).sum().backward()
                optimizer.step()
    """
    assert codes(code) == found
