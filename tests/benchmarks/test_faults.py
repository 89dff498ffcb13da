"""Each fault, as the exact text that it makes of a program that is right."""

from __future__ import annotations

from textwrap import dedent

import pytest

from benchmarks.faults import EXPECTED, FAULTS, Edit, Mutant, mutants
from benchmarks.sites import Code
from looplint import engine

LOOP = """\
import torch

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
    print(epoch)
"""

HEAD, _, BODY = LOOP.partition("        optimizer.zero_grad()\n")
TAIL = "    print(epoch)\n"


def dedented(text: str) -> str:
    return dedent(text).lstrip("\n")


def made(text: str, fault: str) -> list[Mutant]:
    return [one for one in mutants(text) if one.fault == fault]


def texts(text: str, fault: str) -> list[str]:
    return [one.text for one in made(text, fault)]


def codes(text: str) -> list[str]:
    return [one.code for one in engine.judge(text, "loop.py")]


def loop(*lines: str, before: str = "", after: str = "") -> str:
    return HEAD.replace("    for x", f"{before}    for x") + "".join(f"        {one}\n" for one in lines) + after + TAIL


CLEAR, LOSS, BACKWARD, STEP = (
    "optimizer.zero_grad()",
    "loss = loss_fn(model(x), y)",
    "loss.backward()",
    "optimizer.step()",
)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("zero-grad-deleted", loop(LOSS, BACKWARD, STEP)),
        ("step-before-backward", loop(CLEAR, LOSS, STEP, BACKWARD)),
        ("zero-grad-between", loop(LOSS, BACKWARD, CLEAR, STEP)),
        ("backward-deleted", loop(CLEAR, LOSS, STEP)),
        ("step-deleted", loop(CLEAR, LOSS, BACKWARD)),
        ("step-behind-batch-loop", loop(CLEAR, LOSS, BACKWARD, after="    optimizer.step()\n")),
        ("zero-grad-to-epoch-loop", loop(LOSS, BACKWARD, STEP, before="    optimizer.zero_grad()\n")),
    ],
)
def test_a_fault_is_one_edit(fault: str, expected: str) -> None:
    assert codes(LOOP) == []
    assert texts(LOOP, fault) == [expected]
    assert codes(expected) == [EXPECTED[fault]]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("zero-grad-deleted", loop(LOSS, BACKWARD, STEP)),
        ("step-before-backward", loop(LOSS, STEP, BACKWARD, CLEAR)),
        ("zero-grad-between", loop(LOSS, BACKWARD, CLEAR, STEP)),
        ("backward-deleted", loop(LOSS, STEP, CLEAR)),
        ("step-deleted", loop(LOSS, BACKWARD, CLEAR)),
        ("step-behind-batch-loop", loop(LOSS, BACKWARD, CLEAR, after="    optimizer.step()\n")),
        ("zero-grad-to-epoch-loop", loop(LOSS, BACKWARD, STEP, before="    optimizer.zero_grad()\n")),
    ],
)
def test_clearing_at_the_end_is_right_as_well(fault: str, expected: str) -> None:
    right = loop(LOSS, BACKWARD, STEP, CLEAR)
    assert codes(right) == []
    assert texts(right, fault) == [expected]
    assert codes(expected) == [EXPECTED[fault]]


def test_every_fault_of_one_optimizer_is_injected_once() -> None:
    assert sorted(one.fault for one in mutants(LOOP)) == sorted(FAULTS.keys() - {"other-optimizer-zeroed"})


def test_a_mutant_tells_where_it_is() -> None:
    (mutant,) = made(LOOP, "step-deleted")
    told = (mutant.line, mutant.statement, mutant.function, mutant.view, mutant.expected)
    assert told == (9, "optimizer.step()", "", "loop", ("LL105",))


# -- two optimizers --------------------------------------------------------------------------------------------------

TWO = dedented(
    """
    for x, y in loader:
        opt_d.zero_grad()
        loss_d(x).backward()
        opt_d.step()
        opt_g.zero_grad()
        loss_g(x).backward()
        opt_g.step()
    """
)


def test_one_clearing_is_pointed_at_the_other_optimizer() -> None:
    first = TWO.replace("opt_d.zero_grad()", "opt_g.zero_grad()")
    second = TWO.replace("opt_g.zero_grad()", "opt_d.zero_grad()")
    assert texts(TWO, "other-optimizer-zeroed") == [first, second]


def test_networks_that_are_cleared_belong_to_the_step_behind_them() -> None:
    networks = TWO.replace("opt_d.zero", "net_d.zero").replace("opt_g.zero", "net_g.zero")
    assert texts(networks, "zero-grad-deleted") == [
        networks.replace("    net_d.zero_grad()\n", ""),
        networks.replace("    net_g.zero_grad()\n", ""),
    ]
    assert texts(networks, "other-optimizer-zeroed")[0] == networks.replace("net_d.zero_grad()", "net_g.zero_grad()")


def test_with_two_optimizers_a_fault_may_be_named_by_what_the_other_one_did() -> None:
    assert [one.expected for one in made(TWO, "step-before-backward")] == [("LL102", "LL104")] * 2
    assert [one.expected for one in made(TWO, "zero-grad-deleted")] == [("LL101",)] * 2


# -- what stands around a site ---------------------------------------------------------------------------------------


def test_a_backward_in_a_block_of_its_own_goes_with_it() -> None:
    one = dedented(
        """
        for x in loader:
            optimizer.zero_grad()
            with amp.scale_loss(loss, optimizer) as scaled:
                scaled.backward()
            optimizer.step()
        """
    )
    deleted = one.replace("    with amp.scale_loss(loss, optimizer) as scaled:\n        scaled.backward()\n", "")
    assert texts(one, "backward-deleted") == [deleted]


def test_a_function_that_no_loop_calls_gets_no_fault_that_only_repetition_makes_wrong() -> None:
    function = dedented(
        """
        def update(loss):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """
    )
    assert {(one.fault, one.view) for one in mutants(function)} == {
        ("backward-deleted", "function"),
        ("step-before-backward", "function"),
        ("zero-grad-between", "function"),
    }
    called = function + "\nfor x in loader:\n    update(model(x))\n"
    assert {one.view for one in mutants(called)} == {"called"}
    assert len(texts(called, "zero-grad-deleted")) == 1


@pytest.mark.parametrize(
    "call", ["self.update(x)", "self.middle(x)"], ids=["a method of the same class", "a method that calls it"]
)
def test_a_method_is_in_view_of_a_loop_of_its_class(call: str) -> None:
    text = dedented(
        f"""
        class Trainer:
            def update(self, loss):
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()

            def middle(self, x):
                self.update(x)

            def fit(self):
                for x in self.loader:
                    {call}
        """
    )
    assert {one.view for one in mutants(text)} == {"called"}


def test_a_method_is_in_view_of_a_loop_that_has_an_object_of_its_class() -> None:
    text = dedented(
        """
        class Trainer:
            def update(self, loss):
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()

        trainer = Trainer()
        for x in loader:
            trainer.update(x)
        """
    )
    assert {one.view for one in mutants(text)} == {"called"}
    assert {one.view for one in mutants(text.replace("Trainer()", "other()"))} == {"function"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("optimizer.zero_grad()", "optimizer.zero_grad(); print(x)"),
        ("        print", "        model.zero_grad()\n        print"),
        ("        print", "        p.grad = None\n        print"),
        ("        print", "        p.grad.zero_()\n        print"),
        ("        print", "        if x:\n            optimizer.step()\n        print"),
        ("        print", "        if x:\n            (x * x).backward()\n        print"),
        ("        print", "        optimizer.step(closure)\n        print"),
        ("loss.backward()\n        optimizer.step()", "optimizer.step()\n        loss.backward()"),
    ],
)
def test_what_is_not_plainly_right_is_left_alone(old: str, new: str) -> None:
    text = LOOP.replace("        optimizer.step()\n", "        optimizer.step()\n        print(x)\n")
    assert old in text
    assert made(text.replace(old, new, 1), "zero-grad-deleted") == []


@pytest.mark.parametrize(
    ("backward", "step"),
    [
        ("scaler.scale(loss).backward()", "scaler.step(optimizer)"),
        ("accelerator.backward(loss)", "optimizer.step()"),
        ("self.manual_backward(loss)", "self.optimizer.step()"),
        ("loss.backward()", "xm.optimizer_step(optimizer)"),
    ],
)
def test_frameworks_spell_it_otherwise(backward: str, step: str) -> None:
    clear = "self.optimizer.zero_grad()" if "self" in step else CLEAR
    right = loop(clear, LOSS, backward, step)
    assert texts(right, "zero-grad-deleted") == [loop(LOSS, backward, step)]
    assert texts(right, "step-before-backward") == [loop(clear, LOSS, step, backward)]


@pytest.mark.parametrize("who", ["scheduler", "ema", "env", "model_engine"])
def test_what_is_no_optimizer_is_left_alone(who: str) -> None:
    assert list(mutants(f"for x in loader:\n    net.zero_grad()\n    loss.backward()\n    {who}.step()\n")) == []


def test_names_of_the_loop_stay_in_it() -> None:
    text = LOOP.replace("for x, y in", "for optimizer, x, y in")
    assert made(text, "step-behind-batch-loop") == made(text, "zero-grad-to-epoch-loop") == []


def test_a_block_that_would_become_empty_gets_a_pass() -> None:
    text = dedented(
        """
        for epoch in range(3):
            for x in loader:
                if epoch:
                    optimizer.step()
            scheduler.step()
        """
    )
    code = Code(text)
    block = next(one for one in code.blocks if one.acts)
    assert Edit(code).delete(block, 0) == text.replace("optimizer.step()", "pass")
    inside = next(one for one in code.blocks if one.loops and one.nodes[0] is block.owner)
    moved = text.replace("optimizer.step()", "pass").replace("        if", "        optimizer.step()\n        if")
    assert Edit(code).before(block, 0, inside.nodes[0]) == moved


def test_what_spans_lines_moves_as_a_whole() -> None:
    right = loop(CLEAR, LOSS, BACKWARD, "scaler.step(\n            optimizer,\n        )  # apply")
    moved = "    scaler.step(\n        optimizer,\n    )  # apply\n"
    assert texts(right, "step-behind-batch-loop") == [loop(CLEAR, LOSS, BACKWARD, after=moved)]


def test_what_is_not_python_has_no_mutants() -> None:
    assert list(mutants("print 'optimizer.step()'\n")) == []
    assert list(mutants("optimizer.step(\0)\n")) == []


def test_equal_functions_have_equal_digests() -> None:
    assert [one.digest for one in mutants(LOOP)] == [one.digest for one in mutants("# a comment\n" + LOOP)]


# -- schedulers ------------------------------------------------------------------------------------------------------

SCHEDULED = LOOP.replace(
    "for epoch", "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30)\nfor epoch"
).replace("    print(epoch)\n", "    scheduler.step()\n")


def test_a_scheduler_moves_into_the_batch_loop() -> None:
    wrong = SCHEDULED.replace("    scheduler.step()\n", "        scheduler.step()\n")
    assert codes(SCHEDULED) == []
    assert texts(SCHEDULED, "scheduler-into-batch-loop") == [wrong]
    assert codes(wrong) == ["LL201"]


@pytest.mark.parametrize("built", ["OneCycleLR(optimizer, 0.1, 100)", "LambdaLR(optimizer, f)"])
def test_only_what_moves_by_the_epoch_goes_into_the_batch_loop(built: str) -> None:
    assert texts(SCHEDULED.replace("StepLR(optimizer, step_size=30)", built), "scheduler-into-batch-loop") == []


def test_a_scheduler_moves_to_the_top_of_the_epoch() -> None:
    line = "    scheduler.step()\n"
    wrong = SCHEDULED.replace(line, "").replace("    for x", f"{line}    for x")
    assert texts(SCHEDULED, "scheduler-before-optimizer") == [wrong]
    assert codes(wrong) == ["LL202"]


def test_a_scheduler_moves_before_the_step_beside_it() -> None:
    right = loop(CLEAR, LOSS, BACKWARD, STEP, "scheduler.step()")
    assert texts(right, "scheduler-before-optimizer") == [loop(CLEAR, LOSS, BACKWARD, "scheduler.step()", STEP)]


def test_a_scheduler_moves_before_the_call_that_steps() -> None:
    right = dedented(
        """
        def train():
            for x in loader:
                optimizer.zero_grad()
                loss_fn(x).backward()
                optimizer.step()

        for epoch in range(3):
            train()
            scheduler.step()
        """
    )
    wrong = right.replace("    train()\n    scheduler.step()\n", "    scheduler.step()\n    train()\n")
    assert [(one.text, one.view) for one in made(right, "scheduler-before-optimizer")] == [(wrong, "called")]


def test_a_scheduler_of_another_optimizer_stays() -> None:
    assert texts(SCHEDULED.replace("StepLR(optimizer", "StepLR(other"), "scheduler-before-optimizer") == []


def test_a_scheduler_that_needs_what_the_epoch_computes_stays_behind_it() -> None:
    text = SCHEDULED.replace("    scheduler.step()", "    metric = validate()\n    scheduler.step(metric)")
    assert texts(text, "scheduler-before-optimizer") == []


@pytest.mark.parametrize("look", ["print(p.grad)", "torch.norm(model.weight.grad)"])
def test_where_gradients_are_looked_at_a_backward_has_a_use_of_its_own(look: str) -> None:
    text = LOOP.replace("    print(epoch)\n", f"    {look}\n")
    assert {"step-deleted", "zero-grad-between"} & {one.fault for one in mutants(text)} == set()


def test_a_scheduler_that_a_framework_has_is_left_alone() -> None:
    text = SCHEDULED.replace("for epoch", "scheduler = accelerator.prepare(scheduler)\nfor epoch")
    assert texts(text, "scheduler-before-optimizer") == []


CALLED = dedented(
    """
    import torch

    def train():
        for x in loader:
            optimizer.zero_grad()
            loss_fn(x).backward()
            optimizer.step()

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 30)
    for epoch in range(100):
        train()
        scheduler.step()
    """
)


def test_a_scheduler_moves_into_the_batch_loop_of_the_function_that_is_called() -> None:
    line = "    scheduler.step()\n"
    wrong = CALLED.replace(line, "").replace("        optimizer.step()\n", f"        optimizer.step()\n    {line}")
    found = made(CALLED, "scheduler-into-batch-loop")
    assert [(one.text, one.view, one.line, one.near) for one in found] == [(wrong, "called", 13, 7)]
    assert codes(wrong) == ["LL201"]


@pytest.mark.parametrize(("old", "new"), [("train()", "train(scheduler)"), ("for x in", "for scheduler in")])
def test_a_scheduler_of_the_same_name_in_the_function_is_another(old: str, new: str) -> None:
    assert texts(CALLED.replace(old, new), "scheduler-into-batch-loop") == []
