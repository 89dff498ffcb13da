"""False alarms of a throwaway reader over a corpus, by their causes, each in a small program of its own."""

from __future__ import annotations

QUIET = {
    "LL101 a reference loop beside an accumulating one": """
        def compare(launcher):
            net, opt, sched, batches, ddp_net, ddp_opt, ddp_sched = setup(launcher, True)
            for turn, batch in enumerate(batches):
                one_step(net, batch, launcher, False)
                opt.step()
                if (turn + 1) % 2 == 0 or turn + 1 == len(batches):
                    sched.step()
                with launcher.accumulate(ddp_net):
                    one_step(ddp_net, batch, launcher)
                    ddp_opt.step()
                    ddp_sched.step()
                if (turn + 1) % 2 == 0 or turn + 1 == len(batches):
                    opt.zero_grad()
                    ddp_opt.zero_grad()

        def one_step(net, batch, launcher, prepared=True):
            net.train()
            loss = F.mse_loss(net(batch["x"]), batch["y"])
            if prepared:
                launcher.backward(loss)
            else:
                loss.backward()
    """,
    "LL101 a loop over configurations, everything built anew": """
        def test_saving(self):
            for kind in ("full", "local"):
                strategy = Strategy(kind)
                net, optim, rates = strategy.prepare(Toy(), optimizer=config, schedules=schedules)
                loss = net(data)["loss"]
                loss.backward()
                optim.step()
                [rate.step() for rate in rates]
    """,
    "LL102 gradients filled by hand behind a backward": """
        def test_skipped():
            net = nn.Linear(5, 5)
            optimizer = SGD(net.parameters(), 0.1)
            launcher = Accelerator(mixed_precision="fp16")
            net, optimizer = launcher.prepare(net, optimizer)
            for value in (0.01, float("nan")):
                launcher.backward(net(x).sum())
                for p in net.parameters():
                    p.grad.fill_(value)
                optimizer.step()
    """,
    "LL102 gradients filled by hand twice": """
        net = nn.Linear(5, 5)
        optimizer = SGD(net.parameters(), 0.1)
        net(x).sum().backward()
        for p in net.parameters():
            p.grad.fill_(0.01)
        optimizer.step()
        net(x).sum().backward()
        for p in net.parameters():
            p.grad.fill_(0.01)
        p.grad[0] = torch.tensor(float("nan"))
        optimizer.step()
    """,
    "LL103 micro-batches of a list that is filled from a loader": """
        source = iter(launcher_batches)
        for update in range(updates):
            samples = [next(source) for _ in range(parts)]
            losses = []
            for i, batch in enumerate(samples):
                loss = net(**batch).loss * parts
                launcher.backward(loss)
                losses.append(loss.detach())
            launcher.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            lr_scheduler.step()
            optimizer.zero_grad()
    """,
    "LL103 backwards over parts of a batch": """
        batch = 0
        while batch < len(batches):
            optimizer.zero_grad()
            for part in batches[batch].split(8):
                F.mse_loss(net(part), part).backward()
            optimizer.step()
            batch += 1
    """,
    "LL105 gradients read by a test": """
        class TestLoss(unittest.TestCase):
            def test_gradient(self):
                for kind in kinds:
                    measure = Measure(classes=4)
                    optimizer = SGD([measure.weight], lr=0.001)
                    optimizer.zero_grad()
                    loss = measure(points, labels)
                    loss.backward()
                    self.assertTrue(torch.allclose(measure.weight.grad, expected(measure, points)))
    """,
    "LL105 a closure is no function of its own": """
        def paint(content, style, epochs):
            net, styles = losses_of(style)
            painted, optimizer = input_of(content)
            epoch = [0]
            while epoch[0] < epochs:
                def again():
                    painted.data.clamp_(0, 1)
                    net(painted)
                    optimizer.zero_grad()
                    score = 0
                    for one in styles:
                        score += one.backward()
                    epoch[0] += 1
                    return score
                optimizer.step(again)
    """,
    "LL106 gradients written by hand, in a loop": """
        optimizer = DistributedShampoo(net.parameters(), lr=0.01)
        for _ in range(3):
            optimizer.zero_grad()
            weight = cast(torch.Tensor, net[0].weight)
            weight.grad = torch.rand_like(weight)
            optimizer.step()
    """,
    "LL106 gradients written by hand, in a closure": """
        class TestOptimizer:
            def test_closure(self):
                weight = self._net[0].weight
                self._optimizer.zero_grad()
                weight.grad = torch.rand_like(weight)
                assert self._optimizer.step(closure=None) is None

                def closure():
                    self._optimizer.zero_grad()
                    weight.grad = torch.rand_like(weight)
                    return 1.0

                assert self._optimizer.step(closure=closure) == 1.0
    """,
    "LL106 a second step without gradients, in a test": """
        class TestOptimizer:
            def test_none(self):
                weight = self._net[0].weight
                self._optimizer.zero_grad()
                weight.grad = torch.rand_like(weight)
                self._optimizer.step()

                self._optimizer.zero_grad()
                self._optimizer.step()
    """,
    "LL106 a list of optimizers, the backward in the caller": """
        class Manager:
            def __init__(self):
                self.optimizers = [Adam(head), SGD(body)]

            def step_all(self, turn):
                for one in self.optimizers:
                    if one.frozen > 0:
                        one.frozen -= 1
                        one.zero_grad(set_to_none=True)
                    elif self.is_active(one, turn):
                        one.step()
                        one.zero_grad(set_to_none=True)
    """,
    "LL106 gradients written once, before a step": """
        def test_state(tmp_path):
            task = make()
            optim_a = SGD(task.parameters(), lr=0.01, momentum=0.9)
            for p in task.parameters():
                if p.requires_grad:
                    p.grad = torch.randn_like(p)
            optim_a.step()
    """,
    "LL106 a step that primes a schedule, for each of its turns": """
        def simulate(kind, rate, turns):
            opt = SGD([{"params": torch.ones(1, requires_grad=True), "lr": rate}])
            sch = kind(opt)
            rates = []
            for turn in range(turns):
                opt.step()
                rates.append(opt.param_groups[0]["lr"])
                sch.step()
            return rates
    """,
    "LL106 a step that primes a schedule, in a test": """
        def check(optimizer, targets, epochs):
            scheduler = WarmRestarts(optimizer, 0.1, 1.0)
            for epoch in range(epochs):
                optimizer.step()
                scheduler.step(epoch)
                assert optimizer.param_groups[0]["lr"] == targets[epoch]
    """,
    "LL201 a horizon in batches": """
        def main(args):
            batches = DataLoader(pictures)
            optimizer = SGD(net.parameters(), args.lr)
            scheduler = StepLR(optimizer, step_size=len(batches) * 30, gamma=0.1)
            for epoch in range(args.epochs):
                train(batches, net, optimizer, scheduler)

        def train(batches, net, optimizer, scheduler):
            for i, (x, y) in enumerate(batches):
                optimizer.zero_grad()
                F.cross_entropy(net(x), y).backward()
                optimizer.step()
                scheduler.step()
    """,
    "LL201 a plateau behind a validation now and then": """
        batches = DataLoader(scans)
        optimizer = torch.optim.RMSprop(unet.parameters())
        scheduler = ReduceLROnPlateau(optimizer, "max", patience=5)
        done = 0
        for epoch in range(1, 6):
            for x, y in batches:
                optimizer.zero_grad(set_to_none=True)
                F.cross_entropy(unet(x), y).backward()
                optimizer.step()
                done += 1
                every = len(scans) // 5
                if every > 0:
                    if done % every == 0:
                        scheduler.step(evaluate(unet, held_out))
    """,
    "LL202 two optimizers, each with its scheduler": """
        for epoch in range(epochs):
            for batch in batches:
                with launcher_a.accumulate(net_a, net_b):
                    launcher_a.backward(net_a(**batch).loss)
                    optimizer_a.step()
                    schedule_a.step()
                    optimizer_a.zero_grad()
                    launcher_b.backward(net_b(**batch).loss)
                    optimizer_b.step()
                    schedule_b.step()
                    optimizer_b.zero_grad()
    """,
    "LL202 a scheduler in the other branch": """
        phase = "maker"
        for batch in batches:
            if phase == "maker":
                maker_loss = losses(batch)
                launcher.backward(maker_loss)
                if launcher.sync_gradients:
                    norm = launcher.clip_grad_norm_(maker.parameters(), 1.0)
                    if norm.isnan():
                        optimizer_m.zero_grad()
                        optimizer_j.zero_grad()
                        continue
                    phase = "judge"
                    optimizer_m.step()
                    lr_scheduler.step()
                    optimizer_m.zero_grad()
            elif phase == "judge":
                launcher.backward(judge_loss(batch))
                if launcher.sync_gradients:
                    phase = "maker"
                    optimizer_j.step()
                    optimizer_j.zero_grad()
    """,
    "LL202 two optimizers, by turns": """
        for epoch in range(epochs):
            for i, batch in enumerate(batches):
                if i % 2 == 0:
                    with launcher.accumulate(coder):
                        launcher.backward(rebuild(coder(batch), batch))
                        optimizer.step()
                        lr_scheduler.step()
                        optimizer.zero_grad()
                else:
                    with launcher.accumulate(judge):
                        launcher.backward(hinge(judge(batch), judge(coder(batch))))
                        judge_optimizer.step()
                        judge_scheduler.step()
                        judge_optimizer.zero_grad()
    """,
    "LL202 a scheduler behind its step, before the next clear": """
        for batch in batches:
            if updating_maker:
                optimizer.zero_grad()
                loss = rebuild(coder(batch), batch)
                launcher.backward(loss)
                optimizer.step()
                lr_scheduler.step()
            else:
                judge_optimizer.zero_grad()
                loss = hinge(judge(batch))
                launcher.backward(loss)
                judge_optimizer.step()
                judge_scheduler.step()
    """,
}
