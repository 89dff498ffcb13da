"""Gradients that are changed by hand: averaged over processes they are still the same, filled anew they are others."""

from __future__ import annotations

from textwrap import indent

import pytest

from tests.source.reading import codes

AVERAGED = {
    "in one tensor": """\
grads = torch.cat([p.grad.view(-1) for p in model.parameters() if p.grad is not None])
dist.all_reduce(grads, op=dist.ReduceOp.SUM)
offset = 0
for p in model.parameters():
    if p.grad is not None:
        p.grad.data.copy_(grads[offset : offset + p.numel()].view_as(p.grad.data) / 2)
        offset += p.numel()
""",
    "in a list": """\
parts = []
for p in model.parameters():
    parts.append(p.grad.view(-1))
whole = torch.cat(parts)
for p in model.parameters():
    p.grad.copy_(whole[: p.numel()].view_as(p) / args.world_size)
""",
    "one by one": "for p in model.parameters():\n    p.grad = p.grad / args.world_size\n",
}

FILLED = {
    "from elsewhere": "for p in model.parameters():\n    p.grad.copy_(moved[p].view_as(p.grad))\n",
    "of another network": "for p, q in zip(model.parameters(), other.parameters()):\n    p.grad.copy_(q.grad)\n",
    "added to others": "for p in model.parameters():\n    p.grad = means[p] + p.grad / count\n",
    "gathered by unseen code": "for p in model.parameters():\n    p.grad = averaged(p.grad)\n",
    "made by unseen code": "for p in model.parameters():\n    p.grad = blend(means, p.grad)\n",
}


def loop(by_hand: str, clear: str = "") -> list[tuple[str, int]]:
    body = f"loss_fn(model(x), y).backward()\n{by_hand}optimizer.step()\n{clear}"
    return codes("for x, y in loader:\n" + indent(body, "    "))


@pytest.mark.parametrize("by_hand", AVERAGED.values(), ids=AVERAGED)
def test_averaged_gradients_are_the_same(by_hand: str) -> None:
    assert loop(by_hand) == [("LL101", 3 + by_hand.count("\n"))]
    assert loop(by_hand, "optimizer.zero_grad()\n") == []


@pytest.mark.parametrize("by_hand", FILLED.values(), ids=FILLED)
def test_gradients_that_are_filled_by_hand_are_others(by_hand: str) -> None:
    assert loop(by_hand) == []
