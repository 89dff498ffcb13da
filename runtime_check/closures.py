"""The closure that a step is given: where it stands among the arguments, and what is called behind each evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from looplint.runtime_check.watched import Watched

Arguments: TypeAlias = "tuple[tuple[Any, ...], dict[str, Any]]"


def replaced(
    args: tuple[Any, ...], kwargs: dict[str, Any], one: Watched, evaluated: Callable[[Watched], object]
) -> Arguments | None:
    """Return the arguments of a step with its closure replaced; None where it has none.

    Arguments:
        args, kwargs: of `step`, the optimizer among them.
        one: the optimizer.
        evaluated: is called with it whenever the closure has returned.
    """
    if len(args) > 1 and callable(args[1]):
        return (args[0], judged(args[1], one, evaluated), *args[2:]), kwargs
    if callable(kwargs.get("closure")):
        return args, {**kwargs, "closure": judged(kwargs["closure"], one, evaluated)}
    return None


def judged(closure: Callable[..., Any], one: Watched, evaluated: Callable[[Watched], object]) -> Callable[..., Any]:
    """Return a closure behind which `evaluated` is called."""

    def judged(*args: Any, **kwargs: Any) -> Any:
        one.evaluating = True
        try:
            result = closure(*args, **kwargs)
        finally:
            one.evaluating = False
        evaluated(one)
        return result

    return judged
