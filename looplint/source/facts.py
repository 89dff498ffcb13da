"""What is known of torch and of the packages around it: constructors, and names as the last resort.

Facts only; how they are used is said where they are used. Source: the documentation of torch 2.13 (`torch.optim`).
Schedulers and frameworks have tables of their own, in `looplint.source.schedulers` and `looplint.source.frameworks`.
"""

from __future__ import annotations

import re

from looplint.source import frameworks

# -- constructors ----------------------------------------------------------------------------------------------------

OPTIMIZERS = frozenset(
    "SGD Adam AdamW RMSprop Adagrad Adadelta Adamax NAdam RAdam ASGD LBFGS SparseAdam Rprop Muon Adafactor Lamb LAMB "
    "LARS Lars FusedAdam FusedSGD FusedLAMB Lion AdamW8bit Adam8bit SGD8bit Lion8bit PagedAdamW PagedAdamW8bit "
    "DeepSpeedCPUAdam BertAdam AdamP SGDP AdaBelief Ranger RangerQH MADGRAD Sophia SophiaG Prodigy DAdaptAdam "
    "DAdaptSGD AdamWScheduleFree SGDScheduleFree RAdamScheduleFree NovoGrad AdaBound Lookahead ClippedAdam".split()
)
"""Class names that are optimizers in whatever package they come from."""

OPTIMIZER_FACTORIES = frozenset({"create_optimizer", "create_optimizer_v2", "build_optimizer", "make_optimizer"})

NEED_A_CLOSURE = frozenset({"LBFGS"})
"""Optimizers whose `step` cannot be called without one."""

PARAMETERS = frozenset({"parameters", "named_parameters"})

NETWORK_METHODS = frozenset(
    "parameters named_parameters zero_grad train eval state_dict load_state_dict modules cuda half "
    "requires_grad_".split()
)
"""What is called on networks: a name used so owns parameters."""

HANDS_ON_NETWORK = re.compile(
    r"^(to|cuda|cpu|half|float|double|bfloat16|train|eval|requires_grad_|apply|share_memory|compile|prepare\w*|setup\w*|"
    r"wrap\w*|\w*Parallel\w*|DDP|FSDP|Sequential|ModuleList|ModuleDict|convert_sync_batchnorm|network_to_half)$"
)
"""Calls whose result has all the parameters of the networks that they are given."""

LOADERS = re.compile(r"(^|\.)(\w*DataLoader|\w*DataLoader2|NeighborLoader|ClusterLoader|BackgroundGenerator)$")

FIELD_DECORATORS = frozenset({"dataclass", "define", "frozen", "attrs", "attrib", "s"})
"""Decorators of `dataclasses` and `attrs` that make a constructor of a class's fields."""

NAMESPACES = frozenset({"dict", "SimpleNamespace", "Namespace", "EasyDict", "edict", "Munch", "AttrDict", "DotDict"})
"""Calls with keywords that build an object of their arguments."""

# -- schedulers, of which looplint.source.schedulers is the table ------------------------------------------------------

SCHEDULE_FACTORY = re.compile(r"^get_(\w+_)?(schedule|scheduler)(_with_\w+)?$|^get_\w+_schedule\w*$")
"""Factories by names that promise a scheduler, whoever has them: what it counts nobody can tell."""

# -- what may be done to an optimizer without harm -------------------------------------------------------------------

QUIET_OPTIMIZER_METHODS = (
    frozenset(
        "state_dict load_state_dict add_param_group register_step_pre_hook register_step_post_hook "
        "register_state_dict_pre_hook register_state_dict_post_hook register_load_state_dict_pre_hook "
        "register_load_state_dict_post_hook get_lr share_memory items keys values get to "
        "clip_grad_norm clip_grad_norm_ clip_master_grads multiply_grads __repr__".split()
    )
    | frameworks.OPTIMIZER_METHODS
)

QUIET_CALLS = re.compile(
    r"^(len|print|isinstance|issubclass|id|str|repr|type|range|enumerate|zip|getattr|hasattr|tqdm|deepcopy|"
    r"clip_grad_norm_?|clip_grad_value_?|state_dict|super|"
    rf"{'|'.join(sorted(frameworks.QUIET))}|"
    r"(save|load|restore|resume|log|adjust|get|set|update|print|write|dump|count|format|describe|plot)_?\w*lr\w*|"
    r"(save|load|restore|resume|log|print|write|dump|get|adjust_learning|set_learning|update_learning)_\w+|"
    r"(save|load|log|debug|info|warning|error|setattr|dict)|\w*checkpoint\w*)$"
)
"""Calls by their last name that do not step, clear or differentiate, whatever they are given."""

QUIET_STATEMENTS = re.compile(
    r"^(print|pprint|append|extend|add|insert|remove|pop|add_\w+|update|set_\w+|log\w*|write\w*|info|debug|warning|warn|"
    r"error|save\w*|step|close|flush|train|eval|cuda|cpu|to|synchronize|barrier|clip_\w+|item|start|stop|tic|toc|"
    r"record\w*|seed|manual_seed\w*|reset|zero_grad|zero_|sleep|collect|empty_cache|display|plot\w*|show|draw|figure|"
    r"imshow|imsave|savefig|title|legend|subplot\w*|unscale_|put|refresh|observe|meter|tick|report\w*|makedirs|mkdir|"
    r"scale|gather\w*|all_\w+|reduce\w*|wait\w*|enable_\w+|disable_\w+|end_\w+|free_\w+|init_\w+|check_\w+|rm\w*|"
    r"from_pretrained|push_to_hub|upload\w*|apply|super|[a-z]\w*_|load_\w+|assert\w*|requires_grad_?|register\w*|setdefault|sort|shuffle|range_push|range_pop|exit|wait)$"
)
"""Calls in a statement of their own that run no backward, whoever is asked."""

QUIET_OWNERS = frozenset("logging logger log writer plt os sys time np dist wandb warnings random".split())
"""Whoever these names are, they run no backward."""

MODULE_METHODS = (
    frozenset(
        "train eval parameters named_parameters modules named_modules children buffers state_dict load_state_dict to "
        "cuda cpu half float double bfloat16 apply register_buffer register_parameter register_module add_module "
        "requires_grad_ __init__ forward all_reduce register_forward_hook register_full_backward_hook extra_repr "
        "get_submodule type share_memory zero_grad super register_hook assertEqual assertTrue assertFalse "
        "assertAlmostEqual assertIsNotNone assertIsNone assertRaises assertLess assertGreater subTest".split()
    )
    | frameworks.INHERITED
)
"""Methods that a class inherits from `nn.Module`, a framework or `TestCase`: they leave its optimizers alone."""

# -- names: the last resort ------------------------------------------------------------------------------------------

OPTIMIZER_NAME = re.compile(
    r"^_?(opt|optim|optimizer|optimiser)s?(_?[a-zA-Z0-9]+)*_?$|^\w*(_opt|_optim|_optimizer|Optimizer|_optimiser|optimizer)s?$",
    re.IGNORECASE,
)
NOT_AN_OPTIMIZER_NAME = re.compile(
    r"^_?(options?|optimal\w*|optional\w*|opt_?(params?|state|args|level|lr)|optimizer_?(args|config|cfg|name|type|"
    r"cls|class|params|kwargs|state\w*|idx|index|fn|step\w*))$",
    re.IGNORECASE,
)
SCHEDULER_NAME = re.compile(r"sched", re.IGNORECASE)
LEARNING_RATE_WORD = re.compile(
    r"sched(ule|uler)?s?|lrs?|rates?|learning|optim\w*|opts?|params?|warm(up)?|cos(ine)?|anneal(ing)?|restarts?|plateau|"
    r"cycl(e|ic)|one|steps?|multi|exp(onential)?|linear|poly(nomial)?|const(ant)?|noam|swa|lambda|decay|epochs?|iters?|"
    r"batch|main|base|inner|outer|train(ing)?|new|my|cur(rent)?|prepared|ddp|torch|gen\w*|dis\w*|critic|actor|policy|"
    r"enc(oder)?|dec(oder)?|models?|nets?|head|backbone|student|[a-z]?\d*|zero\d",
    re.IGNORECASE,
)
"""The words in names of learning-rate schedulers: one of noise, of `beta`, `kl` or a teacher's forcing says so."""
SCALER_NAME = re.compile(r"(grad_?)?scaler$", re.IGNORECASE)
BATCH_NAME = re.compile(r"(^|_)(mini_?)?batch$|^(mini_?)?batch_(idx|index|i|id|num|number|x|y|data)$")
TRAINING_DATA_NAME = re.compile(
    r"(^|_)train(ing)?_?(data|set|dataset|iter|iterator|examples|samples|pairs)$", re.IGNORECASE
)
LOADER_NAME = re.compile(r"loader|(^|_)(dl|batches)$|dataloader|train_iter|data_iter", re.IGNORECASE)
EPOCH_NAME = re.compile(r"epoch", re.IGNORECASE)
LOSS_CALL = re.compile(
    r"^(criterion\w*|\w*loss|loss_?f\w*|loss_\w+|\w*_loss_?fn|\w*cross_entropy|binary_cross_entropy\w*|\w*criterion)$",
    re.IGNORECASE,
)
COMPUTES = frozenset(
    "mean sum item_mean nll_loss mse_loss cross_entropy smooth_l1_loss squeeze view norm pow square sqrt abs exp log "
    "neg mul div max min prod logsumexp clamp".split()
)
"""Methods that make a loss of a tensor."""

PASSES_ON = frozenset(
    "item detach clone cpu cuda to float double half numpy tolist chunk split unbind reshape flatten expand repeat "
    "masked_select masked_fill index_select unsqueeze contiguous".split()
)
"""Methods of a tensor that hand on what it holds, or parts of it."""

OF_TENSORS = (
    COMPUTES
    | PASSES_ON
    | frozenset(
        "argmax argmin softmax log_softmax sigmoid tanh relu size dim numel permute transpose eq ne type long topk std "
        "var isnan isinf isfinite bfloat16 type_as new_zeros new_ones new_tensor".split()
    )
)
"""Methods of a tensor that compute, look at it or hand it on, and do nothing else."""

STAYS_A_LOSS = (COMPUTES | PASSES_ON) - frozenset("item detach cpu numpy tolist".split())
"""Methods of a loss that make another one of it."""

GATHERS = re.compile(r"^(all_)?(gather|reduce)(_for_metrics|_mean|_sum)?$")
"""Methods that collect a tensor from all processes."""

COMPUTERS = frozenset("torch np numpy math F float int sum min max abs round isnan".split())
"""Modules and functions that compute and do nothing else."""

TRAINS_INSIDE = re.compile(
    r"(^|_)(train(?!_(gen|generator|data|dataset|loader|set|split)$)|backward|backwards|backprop|optimi[sz]e|learn|fit)(_|$)"
    r"|training_step|update_(model|weight|param|net)",
    re.IGNORECASE,
)
"""Calls by names that promise a backward inside."""

CLEARS_BY_NAME = re.compile(r"(zero|clear|reset|wipe)\w*?_?grad(?!\w*scaler)", re.IGNORECASE)
"""Calls by names that promise to clear gradients."""

LOOKS_BY_NAME = re.compile(
    r"(?<!no_)(?<!clip_)(?<!auto)(?<!scale_)(?<!requires_)(?<!enable_)(?<!set_)grad", re.IGNORECASE
)
"""Calls by names that promise to do something with gradients."""

CALLBACK_NAME = re.compile(
    r"^_?((on|before|after|pre|post)_\w+|before|after)$|(^|_)(callback|cb|hook|handler|listener)s?$", re.IGNORECASE
)
"""Calls by names of what is given to a loop to be called at its turns."""

RUNS_SOMETHING = re.compile(
    r"grad|closure|loss|(^|_)(run|step|forward|process|propagate|update|execute|loop|epoch|batch|iterate?)(_|$)",
    re.IGNORECASE,
)
"""Calls by names that may hold a backward inside."""

OBJECT_NAME = re.compile(
    r"^_?(model|net|network|module|criterion|encoder|decoder|generator|discriminator|actor|critic|policy|loss_?(fn|func)?"
    r"|\w+_(model|net|network|loader|loss|criterion))$",
    re.IGNORECASE,
)
"""Attributes by these names are objects, even where a base class nobody can see made them."""

GRADIENTS_NAME = re.compile(r"(^|_|\.)(grad|gradient)s?(_buffer)?$", re.IGNORECASE)

SETTING_NAME = re.compile(
    r"^_?(device|dtype|hparams|args|cfg|conf|config|settings|options|logger|training|current_epoch|global_step|epoch"
    r"|((local|global)_)?rank|world_size|batch_size)$"
)
"""Attributes by these names hold a setting or a count, even where a base class nobody can see made them."""

LOSS_NAME = re.compile(r"loss|(^|_)(err|cost)", re.IGNORECASE)
NOT_A_LOSS_NAME = re.compile(
    r"(fn|func|function|module|meter|scaler|scale|type|name|weights?|coefs?|lambda|cls|history|logs?|list|file|path)s?_?$",
    re.IGNORECASE,
)
"""What computes losses, keeps or weighs them."""
