"""Legal idioms of real training code that naive tools flag, each written anew in a small program of its own."""

from __future__ import annotations

TORCH = """\
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR
from torch.utils.data import DataLoader

"""
"""Stands before every program."""

LEGAL = {
    "optimizer built anew in the loop, on a new leaf": """
        def steer(unet, latents, times, strength):
            for t in times:
                guess = latents.detach().clone().requires_grad_()
                nudge = SGD([guess], lr=strength)
                with torch.enable_grad():
                    energy = unet(guess, t).pow(2).mean()
                    energy.backward(retain_graph=False)
                nudge.step()
                latents = guess.detach()
            return latents
    """,
    "parts of an object, cleared through the whole": """
        class Judge(nn.Module):
            def __init__(self):
                super().__init__()
                self.value, self.body = nn.Linear(4, 1), nn.Linear(4, 2)

        class Learner:
            def __init__(self):
                self.judge = Judge()
                rates = [{"params": self.judge.value.parameters()}, {"params": self.judge.body.parameters(), "lr": 0.1}]
                self.optimizer = Adam(rates, lr=1e-3)

            def learn(self, batches):
                for states, returns in batches:
                    self.judge.zero_grad()
                    F.mse_loss(self.judge(states), returns).backward()
                    self.optimizer.step()

        Learner().learn(DataLoader(replay))
    """,
    "one of two callbacks, chosen on the command line": """
        class Plain:
            def after(self, run):
                run.optimizer.zero_grad()
                run.loss.backward()
                run.optimizer.step()

        class Windows:
            def after(self, run):
                run.loss.backward()
                if (run.turn + 1) % 4 == 0:
                    run.optimizer.step()
                    run.optimizer.zero_grad()

        class Run:
            def __init__(self, net):
                self.net, self.optimizer = net, SGD(net.parameters(), lr=0.1)
                self.callbacks, self.turn = [], 0

            def add(self, callback):
                self.callbacks.append(callback)

            def fit(self, batches):
                for self.turn, x in enumerate(batches):
                    self.loss = self.net(x).mean()
                    for callback in self.callbacks:
                        callback.after(self)

        run = Run(nn.Linear(2, 1))
        if args.windows:
            run.add(Windows())
        else:
            run.add(Plain())
        run.fit(DataLoader(data))
    """,
    "noise scheduler whose result is used": """
        class Denoise:
            @torch.no_grad()
            def __call__(self, parts, state, t):
                noise = parts.transformer(state.latents, t)
                state.latents = parts.scheduler.step(noise, t, state.latents, return_dict=False)[0]
                return parts, state
    """,
    "average of the weights has a step": """
        from accelerate import Accelerator

        launcher = Accelerator()
        unet, optimizer, pairs, lr_scheduler = launcher.prepare(unet, optimizer, pairs, lr_scheduler)
        for pair in pairs:
            with launcher.accumulate(unet):
                error = F.mse_loss(unet(pair["noisy"]), pair["noise"])
                launcher.backward(error)
                if launcher.sync_gradients:
                    launcher.clip_grad_norm_(unet.parameters(), 1.0)
                optimizer.step()
                lr_scheduler.step()
                optimizer.zero_grad()
            if launcher.sync_gradients and ema:
                averaged.step(unet.parameters())
    """,
    "solver of an equation has a step": """
        class Corrector:
            def step(self, output, s, sample):
                if self.solver_p:
                    return self.solver_p.step(output, s, sample).prev_sample
                return self.multistep(output, sample)
    """,
    "cleared by a helper": """
        maker, judge = nn.Linear(8, 4), nn.Linear(4, 1)
        maker_optimizer, judge_optimizer = Adam(maker.parameters()), Adam(judge.parameters())

        def forget():
            judge_optimizer.zero_grad()
            maker_optimizer.zero_grad()

        for epoch in range(9):
            for real, _ in DataLoader(faces):
                fake = maker(torch.randn(len(real), 8))
                judge_loss = F.softplus(judge(fake)).mean() + F.softplus(-judge(real)).mean()
                forget()
                judge_loss.backward()
                judge_optimizer.step()

                fake = maker(torch.randn(len(real), 8))
                maker_loss = F.softplus(-judge(fake)).mean()
                forget()
                maker_loss.backward()
                maker_optimizer.step()
    """,
    "distributed autograd": """
        import torch.distributed.autograd as da
        from torch.distributed.optim import DistributedOptimizer

        def run(words, net):
            remote = DistributedOptimizer(SGD, net.parameter_rrefs(), lr=0.05)
            for epoch in range(10):
                for x, y in words():
                    with da.context() as number:
                        error = F.cross_entropy(net(x), y)
                        da.backward(number, [error])
                        remote.step(number)
    """,
    "closure in a loop over steps": """
        wave = Wave().double()
        distance = nn.MSELoss()
        fitter = torch.optim.LBFGS(wave.parameters(), lr=0.8)
        for turn in range(args.turns):
            def again():
                fitter.zero_grad()
                error = distance(wave(signal), target)
                error.backward()
                return error
            fitter.step(again)
            with torch.no_grad():
                print(distance(wave(unseen), unseen_target).item())
    """,
    "updated by hand, with no optimizer": """
        from itertools import count

        line = nn.Linear(3, 1)
        for turn in count(1):
            x, y = sample()
            line.zero_grad()
            error = F.smooth_l1_loss(line(x), y)
            error.backward()
            for weight in line.parameters():
                weight.data.add_(-0.1 * weight.grad)
            if error.item() < 1e-3:
                break
    """,
    "optimizer or own update, by the same test": """
        def learn():
            for i in range(0, corpus.size(0), args.width):
                x, y = window(corpus, i)
                if args.fancy:
                    optimizer.zero_grad()
                else:
                    net.zero_grad()
                error = criterion(net(x), y)
                error.backward()
                nn.utils.clip_grad_norm_(net.parameters(), args.clip)
                if args.fancy:
                    optimizer.step()
                else:
                    for weight in net.parameters():
                        weight.data.add_(weight.grad, alpha=-rate)

        optimizer = SGD(net.parameters(), lr=0.1) if args.fancy else None
        for epoch in range(3):
            learn()
    """,
    "two backwards and a step, cleared through the network": """
        net_d, net_g = Judge(), Maker()
        optimizer_d, optimizer_g = Adam(net_d.parameters()), Adam(net_g.parameters())
        for epoch in range(5):
            for i, batch in enumerate(DataLoader(faces)):
                net_d.zero_grad()
                real_error = criterion(net_d(batch[0]), ones)
                real_error.backward()
                fake = net_g(noise)
                fake_error = criterion(net_d(fake.detach()), zeros)
                fake_error.backward()
                optimizer_d.step()

                net_g.zero_grad()
                maker_error = criterion(net_d(fake), ones)
                maker_error.backward()
                optimizer_g.step()
    """,
    "micro-batches, scaled, cleared behind the step": """
        scaler = torch.amp.GradScaler("cuda", enabled=half)
        optimizer = gpt.configure(decay, rate)
        turn = 0
        while True:
            for group in optimizer.param_groups:
                group["lr"] = rate_at(turn)
            if turn % every == 0 and master:
                checkpoint = {"net": gpt.state_dict(), "optimizer": optimizer.state_dict()}
            for part in range(parts):
                if ddp:
                    gpt.require_backward_grad_sync = part == parts - 1
                with context:
                    logits, error = gpt(x, y)
                    error = error / parts
                x, y = window("train")
                scaler.scale(error).backward()
            if clip != 0.0:
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(gpt.parameters(), clip)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad(set_to_none=True)
            turn += 1
            if turn > turns:
                break
    """,
    "micro-batches with accelerate, a step that is a number": """
        class Coach:
            def __init__(self, diffusion, images):
                self.accelerator = Accelerator()
                self.diffusion = diffusion
                self.opt = Adam(diffusion.parameters(), lr=1e-4)
                self.step = 0
                self.diffusion, self.opt = self.accelerator.prepare(self.diffusion, self.opt)

            def train(self):
                while self.step < self.steps:
                    total = 0.0
                    for _ in range(self.every):
                        data = next(self.images)
                        with self.accelerator.autocast():
                            loss = self.diffusion(data) / self.every
                            total += loss.item()
                        self.accelerator.backward(loss)
                    self.accelerator.wait_for_everyone()
                    self.accelerator.clip_grad_norm_(self.diffusion.parameters(), 1.0)
                    self.opt.step()
                    self.opt.zero_grad()
                    self.step += 1
    """,
    "backward in an inner while": """
        def epoch_of(words):
            i = 0
            while i < words.size(0) - 2:
                x, y = window(words, i)
                optimizer.zero_grad()
                start, end, part = 0, args.small, 0
                while start < args.batch:
                    piece, wanted = x[:, start:end], y[:, start:end].reshape(-1)
                    log_prob, hidden[part] = parallel(piece, hidden[part])
                    loss = F.nll_loss(log_prob.view(-1, vocabulary), wanted)
                    loss *= args.small / args.batch
                    loss.backward()
                    part, start, end = part + 1, end, end + args.small
                nn.utils.clip_grad_norm_(parallel.parameters(), args.clip)
                optimizer.step()
                i += len(y)

        optimizer = SGD(parallel.parameters(), lr=args.lr)
        for epoch in range(args.epochs):
            epoch_of(train_words)
    """,
    "a helper of two levels steps before the clear": """
        from bilevel import Designer

        def search(pictures, held_out, net, designer, criterion, optimizer, lr):
            for turn, (x, y) in enumerate(pictures):
                x_held, y_held = next(iter(held_out))
                designer.step(x, y, x_held, y_held, lr, optimizer, unrolled=args.unrolled)
                optimizer.zero_grad()
                error = criterion(net(x), y)
                error.backward()
                nn.utils.clip_grad_norm_(net.parameters(), 5)
                optimizer.step()

        optimizer = SGD(net.parameters(), 0.1)
        for epoch in range(50):
            search(DataLoader(one), DataLoader(two), net, Designer(net), nn.CrossEntropyLoss(), optimizer, 0.1)
    """,
    "functional optimizer": """
        import higher

        outer = Adam(net.parameters())
        for tasks in batches:
            for x, y in tasks:
                inner = SGD(net.parameters(), lr=0.1)
                with higher.innerloop_ctx(net, inner) as (copy, functional):
                    for _ in range(5):
                        functional.step(F.cross_entropy(copy(x), y))
    """,
    "a backward for each task, a step for all": """
        import higher

        def meta(tasks, net, outer):
            net.train()
            for turn in range(tasks.count):
                x_near, y_near, x_far, y_far = tasks.next()
                inner = SGD(net.parameters(), lr=0.1)
                outer.zero_grad()
                for i in range(len(x_near)):
                    with higher.innerloop_ctx(net, inner, copy_initial_weights=False) as (copy, functional):
                        for _ in range(5):
                            functional.step(F.cross_entropy(copy(x_near[i]), y_near[i]))
                        far_loss = F.cross_entropy(copy(x_far[i]), y_far[i])
                        far_loss.backward()
                outer.step()

        outer = Adam(net.parameters())
        for epoch in range(100):
            meta(tasks, net, outer)
    """,
    "gradients written by hand, as Reptile does": """
        import copy

        meta = Adam(net.parameters())
        for turn in range(turns):
            meta.zero_grad()
            for task in range(8):
                learner = copy.deepcopy(net)
                inner = Adam(learner.parameters())
                adapt(task, learner, inner, loss)
                for p, l in zip(net.parameters(), learner.parameters()):
                    p.grad.data.add_(-1.0, l.data)
            for p in net.parameters():
                p.grad.data.mul_(1.0 / 8).add_(p.data)
            meta.step()
    """,
    "gradients rescaled in place behind the tasks": """
        everything = list(features.parameters()) + list(head.parameters())
        optimizer = Adam(everything, lr=0.001)
        for turn in range(turns):
            optimizer.zero_grad()
            for task in range(32):
                learner = head.clone()
                error, accuracy = adapt(tasks.sample(), learner, features, loss)
                error.backward()
            for p in everything:
                p.grad.data.mul_(1.0 / 32)
            optimizer.step()
    """,
    "phases with an optimizer each, the backward out of sight": """
        phases = []
        for name, part, kwargs in [("maker", maker, m), ("judge", judge, j)]:
            tuner = build(part.parameters(), **kwargs)
            phases += [Dict(name=name, module=part, opt=tuner, interval=1)]
        while True:
            for phase, noise in zip(phases, noises):
                phase.opt.zero_grad(set_to_none=True)
                phase.module.requires_grad_(True)
                for real, z in zip(reals, noise):
                    loss.accumulate_gradients(phase=phase.name, real=real, z=z)
                phase.module.requires_grad_(False)
                params = [param for param in phase.module.parameters() if param.grad is not None]
                flat = torch.cat([param.grad.flatten() for param in params])
                for param, grad in zip(params, flat.split([param.numel() for param in params])):
                    param.grad = grad.reshape(param.shape)
                phase.opt.step()
            if done:
                break
    """,
    "an actor that is updated now and then": """
        class Agent:
            def __init__(self, actor, critic):
                self.actor, self.critic = actor, critic
                self.actor_optimizer = Adam(self.actor.parameters(), lr=3e-4)
                self.critic_optimizer = Adam(self.critic.parameters(), lr=3e-4)
                self.calls = 0

            def train(self, memory):
                self.calls += 1
                state, action, wanted = memory.sample()
                critic_loss = F.mse_loss(self.critic(state, action), wanted)
                self.critic_optimizer.zero_grad()
                critic_loss.backward()
                self.critic_optimizer.step()
                if self.calls % self.every == 0:
                    actor_loss = -self.critic(state, self.actor(state)).mean()
                    self.actor_optimizer.zero_grad()
                    actor_loss.backward()
                    self.actor_optimizer.step()

        agent = Agent(actor, critic)
        for t in range(1000):
            agent.train(memory)
    """,
    "a maker that is updated on every n-th batch": """
        optimizer_m, optimizer_j = Adam(maker.parameters()), Adam(judge.parameters())
        pictures = DataLoader(faces)
        for epoch in range(opt.epochs):
            for i, (real, _) in enumerate(pictures):
                optimizer_j.zero_grad()
                judge_loss = judge(maker(z).detach()).mean() - judge(real).mean()
                judge_loss.backward()
                optimizer_j.step()
                optimizer_m.zero_grad()
                if i % opt.every == 0:
                    optimizer_m.zero_grad()
                    maker_loss = -judge(maker(z)).mean()
                    maker_loss.backward()
                    optimizer_m.step()
    """,
    "a warm-up that ends the turn": """
        optimizer_m, optimizer_j = Adam(maker.parameters()), Adam(judge.parameters())
        for epoch in range(opt.epochs):
            for i, (small, large) in enumerate(DataLoader(pictures)):
                done = epoch * 100 + i
                optimizer_m.zero_grad()
                made = maker(small)
                pixels = F.l1_loss(made, large)
                if done < opt.warm:
                    pixels.backward()
                    optimizer_m.step()
                    print(i)
                    continue
                total = F.softplus(-judge(made)).mean() + 0.01 * pixels
                total.backward()
                optimizer_m.step()
                optimizer_j.zero_grad()
                judge_loss = F.softplus(judge(made.detach())).mean() + F.softplus(-judge(large)).mean()
                judge_loss.backward()
                optimizer_j.step()
    """,
    "a backward for statistics only": """
        class Natural:
            def __init__(self, policy, natural):
                self.policy, self.natural = policy, natural
                self.optimizer = KFACOptimizer(policy) if natural else Adam(policy.parameters())

            def update(self, rollouts):
                values, log_probs = self.policy.evaluate(rollouts)
                value_loss, action_loss = values.pow(2).mean(), -log_probs.mean()
                if self.natural and self.optimizer.calls % self.optimizer.Ts == 0:
                    self.policy.zero_grad()
                    fisher_loss = -log_probs.mean() - (values - noisy(values)).pow(2).mean()
                    self.optimizer.collect = True
                    fisher_loss.backward(retain_graph=True)
                    self.optimizer.collect = False
                self.optimizer.zero_grad()
                (value_loss + action_loss).backward()
                if self.natural == False:
                    nn.utils.clip_grad_norm_(self.policy.parameters(), 0.5)
                self.optimizer.step()
                return value_loss.item()

        coach = Natural(policy, True)
        for update in range(100):
            coach.update(rollouts)
    """,
    "accumulation, cleared around the epochs, beside options called opt": """
        def train(hyp, opt, device):
            optimizer = SGD(groups, lr=hyp["lr"])
            scaler = torch.cuda.amp.GradScaler()
            scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lr_lambda=curve)
            scheduler.last_epoch = start - 1
            images = create_dataloader(opt.path)[0]
            optimizer.zero_grad()
            for epoch in range(start, opt.epochs):
                net.train()
                optimizer.zero_grad()
                for i, (x, y) in tqdm(enumerate(images)):
                    ni = i + len(images) * epoch
                    if ni <= warm:
                        accumulate = max(1, interpolate(ni, [0, warm], [1, 64 / batch]))
                    with torch.cuda.amp.autocast():
                        loss = compute_loss(net(x), y)
                        if opt.quad:
                            loss *= 4.0
                    scaler.scale(loss).backward()
                    if ni % accumulate == 0:
                        scaler.step(optimizer)
                        scaler.update()
                        optimizer.zero_grad()
                        if ema:
                            ema.update(net)
                scheduler.step()
    """,
    "a step that is made elsewhere, cleared by the caller": """
        def make_step(task, optimizer, autocast, args):
            def one_step(batch):
                with autocast():
                    losses, report = task(batch)
                    total_loss = losses["loss"]
                total_loss.backward()
                if args.clip is not None:
                    nn.utils.clip_grad_norm_(task.parameters(), args.clip)
                optimizer.step()
                return losses, report
            return one_step

        def epoch_of(state, batches, args):
            optimizer = state.optimizer
            one_step = torch.compile(make_step(state.task, optimizer, autocast, args))
            for i, batch in enumerate(batches):
                optimizer.zero_grad()
                losses, report = one_step(batch)
    """,
    "a scheduler that is a function": """
        def epoch_of(state, scheduler, args):
            net, optimizer, batches = state.net, state.optimizer, state.batches
            for i, (x, y) in enumerate(batches):
                if not args.constant:
                    scheduler(i)
                optimizer.zero_grad()
                F.cross_entropy(net(x), y).backward()
                optimizer.step()
    """,
    "another method of the optimizer steps": """
        def epoch_of(net, sentences, optimizer, opt, device):
            net.train()
            for batch in tqdm(sentences, desc="train", leave=False):
                source, gold = batch.source.to(device), batch.target.to(device)
                optimizer.zero_grad()
                loss, right = performance(net(source), gold, opt.pad)
                loss.backward()
                optimizer.step_and_update_rate()
    """,
    "learning rate set by hand on every turn": """
        optimizer = Adam(rays.parameters(), lr=5e-4)
        for i in range(start, 200000):
            picture = render(rays, i)
            optimizer.zero_grad()
            loss = mse(picture, target)
            loss = loss + mse(coarse, target)
            loss.backward()
            optimizer.step()
            for group in optimizer.param_groups:
                group["lr"] = 5e-4 * 0.1 ** (i / 250000)
    """,
    "learning rate set by a helper": """
        def adjust_rate(optimizer, epoch, args):
            for group in optimizer.param_groups:
                group["lr"] = args.lr * 0.1 ** (epoch // 30)

        def train(batches, net, criterion, optimizer, epoch, args):
            for i, (x, y) in enumerate(batches):
                loss = criterion(net(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

        def main(args):
            optimizer = SGD(net.parameters(), args.lr)
            batches = DataLoader(pictures)
            for epoch in range(args.epochs):
                adjust_rate(optimizer, epoch, args)
                train(batches, net, nn.CrossEntropyLoss(), optimizer, epoch, args)
                save({"net": net.state_dict(), "optimizer": optimizer.state_dict()})
    """,
    "an engine clears by itself": """
        import deepspeed

        engine, optimizer, batches, _ = deepspeed.initialize(args=args, model=net, training_data=pictures)
        for epoch in range(30):
            for i, (x, y) in enumerate(batches):
                loss = criterion(engine(x), y)
                engine.backward(loss)
                engine.step()
    """,
    "an engine, or the plain sequence": """
        def train(batches, net, criterion, optimizer, scheduler, args):
            for i, (x, y) in enumerate(batches):
                loss = criterion(net(x), y)
                log.update(scheduler.get_last_lr()[0], 1)
                if args.deepspeed:
                    net.backward(loss)
                    net.step()
                else:
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    scheduler.step()
    """,
    "the closure of the step is a partial method": """
        from functools import partial

        class Coach:
            def epoch_of(self, net, optimizer, batches, every):
                for i, batch in enumerate(batches):
                    self.fabric.call("on_train_batch_start", batch, i)
                    full = self.turn % every == 0
                    if full:
                        self.fabric.call("on_before_optimizer_step", optimizer)
                        optimizer.step(partial(self.one_step, net=net, batch=batch))
                        self.fabric.call("on_before_zero_grad", optimizer)
                        optimizer.zero_grad()
                    else:
                        self.one_step(net=net, batch=batch)
                    self.turn += int(full)

            def one_step(self, net, batch):
                loss = net.training_step(batch)
                self.fabric.backward(loss)
                return loss
    """,
    "manual optimization of Lightning": """
        import lightning as L

        class Pair(L.LightningModule):
            def __init__(self):
                super().__init__()
                self.automatic_optimization = False
                self.maker, self.judge = nn.Linear(8, 4), nn.Linear(4, 1)

            def training_step(self, batch):
                opt_m, opt_j = self.optimizers()
                self.toggle_optimizer(opt_m)
                m_loss = F.softplus(-self.judge(self.maker(noise))).mean()
                self.manual_backward(m_loss)
                opt_m.step()
                opt_m.zero_grad()
                self.untoggle_optimizer(opt_m)

                self.toggle_optimizer(opt_j)
                j_loss = F.softplus(self.judge(self.maker(noise).detach())).mean()
                self.manual_backward(j_loss)
                opt_j.step()
                opt_j.zero_grad()
                self.untoggle_optimizer(opt_j)
    """,
    "a schedule in steps, behind a modulo": """
        from accelerate import Accelerator
        from transformers import get_linear_schedule_with_warmup

        launcher = Accelerator()
        optimizer = Adam(net.parameters(), lr=2e-5)
        batches = DataLoader(sentences)
        schedule = get_linear_schedule_with_warmup(optimizer, 100, len(batches) * epochs // parts)
        net, optimizer, batches, schedule = launcher.prepare(net, optimizer, batches, schedule)
        for epoch in range(epochs):
            for step, batch in enumerate(batches):
                loss = net(**batch).loss
                loss = loss / parts
                launcher.backward(loss)
                if (step + 1) % parts == 0:
                    optimizer.step()
                    schedule.step()
                    optimizer.zero_grad()
    """,
    "accumulate makes step and clear conditional": """
        from accelerate import Accelerator

        launcher = Accelerator(gradient_accumulation_steps=parts)
        net, optimizer, batches, schedule = launcher.prepare(net, optimizer, batches, schedule)
        for epoch in range(epochs):
            net.train()
            for batch in batches:
                with launcher.accumulate(net):
                    launcher.backward(net(**batch).loss)
                    optimizer.step()
                    schedule.step()
                    optimizer.zero_grad()
    """,
    "a context that has a step": """
        from accelerate import Accelerator
        from accelerate.local_sgd import LocalSGD

        launcher = Accelerator()
        net, optimizer, batches, schedule = launcher.prepare(net, optimizer, batches, schedule)
        for epoch in range(epochs):
            with LocalSGD(accelerator=launcher, model=net, local_sgd_steps=8) as local:
                for batch in batches:
                    with launcher.accumulate(net):
                        launcher.backward(net(**batch).loss)
                        optimizer.step()
                        schedule.step()
                        optimizer.zero_grad()
                        local.step()
    """,
    "a full batch in each epoch": """
        graph_net, graph = Mix(), load()
        optimizer = SGD(graph_net.parameters(), lr=0.5)
        scheduler = StepLR(optimizer, step_size=40, gamma=0.01)

        def train():
            graph_net.train()
            optimizer.zero_grad()
            loss = F.cross_entropy(graph_net(graph.x)[graph.mask], graph.y[graph.mask])
            loss.backward()
            optimizer.step()
            scheduler.step()
            return float(loss)

        for epoch in range(1, 101):
            train()
    """,
    "a plateau behind the batches": """
        def main():
            optimizer = Adam(net.parameters())
            scheduler = ReduceLROnPlateau(optimizer, mode="max", patience=5)
            molecules = DataLoader(known, shuffle=True)
            for epoch in range(100):
                for molecule in molecules:
                    optimizer.zero_grad()
                    loss = F.binary_cross_entropy_with_logits(net(molecule), molecule.y)
                    loss.backward()
                    optimizer.step()
                scheduler.step(accuracy(net, held_out))
    """,
    "two precisions under one clear": """
        def train(net, batches, optimizer, scaler):
            net.train()
            for batch in batches:
                optimizer.zero_grad()
                if torch.cuda.is_available() and args.mixed:
                    with torch.amp.autocast("cuda"):
                        loss = smoothed(net(batch.x), batch.y)
                    scaler.scale(loss).backward()
                    scaler.unscale_(optimizer)
                    scaler.step(optimizer)
                    scaler.update()
                else:
                    loss = smoothed(net(batch.x), batch.y)
                    loss.backward()
                    optimizer.step()
    """,
    "a step for an epoch in a function": """
        def train(epoch):
            net.train()
            optimizer.zero_grad()
            guess = net(features, edges)
            train_loss = F.nll_loss(guess[known], labels[known])
            train_loss.backward()
            optimizer.step()
            if not args.fast:
                net.eval()
                guess = net(features, edges)
            print(F.nll_loss(guess[held_out], labels[held_out]).item())

        net = Graph()
        optimizer = Adam(net.parameters(), lr=0.01)
        for epoch in range(args.epochs):
            train(epoch)
    """,
    "an attack on the input dirties the network": """
        def robust_loss(net, x, y, optimizer, steps=10):
            distance = nn.KLDivLoss(reduction="sum")
            net.eval()
            noise = (0.001 * torch.randn(x.shape)).requires_grad_()
            optimizer_noise = SGD([noise], lr=0.1)
            for _ in range(steps):
                optimizer_noise.zero_grad()
                with torch.enable_grad():
                    loss = -distance(F.log_softmax(net(x + noise), 1), F.softmax(net(x), 1))
                loss.backward()
                size = noise.grad.view(len(x), -1).norm(p=2, dim=1)
                noise.grad.div_(size.view(-1, 1, 1, 1))
                optimizer_noise.step()
            net.train()
            optimizer.zero_grad()
            return F.cross_entropy(net(x + noise.detach()), y)

        def train(net, batches, optimizer):
            for x, y in batches:
                optimizer.zero_grad()
                loss = robust_loss(net, x, y, optimizer)
                loss.backward()
                optimizer.step()

        optimizer = SGD(net.parameters(), lr=0.1)
        for epoch in range(10):
            train(net, DataLoader(digits), optimizer)
    """,
    "an optimizer that only clears the input": """
        def attacked(target, source, x, y, steps, size):
            fake = x.data.clone().requires_grad_()
            for _ in range(steps):
                opt = SGD([fake], lr=1e-3)
                opt.zero_grad()
                with torch.enable_grad():
                    loss = nn.CrossEntropyLoss()(source(fake), y)
                loss.backward()
                fake = (fake.data + size * fake.grad.data.sign()).requires_grad_()
            return (target(fake).max(1)[1] != y).sum()
    """,
    "a closure in a while": """
        picture = content.clone().requires_grad_()
        painter = torch.optim.LBFGS([picture])
        count = [0]
        while count[0] <= 500:
            def repaint():
                painter.zero_grad()
                loss = sum(weight * layer(picture) for weight, layer in zip(weights, layers))
                loss.backward()
                count[0] += 1
                return loss
            painter.step(repaint)
    """,
    "a weight that is updated and cleared by hand": """
        w = torch.tensor(0.0, requires_grad=True)
        for epoch in range(100):
            error = ((w * x - y) ** 2).mean()
            error.backward()
            with torch.no_grad():
                w -= 0.01 * w.grad
            w.grad.zero_()
    """,
    "the backward through a helper that is given the optimizer": """
        class Coach:
            def train(self):
                total = torch.tensor(0.0)
                backwards = partial(loss_backwards, self.half)
                self.pair.j_opt.zero_grad()
                for i in range(self.parts):
                    judge_loss = self.pair.judge(next(self.pictures)).mean()
                    backwards(judge_loss, self.pair.j_opt, loss_id=1)
                    total += judge_loss.detach().item()
                self.pair.j_opt.step()
                self.pair.m_opt.zero_grad()
                for i in range(self.parts):
                    maker_loss = -self.pair.judge(self.pair.maker(noise)).mean()
                    backwards(maker_loss, self.pair.m_opt, loss_id=2)
                self.pair.m_opt.step()

        def loss_backwards(half, loss, optimizer, loss_id, **kwargs):
            if half:
                with amp.scale_loss(loss, optimizer, loss_id) as scaled:
                    scaled.backward(**kwargs)
            else:
                loss.backward(**kwargs)
    """,
    "a coach of template methods": """
        class Coach:
            def __init__(self, nets, optimizers, losses):
                self.nets, self.optimizers, self.losses = nets, optimizers, losses

            def train(self):
                for self.epoch in range(self.epochs):
                    for self.turn in range(self.turns):
                        self.forward_and_backward()

            def forward_and_backward(self):
                self.zero_losses()
                self.zero_grad()
                self.calculate_loss(self.batch())
                self.backward()
                self.clip()
                self.step_optimizers()

            def zero_losses(self):
                for key in self.losses.keys():
                    self.losses[key] = 0

            def zero_grad(self):
                for net in self.nets.values():
                    net.zero_grad()
                for optimizer in self.optimizers.values():
                    optimizer.zero_grad()

            def backward(self):
                self.losses["total"].backward()

            def step_optimizers(self):
                for optimizer in self.optimizers.values():
                    optimizer.step()
    """,
    "a wrapper that does all three": """
        class Wrapped(nn.Module):
            def train_step(self, data, wrapper):
                with wrapper.optim_context(self):
                    losses = self.forward(data, mode="loss")
                parsed_loss, log = self.parse(losses)
                wrapper.update_params(parsed_loss)
                return log
    """,
    "a framework whose step is given a function": """
        class Net:
            def run_step(self, step_fn):
                for name in self._optimizers:
                    optimizer = getattr(self, name + "_")
                    if step_fn is None:
                        optimizer.step()
                    else:
                        optimizer.step(step_fn)

            def train_step(self, batch):
                def step_fn():
                    self.zero_all()
                    loss = self.infer(batch)
                    loss.backward()
                    return loss
                self.run_step(step_fn)

            def zero_all(self):
                for name in self._optimizers:
                    getattr(self, name + "_").zero_grad()
    """,
    "scaled by apex in one branch": """
        def train(args, hp):
            net = Speech()
            optimizer = Adam(net.parameters(), lr=hp.rate)
            if hp.half:
                from apex import amp
                net, optimizer = amp.initialize(net, optimizer, opt_level="O2")
            sounds = DataLoader(recordings)
            for epoch in range(hp.epochs):
                for batch in sounds:
                    net.zero_grad()
                    x, y = net.parse(batch)
                    loss = nn.MSELoss()(net(x), y)
                    if hp.half:
                        with amp.scale_loss(loss, optimizer) as scaled:
                            scaled.backward()
                        nn.utils.clip_grad_norm_(amp.master_params(optimizer), 1.0)
                    else:
                        loss.backward()
                        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                    optimizer.step()
    """,
    "several optimizers and schedulers, zipped": """
        optimizers = [SGD(head, lr=0.1), Adam(body)]
        schedulers = [torch.optim.lr_scheduler.LambdaLR(one, curve) for one in optimizers]
        for turn in range(turns):
            net.train()
            for i in range(1, parts + 1):
                _, loss = net(x, y)
                x, y = source.next_batch()
                if i < parts:
                    with net.no_sync():
                        loss.backward()
                else:
                    loss.backward()
            for p in net.parameters():
                p.grad /= parts
            for optimizer, scheduler in zip(optimizers, schedulers):
                optimizer.step()
                scheduler.step()
            net.zero_grad(set_to_none=True)
    """,
    "inference that steps": """
        import pyro

        optimizer = pyro.optim.Adam({"lr": 0.02})
        svi = pyro.infer.SVI(net.model, net.guide, optimizer, pyro.infer.Trace_ELBO())
        for _ in range(250):
            svi.step(x, y)
    """,
}

UNCLEARED = {
    "average of the weights has a step": [11],
    "cleared by a helper": [14, 20],
    "closure in a loop over steps": [10],
    "optimizer or own update, by the same test": [12],
    "two backwards and a step, cleared through the network": [11, 16],
    "micro-batches, scaled, cleared behind the step": [20],
    "micro-batches with accelerate, a step that is a number": [20],
    "backward in an inner while": [15],
    "a backward for each task, a step for all": [15],
    "gradients rescaled in place behind the tasks": [11],
    "an actor that is updated now and then": [14, 19],
    "a maker that is updated on every n-th batch": [8, 14],
    "a warm-up that ends the turn": [10, 15, 19],
    "a backward for statistics only": [19],
    "accumulation, cleared around the epochs, beside options called opt": [21],
    "a scheduler that is a function": [8],
    "learning rate set by hand on every turn": [8],
    "learning rate set by a helper": [10],
    "an engine, or the plain sequence": [11],
    "a schedule in steps, behind a modulo": [15],
    "accumulate makes step and clear conditional": [10],
    "a context that has a step": [11],
    "a full batch in each epoch": [10],
    "a plateau behind the batches": [10],
    "two precisions under one clear": [10, 15],
    "a step for an epoch in a function": [7],
    "an attack on the input dirties the network": [13, 23],
    "a closure in a while": [11],
    "scaled by apex in one branch": [20],
    "several optimizers and schedulers, zipped": [16],
}
"""Where the gradients are mixed once the lines that clear them are taken out: silence comes from reading."""
