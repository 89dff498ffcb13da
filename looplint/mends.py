"""What can be done to mend what a rule has found, said in events; `looplint.source` does it to a text, or refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from looplint.model import Event, Loop


@dataclass(frozen=True)
class AddParentheses:
    """Call what is only named.

    Arguments:
        event: where it is named.
        safe: it changes nothing but what is wrong.
    """

    event: Event
    safe: bool = False

    def __str__(self) -> str:
        return f"write `{self.event.text}()`"


@dataclass(frozen=True)
class Clear:
    """Have the gradients of an optimizer cleared by a new statement.

    Arguments:
        step: a step of the optimizer, which tells what the optimizer is called there.
        before: the event that the statement comes before; without one it comes behind the step.
        safe: as above.
        also: further steps of the optimizer behind which one comes, too.
    """

    step: Event
    before: Event | None = None
    safe: bool = False
    also: tuple[Event, ...] = ()

    def __str__(self) -> str:
        steps = dict.fromkeys(f"`{one.text}`" for one in (self.step, *self.also))
        place = f"behind {' and '.join(steps)}" if self.before is None else f"before `{self.before.text}`"
        return f"clear the gradients {place}{', in both places' if self.also and len(steps) == 1 else ''}"


@dataclass(frozen=True)
class Move:
    """Have statements come later or earlier, or into a loop, or out of it.

    They stay in the block they are in, unless it is the body of the loop `behind`, or the loop `into` is named.

    Arguments:
        events: what happens in each of the statements, in the order they are to stand in.
        behind: what they are to come behind.
        before: what they are to come before, in the place of that.
        into: the loop that they are to come into, and that `behind` happens in.
        safe: as above.
    """

    events: tuple[Event, ...]
    behind: Event | Loop | None = None
    before: Event | None = None
    into: Loop | None = None
    safe: bool = False

    def __str__(self) -> str:
        moved = " and ".join(f"`{event.text}`" for event in self.events)
        if isinstance(self.behind, Loop):
            return f"move {moved} out of the loop"
        if self.before is not None:
            return f"move {moved} before `{self.before.text}`"
        assert self.behind is not None
        return f"move {moved} {'into the loop, ' if self.into else ''}behind `{self.behind.text}`"


Mend: TypeAlias = AddParentheses | Clear | Move
