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
    "LL101 optimizers in a dict of unknown keys, cleared by items and stepped by key": """
        parts = nn.ModuleDict({"coder": Coder(), "judge": Judge()})
        optims = {name: Adam(part.parameters()) for name, part in parts.items()}

        def clear(names=None):
            for name, one in optims.items():
                if names is None or name in names:
                    one.zero_grad()

        def step(*names):
            for name in names:
                optims[name].step()

        for x in batches:
            clear()
            F.mse_loss(parts["coder"](x), x).backward()
            step("coder")
            clear()
            hinge(parts["judge"](x)).backward()
            step("judge")
    """,
    "LL101 optimizers cleared by a function nobody can see into": """
        optims = {name: Adam(part.parameters()) for name, part in parts.items()}
        for x in batches:
            list(map(operator.methodcaller("zero_grad"), optims.values()))
            F.mse_loss(net(x), x).backward()
            any(map(lambda one: one.step(), optims.values()))
    """,
    "LL104 the gradients of a part are dropped, so that the others are trained": """
        net = Net()
        optimizer = SGD(net.parameters(), lr=0.01)
        for x in batches:
            optimizer.zero_grad()
            F.mse_loss(net(x), x).backward()
            net.backbone.zero_grad(set_to_none=True)
            optimizer.step()
    """,
    "LL104 the gradients of one of two networks are dropped": """
        optimizer = SGD([*coder.parameters(), *head.parameters()], lr=0.01)
        for x in batches:
            optimizer.zero_grad()
            F.mse_loss(head(coder(x)), x).backward()
            coder.zero_grad()
            optimizer.step()
    """,
    "LL101 momentum, by gradients that decay and are never cleared": """
        weight = torch.randn(3, requires_grad=True)
        optimizer = SGD([weight], lr=0.01)
        for _ in range(20):
            loss = ((x @ weight - y) ** 2).mean()
            if weight.grad is not None:
                weight.grad *= 0.9
            loss.backward()
            optimizer.step()
    """,
    "LL101 momentum, in place and behind the step": """
        optimizer = SGD(net.parameters(), lr=0.01)
        for x, y in batches:
            F.mse_loss(net(x), y).backward()
            optimizer.step()
            for p in net.parameters():
                p.grad.mul_(0.9)
    """,
    "LL103 gradients of the whole set, each batch with its share of them": """
        def descend(net, batches, epochs):
            optimizer = SGD(net.parameters(), lr=0.1)
            size = len(batches.dataset)
            for epoch in range(epochs):
                optimizer.zero_grad()
                for x, y in batches:
                    loss = F.cross_entropy(net(x), y, reduction="sum") / size
                    loss.backward()
                optimizer.step()

        descend(Net(), DataLoader(pictures), 3)
    """,
    "LL103 a closure over all batches": """
        batches = DataLoader(pictures)
        optimizer = torch.optim.LBFGS(net.parameters())

        def closure():
            optimizer.zero_grad()
            total = 0.0
            for x, y in batches:
                loss = F.cross_entropy(net(x), y)
                loss.backward()
                total += loss.item()
            return total

        for turn in range(5):
            optimizer.step(closure)
    """,
    "LL101 all gradients are views of one buffer, which is cleared": """
        class Flat:
            def __init__(self, net):
                self.params = list(net.parameters())
                self.flat_grad = torch.zeros(sum(p.numel() for p in self.params))
                start = 0
                for p in self.params:
                    p.grad = self.flat_grad[start : start + p.numel()].view_as(p)
                    start += p.numel()

        flat = Flat(net)
        optimizer = SGD(net.parameters(), lr=0.1)
        for x, y in batches:
            flat.flat_grad.zero_()
            F.mse_loss(net(x), y).backward()
            optimizer.step()
    """,
    "LL101 gradients filled with zeros by a function": """
        optimizer = SGD(net.parameters(), lr=0.1)
        for x, y in batches:
            F.mse_loss(net(x), y).backward()
            optimizer.step()
            for p in net.parameters():
                nn.init.zeros_(p.grad)
    """,
    "LL101 gradients set to zero by a slice": """
        optimizer = SGD(net.parameters(), lr=0.1)
        for x, y in batches:
            F.mse_loss(net(x), y).backward()
            optimizer.step()
            for p in net.parameters():
                p.grad[...] = 0
    """,
    "LL101 an inner part is trained, and the outermost network is cleared": """
        class Inner(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = Layer()

        class Middle(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = Inner()
                self.many = nn.ModuleList([Inner(), Inner()])

        class Outer(nn.Module):
            def __init__(self):
                super().__init__()
                self.middle = Middle()

        class Layer(nn.Module):
            pass

        net = Outer()
        optimizer = SGD(net.middle.inner.layer.parameters(), lr=0.1)
        others = [SGD(one.parameters(), lr=0.1) for one in net.middle.many]
        for x, y in batches:
            net.zero_grad()
            F.mse_loss(net(x), y).backward()
            optimizer.step()
            for other in others:
                other.step()
    """,
    "LL104 the gradients of a copy are dropped": """
        net = Net()
        target = copy.deepcopy(net)
        optimizer = SGD(net.parameters(), lr=0.1)
        for x, y in batches:
            optimizer.zero_grad()
            F.mse_loss(net(x) + target(x), y).backward()
            target.zero_grad()
            optimizer.step()
    """,
    "LL101 cleared by a hook behind each step": """
        optimizer = SGD(net.parameters(), lr=0.1)
        optimizer.register_step_post_hook(lambda one, args, kwargs: one.zero_grad())
        for x, y in batches:
            F.mse_loss(net(x), y).backward()
            optimizer.step()
    """,
    "LL101 cleared by a hook before each forward": """
        optimizer = SGD(net.parameters(), lr=0.1)
        net.register_forward_pre_hook(lambda module, inputs: optimizer.zero_grad())
        for x, y in batches:
            F.mse_loss(net(x), y).backward()
            optimizer.step()
    """,
    "LL101 the step is replaced by one that clears": """
        optimizer = SGD(net.parameters(), lr=0.1)
        advance = optimizer.step

        def step_and_clear(*args, **kwargs):
            advance(*args, **kwargs)
            optimizer.zero_grad()

        optimizer.step = step_and_clear
        for x, y in batches:
            F.mse_loss(net(x), y).backward()
            optimizer.step()
    """,
    "LL101 cleared where the object yields its batches": """
        class Trainer:
            def __init__(self, net):
                self.net = net
                self.optimizer = SGD(net.parameters(), lr=0.1)

            def __iter__(self):
                for batch in batches:
                    self.net.zero_grad()
                    yield batch

            def fit(self):
                for x, y in self:
                    F.mse_loss(self.net(x), y).backward()
                    self.optimizer.step()

            def fit_counting(self):
                for i, (x, y) in enumerate(self):
                    F.mse_loss(self.net(x), y).backward()
                    self.optimizer.step()
    """,
    "LL101 optimizers that are items of an object": """
        class Agents:
            def __init__(self):
                self.coder, self.judge, self.optims = nn.Linear(4, 4), nn.Linear(4, 2), {}
                self.add("coder", self.coder)
                self.add("judge", self.judge)

            def add(self, name, net):
                self.optims[name] = SGD(net.parameters(), lr=0.1)

            def __getitem__(self, name):
                return self.optims[name]

            def fit(self):
                for x, y in batches:
                    self["coder"].zero_grad()
                    self["judge"].zero_grad()
                    F.mse_loss(self.judge(self.coder(x)), y).backward()
                    for one in self.optims.values():
                        one.step()
    """,
    "LL101 optimizers of the parts, cleared part by part": """
        class Part(nn.Module):
            def __init__(self):
                super().__init__()
                self.optimizer = SGD(self.parameters(), lr=0.1)

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.coder, self.judge = Part(), Part()

            def fit(self):
                for x, y in batches:
                    for part in self.children():
                        part.optimizer.zero_grad()
                    F.mse_loss(self.judge(self.coder(x)), y).backward()
                    self.coder.optimizer.step()
                    self.judge.optimizer.step()
    """,
    "LL105 gradients that a hook has seen": """
        class Heat:
            def __init__(self, net, layer):
                self.net = net
                layer.register_full_backward_hook(self.keep)

            def keep(self, module, into, out):
                self.gradients = out[0].detach()

            def __call__(self, x):
                self.net.zero_grad()
                self.net(x).max().backward()
                return self.gradients.mean()

        def explain(net, layer, optimizer):
            heat, maps = Heat(net, layer), []
            for x in batches:
                optimizer.zero_grad()
                maps.append(heat(x))
            return maps
    """,
    "LL101 a part that the network gives away is trained": """
        layers = list(net.children())
        optimizer = SGD(layers[-1].parameters(), lr=0.1)
        other = SGD(net.get_submodule("body").parameters(), lr=0.1)
        for x, y in batches:
            net.zero_grad()
            F.mse_loss(net(x), y).backward()
            optimizer.step()
            other.step()
    """,
    "LL101 a part that is given to the network is trained": """
        head, adapter, low = Head(), Adapter(), Low()
        net.head = head
        net.layers.append(adapter)
        inject(net, low)
        optimizers = SGD(head.parameters(), lr=0.1), SGD(adapter.parameters(), lr=0.1), SGD(low.parameters(), lr=0.1)
        for x, y in batches:
            net.zero_grad()
            F.mse_loss(net(x), y).backward()
            for one in optimizers:
                one.step()
    """,
    "LL101 a part of an object that builds its own optimizer": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.head = nn.Linear(4, 2)
                self.optimizer = SGD(self.parameters(), lr=0.1)

        net = Net()
        optimizer = SGD(net.head.parameters(), lr=0.1)
        for x, y in batches:
            net.zero_grad()
            F.mse_loss(net(x), y).backward()
            optimizer.step()
    """,
    "LL104 the gradients of a part are dropped that the network gives away": """
        optimizer = SGD(net.parameters(), lr=0.1)
        words = net.get_input_embeddings()
        for x, y in batches:
            optimizer.zero_grad()
            F.mse_loss(net(x), y).backward()
            words.zero_grad()
            optimizer.step()
    """,
    "LL104 the gradients of some layers are dropped": """
        optimizer = SGD(net.parameters(), lr=0.1)
        for x, y in batches:
            optimizer.zero_grad()
            F.mse_loss(net(x), y).backward()
            for layer in net.frozen_layers():
                layer.zero_grad()
            optimizer.step()
    """,
    "LL104 the gradients of chosen parameters are dropped": """
        optimizer = SGD(net.parameters(), lr=0.1)
        frozen = [p for name, p in net.named_parameters() if name.startswith("body")]
        for x, y in batches:
            optimizer.zero_grad()
            F.mse_loss(net(x), y).backward()
            for p in frozen:
                p.grad = None
            optimizer.step()
    """,
}
