"""The programs: by what is special about each, the rule, the text, and what becomes of it and whether that is safe."""

from __future__ import annotations

from textwrap import dedent


def case(rule: str, code: str, result: str, applicability: str = "unsafe") -> tuple[str, str, str, str]:
    return rule, text(code), text(result), applicability


def text(code: str) -> str:
    return dedent(code).lstrip("\n")


MENDED = {
    "parentheses, with a comment": case(
        "LL110",
        """
        for x, y in loader:
            optimizer.zero_grad()
            loss(model(x), y).backward()
            (optimizer.step)  # apply
        """,
        """
        for x, y in loader:
            optimizer.zero_grad()
            loss(model(x), y).backward()
            (optimizer.step())  # apply
        """,
        "safe",
    ),
    "parentheses, in a suite on one row": case(
        "LL110",
        """
        for x, y in loader:
            optimizer.zero_grad(); loss(model(x), y).backward(); optimizer.step
        """,
        """
        for x, y in loader:
            optimizer.zero_grad(); loss(model(x), y).backward(); optimizer.step()
        """,
        "safe",
    ),
    "parentheses, of a context": case(
        "LL110",
        """
        def evaluate():
            with torch.no_grad: loss(model(x), y)
        """,
        """
        def evaluate():
            with torch.no_grad(): loss(model(x), y)
        """,
        "safe",
    ),
    "parentheses, of a scheduler that nobody knows": case(
        "LL110",
        """
        def train(scheduler):
            for x, y in loader:
                optimizer.zero_grad()
                loss(model(x), y).backward()
                optimizer.step()
                scheduler.step
        """,
        """
        def train(scheduler):
            for x, y in loader:
                optimizer.zero_grad()
                loss(model(x), y).backward()
                optimizer.step()
                scheduler.step()
        """,
    ),
    "clear, in the plain case": case(
        "LL101",
        """
        for x, y in loader:
            loss = criterion(model(x), y)
            # apply them
            loss.backward()
            optimizer.step()
        """,
        """
        for x, y in loader:
            loss = criterion(model(x), y)
            # apply them
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """,
        "safe",
    ),
    "clear, among others on a row": case(
        "LL101",
        """
        for x, y in loader:
            loss = criterion(model(x), y); loss.backward(); optimizer.step()
        """,
        """
        for x, y in loader:
            loss = criterion(model(x), y); optimizer.zero_grad(); loss.backward(); optimizer.step()
        """,
        "safe",
    ),
    "clear, in a suite on one row": case(
        "LL101",
        "for x, y in loader: criterion(model(x), y).backward(); optimizer.step()\n",
        "for x, y in loader: optimizer.zero_grad(); criterion(model(x), y).backward(); optimizer.step()\n",
        "safe",
    ),
    "clear, before a statement of several rows": case(
        "LL101",
        """
        for x, y in loader:
            criterion(
                model(x), \\
            y).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        """,
        """
        for x, y in loader:
            optimizer.zero_grad()
            criterion(
                model(x), \\
            y).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        """,
        "safe",
    ),
    "clear, behind a step that is not made in every turn": case(
        "LL101",
        """
        for i, (x, y) in enumerate(loader):
            criterion(model(x), y).backward()
            if (i + 1) % 4 == 0: optimizer.step()
        """,
        """
        for i, (x, y) in enumerate(loader):
            criterion(model(x), y).backward()
            if (i + 1) % 4 == 0: optimizer.step(); optimizer.zero_grad()
        """,
    ),
    "clear, behind a step that a jump passes by": case(
        "LL101",
        """
        for i, (x, y) in enumerate(loader):
            criterion(model(x), y).backward()
            if (i + 1) % 4:
                continue
            optimizer.step()
        """,
        """
        for i, (x, y) in enumerate(loader):
            criterion(model(x), y).backward()
            if (i + 1) % 4:
                continue
            optimizer.step()
            optimizer.zero_grad()
        """,
    ),
    "clear, behind the step of an earlier phase": case(
        "LL101",
        """
        for epoch in range(3):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
            for i, (x, y) in enumerate(loader):
                other(model(x), y).backward()
                if i % 2:
                    optimizer.step()
                    optimizer.zero_grad()
        """,
        """
        for epoch in range(3):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
                optimizer.zero_grad()
            for i, (x, y) in enumerate(loader):
                other(model(x), y).backward()
                if i % 2:
                    optimizer.step()
                    optimizer.zero_grad()
        """,
    ),
    "clear, where a scaler steps": case(
        "LL101",
        """
        scaler = torch.cuda.amp.GradScaler()
        for x, y in loader:
            with torch.cuda.amp.autocast():
                loss = criterion(model(x), y)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        """,
        """
        scaler = torch.cuda.amp.GradScaler()
        for x, y in loader:
            with torch.cuda.amp.autocast():
                loss = criterion(model(x), y)
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        """,
        "safe",
    ),
    "clear, behind the update of a scaler": case(
        "LL101",
        """
        scaler = torch.cuda.amp.GradScaler()
        for i, (x, y) in enumerate(loader):
            scaler.scale(criterion(model(x), y)).backward()
            if i % 4 == 3:
                scaler.step(optimizer)
                scaler.update()
                print(i)
        """,
        """
        scaler = torch.cuda.amp.GradScaler()
        for i, (x, y) in enumerate(loader):
            scaler.scale(criterion(model(x), y)).backward()
            if i % 4 == 3:
                scaler.step(optimizer)
                scaler.update()
                optimizer.zero_grad()
                print(i)
        """,
    ),
    "clear, before both branches of a backward": case(
        "LL101",
        """
        for x, y in loader:
            if amp:
                loss_fn(model(x), y).backward()
            else:
                loss_fn(model(x).float(), y).backward()
            optimizer.step()
        """,
        """
        for x, y in loader:
            optimizer.zero_grad()
            if amp:
                loss_fn(model(x), y).backward()
            else:
                loss_fn(model(x).float(), y).backward()
            optimizer.step()
        """,
    ),
    "clear, by the name that the function has for it": case(
        "LL101",
        """
        def train(net, opt):
            for x, y in loader:
                loss_fn(net(x), y).backward()
                opt.step()

        train(model, optimizer)
        """,
        """
        def train(net, opt):
            for x, y in loader:
                opt.zero_grad()
                loss_fn(net(x), y).backward()
                opt.step()

        train(model, optimizer)
        """,
        "safe",
    ),
    "clear, of an attribute": case(
        "LL101",
        """
        class Trainer:
            def __init__(self):
                self.optimizer = torch.optim.Adam(model.parameters())

            def fit(self):
                for x, y in loader:
                    loss_fn(model(x), y).backward()
                    self.optimizer.step()
        """,
        """
        class Trainer:
            def __init__(self):
                self.optimizer = torch.optim.Adam(model.parameters())

            def fit(self):
                for x, y in loader:
                    self.optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    self.optimizer.step()
        """,
        "safe",
    ),
    "clear, before the backward of a branch, which others may follow": case(
        "LL101",
        """
        for i, (x, y) in enumerate(loader):
            if len(x) < 2:
                continue
            if i % 2 == 0:
                loss(model(x), y).backward()
                optimizer.step()
        """,
        """
        for i, (x, y) in enumerate(loader):
            if len(x) < 2:
                continue
            if i % 2 == 0:
                optimizer.zero_grad()
                loss(model(x), y).backward()
                optimizer.step()
        """,
    ),
    "clear, behind a step that can be left out": case(
        "LL101",
        """
        for i, (x, y) in enumerate(loader):
            loss(model(x), y).backward()
            if i % 2 == 0:
                continue
            optimizer.step()
        """,
        """
        for i, (x, y) in enumerate(loader):
            loss(model(x), y).backward()
            if i % 2 == 0:
                continue
            optimizer.step()
            optimizer.zero_grad()
        """,
    ),
    "clear, behind the step of each window and the one for the rest": case(
        "LL101",
        """
        for epoch in range(3):
            for i, (x, y) in enumerate(loader):
                (loss(model(x), y) / 4).backward()
                if (i + 1) % 4 == 0:
                    optimizer.step()
            optimizer.step()
        """,
        """
        for epoch in range(3):
            for i, (x, y) in enumerate(loader):
                (loss(model(x), y) / 4).backward()
                if (i + 1) % 4 == 0:
                    optimizer.step()
                    optimizer.zero_grad()
            optimizer.step()
            optimizer.zero_grad()
        """,
    ),
    "clear, for the optimizer of a loop over several": case(
        "LL101",
        """
        optimizers = [torch.optim.SGD(part.parameters(), lr=0.1) for part in parts]
        for x, y in loader:
            loss_fn(model(x), y).backward()
            for one in optimizers:
                one.step()
        """,
        """
        optimizers = [torch.optim.SGD(part.parameters(), lr=0.1) for part in parts]
        for x, y in loader:
            loss_fn(model(x), y).backward()
            for one in optimizers:
                one.step()
                one.zero_grad()
        """,
    ),
    "step, behind what clips the gradients": case(
        "LL102",
        """
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            # apply the gradients
            optimizer.step()  # here

            loss.backward()
            total += loss.item()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            print(total)
        """,
        """
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)

            loss.backward()
            total += loss.item()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            # apply the gradients
            optimizer.step()  # here
            print(total)
        """,
    ),
    "step, from under a comment that heads several statements": case(
        "LL102",
        """
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            # Backward and optimize
            optimizer.step()
            loss.backward()
        """,
        """
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            # Backward and optimize
            loss.backward()
            optimizer.step()
        """,
    ),
    "step, from a row with others": case(
        "LL102",
        """
        for x, y in loader:
            optimizer.zero_grad(); optimizer.step(); loss_fn(model(x), y).backward()
        """,
        """
        for x, y in loader:
            optimizer.zero_grad(); loss_fn(model(x), y).backward()
            optimizer.step()
        """,
    ),
    "step, of a scaler with its update": case(
        "LL102",
        """
        scaler = torch.cuda.amp.GradScaler()
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            scaler.step(optimizer)
            scaler.update()
            scaler.scale(loss).backward()
        """,
        """
        scaler = torch.cuda.amp.GradScaler()
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        """,
    ),
    "step, behind the backward of a block": case(
        "LL102",
        """
        for x, y in loader:
            optimizer.zero_grad()
            optimizer.step()
            with torch.autograd.set_detect_anomaly(True):
                loss_fn(model(x), y).backward()
                # of the block
            print(x)
        """,
        """
        for x, y in loader:
            optimizer.zero_grad()
            with torch.autograd.set_detect_anomaly(True):
                loss_fn(model(x), y).backward()
                # of the block
            optimizer.step()
            print(x)
        """,
    ),
    "step, into the loop": case(
        "LL103",
        """
        for epoch in range(3):
            for step, (x, y) in enumerate(loader):
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                if step % 10 == 0:
                    print(step)
            optimizer.step(
            )  # once
            print(epoch)
        """,
        """
        for epoch in range(3):
            for step, (x, y) in enumerate(loader):
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step(
                )  # once
                if step % 10 == 0:
                    print(step)
            print(epoch)
        """,
    ),
    "step, into a block in the loop that goes on to clear": case(
        "LL103",
        """
        for epoch in range(3):
            for x, y in loader:
                with torch.autograd.set_detect_anomaly(True):
                    loss_fn(model(x), y).backward()
                    optimizer.zero_grad()
                print(epoch)
            optimizer.step()
        """,
        """
        for epoch in range(3):
            for x, y in loader:
                with torch.autograd.set_detect_anomaly(True):
                    loss_fn(model(x), y).backward()
                    optimizer.step()
                    optimizer.zero_grad()
                print(epoch)
        """,
    ),
    "step, into the loop, behind a block in it": case(
        "LL103",
        """
        for epoch in range(3):
            for x, y in loader:
                optimizer.zero_grad()
                with torch.autograd.set_detect_anomaly(True):
                    loss_fn(model(x), y).backward()
                    print(epoch)
            optimizer.step()
        """,
        """
        for epoch in range(3):
            for x, y in loader:
                optimizer.zero_grad()
                with torch.autograd.set_detect_anomaly(True):
                    loss_fn(model(x), y).backward()
                    print(epoch)
                optimizer.step()
        """,
    ),
    "step, into a loop on one row, from the end of the file": case(
        "LL103",
        "for x, y in loader: optimizer.zero_grad(); loss_fn(model(x), y).backward()\noptimizer.step()",
        "for x, y in loader: optimizer.zero_grad(); loss_fn(model(x), y).backward(); optimizer.step()",
    ),
    "step, into the loop, and the clear behind it": case(
        "LL103",
        """
        for epoch in range(3):
            for x, y in loader:
                loss_fn(model(x), y).backward()
            optimizer.step()
            print(epoch)
            optimizer.zero_grad()
        """,
        """
        for epoch in range(3):
            for x, y in loader:
                loss_fn(model(x), y).backward()
                optimizer.step()
                optimizer.zero_grad()
            print(epoch)
        """,
    ),
    "clear, from between": case(
        "LL104",
        """
        for x, y in loader:
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.zero_grad(set_to_none=True)  # new ones
            optimizer.step()
        """,
        """
        for x, y in loader:
            loss = loss_fn(model(x), y)
            optimizer.zero_grad(set_to_none=True)  # new ones
            loss.backward()
            optimizer.step()
        """,
    ),
    "clear, from between, where gradients are added up": case(
        "LL104",
        """
        for i, (x, y) in enumerate(loader):
            loss_fn(model(x), y).backward()
            if i % 2:
                optimizer.zero_grad(); optimizer.step(); print(i)
        """,
        """
        for i, (x, y) in enumerate(loader):
            loss_fn(model(x), y).backward()
            if i % 2:
                optimizer.step(); optimizer.zero_grad(); print(i)
        """,
    ),
    "clear, from between, before both losses": case(
        "LL104",
        """
        for x, y in loader:
            first(model(x), y).backward(retain_graph=True)
            second(model(x), y).backward()
            optimizer.zero_grad()
            optimizer.step()
        """,
        """
        for x, y in loader:
            optimizer.zero_grad()
            first(model(x), y).backward(retain_graph=True)
            second(model(x), y).backward()
            optimizer.step()
        """,
    ),
    "schedule, out of the loop that it ends": case(
        "LL201",
        """
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(6):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()

                # next rate
                scheduler.step()  # decay

            print(epoch)
        """,
        """
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(6):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()

            # next rate
            scheduler.step()  # decay

            print(epoch)
        """,
    ),
    "schedule, out of a loop with an else": case(
        "LL201",
        """
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(6):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                scheduler.step()
                optimizer.step()
            else:
                print(epoch)
        """,
        """
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(6):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
            else:
                print(epoch)
            scheduler.step()
        """,
    ),
    "schedule, behind the batches of the epoch": case(
        "LL202",
        """
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(6):
            scheduler.step()

            model.train()
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
                # of the turn
            # of the epoch
            print(epoch)
        """,
        """
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(6):

            model.train()
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
                # of the turn
            scheduler.step()
            # of the epoch
            print(epoch)
        """,
    ),
    "schedule, behind the update of a scaler": case(
        "LL202",
        """
        scaler = torch.cuda.amp.GradScaler()
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=24)
        for x, y in loader:
            optimizer.zero_grad()
            scaler.scale(loss_fn(model(x), y)).backward()
            scheduler.step()
            scaler.step(optimizer)
            scaler.update()
        """,
        """
        scaler = torch.cuda.amp.GradScaler()
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=24)
        for x, y in loader:
            optimizer.zero_grad()
            scaler.scale(loss_fn(model(x), y)).backward()
            scaler.step(optimizer)
            scaler.update()
            scheduler.step()
        """,
    ),
    "schedule, behind the call that steps": case(
        "LL202",
        """
        def train():
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()

        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(6):
            scheduler.step()
            try:
                train()
            finally:
                print(epoch)
        """,
        """
        def train():
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()

        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(6):
            try:
                train()
            finally:
                print(epoch)
            scheduler.step()
        """,
    ),
}

REFUSED = {
    "a step that may have been meant for another optimizer": (
        "LL101",
        """
        def train(first, second, loader):
            one, two = torch.optim.SGD(first), torch.optim.SGD(second)
            for x, y in loader:
                one.zero_grad()
                loss(model(x), y).backward()
                one.step()
                two.zero_grad()
                other(model(x), y).backward()
                one.step()
        """,
    ),
    "parentheses are not enough: a metric": (
        "LL110",
        """
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            plateau.step
        """,
    ),
    "parentheses are not enough: a closure": (
        "LL110",
        """
        newton = torch.optim.LBFGS(model.parameters())
        for x, y in loader:
            newton.zero_grad()
            loss_fn(model(x), y).backward()
            newton.step
        """,
    ),
    "the optimizer has no name there": (
        "LL101",
        """
        step = optimizer.step
        for x, y in loader:
            loss_fn(model(x), y).backward()
            step()
        """,
    ),
    "a backward that the step runs itself, several times": (
        "LL101",
        """
        newton = torch.optim.LBFGS(model.parameters())
        for x, y in loader:
            def closure():
                loss = loss_fn(model(x), y)
                loss.backward()
                return loss

            newton.step(closure)
        """,
    ),
    "a step in a conditional expression": (
        "LL101",
        """
        for i, (x, y) in enumerate(loader):
            loss_fn(model(x), y).backward()
            optimizer.step() if i % 4 == 3 else None
        """,
    ),
    "a step behind an `and`": (
        "LL101",
        """
        for i, (x, y) in enumerate(loader):
            loss_fn(model(x), y).backward()
            i % 4 == 3 and optimizer.step()
        """,
    ),
    "optimizers that have a name in a comprehension only": (
        "LL101",
        """
        optimizers = [torch.optim.SGD(model.parameters(), lr=0.1)]
        for x, y in loader:
            loss_fn(model(x), y).backward()
            [one.step() for one in optimizers]
        """,
    ),
    "its value is returned": (
        "LL101",
        """
        def apply(loss):
            loss.backward()
            return optimizer.step()

        for i, (x, y) in enumerate(loader):
            loss = loss_fn(model(x), y)
            if i % 2:
                loss.backward()
            else:
                apply(loss)
        """,
    ),
    "a step that is there already": (
        "LL102",
        """
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            optimizer.step()
            loss.backward()
            optimizer.step()
        """,
    ),
    "nothing clears the gradients either": (
        "LL102",
        """
        for x, y in loader:
            loss = loss_fn(model(x), y)
            optimizer.step()
            loss.backward()
        """,
    ),
    "a step whose value is used": (
        "LL102",
        """
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            last = optimizer.step()
            loss.backward()
        """,
    ),
    "a step in a block of its own": (
        "LL102",
        """
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            with torch.profiler.record_function("step"):
                optimizer.step()
                print(loss)
            loss.backward()
        """,
    ),
    "a step alone in a suite on one row": (
        "LL102",
        """
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            with torch.profiler.record_function("step"): optimizer.step()
            loss.backward()
        """,
    ),
    "a step of a scaler without its update": (
        "LL102",
        """
        scaler = torch.cuda.amp.GradScaler()
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            scaler.step(optimizer)
            scaler.scale(loss).backward()
            scaler.update()
        """,
    ),
    "a step with what has been done to the gradients before": (
        "LL102",
        """
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            loss.backward()
        """,
    ),
    "a name that is bound between": (
        "LL103",
        """
        for epoch in range(3):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
            chosen = optimizer
            chosen.step()
        """,
    ),
    "clipping behind the loop": (
        "LL103",
        """
        for epoch in range(3):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        """,
    ),
    "nothing would clear in the loop": (
        "LL103",
        """
        for epoch in range(3):
            optimizer.zero_grad()
            for x, y in loader:
                loss_fn(model(x), y).backward()
            optimizer.step()
        """,
    ),
    "a step that depends on a condition": (
        "LL103",
        """
        for epoch in range(3):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
            if epoch:
                print(epoch)
                optimizer.step()
        """,
    ),
    "a clear in a helper": (
        "LL104",
        """
        def reset():
            optimizer.zero_grad()

        for x, y in loader:
            loss_fn(model(x), y).backward()
            reset()
            optimizer.step()
        """,
    ),
    "a clear by hand": (
        "LL104",
        """
        for x, y in loader:
            loss_fn(model(x), y).backward()
            for p in model.parameters():
                p.grad = None
            optimizer.step()
        """,
    ),
    "a schedule with a metric of the batch": (
        "LL201",
        """
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
        for epoch in range(6):
            for x, y in loader:
                optimizer.zero_grad()
                loss = loss_fn(model(x), y)
                loss.backward()
                optimizer.step()
                plateau.step(loss)
        """,
    ),
    "a schedule of another function": (
        "LL201",
        """
        def update():
            optimizer.step()
            scheduler.step()

        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(6):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                update()
        """,
    ),
    "a schedule that moves once per epoch besides": (
        "LL201",
        """
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(6):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
                scheduler.step()
            scheduler.step()
        """,
    ),
    "a turn that may end between": (
        "LL202",
        """
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=24)
        for x, y in loader:
            scheduler.step()
            if x is None:
                continue
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        """,
    ),
    "a function that may end in the loop": (
        "LL201",
        """
        def train():
            scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
            for epoch in range(6):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss = loss_fn(model(x), y)
                    if loss > 100:
                        return
                    loss.backward()
                    optimizer.step()
                    scheduler.step()
        """,
    ),
    "a loop without an end": (
        "LL202",
        """
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(6):
            scheduler.step()
            while True:
                optimizer.zero_grad()
                loss = loss_fn(model(x), y)
                loss.backward()
                optimizer.step()
                if loss < 1:
                    break
        """,
    ),
    "a backward that only an exception leads to": (
        "LL102",
        """
        for x, y in loader:
            optimizer.zero_grad()
            optimizer.step()
            try:
                loss = loss_fn(model(x), y)
            except RuntimeError:
                loss_fn(model(x.half()), y).backward()
        """,
    ),
    "a backward in a case": (
        "LL102",
        """
        for x, y in loader:
            optimizer.zero_grad()
            optimizer.step()
            match x:
                case torch.Tensor():
                    loss_fn(model(x), y).backward()
                case _:
                    loss_fn(model(*x), y).backward()
        """,
    ),
    "an argument that may be another one there": (
        "LL201",
        """
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
        for epoch in range(6):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
                plateau.step(measure(model))
        """,
    ),
}
