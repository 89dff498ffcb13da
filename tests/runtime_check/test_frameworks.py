"""Accelerate and Lightning, where they are installed: `pip install looplint[frameworks]`."""

from __future__ import annotations

import pytest

from tests.runtime_check.programs import check, programs

pytest.importorskip("torch")

WHY = "needs `pip install looplint[frameworks]`"

ACCELERATE = """
from accelerate import Accelerator
from accelerate.state import AcceleratorState
AcceleratorState._reset_state(reset_partial_state=True)
accelerator = Accelerator(cpu=True{options})
scheduler = torch.optim.lr_scheduler.{made}
model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader, scheduler)
for epoch in range(epochs):
    for x, y in loader:
        with accelerator.accumulate(model):
            {top}
            accelerator.backward(loss_fn(model(x), y))
            if accelerator.sync_gradients:
                accelerator.clip_grad_norm_(model.parameters(), 1.0)
            {step}{mark}
            {move}
            {clear}
    {behind}
"""
RIGHT = {
    "options": "",
    "made": "LambdaLR(optimizer, lambda n: 0.99**n)",
    "top": "pass",
    "step": "optimizer.step()",
    "mark": "",
    "move": "scheduler.step()",
    "clear": "optimizer.zero_grad()",
    "behind": "pass",
}
FOR_EPOCHS = "StepLR(optimizer, step_size=1)"
ACCUMULATING = ", gradient_accumulation_steps=4"


def accelerated(**other: str) -> str:
    return ACCELERATE.format(**{**RIGHT, **other})


@programs(
    {
        "right": accelerated(),
        "cleared at the top": accelerated(top="optimizer.zero_grad()", clear="pass"),
        "accumulation": accelerated(options=ACCUMULATING),
        "accumulation, cleared at the top": accelerated(
            options=ACCUMULATING, top="optimizer.zero_grad()", clear="pass"
        ),
        "never cleared": accelerated(clear="pass", mark="  # LL101"),
        "accumulation, never cleared": accelerated(options=ACCUMULATING, clear="pass", mark="  # LL101"),
        "erased": accelerated(step="optimizer.zero_grad(); optimizer.step()", clear="pass", mark="  # LL104"),
        "a schedule before the optimizer": accelerated(
            step="scheduler.scheduler.step()  # LL202", move="optimizer.step()"
        ),
        "a prepared schedule before the optimizer": accelerated(
            step="scheduler.step()  # LL202", move="optimizer.step()"
        ),
        "accumulation, a prepared schedule before the optimizer": accelerated(
            options=ACCUMULATING, step="scheduler.step()  # LL202", move="optimizer.step()"
        ),
        "a prepared schedule for epochs": accelerated(made=FOR_EPOCHS, move="pass", behind="scheduler.step()"),
        "a prepared schedule for epochs, per batch": accelerated(made=FOR_EPOCHS, move="scheduler.step()  # LL201"),
    }
)
def test_accelerate(program: str, exact: bool) -> None:
    pytest.importorskip("accelerate", reason=WHY)
    check(program, exact=exact)


LIGHTNING = """
import logging
import lightning

for name in ("lightning.pytorch", "lightning.fabric"):
    logging.getLogger(name).setLevel(logging.ERROR)

class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = model
        self.automatic_optimization = {automatic}

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=0.01)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, step_size=100)]

    {body}

net = Net()
trainer = lightning.Trainer(
    max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
    enable_model_summary=False, num_sanity_val_steps=1{options},
)
trainer.fit(net, loader, val_loader){mark}
"""
AUTOMATIC = """
    def training_step(self, batch, index):
        return loss_fn(self.net(batch[0]), batch[1])

    def validation_step(self, batch, index):
        loss_fn(self.net(batch[0]), batch[1])
"""
MANUAL = """
    def training_step(self, batch, index):
        optimizer = self.optimizers()
        {top}
        self.manual_backward(loss_fn(self.net(batch[0]), batch[1]))
        {between}
        optimizer.step(){mark}

    def on_train_epoch_end(self):
        self.lr_schedulers().step()
"""
NEVER = """
    def optimizer_zero_grad(self, *_):
        pass
"""


def lightning(body: str, *, automatic: bool = True, options: str = "", mark: str = "") -> str:
    return LIGHTNING.format(automatic=automatic, body=body.strip(), options=options, mark=mark)


def manual(top: str, between: str = "pass", mark: str = "") -> str:
    return lightning(MANUAL.format(top=top, between=between, mark=mark), automatic=False)


@programs(
    {
        "automatic": lightning(AUTOMATIC),
        "automatic, accumulation": lightning(AUTOMATIC, options=", accumulate_grad_batches=4"),
        "automatic, clipped": lightning(AUTOMATIC, options=", gradient_clip_val=1.0"),
        "automatic, never cleared": lightning(AUTOMATIC + NEVER, mark="  # LL101"),
        "manual": manual("optimizer.zero_grad()"),
        "manual, accumulation": lightning(
            """
    def training_step(self, batch, index):
        optimizer = self.optimizers()
        self.manual_backward(loss_fn(self.net(batch[0]), batch[1]))
        if index % 2 == 1:
            optimizer.step()
            optimizer.zero_grad()
""",
            automatic=False,
        ),
        "manual, never cleared": manual("pass", mark="  # LL101"),
        "manual, erased": manual("pass", "optimizer.zero_grad()", mark="  # LL104"),
    }
)
def test_lightning(program: str, exact: bool) -> None:
    pytest.importorskip("lightning", reason=WHY)
    check(program, exact=exact)
