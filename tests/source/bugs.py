"""Real bugs of training code, each written anew in a small program of its own, with what must be found."""

from __future__ import annotations

BROKEN = {
    "LL101 never cleared, in a function of an epoch": (
        """
        def epoch_of(net, sounds, criterion, optimizer, device):
            net.train()
            for x, y, mask, _ in sounds:
                x, y, mask = x.to(device), y.to(device), mask.to(device)
                loss = criterion(net(x), y) * mask
                loss = torch.mean(loss)
                loss.backward()
                nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
        """,
        [("LL101", 9)],
    ),
    "LL101 never cleared, behind a mode": (
        """
        def epoch_of(net, sounds, optimizer, mode):
            for x, y, mask in sounds:
                if args.kind == "mean":
                    loss = F.mse_loss(net(x)[mask], y[mask])
                else:
                    raise NotImplementedError
                if mode == "train":
                    loss.backward()
                    optimizer.step()
        """,
        [("LL101", 9)],
    ),
    "LL101 never cleared, over a range": (
        """
        optimizer = torch.optim.AdamW(shards.parameters(), lr=3e-3, foreach=True)
        for i in range(10):
            torch.manual_seed(i + rank)
            tokens = torch.randint(32000, (8, 256), device=kind)
            shards(tokens).sum().backward()
            optimizer.step()
            rank_log(rank, logger, f"turn {i}")
        """,
        [("LL101", 6)],
    ),
    "LL101 never cleared, with a device mesh": (
        """
        mesh = init_device_mesh("cuda", (size,))
        net = parallelize_module(Toy().to("cuda"), mesh, {"one": ColwiseParallel()})
        optimizer = torch.optim.AdamW(net.parameters(), lr=0.25)
        for i in range(turns):
            guess = net(torch.rand(20, 10))
            guess.sum().backward()
            optimizer.step()
        """,
        [("LL101", 7)],
    ),
    "LL101 never cleared, in a test": (
        """
        def worker(rank, batches):
            net = Toy()
            optimizer = Averaged(SGD(net.parameters(), lr=0.1))
            for i in range(turns):
                loss = net(batches[i], labels[i])
                loss.backward()
                optimizer.step()

        class Averaged(torch.optim.Optimizer):
            def __init__(self, inner):
                self.inner = inner
        """,
        [("LL101", 7)],
    ),
    "LL101 an own update, or a step that is never cleared": (
        """
        def train(net, train_iter, loss, epochs, params=None, lr=None, optimizer=None):
            for epoch in range(epochs):
                for x, y in train_iter:
                    l = loss(net(x), y).sum()
                    l.backward()
                    if optimizer is None:
                        own_sgd(params, lr)
                    else:
                        optimizer.step()
        """,
        [("LL101", 9)],
    ),
    "LL101 the first window adds to what another phase has applied": (
        """
        optimizer = Adam(agent.parameters(), lr=5e-4)
        for phase in range(1, phases + 1):
            for update in range(1, updates + 1):
                for x, y in minibatches(policy):
                    policy_loss = (agent(x) - y).pow(2).mean()
                    optimizer.zero_grad()
                    policy_loss.backward()
                    nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
                    optimizer.step()
            for auxiliary in range(6):
                for i, x in enumerate(pieces):
                    joint_loss = agent.values(x).pow(2).mean() / parts
                    joint_loss.backward()
                    if (i + 1) % parts == 0:
                        optimizer.step()
                        optimizer.zero_grad()
        """,
        [("LL101", 15)],
    ),
    "LL202 before the step, in an inner loop": (
        """
        def train(config, net, roads):
            optimizer = SGD(net.parameters(), lr=0.1)
            scheduler = get_scheduler(optimizer, config["schedule"])
            i, going = 0, True
            while i <= config["turns"] and going:
                for x, y in roads:
                    i += 1
                    scheduler.step()
                    optimizer.zero_grad()
                    loss = loss_fn(net(x), y)
                    loss.backward()
                    optimizer.step()
                    if i == config["turns"]:
                        going = False
                        break
        """,
        [("LL202", 8)],
    ),
    "LL202 before the step, to find a rate": (
        """
        from rates import FindRate

        batches = DataLoader(pictures)
        loss_function = nn.CrossEntropyLoss()
        optimizer = SGD(net.parameters(), lr=1e-7, momentum=0.9)
        lr_scheduler = FindRate(optimizer, max_lr=10, num_iter=100)
        n = 0
        for epoch in range(epochs):
            for i, (x, y) in enumerate(batches):
                if n > 100:
                    break
                lr_scheduler.step()
                optimizer.zero_grad()
                loss = loss_function(net(x), y)
                if torch.isnan(loss).any():
                    n += 1e8
                    break
                loss.backward()
                optimizer.step()
                n += 1
        """,
        [("LL202", 12)],
    ),
    "LL101 never cleared, in a dict of unknown keys": (
        """
        optims = {name: torch.optim.Adam(part.parameters()) for name, part in parts.items()}
        for x in batches:
            F.mse_loss(net(x), x).backward()
            for name, one in optims.items():
                one.step()
        """,
        [("LL101", 5)],
    ),
    "LL104 cleared as a whole, inside what wraps it": (
        """
        net = nn.DataParallel(Net())
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        for x in batches:
            F.mse_loss(net(x), x).backward()
            net.module.zero_grad()
            optimizer.step()
        """,
        [("LL104", 6)],
    ),
    "LL101 never cleared, and masked before each step": (
        """
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for x, y in batches:
            F.mse_loss(net(x), y).backward()
            for p, mask in zip(net.parameters(), masks):
                p.grad[mask] = 0
                p.grad.clamp_(-1, 1)
            optimizer.step()
        """,
        [("LL101", 7)],
    ),
    "LL101 another network of the same class is cleared": (
        """
        class Inner(nn.Module):
            pass

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.ModuleList([Inner()])

        net, other = Net(), Net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for x, y in batches:
            other.zero_grad()
            F.mse_loss(net(x), y).backward()
            optimizer.step()
        """,
        [("LL101", 14)],
    ),
    "LL101 a copy is cleared": (
        """
        target = copy.deepcopy(net)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for x, y in batches:
            target.zero_grad()
            F.mse_loss(net(x), y).backward()
            optimizer.step()
        """,
        [("LL101", 6)],
    ),
    "LL101 never cleared, in an attribute of a class": (
        """
        class State:
            optimizer = None

        State.optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for x, y in batches:
            F.mse_loss(net(x), y).backward()
            State.optimizer.step()
        """,
        [("LL101", 7)],
    ),
}
