"""Frameworks as a table of facts: what each does of the law itself, what it hands out, and who says so.

The reader reads this table, and docs/frameworks.md shows it; a framework is added here. What is in no row is
unknown: it may do anything to the optimizers that it is given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from looplint.model import Cadence

BACKWARD, CLEAR, STEP, SCHEDULE = "backward", "clear", "step", "schedule"
EVERYTHING = (BACKWARD, CLEAR, STEP, SCHEDULE)


@dataclass(frozen=True)
class HandsBack:
    """A function or method that returns the very objects it is given, made ready.

    Arguments:
        name: a method's own name, or the full name of a function.
        arguments: which it returns, by keyword and position; empty where it returns all that come by position.
        always: it returns as many as `arguments` names, whether they are given or not.
    """

    name: str
    arguments: tuple[tuple[str, int], ...] = ()
    always: bool = False


@dataclass(frozen=True)
class Turn:
    """What a framework calls once per batch on an object of a class that the user derives.

    Arguments:
        bases: the base classes.
        methods: what it calls, in order.
        trains: the one of these that trains.
        where: what the text of the class has to hold, as a pattern: elsewhere the framework trains by itself.
    """

    bases: tuple[str, ...]
    methods: tuple[str, ...]
    trains: str
    where: str = ""


@dataclass(frozen=True)
class Configured:
    """How a framework moves the schedulers that a method of a class returns which the user derives.

    A scheduler stands in a dict with its settings, or alone; a result is a pair of lists, of optimizers and of
    schedulers, or a dict for each optimizer, or a list of these.

    Arguments:
        bases: the base classes.
        method: the method.
        unless: what the text of the class must not hold, as a pattern: there somebody else moves them.
        key: where the dict of an optimizer has its scheduler.
        scheduler: where the dict of the settings has the scheduler.
        interval: the setting that tells how often it moves: `epoch` or `step`.
        default: how often it moves where that is not given.
        frequency: the setting that lets it move only every so many of these.
    """

    bases: tuple[str, ...]
    method: str
    unless: str
    key: str
    scheduler: str
    interval: str
    default: Cadence
    frequency: str


@dataclass(frozen=True)
class Framework:
    """One framework.

    Arguments:
        name: as its users call it.
        packages: what it is imported from.
        source: who says so.
        owns: the parts of the law that it does itself.
        judged: what is left to its user, and judged; empty where nothing is.
        launchers: classes whose objects make ready what they are given.
        launcher_names: names that such objects go by.
        hands_back: what returns what it is given.
        engines: functions that return an engine first, which has `backward` and `step`.
        engine_clears: `step` of that engine steps and clears; otherwise nobody can tell what it does.
        steppers: functions and methods that step the optimizer that they are given.
        wrappers: classes of optimizers around another, whose gradients they share, that are not called so.
        hidden: what looks like an optimizer or a scheduler, by full name or package, and is something else.
        optimizers, schedulers: methods of the user's class that return those it was set up with.
        turn: what it calls once per batch.
        configured: which schedulers it moves itself.
        counters: attributes of its trainer that count batches.
        loops: classes that call the function they are given once per batch.
        attaches: methods of theirs that attach another function, to be called who knows when.
        quiet: functions and methods that leave the optimizers alone that they are given.
        optimizer_methods: methods of its optimizers, or of its engine, that leave the gradients alone.
        inherited: methods of the user's class that leave the optimizers alone that it has.
    """

    name: str
    packages: tuple[str, ...]
    source: str
    owns: tuple[str, ...] = ()
    judged: str = ""
    launchers: tuple[str, ...] = ()
    launcher_names: tuple[str, ...] = ()
    hands_back: tuple[HandsBack, ...] = ()
    engines: tuple[str, ...] = ()
    engine_clears: bool = False
    steppers: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    optimizers: tuple[str, ...] = ()
    schedulers: tuple[str, ...] = ()
    turn: Turn | None = None
    configured: Configured | None = None
    counters: tuple[str, ...] = ()
    loops: tuple[str, ...] = ()
    attaches: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    optimizer_methods: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()


FRAMEWORKS: tuple[Framework, ...] = (
    Framework(
        "torch.amp",
        ("torch",),
        "torch 2.13, torch.amp.GradScaler",
        judged="everything: `scaler.step(optimizer)` steps that optimizer",
        quiet=("autocast", "unscale_"),
    ),
    Framework(
        "torch.func",
        ("torch", "functorch"),
        "torch 2.13, torch.func.grad",
        owns=(BACKWARD,),
    ),
    Framework(
        "DistributedDataParallel, FSDP",
        ("torch",),
        "torch 2.13, torch.nn.parallel.DistributedDataParallel",
        judged="everything: the wrapped model has the parameters of the model",
        quiet=("no_sync",),
    ),
    Framework(
        "torch.distributed.autograd",
        ("torch",),
        "torch 2.13, Distributed Autograd Design: gradients are kept in a context, new for every iteration",
        owns=(CLEAR,),
        hidden=("torch.distributed.optim.DistributedOptimizer",),
    ),
    Framework(
        "torch.distributed.pipelining",
        ("torch",),
        "torch 2.13, Pipeline Parallelism: `schedule.step(x)` runs the forward and the backward of all micro-batches",
        owns=(BACKWARD,),
        hidden=("torch.distributed.pipelining",),
    ),
    Framework(
        "optimizer in backward",
        ("torch",),
        "torch 2.13, Tensor.register_post_accumulate_grad_hook",
        owns=(CLEAR, STEP),
    ),
    Framework(
        "Accelerate",
        ("accelerate",),
        "accelerate 1.15, Accelerator: `accumulate` makes step and clear wait for the last micro-batch, "
        "and the prepared scheduler moves only if the optimizer did",
        owns=(SCHEDULE,),
        judged="backward, clear and step, as if every batch stepped",
        launchers=("Accelerator",),
        launcher_names=("accelerator",),
        hands_back=(
            HandsBack("prepare"),
            HandsBack("prepare_model", (("model", 0),)),
            HandsBack("prepare_optimizer", (("optimizer", 0),)),
            HandsBack("prepare_scheduler", (("scheduler", 0),)),
            HandsBack("prepare_data_loader", (("data_loader", 0),)),
        ),
        quiet=("accumulate", "clip_grad_norm_", "clip_grad_value_"),
    ),
    Framework(
        "Lightning Fabric",
        ("lightning", "lightning_fabric"),
        "lightning 2.6, Fabric",
        judged="everything",
        launchers=("Fabric",),
        launcher_names=("fabric",),
        hands_back=(
            HandsBack("setup"),
            HandsBack("setup_optimizers"),
            HandsBack("setup_module", (("module", 0),)),
            HandsBack("setup_dataloaders"),
        ),
        quiet=("no_backward_sync", "clip_gradients"),
    ),
    Framework(
        "Lightning, automatic optimization",
        ("lightning", "pytorch_lightning"),
        "lightning 2.6, LightningModule.training_step: it returns the loss; "
        "LightningModule.configure_optimizers: the interval of a scheduler is `epoch` where it is not given",
        owns=EVERYTHING,
        judged="how often it is told to move the schedulers that `configure_optimizers` returns",
        configured=Configured(
            ("LightningModule",),
            "configure_optimizers",
            unless=r"automatic_optimization|manual_backward|lr_scheduler_step|lr_schedulers\(|"
            r"(?<!opt)(?<!optim)(?<!optimizer)\.step\((?!closure)",
            key="lr_scheduler",
            scheduler="scheduler",
            interval="interval",
            default=Cadence.EPOCH,
            frequency="frequency",
        ),
        counters=("estimated_stepping_batches", "num_training_batches"),
        inherited=tuple("log log_dict print save_hyperparameters all_gather configure_gradient_clipping".split()),
    ),
    Framework(
        "Lightning, manual optimization",
        ("lightning", "pytorch_lightning"),
        "lightning 2.6, Manual Optimization: `automatic_optimization = False`",
        judged="everything, from `on_train_batch_start` to `on_train_batch_end`",
        optimizers=("optimizers",),
        schedulers=("lr_schedulers",),
        turn=Turn(
            ("LightningModule",),
            ("on_train_batch_start", "training_step", "on_train_batch_end"),
            "training_step",
            where=r"automatic_optimization\s*=\s*False|\.manual_backward\(",
        ),
        quiet=("clip_gradients", "toggle_optimizer", "untoggle_optimizer", "toggled_optimizer"),
        optimizer_methods=("toggle_model",),
        inherited=("optimizers", "lr_schedulers", "manual_backward"),
    ),
    Framework(
        "DeepSpeed",
        ("deepspeed",),
        "deepspeed 0.19, DeepSpeedEngine.step: it clears behind the step, and moves the scheduler",
        owns=(CLEAR, SCHEDULE),
        judged="backward and `engine.step()`",
        engines=("deepspeed.initialize",),
        engine_clears=True,
        optimizer_methods=tuple(
            "forward is_gradient_accumulation_boundary set_gradient_accumulation_boundary gradient_accumulation_steps "
            "save_checkpoint load_checkpoint save_16bit_model module_state_dict no_sync get_global_grad_norm".split()
        ),
    ),
    Framework(
        "ColossalAI",
        ("colossalai",),
        "colossalai 0.5, Booster.boost: it returns all five, None for what it is not given",
        judged="everything",
        launchers=("Booster",),
        launcher_names=("booster",),
        hands_back=(
            HandsBack(
                "boost",
                (("model", 0), ("optimizer", 1), ("criterion", 2), ("dataloader", 3), ("lr_scheduler", 4)),
                always=True,
            ),
        ),
    ),
    Framework(
        "ColossalAI, engine of old versions",
        ("colossalai",),
        "colossalai 0.5, legacy.initialize: whether `engine.step()` clears depends on the version",
        owns=EVERYTHING,
        engines=("colossalai.initialize", "colossalai.legacy.initialize"),
    ),
    Framework(
        "apex",
        ("apex",),
        "apex 0.1, apex.amp: `initialize` and `scale_loss`",
        judged="everything",
        hands_back=(
            HandsBack("apex.amp.initialize", (("models", 0), ("optimizers", 1))),
            HandsBack("amp.initialize", (("models", 0), ("optimizers", 1))),
        ),
        wrappers=("LARC",),
        quiet=("scale_loss", "master_params"),
    ),
    Framework(
        "Intel Extension for PyTorch",
        ("intel_extension_for_pytorch", "ipex"),
        "intel_extension_for_pytorch 2.8, ipex.optimize",
        judged="everything",
        hands_back=(
            HandsBack("intel_extension_for_pytorch.optimize", (("model", 0), ("optimizer", 2))),
            HandsBack("ipex.optimize", (("model", 0), ("optimizer", 2))),
        ),
    ),
    Framework(
        "PyTorch/XLA",
        ("torch_xla",),
        "torch_xla 2.2, API guide, xla_model.optimizer_step: it reduces the gradients, then steps",
        judged="everything: `xm.optimizer_step(optimizer)` steps that optimizer",
        steppers=("optimizer_step",),
    ),
    Framework(
        "Horovod",
        ("horovod",),
        "horovod 0.28, hvd.DistributedOptimizer: an optimizer around the one it is given",
        judged="everything",
        optimizer_methods=("synchronize", "skip_synchronize"),
    ),
    Framework(
        "Lookahead",
        ("torch_optimizer", "timm"),
        "torch_optimizer 0.3, Lookahead; timm 1.0, timm.optim.Lookahead: an optimizer around the one it is given",
        judged="everything",
    ),
    Framework(
        "SAM and other optimizers of two steps",
        (),
        "davda54/sam, README: `first_step(zero_grad=True)`, `second_step(zero_grad=True)`",
        owns=(CLEAR, STEP),
    ),
    Framework(
        "schedule-free optimizers",
        ("schedulefree",),
        "schedulefree 1.4, AdamWScheduleFree: `optimizer.train()` and `optimizer.eval()`",
        owns=(SCHEDULE,),
        judged="backward, clear and step",
        optimizer_methods=("train", "eval"),
    ),
    Framework(
        "Ignite",
        ("ignite",),
        "pytorch-ignite 0.5, Engine: it runs `process_function(engine, batch)` over each batch",
        judged="everything in that function",
        loops=("ignite.engine.Engine", "ignite.engine.engine.Engine", "ignite.engine.DeterministicEngine"),
        attaches=("on", "add_event_handler"),
    ),
    Framework(
        "skorch",
        ("skorch",),
        "skorch 1.4, NeuralNet.run_single_epoch: it calls `train_step` for each batch",
        owns=EVERYTHING,
        judged="`train_step`, where it is overridden",
        turn=Turn(
            ("NeuralNet", "NeuralNetClassifier", "NeuralNetBinaryClassifier", "NeuralNetRegressor"),
            ("on_batch_begin", "train_step", "on_batch_end"),
            "train_step",
        ),
        inherited=("infer", "get_loss", "notify", "get_train_step_accumulator"),
    ),
    Framework(
        "MMEngine",
        ("mmengine",),
        "mmengine 0.10, BaseModel.train_step and OptimWrapper: `update_params` does backward, step and clear",
        owns=EVERYTHING,
        judged="`train_step` that calls backward, step and zero_grad of the OptimWrapper by itself",
        turn=Turn(("BaseModel",), ("train_step",), "train_step"),
        optimizer_methods=("optim_context", "should_update", "should_sync", "initialize_count_status", "get_momentum"),
    ),
    Framework(
        "Catalyst",
        ("catalyst",),
        "catalyst 22.4, Runner: it calls `handle_batch` for each batch",
        judged="`handle_batch`",
        turn=Turn(("Runner", "IRunner"), ("on_batch_start", "handle_batch", "on_batch_end"), "handle_batch"),
    ),
    Framework(
        "Trainer of transformers",
        ("transformers",),
        "transformers 5.23, Trainer: it steps and clears behind `training_step`, which runs the backward",
        owns=EVERYTHING,
    ),
    Framework("fastai", ("fastai",), "fastai 2.8, Learner", owns=EVERYTHING),
    Framework("Composer", ("composer",), "mosaicml 0.32, Trainer", owns=EVERYTHING),
    Framework(
        "Pyro",
        ("pyro",),
        "pyro-ppl 1.9, SVI.step: backward, step and clear; pyro.optim makes an optimizer for each parameter",
        owns=EVERYTHING,
        hidden=("pyro.optim",),
    ),
    Framework(
        "higher",
        ("higher",),
        "higher 0.2, innerloop_ctx: `diffopt.step(loss)` computes gradients and applies them, with no `.grad`",
        owns=(BACKWARD, CLEAR, STEP),
        judged="the outer optimizer",
    ),
)
"""Every framework that is known."""


HANDED_BACK = {one.name: one for row in FRAMEWORKS for one in row.hands_back}
"""Functions, by full name, and methods of launchers, by their own, that return what they are given."""

LAUNCHERS = frozenset(name for row in FRAMEWORKS for name in row.launchers)
LAUNCHER_NAMES = re.compile(rf"^(self\.)?_?({'|'.join(name for row in FRAMEWORKS for name in row.launcher_names)})$")
ENGINES = {name: row for row in FRAMEWORKS for name in row.engines}
STEPPERS = frozenset(name for row in FRAMEWORKS for name in row.steppers)
WRAPPERS = frozenset(name for row in FRAMEWORKS for name in row.wrappers)
OPTIMIZERS_OF_SELF = frozenset(name for row in FRAMEWORKS for name in row.optimizers)
SCHEDULERS_OF_SELF = frozenset(name for row in FRAMEWORKS for name in row.schedulers)
COUNTERS = frozenset(name for row in FRAMEWORKS for name in row.counters)
LOOPS = {name: row for row in FRAMEWORKS for name in row.loops}
QUIET = frozenset(name for row in FRAMEWORKS for name in row.quiet)
OPTIMIZER_METHODS = frozenset(name for row in FRAMEWORKS for name in row.optimizer_methods)
INHERITED = frozenset(name for row in FRAMEWORKS for name in row.inherited)
_HIDDEN = tuple(name for row in FRAMEWORKS for name in row.hidden)


def hides_gradients(name: str) -> bool:
    """Return whether a class, by its full name, looks like an optimizer or a scheduler and is something else."""
    return any(name == one or name.startswith(f"{one}.") for one in _HIDDEN)


def turn_of(base: str, method: str, text: str) -> Framework | None:
    """Return the framework that calls a method once per batch, if one does.

    Arguments:
        base: the full name of the base class.
        text: that of the class.
    """
    head, last = base.partition(".")[0], base.rpartition(".")[2]
    for row in FRAMEWORKS:
        turn = row.turn
        if turn is not None and head in row.packages and last in turn.bases and method == turn.trains:
            return row if re.search(turn.where, text) else None
    return None


def configured_by(base: str, method: str, text: str) -> Framework | None:
    """Return the framework that moves the schedulers which a method returns, if one does; as `turn_of`."""
    head, last = base.partition(".")[0], base.rpartition(".")[2]
    for row in FRAMEWORKS:
        told = row.configured
        if told is not None and head in row.packages and last in told.bases and method == told.method:
            return None if re.search(told.unless, text) else row
    return None


def knows(name: str) -> bool:
    """Return whether the table says what a class or function is, by its full name."""
    head, last = name.partition(".")[0], name.rpartition(".")[2]
    derived = any(row.turn is not None and head in row.packages and last in row.turn.bases for row in FRAMEWORKS)
    return derived or last in LAUNCHERS or last in WRAPPERS or name in ENGINES or name in LOOPS
