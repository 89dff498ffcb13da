"""Learning-rate schedulers as a table of facts: what each counts, which arguments tell it, and who says so.

`looplint.source.cadence` reads this table, and docs/schedulers.md shows it; a scheduler is added here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

from looplint.model import Cadence

FEW, MANY = 200, 1000
"""A literal horizon up to FEW counts epochs, from MANY on it counts steps; between them nobody can tell."""

PATIENT = 50
"""Who waits for more than so many evaluations without progress may make one at every step."""

LAST = 300
"""Milestones up to this one count epochs: 300 is the longest training of the usual recipes (150 and 225 of 300 epochs,
https://arxiv.org/abs/1608.06993, section 4.2), and a rate that falls for good within so few steps is of no use."""


@dataclass(frozen=True)
class Argument:
    """An argument of a constructor.

    Arguments:
        keyword: its name.
        position: its position, the optimizer being 0 where it comes first.
    """

    keyword: str
    position: int


@dataclass(frozen=True)
class Horizon(Argument):
    """An argument that tells how far a schedule goes: what it counts, the schedule counts.

    Arguments:
        epochs_to: a literal up to this one counts epochs; 0 where a literal tells nothing.
        steps_from: a literal from this one on counts steps; 0 where a literal tells nothing.
        named: a name such as `max_iters` says that it counts steps. It does not where such names are used for epochs
            as well, as `lr_steps` is for milestones.
    """

    epochs_to: int = 0
    steps_from: int = 0
    named: bool = False


@dataclass(frozen=True)
class Schedule:
    """One scheduler.

    Arguments:
        name: the class or the factory.
        package: where it is imported from.
        moves: how often its documentation moves it; `UNKNOWN` where its arguments decide.
        source: who says so.
        horizon: the arguments that tell what it counts, the first that does decides.
        decay: the argument that it multiplies the rate by. A factor near 1 may be meant for every step.
        parts: the argument that holds the schedulers it is made of: it counts what they count.
        alone: the class alone says that it counts epochs, unless its horizon says otherwise.
        metric: its `step` takes a metric; that of others takes an epoch.
        pair: it returns the scheduler and a number of epochs.
    """

    name: str
    package: str
    moves: Cadence
    source: str
    horizon: tuple[Horizon, ...] = ()
    decay: Argument | None = None
    parts: Argument | None = None
    alone: bool = False
    metric: bool = False
    pair: bool = False


EPOCH, STEP, EITHER = Cadence.EPOCH, Cadence.STEP, Cadence.UNKNOWN

_TORCH = "torch.optim.lr_scheduler"
_TORCH_SAYS = "torch 2.13, torch.optim.lr_scheduler.{}"
_HF_SAYS = "transformers 5.23, Optimization, {}"
_DIFFUSERS_SAYS = "diffusers 0.42, optimization, {}"
_TIMM_SAYS = "timm 1.0, timm.scheduler.{}: `step(epoch)` and `step_update(num_updates)` are told where they are"
_TRAINING_STEPS = Horizon("num_training_steps", 2, steps_from=MANY, named=True)
_WARMUP_STEPS = Horizon("num_warmup_steps", 1, steps_from=MANY)


def _torch(name: str, moves: Cadence, *horizon: Horizon, **facts: object) -> Schedule:
    return Schedule(name, _TORCH, moves, _TORCH_SAYS.format(name), horizon, **facts)  # type: ignore[arg-type]


def _timm(name: str, *horizon: Horizon) -> Schedule:
    return Schedule(name, "timm.scheduler", EITHER, _TIMM_SAYS.format(name), horizon)


def _transformers(name: str, *horizon: Horizon, metric: bool = False) -> Schedule:
    moves = EPOCH if metric else STEP
    return Schedule(name, "transformers", moves, _HF_SAYS.format(name), horizon, metric=metric)


def _diffusers(name: str, *horizon: Horizon) -> Schedule:
    return Schedule(name, "diffusers.optimization", STEP, _DIFFUSERS_SAYS.format(name), horizon)


SCHEDULES: tuple[Schedule, ...] = (
    # -- torch: the examples of each class show where its `step()` stands ----------------------------------------------
    _torch("LRScheduler", EITHER),
    _torch("_LRScheduler", EITHER),
    _torch("LambdaLR", EITHER),
    _torch("MultiplicativeLR", EITHER),
    _torch("StepLR", EPOCH, Horizon("step_size", 1, epochs_to=FEW), decay=Argument("gamma", 2)),
    _torch("MultiStepLR", EPOCH, Horizon("milestones", 1, epochs_to=LAST), decay=Argument("gamma", 2)),
    _torch("ConstantLR", EITHER, Horizon("total_iters", 2)),
    _torch("LinearLR", EITHER, Horizon("total_iters", 3)),
    _torch("ExponentialLR", EPOCH, decay=Argument("gamma", 1)),
    _torch("PolynomialLR", EITHER, Horizon("total_iters", 1, named=True)),
    _torch("CosineAnnealingLR", EITHER, Horizon("T_max", 1, epochs_to=FEW, named=True)),
    _torch("CosineAnnealingWarmRestarts", EITHER, Horizon("T_0", 1)),
    _torch("ReduceLROnPlateau", EPOCH, Horizon("patience", 3, epochs_to=PATIENT), alone=True, metric=True),
    _torch("SequentialLR", EITHER, Horizon("milestones", 2), parts=Argument("schedulers", 1)),
    _torch("ChainedScheduler", EITHER, parts=Argument("schedulers", 0)),
    _torch("CyclicLR", STEP, Horizon("step_size_up", 3, steps_from=MANY)),
    _torch(
        "OneCycleLR",
        STEP,
        Horizon("total_steps", 2, steps_from=MANY, named=True),
        Horizon("steps_per_epoch", 4, steps_from=2, named=True),
    ),
    Schedule(
        "SWALR",
        "torch.optim.swa_utils",
        EPOCH,
        "torch 2.13, torch.optim.swa_utils.SWALR",
        (Horizon("anneal_epochs", 2, epochs_to=FEW),),
    ),
    # -- transformers: the Trainer moves them behind every step of the optimizer ---------------------------------------
    _transformers("get_constant_schedule"),
    _transformers("get_constant_schedule_with_warmup", _WARMUP_STEPS),
    _transformers("get_linear_schedule_with_warmup", _TRAINING_STEPS),
    _transformers("get_cosine_schedule_with_warmup", _TRAINING_STEPS),
    _transformers("get_cosine_with_hard_restarts_schedule_with_warmup", _TRAINING_STEPS),
    _transformers("get_polynomial_decay_schedule_with_warmup", _TRAINING_STEPS),
    _transformers("get_cosine_with_min_lr_schedule_with_warmup", _TRAINING_STEPS),
    _transformers("get_cosine_with_min_lr_schedule_with_warmup_lr_rate", _TRAINING_STEPS),
    _transformers("get_inverse_sqrt_schedule", _WARMUP_STEPS),
    _transformers("get_wsd_schedule", Horizon("num_training_steps", 3, steps_from=MANY, named=True)),
    _transformers("get_scheduler", Horizon("num_training_steps", 3, steps_from=MANY, named=True)),
    _transformers("get_adafactor_schedule"),
    _transformers("get_reduce_on_plateau_schedule", metric=True),
    # -- diffusers: the same factories, and one that stands elsewhere --------------------------------------------------
    _diffusers("get_piecewise_constant_schedule"),
    _diffusers("get_scheduler", Horizon("num_training_steps", 4, steps_from=MANY, named=True)),
    # -- timm: every call is told its epoch or its update, so none can come at the wrong place -------------------------
    _timm("CosineLRScheduler", Horizon("t_initial", 1)),
    _timm("TanhLRScheduler", Horizon("t_initial", 1)),
    _timm("PolyLRScheduler", Horizon("t_initial", 1)),
    _timm("StepLRScheduler", Horizon("decay_t", 1)),
    _timm("MultiStepLRScheduler", Horizon("decay_t", 1)),
    _timm("PlateauLRScheduler"),
    _timm("WSDLRScheduler"),
    Schedule("create_scheduler", "timm.scheduler", EITHER, _TIMM_SAYS.format("create_scheduler"), pair=True),
    Schedule("create_scheduler_v2", "timm.scheduler", EITHER, _TIMM_SAYS.format("create_scheduler_v2"), pair=True),
    # -- others --------------------------------------------------------------------------------------------------------
    Schedule(
        "GradualWarmupScheduler",
        "warmup_scheduler",
        EPOCH,
        "warmup_scheduler 0.3, GradualWarmupScheduler",
        (Horizon("total_epoch", 2),),
        parts=Argument("after_scheduler", 3),
    ),
    *(
        Schedule(name, "pytorch_warmup", STEP, f"pytorch_warmup 0.2, {name}: `with warmup.dampening():` at every step")
        for name in ("LinearWarmup", "ExponentialWarmup", "UntunedLinearWarmup", "UntunedExponentialWarmup")
    ),
    Schedule("RAdamWarmup", "pytorch_warmup", STEP, "pytorch_warmup 0.2, RAdamWarmup"),
    Schedule(
        "DummyScheduler",
        "accelerate.utils",
        STEP,
        "accelerate 1.15, utils.DummyScheduler: stands for that of a DeepSpeed configuration",
        (Horizon("total_num_steps", 1, steps_from=MANY),),
    ),
    Schedule(
        "WarmupLR",
        "espnet2.schedulers.warmup_lr",
        STEP,
        "espnet 202511, AbsBatchStepScheduler",
        (Horizon("warmup_steps", 1, steps_from=MANY),),
    ),
    Schedule(
        "NoamLR",
        "espnet2.schedulers.noam_lr",
        STEP,
        "espnet 202511, AbsBatchStepScheduler",
        (Horizon("warmup_steps", 2, steps_from=MANY),),
    ),
    Schedule(
        "build_lr_scheduler",
        "fairseq.optim.lr_scheduler",
        EITHER,
        "fairseq 0.12, FairseqLRScheduler: `step(epoch)` and `step_update(num_updates)` are told where they are",
    ),
)
"""Every scheduler that is known, by the package that it comes from."""

_BY_NAME: dict[str, list[Schedule]] = {}
for _row in SCHEDULES:
    _BY_NAME.setdefault(_row.name, []).append(_row)


def find(name: str) -> tuple[Schedule | None, bool]:
    """Return what is known of a class or factory, and whether its arguments can be told by position.

    Classes of other packages that have the name of one of torch mean the same by it, but may take their arguments in
    another order, as those of ColossalAI do. A factory of another package is not known.

    Arguments:
        name: its full name, such as `torch.optim.lr_scheduler.StepLR`; the last part alone where a star imported it.
    """
    package, _, last = name.rpartition(".")
    rows = _BY_NAME.get(last, [])
    head = package.partition(".")[0]
    for row in rows:
        if head in ("", row.package.partition(".")[0]):
            return row, True
    return (rows[0], False) if rows and last[:1].isupper() else (None, False)


def is_schedule(name: str) -> bool:
    """Return whether a class or factory, by its full name, is one of the table."""
    return find(name)[0] is not None


def takes_metric(kind: str) -> bool:
    """Return whether the `step` of this kind of scheduler takes a metric, and not an epoch."""
    return any(row.metric for row in _BY_NAME.get(kind, []))
