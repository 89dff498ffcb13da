"""Keeps torch.compile out of what is ours: it would trace the hooks into the user's graph, and guard on our state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from torch._C._dynamo import eval_frame

Function = TypeVar("Function", bound=Callable[..., Any])

_SKIP, _DEFAULT = eval_frame._FrameAction.SKIP, eval_frame._FrameAction.DEFAULT


def wrapper(function: Function) -> Function:
    """Mark a function that is not traced; what it calls may be compiled."""
    _mark(function, _DEFAULT)
    return function


def own(function: Function) -> Function:
    """Mark a function that is not traced, and calls nothing that may be compiled."""
    _mark(function, _SKIP)
    return function


def _mark(function: Any, inside: eval_frame._FrameAction) -> None:
    eval_frame.set_code_exec_strategy(function.__code__, eval_frame._FrameExecStrategy(_SKIP, inside))
    function._torchdynamo_disable = True
    function._torchdynamo_disable_msg = "looplint watches here"
