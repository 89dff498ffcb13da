"""Clearing in all its forms, accumulation, sparse gradients, and gradients that are made by hand."""

from __future__ import annotations

import pytest

from tests.runtime_check.programs import check, programs

pytest.importorskip("torch")

CLEARING = {
    "optimizer, to None": "optimizer.zero_grad()",
    "optimizer, to zeros": "optimizer.zero_grad(set_to_none=False)",
    "model, to None": "model.zero_grad()",
    "model, to zeros": "model.zero_grad(set_to_none=False)",
    "None by hand": "for p in model.parameters(): p.grad = None",
    "zero_ by hand": "for p in model.parameters(): p.grad is None or p.grad.zero_()",
    "detached, by hand": "for p in model.parameters(): p.grad is None or p.grad.detach().zero_()",
    "through .data": "for p in model.parameters(): p.grad is None or p.grad.data.zero_()",
    "replaced through .data": (
        "for p in model.parameters(): p.grad is None or setattr(p.grad, 'data', torch.zeros_like(p))"
    ),
    "by index": "for p in model.parameters(): p.grad is None or p.grad.__setitem__(slice(None), 0.0)",
    "replaced by zeros": "for p in model.parameters(): p.grad = torch.zeros_like(p)",
    "foreach": "gs = [p.grad for p in model.parameters() if p.grad is not None]; gs and torch._foreach_zero_(gs)",
    "deleted": "for p in model.parameters(): del p.grad",
}

FORMS = {
    "before the forward": """
        for epoch in range(epochs):
            for x, y in loader:
                {clear}
                loss_fn(model(x), y).backward()
                optimizer.step()
        """,
    "behind the step": """
        for epoch in range(epochs):
            for x, y in loader:
                loss_fn(model(x), y).backward()
                optimizer.step()
                {clear}
        """,
    "outside of any loader": """
        for step in range(steps):
            loss = loss_fn(model(x), y)
            {clear}
            loss.backward()
            optimizer.step()
        """,
}


@programs(
    {
        f"{form}, {way}": code.format(clear=clear)
        for number, (form, code) in enumerate(FORMS.items())
        for way, clear in list(CLEARING.items())[number :: len(FORMS)]
    }
)
def test_whatever_clears_counts(program: str, exact: bool) -> None:
    check(program, exact=exact)


WRONG = """
for epoch in range(epochs):
    for x, y in loader:
        {clear}
        loss_fn(model(x), y).backward()
        optimizer.step()  # LL101
"""


@programs(
    {way: WRONG.format(clear=clear.replace("model", "other")) for way, clear in CLEARING.items() if "model" in clear}
)
def test_clearing_another_model_does_not(program: str, exact: bool) -> None:
    check(program, exact=exact)


@programs(
    {
        "nothing": WRONG.format(clear="pass"),
        "only the first layer": WRONG.format(clear="model[0].zero_grad()"),
        "only the last layer": WRONG.format(clear="model[2].zero_grad()"),
        "only a bias": WRONG.format(clear="model[0].bias.grad = None"),
        "once in an epoch": """
            for epoch in range(epochs):
                optimizer.zero_grad()
                for x, y in loader:
                    loss_fn(model(x), y).backward()
                    optimizer.step()  # LL101
            """,
        "once in an epoch, to zeros": """
            for epoch in range(epochs):
                optimizer.zero_grad(set_to_none=False)
                for x, y in loader:
                    loss_fn(model(x), y).backward()
                    optimizer.step()  # LL101
            """,
        "outside of any loader": """
            for step in range(steps):
                loss_fn(model(x), y).backward()
                optimizer.step()  # LL101
            """,
        "erased by the optimizer": """
            for epoch in range(epochs):
                for x, y in loader:
                    loss_fn(model(x), y).backward()
                    optimizer.zero_grad()
                    optimizer.step()  # LL104
            """,
        "erased by hand": """
            for epoch in range(epochs):
                for x, y in loader:
                    loss_fn(model(x), y).backward()
                    for p in model.parameters():
                        p.grad = None
                    optimizer.step()  # LL104
            """,
        "a step in front": """
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    optimizer.step()  # LL102
                    loss_fn(model(x), y).backward()
            """,
        "no backward": """
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss = loss_fn(model(x), y)
                    optimizer.step()  # LL106
            """,
        "a step behind the loop": """
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                optimizer.step()  # LL103
            """,
    }
)
def test_what_is_wrong_with_gradients_is_reported(program: str, exact: bool) -> None:
    check(program, exact=exact)


@programs(
    {
        "modulo": """
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    (loss_fn(model(x), y) / 2).backward()
                    if (i + 1) % 2 == 0:
                        optimizer.step()
                        optimizer.zero_grad()
            """,
        "modulo, cleared where the window begins": """
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    if i % 3 == 0:
                        optimizer.zero_grad()
                    (loss_fn(model(x), y) / 3).backward()
                    if i % 3 == 2:
                        optimizer.step()
            """,
        "a partial window": """
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    (loss_fn(model(x), y) / 4).backward()
                    if (i + 1) % 4 == 0 or i + 1 == len(loader):
                        optimizer.step()
                        optimizer.zero_grad()
            """,
        "a partial window that is carried on": """
            i = 0
            for epoch in range(epochs):
                for x, y in loader:
                    (loss_fn(model(x), y) / 4).backward()
                    i += 1
                    if i % 4 == 0:
                        optimizer.step()
                        optimizer.zero_grad()
            """,
        "a tail behind the loop": """
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    (loss_fn(model(x), y) / 4).backward()
                    if (i + 1) % 4 == 0:
                        optimizer.step()
                        optimizer.zero_grad()
                optimizer.step()
                optimizer.zero_grad()
            """,
        "micro-batches of a batch": """
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    for u, v in zip(x.chunk(4), y.chunk(4)):
                        (loss_fn(model(u), v) / 4).backward()
                    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                    optimizer.step()
            """,
        "a changing number of micro-batches": """
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    optimizer.zero_grad()
                    for u, v in zip(x.chunk(1 + i % 4), y.chunk(1 + i % 4)):
                        loss_fn(model(u), v).backward()
                    optimizer.step()
            """,
        "a step that is passed by at random": """
            import random
            random.seed(0)
            for epoch in range(epochs):
                for x, y in loader:
                    loss_fn(model(x), y).backward()
                    if random.random() < 0.5:
                        optimizer.step()
                        optimizer.zero_grad()
            """,
        "never cleared": """
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    (loss_fn(model(x), y) / 2).backward()
                    if (i + 1) % 2 == 0:
                        optimizer.step()  # LL101
            """,
        "clipped, never cleared": """
            for epoch in range(epochs):
                for x, y in loader:
                    loss_fn(model(x), y).backward()
                    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                    optimizer.step()  # LL101
            """,
        "a window as long as the epoch, never cleared": """
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    loss_fn(model(x), y).backward()
                    if i == 5:
                        optimizer.step()  # LL101
            """,
        "a long window over several epochs, never cleared": """
            i = 0
            for epoch in range(12 * epochs):
                for x, y in val_loader:
                    loss_fn(model(x), y).backward()
                    i += 1
                    if i % 32 == 0:
                        optimizer.step()  # LL101
            """,
        "a long window over several epochs": """
            i = 0
            for epoch in range(12 * epochs):
                for x, y in val_loader:
                    loss_fn(model(x), y).backward()
                    i += 1
                    if i % 32 == 0:
                        optimizer.step()
                        optimizer.zero_grad()
            """,
        "a partial window, never cleared": """
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    (loss_fn(model(x), y) / 4).backward()
                    if (i + 1) % 4 == 0 or i + 1 == len(loader):
                        optimizer.step()  # LL101
            """,
        "micro-batches, never cleared": """
            for epoch in range(epochs):
                for x, y in loader:
                    for u, v in zip(x.chunk(4), y.chunk(4)):
                        (loss_fn(model(u), v) / 4).backward()
                    optimizer.step()  # LL101
            """,
    }
)
def test_accumulation(program: str, exact: bool) -> None:
    check(program, exact=exact)


SPARSE = """
table = nn.Embedding(8, 2, sparse=True)
optimizer = torch.optim.{made}
for epoch in range(epochs):
    for x, y in loader:
        {clear}
        table(torch.randint(8, (3,))).square().sum().backward()
        optimizer.step(){mark}
"""
MAKES = ("SparseAdam(table.parameters())", "SGD(table.parameters(), lr=0.1)", "Adagrad(table.parameters())")


@programs(
    {
        **{
            f"{made.partition('(')[0]}, {clear}": SPARSE.format(made=made, clear=clear, mark="")
            for made in MAKES
            for clear in ("optimizer.zero_grad()", "optimizer.zero_grad(set_to_none=False)", "table.weight.grad = None")
        },
        **{
            f"{made.partition('(')[0]}, never": SPARSE.format(made=made, clear="pass", mark="  # LL101")
            for made in MAKES
        },
    }
)
def test_sparse_gradients(program: str, exact: bool) -> None:
    check(program, exact=exact)


@programs(
    {
        "autograd.grad": """
            for epoch in range(epochs):
                for x, y in loader:
                    made = torch.autograd.grad(loss_fn(model(x), y), list(model.parameters()))
                    for p, g in zip(model.parameters(), made):
                        p.grad = g
                    optimizer.step()
            """,
        "autograd.grad, into what is there": """
            for p in model.parameters():
                p.grad = torch.zeros_like(p)
            for epoch in range(epochs):
                for x, y in loader:
                    made = torch.autograd.grad(loss_fn(model(x), y), list(model.parameters()))
                    for p, g in zip(model.parameters(), made):
                        p.grad.copy_(g)
                    optimizer.step()
            """,
        "autograd.grad, added to what is cleared": """
            for epoch in range(epochs):
                for x, y in loader:
                    for u, v in zip(x.chunk(2), y.chunk(2)):
                        made = torch.autograd.grad(loss_fn(model(u), v), list(model.parameters()))
                        for p, g in zip(model.parameters(), made):
                            p.grad = g if p.grad is None else p.grad + g
                    optimizer.step()
                    optimizer.zero_grad()
            """,
        "torch.func": """
            def loss_of(parameters, x, y):
                return loss_fn(torch.func.functional_call(model, parameters, (x,)), y)

            for epoch in range(epochs):
                for x, y in loader:
                    made = torch.func.grad(loss_of)(dict(model.named_parameters()), x, y)
                    for name, p in model.named_parameters():
                        p.grad = made[name].detach()
                    optimizer.step()
                    optimizer.zero_grad()
            """,
        "vectorised, per sample": """
            def loss_of(parameters, x, y):
                return loss_fn(torch.func.functional_call(model, parameters, (x[None],)), y[None])

            each = torch.func.vmap(torch.func.grad(loss_of), (None, 0, 0))
            for epoch in range(epochs):
                for x, y in loader:
                    made = each({k: p.detach() for k, p in model.named_parameters()}, x, y)
                    for name, p in model.named_parameters():
                        p.grad = made[name].mean(0)
                    optimizer.step()
            """,
        "Reptile": """
            for epoch in range(epochs):
                for x, y in loader:
                    copied = copy.deepcopy(model)
                    inner = torch.optim.SGD(copied.parameters(), lr=0.1)
                    for _ in range(2):
                        inner.zero_grad()
                        loss_fn(copied(x), y).backward()
                        inner.step()
                    for p, q in zip(model.parameters(), copied.parameters()):
                        p.grad = p.detach() - q.detach()
                    optimizer.step()
            """,
        "an update by hand": """
            for epoch in range(epochs):
                for x, y in loader:
                    loss_fn(model(x), y).backward()
                    with torch.no_grad():
                        for p in model.parameters():
                            p -= 0.1 * p.grad
                            p.grad = None
            """,
        "a gradient penalty": """
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    x.requires_grad_()
                    out = model(x)
                    slope, = torch.autograd.grad(out.sum(), x, create_graph=True)
                    (loss_fn(out, y) + slope.square().mean()).backward()
                    optimizer.step()
            """,
        "a graph of the gradients": """
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward(create_graph=True)
                    sum(p.grad.square().sum() for p in model.parameters()).backward()
                    optimizer.step()
            """,
        "an attack on the input": """
            for epoch in range(epochs):
                for x, y in loader:
                    x.requires_grad_()
                    loss_fn(model(x), y).backward()
                    x = (x + 0.01 * x.grad.sign()).detach()
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
            """,
        "by hand, erased": """
            for epoch in range(epochs):
                for x, y in loader:
                    made = torch.autograd.grad(loss_fn(model(x), y), list(model.parameters()))
                    for p, g in zip(model.parameters(), made):
                        p.grad = g
                    optimizer.zero_grad()
                    optimizer.step()  # LL106
            """,
        "by hand, given to nobody": """
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    made = torch.autograd.grad(loss_fn(model(x), y), list(model.parameters()))
                    optimizer.step()  # LL106
            """,
        "by hand, applied twice": """
            for epoch in range(epochs):
                for x, y in loader:
                    made = torch.autograd.grad(loss_fn(model(x), y), list(model.parameters()))
                    for p, g in zip(model.parameters(), made):
                        p.grad = g
                    optimizer.step()
                    optimizer.step()  # LL603
            """,
        "backwards beside gradients by hand, never cleared": """
            for epoch in range(epochs):
                for x, y in loader:
                    torch.autograd.grad(loss_fn(model(x), y), list(model.parameters()))
                    loss_fn(model(x), y).backward()
                    optimizer.step()  # LL101
            """,
    }
)
def test_gradients_by_hand(program: str, exact: bool) -> None:
    check(program, exact=exact)
