"""Several optimizers, closures, optimizers around optimizers, parameters that come and go, and a GradScaler."""

from __future__ import annotations

import pytest

from tests.runtime_check.programs import check, programs

pytest.importorskip("torch")

GAN = """
G, D = nn.Linear(3, 2), nn.Linear(2, 1)
opt_g, opt_d = torch.optim.Adam(G.parameters()), torch.optim.Adam(D.parameters())
for epoch in range(epochs):
    for i, (real, _) in enumerate(loader):
        {clear_d}
        D(real).mean().backward()
        fake = G(torch.randn(len(real), 3))
        (-D(fake.detach()).mean()).backward()
        opt_d.step(){mark_d}
        {often}
        {clear_g}
        D(fake).mean().backward()
        opt_g.step(){mark_g}
"""
GAN_RIGHT = {"clear_d": "D.zero_grad()", "clear_g": "G.zero_grad()", "mark_d": "", "mark_g": "", "often": ""}


def gan(**other: str) -> str:
    return GAN.format(**{**GAN_RIGHT, **other})


@programs(
    {
        "right": gan(),
        "both cleared at the end": gan(clear_d="pass", clear_g="opt_d.zero_grad()", often="opt_g.zero_grad()"),
        "n critics": gan(often="if i % 5: continue"),
        "the critic is never cleared": gan(clear_d="pass", mark_d="  # LL101"),
        "the generator is never cleared": gan(clear_g="pass", mark_g="  # LL101"),
        "the generator clears the critic": gan(clear_g="D.zero_grad()", mark_g="  # LL101"),
        "n critics, the generator is never cleared": gan(
            often="if i % 2: continue", clear_g="pass", mark_g="  # LL101"
        ),
        "n critics, the critic is never cleared": gan(often="if i % 5: continue", clear_d="pass", mark_d="  # LL101"),
        "n critics in a loop of their own": """
            G, D = nn.Linear(3, 2), nn.Linear(2, 1)
            opt_g, opt_d = torch.optim.RMSprop(G.parameters()), torch.optim.RMSprop(D.parameters())
            for epoch in range(epochs):
                for real, _ in loader:
                    for _ in range(3):
                        opt_d.zero_grad()
                        (D(G(torch.randn(4, 3)).detach()).mean() - D(real).mean()).backward()
                        opt_d.step()
                        for p in D.parameters():
                            p.data.clamp_(-0.01, 0.01)
                    opt_g.zero_grad()
                    (-D(G(torch.randn(4, 3))).mean()).backward()
                    opt_g.step()
        """,
        "n critics in a loop of their own, cleared in front of it": """
            G, D = nn.Linear(3, 2), nn.Linear(2, 1)
            opt_g, opt_d = torch.optim.RMSprop(G.parameters()), torch.optim.RMSprop(D.parameters())
            for epoch in range(epochs):
                for real, _ in loader:
                    opt_d.zero_grad()
                    for _ in range(3):
                        (D(G(torch.randn(4, 3)).detach()).mean() - D(real).mean()).backward()
                        opt_d.step()  # LL101
                    opt_g.zero_grad()
                    (-D(G(torch.randn(4, 3))).mean()).backward()
                    opt_g.step()
        """,
        "a frozen critic": """
            G, D = nn.Linear(3, 2), nn.Linear(2, 1)
            opt_g, opt_d = torch.optim.Adam(G.parameters()), torch.optim.Adam(D.parameters())
            for epoch in range(epochs):
                for real, _ in loader:
                    D.requires_grad_(True)
                    opt_d.zero_grad()
                    (D(G(torch.randn(4, 3)).detach()).mean() - D(real).mean()).backward()
                    opt_d.step()
                    D.requires_grad_(False)
                    opt_g.zero_grad()
                    (-D(G(torch.randn(4, 3))).mean()).backward()
                    opt_g.step()
        """,
    }
)
def test_adversarial_networks(program: str, exact: bool) -> None:
    check(program, exact=exact)


SHARED = """
trunk, left, right = nn.Linear(2, 4), nn.Linear(4, 1), nn.Linear(4, 1)
opt_left = torch.optim.SGD([*trunk.parameters(), *left.parameters()], lr=0.01)
opt_right = torch.optim.SGD([*trunk.parameters(), *right.parameters()], lr=0.01)
for epoch in range(epochs):
    for x, y in loader:
        {clear_left}
        loss_fn(left(trunk(x)), y).backward()
        opt_left.step(){mark_left}
        {clear_right}
        loss_fn(right(trunk(x)), y).backward()
        opt_right.step(){mark_right}
"""
SHARED_RIGHT = {
    "clear_left": "opt_left.zero_grad()",
    "clear_right": "opt_right.zero_grad()",
    "mark_left": "",
    "mark_right": "",
}


def shared(**other: str) -> str:
    return SHARED.format(**{**SHARED_RIGHT, **other})


@programs(
    {
        "each cleared before its backward": shared(),
        "all cleared each time": shared(clear_left="opt_left.zero_grad(); opt_right.zero_grad()"),
        "the same parameters in both, in turn": """
            opt_a = torch.optim.SGD(model.parameters(), lr=0.01)
            opt_b = torch.optim.Adam(model.parameters())
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    chosen = opt_a if i % 2 else opt_b
                    chosen.zero_grad()
                    loss_fn(model(x), y).backward()
                    chosen.step()
            """,
        "one backward for both": """
            opt_a = torch.optim.SGD(model[0].parameters(), lr=0.01)
            opt_b = torch.optim.Adam(model[2].parameters())
            for epoch in range(epochs):
                for x, y in loader:
                    opt_a.zero_grad()
                    opt_b.zero_grad()
                    loss_fn(model(x), y).backward()
                    opt_a.step()
                    opt_b.step()
            """,
        "one backward for both, one is never cleared": """
            opt_a = torch.optim.SGD(model[0].parameters(), lr=0.01)
            opt_b = torch.optim.Adam(model[2].parameters())
            for epoch in range(epochs):
                for x, y in loader:
                    opt_a.zero_grad()
                    loss_fn(model(x), y).backward()
                    opt_a.step()
                    opt_b.step()  # LL101
            """,
        "the right head is never cleared": shared(clear_right="trunk.zero_grad()", mark_right="  # LL101"),
        "neither is cleared": shared(
            clear_left="pass", clear_right="pass", mark_left="  # LL101", mark_right="  # LL101"
        ),
    }
)
def test_two_optimizers_with_shared_parameters(program: str, exact: bool) -> None:
    check(program, exact=exact)


@programs(
    {
        "LBFGS": """
            optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=4)
            for epoch in range(epochs):
                for x, y in loader:
                    def closure():
                        optimizer.zero_grad()
                        loss = loss_fn(model(x), y)
                        loss.backward()
                        return loss
                    optimizer.step(closure)
            """,
        "LBFGS with a line search, outside of any loader": """
            optimizer = torch.optim.LBFGS(model.parameters(), max_iter=5, line_search_fn="strong_wolfe")
            def closure():
                optimizer.zero_grad()
                loss = loss_fn(model(x), y)
                loss.backward()
                return loss
            for step in range(steps):
                optimizer.step(closure)
            """,
        "several backwards": """
            optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=3)
            for epoch in range(epochs):
                for x, y in loader:
                    def closure():
                        optimizer.zero_grad()
                        total = 0.0
                        for u, v in zip(x.chunk(3), y.chunk(3)):
                            loss = loss_fn(model(u), v)
                            loss.backward()
                            total += loss.detach()
                        return total
                    optimizer.step(closure)
            """,
        "for an optimizer that calls it once": """
            def closure():
                optimizer.zero_grad()
                loss = loss_fn(model(x), y)
                loss.backward()
                return loss
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.step(closure=closure)
            """,
        "a backward in front": """
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss = loss_fn(model(x), y)
                    loss.backward()
                    optimizer.step(lambda: loss)
            """,
        "cleared behind the step": """
            def closure():
                loss = loss_fn(model(x), y)
                loss.backward()
                return loss
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.step(closure)
                    optimizer.zero_grad()
            """,
        "never cleared": """
            def closure():
                loss = loss_fn(model(x), y)
                loss.backward()
                return loss
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.step(closure)  # LL101
            """,
        "LBFGS, never cleared": """
            optimizer = torch.optim.LBFGS(model.parameters(), lr=0.01, max_iter=4)
            for epoch in range(epochs):
                for x, y in loader:
                    def closure():
                        loss = loss_fn(model(x), y)
                        loss.backward()
                        return loss
                    optimizer.step(closure)  # LL101
            """,
        "several backwards, never cleared": """
            optimizer = torch.optim.LBFGS(model.parameters(), lr=0.01, max_iter=3)
            for epoch in range(epochs):
                for x, y in loader:
                    def closure():
                        total = 0.0
                        for u, v in zip(x.chunk(3), y.chunk(3)):
                            loss = loss_fn(model(u), v)
                            loss.backward()
                            total += loss.detach()
                        return total
                    optimizer.step(closure)  # LL101
            """,
        "several backwards, called once, never cleared": """
            def closure():
                for u, v in zip(x.chunk(2), y.chunk(2)):
                    loss = loss_fn(model(u), v)
                    loss.backward()
                return loss
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.step(closure)  # LL101
            """,
        "several backwards, erased": """
            def closure():
                for u, v in zip(x.chunk(2), y.chunk(2)):
                    loss = loss_fn(model(u), v)
                    loss.backward()
                optimizer.zero_grad()
                return loss
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.step(closure)  # LL104
            """,
        "erased in it": """
            def closure():
                loss = loss_fn(model(x), y)
                loss.backward()
                optimizer.zero_grad()
                return loss
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.step(closure)  # LL104
            """,
    }
)
def test_closures(program: str, exact: bool) -> None:
    check(program, exact=exact)


CLEARING = """
class Clearing(torch.optim.SGD):
    def step(self, closure=None):
        super().step(closure)
        self.zero_grad(set_to_none={to_none})

optimizer = Clearing(model.parameters(), lr=0.01)
for step in range(steps):
    loss_fn(model(x), y).backward()
    {clear}
    optimizer.step(){mark}
"""
HOOKED = """
optimizer.register_step_post_hook(lambda *_: {clear})
for step in range(steps):
    loss_fn(model(x), y).backward()
    optimizer.step(){mark}
"""

SAM = """
class SAM(torch.optim.Optimizer):
    def __init__(self, params, base, rho=0.05, **kwargs):
        super().__init__(params, dict(rho=rho, **kwargs))
        self.base = base(self.param_groups, **kwargs)
        self.param_groups = self.base.param_groups

    @torch.no_grad()
    def first_step(self, zero_grad=False):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.state[p]["old"] = p.data.clone()
                    p.add_(p.grad, alpha=group["rho"])
        if zero_grad:
            self.zero_grad()

    @torch.no_grad()
    def second_step(self, zero_grad=False):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.data = self.state[p]["old"]
        self.base.step(){mark}
        if zero_grad:
            self.zero_grad()

    @torch.no_grad()
    def step(self, closure=None):
        closure = torch.enable_grad()(closure)
        self.first_step(zero_grad=True)
        closure()
        self.second_step()

optimizer = SAM(model.parameters(), torch.optim.SGD, lr=0.01)
for epoch in range(epochs):
    for x, y in loader:
"""
TWO_STEPS = """
        loss_fn(model(x), y).backward()
        optimizer.first_step(zero_grad={first})
        loss_fn(model(x), y).backward()
        optimizer.second_step(zero_grad={second})
"""
LOOKAHEAD = """
class Lookahead(torch.optim.Optimizer):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha, self.count = optimizer, k, alpha, 0
        self.param_groups = optimizer.param_groups
        self.slow = [[p.detach().clone() for p in group["params"]] for group in self.param_groups]

    def zero_grad(self, set_to_none=True):
        self.optimizer.zero_grad(set_to_none)

    @torch.no_grad()
    def step(self, closure=None):
        loss = self.optimizer.step(closure){mark}
        self.count += 1
        if self.count % self.k == 0:
            for group, slow in zip(self.param_groups, self.slow):
                for p, q in zip(group["params"], slow):
                    q += self.alpha * (p - q)
                    p.copy_(q)
        return loss

optimizer = Lookahead(torch.optim.Adam(model.parameters()))
for epoch in range(epochs):
    for x, y in loader:
        {clear}
        loss_fn(model(x), y).backward()
        optimizer.step()
"""
IN_BACKWARD = """
optimizers = {{p: torch.optim.SGD([p], lr=0.01) for p in model.parameters()}}

def apply(p):
    optimizers[p].step(){mark}
    {clear}

for p in model.parameters():
    p.register_post_accumulate_grad_hook(apply)
for epoch in range(epochs):
    for x, y in loader:
        loss_fn(model(x), y).backward()
"""


@programs(
    {
        "SAM": SAM.format(mark="") + TWO_STEPS.format(first=True, second=True),
        "SAM, with a closure": SAM.format(mark="")
        + """
        def closure():
            loss = loss_fn(model(x), y)
            loss.backward()
            return loss
        loss_fn(model(x), y).backward()
        optimizer.step(closure)
        optimizer.zero_grad()
""",
        "SAM, never cleared": SAM.format(mark="  # LL101") + TWO_STEPS.format(first=False, second=False),
        "Lookahead": LOOKAHEAD.format(clear="optimizer.zero_grad()", mark=""),
        "Lookahead, never cleared": LOOKAHEAD.format(clear="pass", mark="  # LL101"),
        "it clears itself": CLEARING.format(to_none=True, clear="pass", mark=""),
        "it clears itself, to zeros": CLEARING.format(to_none=False, clear="pass", mark=""),
        "it clears itself, erased": CLEARING.format(to_none=True, clear="optimizer.zero_grad()", mark="  # LL104"),
        "cleared by a hook of its step": HOOKED.format(clear="optimizer.zero_grad()", mark=""),
        "its model is cleared by a hook of its step": HOOKED.format(clear="model.zero_grad()", mark=""),
        "another is cleared by a hook of its step": HOOKED.format(clear="other.zero_grad()", mark="  # LL101"),
        "in the backward": IN_BACKWARD.format(clear="optimizers[p].zero_grad()", mark=""),
        "in the backward, by hand": IN_BACKWARD.format(clear="p.grad = None", mark=""),
        "in the backward, to zeros": IN_BACKWARD.format(clear="p.grad.zero_()", mark=""),
        "in the backward, never cleared": IN_BACKWARD.format(clear="pass", mark="  # LL101"),
    }
)
def test_optimizers_that_step_in_their_own_way(program: str, exact: bool) -> None:
    check(program, exact=exact)


SCALED = """
scaler = torch.amp.GradScaler("cpu", init_scale={scale})
for epoch in range(epochs):
    for x, y in loader:
        {clear}
        scaler.scale(1e3 * loss_fn(model(x), y)).backward()
        {between}
        scaler.step(optimizer){mark}
        scaler.update()
        {behind}
"""
SCALED_RIGHT = {"scale": "4.0", "clear": "optimizer.zero_grad()", "between": "", "mark": "", "behind": ""}
CLIPPED = "scaler.unscale_(optimizer); nn.utils.clip_grad_norm_(model.parameters(), 1.0)"


def scaled(**other: str) -> str:
    return SCALED.format(**{**SCALED_RIGHT, **other})


@programs(
    {
        "right": scaled(),
        "clipped": scaled(between=CLIPPED),
        "the first steps are skipped": scaled(scale="2.0**127", between=CLIPPED),
        "every third step is skipped": scaled(
            between="next(model.parameters()).grad[0] = float('inf' if y[0] > 0.5 else 0)"
        ),
        "all steps are skipped": scaled(between="next(model.parameters()).grad[0] = float('inf')"),
        "accumulation": """
            scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    scaler.scale(loss_fn(model(x), y)).backward()
                    if (i + 1) % 2 == 0:
                        scaler.step(optimizer)
                        scaler.update()
                        optimizer.zero_grad()
            """,
        "two optimizers, one of which is skipped": """
            scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
            others = torch.optim.SGD(other.parameters(), lr=0.01)
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    optimizer.zero_grad()
                    others.zero_grad()
                    scaler.scale(loss_fn(model(x), y)).backward()
                    scaler.scale(loss_fn(other(x), y) * (float("inf") if i % 3 == 0 else 1.0)).backward()
                    scaler.step(optimizer)
                    scaler.step(others)
                    scaler.update()
            """,
        "disabled": scaled(scale="1.0, enabled=False"),
        "never cleared": scaled(clear="pass", mark="  # LL101"),
        "disabled, never cleared": scaled(scale="1.0, enabled=False", clear="pass", mark="  # LL101"),
        "erased": scaled(between="optimizer.zero_grad(set_to_none=False)", mark="  # LL104"),
        "the first steps are skipped, never cleared": scaled(scale="2.0**127", clear="pass", mark=""),
        "the first steps are skipped, erased": scaled(
            scale="2.0**127", between=CLIPPED + "; optimizer.zero_grad()", mark="  # LL104"
        ),
        "the last steps are skipped, never cleared": scaled(
            clear="pass",
            between="next(model.parameters()).grad[0] *= float('inf' if epoch == epochs - 1 else 1)",
            mark="  # LL101",
        ),
        "cleared where a step is skipped and nowhere else": """
            scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    scaler.scale(loss_fn(model(x), y) * (float("inf") if i == 3 else 1.0)).backward()
                    before = scaler.get_scale()
                    scaler.step(optimizer)  # LL101
                    scaler.update()
                    if scaler.get_scale() < before:
                        optimizer.zero_grad()
            """,
        "every third step is skipped, erased": """
            scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    scaler.scale(loss_fn(model(x), y) * (float("inf") if i % 3 == 0 else 1.0)).backward()
                    scaler.unscale_(optimizer)
                    optimizer.zero_grad()
                    scaler.step(optimizer)  # LL104
                    scaler.update()
            """,
    }
)
def test_a_scaler(program: str, exact: bool) -> None:
    check(program, exact=exact)


@programs(
    {
        "frozen": """
            model[0].requires_grad_(False)
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
            """,
        "frozen, never cleared": """
            model[0].requires_grad_(False)
            for epoch in range(epochs):
                for x, y in loader:
                    loss_fn(model(x), y).backward()
                    optimizer.step()  # LL101
            """,
        "thawed later": """
            model[0].requires_grad_(False)
            for epoch in range(epochs):
                if epoch == epochs // 2:
                    model[0].requires_grad_(True)
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
            """,
        "thawed later, only the head is cleared": """
            model[0].requires_grad_(False)
            for epoch in range(epochs):
                if epoch == 1:
                    model[0].requires_grad_(True)
                for x, y in loader:
                    model[2].zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()  # LL101
            """,
        "used by turns": """
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    optimizer.zero_grad()
                    loss_fn(model(x) if i % 2 else model[2](torch.randn(4, 4)), y).backward()
                    optimizer.step()
            """,
        "a group that is added": """
            for epoch in range(epochs):
                if epoch == 1:
                    optimizer.add_param_group({"params": other.parameters()})
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x) + other(x), y).backward()
                    optimizer.step()
            """,
        "a group that is added, not cleared": """
            for epoch in range(epochs):
                if epoch == 1:
                    optimizer.add_param_group({"params": other.parameters()})
                    other.zero_grad()
                for x, y in loader:
                    model.zero_grad()
                    loss = loss_fn(model(x), y) if epoch == 0 else loss_fn(model(x) + other(x), y)
                    loss.backward()
                    optimizer.step()  # LL101
            """,
        "an optimizer that is rebuilt in every epoch": """
            for epoch in range(epochs):
                optimizer = torch.optim.SGD(model.parameters(), lr=0.01 / (epoch + 1))
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
            """,
        "an optimizer that is rebuilt for a new model": """
            for fold in range(epochs):
                model = nn.Linear(2, 1)
                optimizer = torch.optim.Adam(model.parameters())
                for x, y in loader:
                    loss_fn(model(x), y).backward()
                    optimizer.step()
                    optimizer.zero_grad()
            """,
        "an optimizer that is rebuilt for each batch": """
            for epoch in range(epochs):
                for x, y in loader:
                    noise = torch.zeros_like(x, requires_grad=True)
                    attack = torch.optim.SGD([noise], lr=0.1)
                    loss_fn(model(x + noise), y).backward()
                    attack.step()
            """,
        "rebuilt in every epoch, never cleared": """
            for epoch in range(epochs):
                optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
                for x, y in loader:
                    loss_fn(model(x), y).backward()
                    optimizer.step()  # LL101
            """,
        "a model that is loaded anew": """
            start = copy.deepcopy(model.state_dict())
            for epoch in range(epochs):
                model.load_state_dict(start, assign=False)
                optimizer.load_state_dict(optimizer.state_dict())
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
            """,
        "a copy that is met where the state of its schedule is loaded": """
            scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5)
            state = scheduler.state_dict()
            for _ in range(epochs):
                copied, again, schedule = copy.deepcopy((model, optimizer, scheduler))
                schedule.load_state_dict(state)
                loss_fn(copied(x), y).backward()
                again.step()
                again.zero_grad()
                loss_fn(copied(x), y).backward()
                again.step()
            """,
        "a copy that is met where the state of its schedule is loaded, never cleared": """
            scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5)
            state = scheduler.state_dict()
            for _ in range(epochs):
                copied, again, schedule = copy.deepcopy((model, optimizer, scheduler))
                schedule.load_state_dict(state)
                for _ in range(4):
                    loss_fn(copied(x), y).backward()
                    again.step()  # LL101
            """,
    }
)
def test_parameters_that_come_and_go(program: str, exact: bool) -> None:
    check(program, exact=exact)


@programs(
    {
        "a step that fails": """
            def broken(*_):
                raise MemoryError

            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    loss_fn(model(x), y).backward()
                    hook = optimizer.register_step_pre_hook(broken) if i == 2 and epoch == 0 else None
                    try:
                        optimizer.step()  # LL101
                    except MemoryError:
                        hook.remove()
            """,
        "a closure that fails": """
            def closure():
                loss = loss_fn(model(x), y)
                loss.backward()
                if epoch == 0 and i == 2:
                    raise MemoryError
                return loss

            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    try:
                        optimizer.step(closure)  # LL101
                    except MemoryError:
                        pass
            """,
        "a step that fails, cleared": """
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    try:
                        optimizer.step(**({"wrong": 1} if i == 2 else {}))
                    except TypeError:
                        pass
            """,
    }
)
def test_what_fails_and_is_caught(program: str, exact: bool) -> None:
    check(program, exact=exact)


@programs(
    {
        "never cleared any more": """
            for epoch in range(epochs):
                for x, y in loader:
                    if epoch < epochs // 2:
                        optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()  # LL101
            """,
        "never cleared any more, outside of any loader": """
            for step in range(steps):
                if step < steps // 2:
                    optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()  # LL101
            """,
        "erased": """
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    if epoch >= epochs // 2:
                        optimizer.zero_grad()
                    optimizer.step()  # LL104
            """,
    }
)
def test_a_fault_that_begins_in_the_middle(program: str, exact: bool) -> None:
    check(program, exact=exact)
