"""Right programs that looplint once found something in, by the cause, each rewritten to be small."""

from __future__ import annotations

RIGHT = {
    "LL103 cleared where the memory ran out": """
        for samples in grouped(batches, 4):
            optimizer.zero_grad()
            for sample in samples:
                try:
                    F.cross_entropy(net(sample["x"]), sample["y"]).backward()
                except RuntimeError as error:
                    if "out of memory" not in str(error):
                        raise
                    optimizer.zero_grad()
            optimizer.step()
    """,
    "LL103 micro-batches of an iterator that goes on behind them": """
        batches = DataLoader(pairs, batch_size=4)
        optimizer = Adam(net.parameters())
        source = iter(batches)
        done = 0
        while done < updates:
            optimizer.zero_grad()
            for _ in range(parts):
                try:
                    x, y = next(source)
                except StopIteration:
                    source = iter(batches)
                    x, y = next(source)
                (F.mse_loss(net(x), y) / parts).backward()
            optimizer.step()
            done += 1
    """,
    "LL105 a measurement before any optimizer is built": """
        def seconds_of(net, x, turns):
            began = time.perf_counter()
            for _ in range(turns):
                net.zero_grad(set_to_none=True)
                net(x).sum().backward()
            return (time.perf_counter() - began) / turns

        def seconds_of_steps(net, x, turns):
            optimizer = Adam(net.parameters())
            net(x).sum().backward()
            began = time.perf_counter()
            for _ in range(turns):
                optimizer.step()
            return (time.perf_counter() - began) / turns

        net = nn.Linear(8, 8)
        print(seconds_of(net, x, 10), seconds_of_steps(net, x, 10))
    """,
    "LL103 cleared before the first turn only, told by an attribute": """
        class Stepper:
            def __init__(self, net):
                self.net, self.optim = net, SGD(net.parameters(), 0.1)
                self.pending = 0
                self.first = True

            def add(self, loss):
                if self.first:
                    self.optim.zero_grad()
                    self.first = False
                loss.backward()
                self.pending += 1

            def flush(self):
                if self.pending == 0:
                    return
                self.optim.step()
                self.optim.zero_grad()
                self.pending = 0

        def run(net, pairs):
            stepper = Stepper(net)
            batches = DataLoader(pairs, 4)
            for epoch in range(3):
                for x, y in batches:
                    stepper.add(F.cross_entropy(net(x), y))
                    if stepper.pending == 4:
                        stepper.flush()
                stepper.flush()
    """,
    "LL202 schedules of something else than the learning rate": """
        def train(net, batches, forcing_scheduler):
            optimizer = Adam(net.parameters())
            beta_scheduler = Annealed(0.0, 1.0, 1000)
            for epoch in range(epochs):
                forcing_scheduler.step()
                for x, _ in batches:
                    beta_scheduler.step()
                    again, spread = net(x, forcing_scheduler.ratio)
                    loss = F.mse_loss(again, x) + beta_scheduler.value * spread
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
    """,
    "LL103 a closure over all batches": """
        batches = DataLoader(pairs, 256)
        optimizer = torch.optim.LBFGS(net.parameters(), max_iter=20)

        def closure():
            optimizer.zero_grad()
            total = 0.0
            for x, y in batches:
                loss = F.mse_loss(net(x), y, reduction="sum") / len(pairs)
                loss.backward()
                total += loss.detach()
            return total

        for i in range(10):
            optimizer.step(closure)
    """,
    "LL103 a few batches of an iterator at a time": """
        batches = DataLoader(pairs, 8)
        source = iter(itertools.cycle(batches))
        optimizer = Adam(net.parameters())
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=updates)
        for update in range(updates):
            optimizer.zero_grad()
            for x, y in itertools.islice(source, parts):
                (F.mse_loss(net(x), y) / parts).backward()
            optimizer.step()
            scheduler.step()
    """,
    "LL103 a mean over all batches": """
        batches = DataLoader(pairs, 256)
        optimizer = SGD(net.parameters(), 1.0)
        for epoch in range(epochs):
            optimizer.zero_grad()
            for x, y in batches:
                loss = F.mse_loss(net(x), y, reduction="sum") / len(batches.dataset)
                loss.backward()
            optimizer.step()
    """,
    "LL101 cleared by a helper of another package": """
        from common.training import reset_gradients

        def train(net, batches):
            optimizer = Adam(net.parameters())
            for x, y in batches:
                reset_gradients(net)
                F.cross_entropy(net(x), y).backward()
                optimizer.step()
    """,
    "LL101 gradients that are views of a buffer": """
        flat = torch.zeros(sum(p.numel() for p in net.parameters()))
        start = 0
        for p in net.parameters():
            p.grad = flat[start : start + p.numel()].view_as(p)
            start += p.numel()
        optimizer = SGD(net.parameters(), 0.1)
        for x, y in batches:
            flat.zero_()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
    """,
    "LL101 cleared by a hook of the optimizer": """
        optimizer = SGD(net.parameters(), 0.1)
        optimizer.register_step_post_hook(lambda one, given, named: one.zero_grad())
        for x, y in batches:
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
    """,
    "LL101 a step that is replaced": """
        optimizer = SGD(net.parameters(), 0.1)
        plain = optimizer.step

        def step(closure=None):
            plain(closure)
            optimizer.zero_grad()

        optimizer.step = step
        for x, y in batches:
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
    """,
    "LL105 the norms of gradients": """
        def norms(net, batches, optimizer):
            found = []
            for x, y in batches:
                optimizer.zero_grad()
                F.cross_entropy(net(x), y).backward()
                found.append(nn.utils.clip_grad_norm_(net.parameters(), float("inf")).item())
            return found
    """,
    "LL105 gradients that are checked elsewhere": """
        from diagnostics import check_gradients

        def check(net, batches, optimizer):
            for x, y in batches:
                optimizer.zero_grad()
                F.cross_entropy(net(x), y).backward()
                check_gradients(net)
    """,
    "LL105 gradients that a hook gathers": """
        optimizer = SGD(net.parameters(), 0.1)
        found = []
        for p in net.parameters():
            p.register_hook(lambda gradient: found.append(gradient.norm().item()))
        for x, y in batches:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
    """,
    "LL101 cleared by a method of the object that has the optimizer": """
        def run(trainer, batches):
            for batch in batches:
                trainer.start_batch()
                trainer.loss(batch).backward()
                trainer.optimizer.step()
    """,
    "LL101 cleared as one of several": """
        def run(trainer, batches):
            for batch in batches:
                for one in trainer.optimizers:
                    one.zero_grad()
                trainer.loss(batch).backward()
                trainer.optimizer.step()
    """,
    "LL101 cleared by a method that is looked up by its name": """
        class Trainer:
            def __init__(self, net, pairs):
                self.net, self.batches = net, DataLoader(pairs, 4)
                self.opt = Adam(net.parameters())

            def fire(self, name, *given):
                method = getattr(self, f"on_{name}", None)
                if method is not None:
                    method(*given)

            def on_batch_start(self):
                self.opt.zero_grad()

            def fit(self):
                for x, y in self.batches:
                    self.fire("batch_start")
                    F.mse_loss(self.net(x), y).backward()
                    self.opt.step()
    """,
    "LL101 cleared by a decorator": """
        def cleared(optimizer):
            def decorate(function):
                def wrapper(*given):
                    optimizer.zero_grad()
                    return function(*given)
                return wrapper
            return decorate

        def main(net, pairs):
            optimizer = SGD(net.parameters(), 0.1)

            @cleared(optimizer)
            def step(x, y):
                F.mse_loss(net(x), y).backward()
                optimizer.step()

            for x, y in DataLoader(pairs, 4):
                step(x, y)
    """,
    "LL101 cleared by a decorator of methods": """
        def zero_first(function):
            @functools.wraps(function)
            def wrapper(self, *given):
                self.opt.zero_grad()
                return function(self, *given)
            return wrapper

        class Trainer:
            def __init__(self, net):
                self.net, self.opt = net, Adam(net.parameters())

            @zero_first
            def train_batch(self, x, y):
                F.mse_loss(self.net(x), y).backward()
                self.opt.step()

            def fit(self, batches):
                for x, y in batches:
                    self.train_batch(x, y)
    """,
    "LL101 cleared by a method that is called for each of several": """
        clear = operator.methodcaller("zero_grad")
        optimizers = [Adam(net.parameters()) for net in nets]
        for x, y in batches:
            list(map(clear, optimizers))
            sum(F.mse_loss(net(x), y) for net in nets).backward()
            for one in optimizers:
                one.step()
    """,
    "LL103 a batch of each of several loaders": """
        sources = [iter(DataLoader(one, 4)) for one in tasks]
        optimizer = Adam(net.parameters())
        for step in range(1000):
            optimizer.zero_grad()
            for source in sources:
                x, y = next(source)
                F.mse_loss(net(x), y).backward()
            optimizer.step()
    """,
    "LL104 cleared for a part of the network": """
        optimizer = SGD(net.parameters(), 0.1)
        for x, y in batches:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            for p in net.prototypes.parameters():
                p.grad = None
            net.backbone.zero_grad()
            optimizer.step()
    """,
    "LL106 an optimizer that makes its gradients of what the closure returns": """
        from zeroth import SPSA

        optimizer = SPSA(net.parameters(), lr=1e-3)
        for x, y in batches:
            optimizer.zero_grad()

            def closure():
                return F.cross_entropy(net(x), y)

            loss = optimizer.step(closure)
    """,
    "LL201 all data in one batch": """
        pairs = torch.utils.data.TensorDataset(x, y)
        batches = DataLoader(pairs, batch_size=len(pairs))
        optimizer = Adam(net.parameters())
        scheduler = StepLR(optimizer, step_size=100)
        for epoch in range(1000):
            for x, y in batches:
                optimizer.zero_grad()
                F.mse_loss(net(x), y).backward()
                optimizer.step()
                scheduler.step()
    """,
    "LL105 a step for each item of a generator": """
        def gradients(net, optimizer, batches):
            for x, y in batches:
                optimizer.zero_grad()
                loss = F.mse_loss(net(x), y)
                loss.backward()
                yield loss.item()

        optimizer = Adam(net.parameters())
        for loss in gradients(net, optimizer, batches):
            optimizer.step()
    """,
    "LL105 a step in a callback": """
        def loop(net, optimizer, batches, on_batch_end=None):
            for x, y in batches:
                optimizer.zero_grad()
                loss = F.mse_loss(net(x), y)
                loss.backward()
                if on_batch_end is not None:
                    on_batch_end(loss)
    """,
    "LL101 cleared by a callback": """
        class Trainer:
            def __init__(self, net, optimizer, callbacks):
                self.net, self.optimizer, self.callbacks = net, optimizer, callbacks

            def fit(self, batches):
                for x, y in batches:
                    for one in self.callbacks:
                        one.before_batch()
                    F.mse_loss(self.net(x), y).backward()
                    self.optimizer.step()
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
    "LL103 a closure over all batches that counts its loss": """
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
