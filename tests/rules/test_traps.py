"""Right programs that naive tools flag, and that need libraries no test installs: they are linted only."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.rules.examples import linted

RIGHT = {
    # -- frameworks that clear, step or run the backward --
    "deepspeed": """
        import deepspeed

        engine, optimizer, _, scheduler = deepspeed.initialize(model=model, model_parameters=model.parameters())
        for epoch in range(3):
            for x, y in loader:
                loss = loss_fn(engine(x), y)
                engine.backward(loss)
                engine.step()
    """,
    "deepspeed beside plain training": """
        import deepspeed

        use_deepspeed = True
        if use_deepspeed:
            model, optimizer, _, _ = deepspeed.initialize(model=model, optimizer=optimizer)
        for x, y in loader:
            loss = loss_fn(model(x), y)
            if use_deepspeed:
                model.backward(loss)
                model.step()
            else:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    """,
    "accelerate": """
        from accelerate import Accelerator

        accelerator = Accelerator()
        model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
        for x, y in loader:
            loss = loss_fn(model(x), y)
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
    """,
    "accelerate, accumulating": """
        from accelerate import Accelerator

        accelerator = Accelerator(gradient_accumulation_steps=4)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.95**step)
        model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader, scheduler)
        for x, y in loader:
            with accelerator.accumulate(model):
                optimizer.zero_grad()
                loss = loss_fn(model(x), y)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                scheduler.step()
    """,
    "accelerate, the scheduler at the top": """
        from accelerate import Accelerator

        accelerator = Accelerator()
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.95**step)
        model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader, scheduler)
        for x, y in loader:
            with accelerator.accumulate(model):
                accelerator.backward(loss_fn(model(x), y))
                scheduler.step()
                optimizer.step()
                optimizer.zero_grad()
    """,
    "accelerate, micro-batches by hand": """
        from accelerate import Accelerator

        accelerator = Accelerator(gradient_accumulation_steps=2)
        model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
        batches = iter(loader)
        for update in range(3):
            samples = [next(batches) for _ in range(2)]
            for x, y in samples:
                accelerator.backward(loss_fn(model(x), y) / len(samples))
            optimizer.step()
            optimizer.zero_grad()
    """,
    "fabric": """
        from lightning.fabric import Fabric

        fabric = Fabric()
        model, optimizer = fabric.setup(model, optimizer)
        loader = fabric.setup_dataloaders(loader)
        for i, (x, y) in enumerate(loader):
            accumulating = (i + 1) % 2 != 0
            with fabric.no_backward_sync(model, enabled=accumulating):
                fabric.backward(loss_fn(model(x), y))
            if not accumulating:
                optimizer.step()
                optimizer.zero_grad()
    """,
    "fabric, a closure": """
        from functools import partial

        from lightning.fabric import Fabric

        fabric = Fabric()
        model, optimizer = fabric.setup(model, optimizer)

        def training_step(x, y):
            loss = loss_fn(model(x), y)
            fabric.backward(loss)
            return loss

        for x, y in loader:
            optimizer.step(partial(training_step, x, y))
            optimizer.zero_grad()
    """,
    "lightning, automatic": """
        import lightning

        class Net(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.net = torch.nn.Linear(2, 1)

            def training_step(self, batch, index):
                x, y = batch
                return F.mse_loss(self.net(x), y)

            def configure_optimizers(self):
                optimizer = torch.optim.Adam(self.parameters())
                return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)]
    """,
    "lightning, manual": """
        import pytorch_lightning as pl

        class Gan(pl.LightningModule):
            def __init__(self):
                super().__init__()
                self.automatic_optimization = False

            def training_step(self, batch, index):
                g_optimizer, d_optimizer = self.optimizers()
                d_loss = self.d_loss(batch)
                d_optimizer.zero_grad()
                self.manual_backward(d_loss)
                d_optimizer.step()
                g_loss = self.g_loss(batch)
                g_optimizer.zero_grad()
                self.manual_backward(g_loss)
                g_optimizer.step()
    """,
    "mmengine": """
        from mmengine.optim import OptimWrapper

        wrapper = OptimWrapper(optimizer=optimizer)
        for x, y in loader:
            with wrapper.optim_context(model):
                loss = loss_fn(model(x), y)
            wrapper.update_params(loss)
    """,
    "apex": """
        from apex import amp

        model, optimizer = amp.initialize(model, optimizer, opt_level="O1")
        for x, y in loader:
            model.zero_grad()
            loss = loss_fn(model(x), y)
            with amp.scale_loss(loss, optimizer) as scaled_loss:
                scaled_loss.backward()
            optimizer.step()
    """,
    "colossalai": """
        from colossalai.booster import Booster

        booster = Booster()
        model, optimizer, loss_fn, loader, _ = booster.boost(model, optimizer, loss_fn, loader)
        for x, y in loader:
            loss = loss_fn(model(x), y)
            booster.backward(loss, optimizer)
            optimizer.step()
            optimizer.zero_grad()
    """,
    "pyro": """
        import pyro
        from pyro.infer import SVI, Trace_ELBO

        svi = SVI(model, model, pyro.optim.Adam({"lr": 0.01}), loss=Trace_ELBO())
        for epoch in range(3):
            for x, y in loader:
                loss = svi.step(x, y)
    """,
    "higher": """
        import higher

        for x, y in loader:
            optimizer.zero_grad()
            with higher.innerloop_ctx(model, optimizer, copy_initial_weights=False) as (fast, inner):
                for _ in range(3):
                    inner.step(loss_fn(fast(x), y))
                loss_fn(fast(x), y).backward()
            optimizer.step()
    """,
    "dist_autograd": """
        import torch.distributed.autograd as dist_autograd
        from torch.distributed.optim import DistributedOptimizer

        optimizer = DistributedOptimizer(torch.optim.SGD, model.parameter_rrefs(), lr=0.05)
        for x, y in loader:
            with dist_autograd.context() as context:
                loss = loss_fn(model(x), y)
                dist_autograd.backward(context, [loss])
                optimizer.step(context)
    """,
    "the trainer of transformers": """
        from transformers import Trainer, TrainingArguments

        arguments = TrainingArguments("out")
        trainer = Trainer(model=model, args=arguments, train_dataset=dataset, optimizers=(optimizer, None))
        trainer.train()
    """,
    "a graph that is replayed": """
        graph = torch.cuda.CUDAGraph()
        x, y = torch.zeros(4, 2), torch.zeros(4, 1)
        optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            loss = loss_fn(model(x), y)
            loss.backward()
        for batch, target in loader:
            x.copy_(batch)
            y.copy_(target)
            graph.replay()
            optimizer.step()
    """,
    "a graph whose backward is captured elsewhere": """
        from capture import capture

        replay, loss = capture(model, loss_fn)
        for x, y in loader:
            optimizer.zero_grad(set_to_none=False)
            replay(x, y)
            logged = loss_fn(model(x), y).item()
            optimizer.step()
    """,
    # -- code of others that may do anything --
    "a loss that runs the backward itself": """
        from losses import Loss

        criterion = Loss(model)
        for x, y in loader:
            optimizer.zero_grad()
            criterion.accumulate_gradients(x, y)
            optimizer.step()
    """,
    "a helper elsewhere that has the optimizer": """
        from helpers import clear

        for x, y in loader:
            clear(optimizer)
            loss_fn(model(x), y).backward()
            optimizer.step()
    """,
    "an engine that is made elsewhere": """
        from engines import make_engine

        engine = make_engine(model, optimizer)
        for x, y in loader:
            engine.zero_grad()
            loss = loss_fn(engine(x), y)
            engine.backward(loss)
            engine.step()
    """,
    "sharpness-aware minimization": """
        from sam import SAM

        optimizer = SAM(model.parameters(), torch.optim.SGD, lr=0.1)
        for x, y in loader:
            loss_fn(model(x), y).backward()
            optimizer.first_step(zero_grad=True)
            loss_fn(model(x), y).backward()
            optimizer.second_step(zero_grad=True)
    """,
    "a method of the trainer that is defined elsewhere": """
        from base import BaseTrainer

        class Trainer(BaseTrainer):
            def train(self):
                for x, y in self.loader:
                    self.zero_grad()
                    loss = self.compute_loss(x, y)
                    loss.backward()
                    self.step_optimizers()

            def update(self):
                for x, y in self.loader:
                    self.before_update()
                    self.loss(x, y).backward()
                    self.optimizer.step()
    """,
    # -- things that step and are no optimizer, no scheduler --
    "a diffusion scheduler": """
        from diffusers import DDPMScheduler

        scheduler = DDPMScheduler(num_train_timesteps=1000)
        for t in scheduler.timesteps:
            noise = model(torch.randn(4, 2))
            latents = scheduler.step(noise, t, noise).prev_sample
    """,
    "an average of the weights": """
        from diffusers.training_utils import EMAModel

        ema = EMAModel(model.parameters())
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            ema.step(model.parameters())
    """,
    "an environment": """
        import gymnasium

        env = gymnasium.make("CartPole-v1")
        state, _ = env.reset()
        for step in range(100):
            state, reward, done, _, _ = env.step(env.action_space.sample())
    """,
    "a profiler": """
        with torch.profiler.profile(schedule=torch.profiler.schedule(wait=1, warmup=1, active=2)) as profiler:
            for x, y in loader:
                profiler.step()
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
    """,
    # -- schedules --
    "a schedule of transformers per batch": """
        from transformers import get_linear_schedule_with_warmup

        scheduler = get_linear_schedule_with_warmup(optimizer, num_warmup_steps=100, num_training_steps=3 * len(loader))
        for epoch in range(3):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
                scheduler.step()
    """,
    "a schedule of transformers over epochs": """
        from transformers import get_cosine_schedule_with_warmup

        epochs = 10
        scheduler = get_cosine_schedule_with_warmup(optimizer, num_warmup_steps=1, num_training_steps=epochs)
        for epoch in range(epochs):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
            scheduler.step()
    """,
    "a scheduler of timm": """
        from timm.scheduler import CosineLRScheduler

        scheduler = CosineLRScheduler(optimizer, t_initial=10)
        for epoch in range(10):
            scheduler.step(epoch)
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
    """,
    "a GradScaler on a GPU": """
        scaler = torch.cuda.amp.GradScaler()
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=len(loader))
        for x, y in loader:
            optimizer.zero_grad(set_to_none=True)
            with torch.cuda.amp.autocast():
                loss = loss_fn(model(x), y)
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
            scheduler.step()
    """,
}

WRONG = {
    "a context manager that is not called": (
        """
        for x, y in val_loader:
            with torch.no_grad:
                loss_fn(model(x), y)
        """,
        {("LL110", 2)},
    ),
    "a schedule of transformers per epoch": (
        """
        from transformers import get_linear_schedule_with_warmup

        scheduler = get_linear_schedule_with_warmup(optimizer, num_warmup_steps=100, num_training_steps=3 * len(loader))
        for epoch in range(3):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
            scheduler.step()
        """,
        {("LL203", 9)},
    ),
    "an optimizer of another library": (
        """
        from timm.optim import create_optimizer_v2

        optimizer = create_optimizer_v2(model, opt="adamw", lr=1e-3)
        for x, y in loader:
            loss_fn(model(x), y).backward()
            optimizer.step()
        """,
        {("LL101", 6)},
    ),
    "accelerate, never cleared": (
        """
        from accelerate import Accelerator

        accelerator = Accelerator()
        model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
        for x, y in loader:
            accelerator.backward(loss_fn(model(x), y))
            optimizer.step()
        """,
        {("LL101", 7)},
    ),
    "lightning, manual, never cleared": (
        """
        import pytorch_lightning as pl

        class Net(pl.LightningModule):
            def __init__(self):
                super().__init__()
                self.automatic_optimization = False

            def training_step(self, batch, index):
                optimizer = self.optimizers()
                for x, y in batch:
                    self.manual_backward(F.mse_loss(self(x), y))
                    optimizer.step()
        """,
        {("LL101", 12)},
    ),
}


def text(code: str) -> str:
    """Return a snippet as it stands in a file."""
    return dedent(code).strip("\n") + "\n"


@pytest.mark.parametrize("code", RIGHT.values(), ids=RIGHT)
def test_a_right_program_is_passed_over(code: str) -> None:
    assert linted(text(code)) == set()


@pytest.mark.parametrize(("code", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_program_is_reported(code: str, expected: set[tuple[str, int]]) -> None:
    assert linted(text(code)) == expected
