"""Each fault, as the exact text that it makes of a program that is right."""

from __future__ import annotations

import pytest

from benchmarks.edits import Edit
from benchmarks.faults import FAULTS, mutants
from benchmarks.mutant import EXPECTED
from benchmarks.syntax import Code
from tests.benchmarks.loops import BACKWARD, CLEAR, LOOP, LOSS, STEP, codes, dedented, loop, made, texts


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


def test_an_optimizer_that_is_built_in_each_turn_repeats_nothing() -> None:
    text = LOOP.replace(
        "        optimizer.zero", "        optimizer = torch.optim.SGD([x], 1.0)\n        optimizer.zero"
    )
    assert {one.fault for one in mutants(text)} == {"backward-deleted", "step-before-backward", "zero-grad-between"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loss.backward()", "dist_autograd.backward(context_id, [loss])"),
        ("for epoch", "accelerator = Accelerator(deepspeed_plugin=DeepSpeedPlugin())\nfor epoch"),
    ],
    ids=["gradients of a context", "an engine that steps in its backward"],
)
def test_where_other_code_keeps_the_gradients_nothing_is_plain(old: str, new: str) -> None:
    assert list(mutants(LOOP.replace(old, new))) == []


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


@pytest.mark.parametrize("look", ["print(p.grad)", "torch.norm(model.weight.grad)"])
def test_where_gradients_are_looked_at_a_backward_has_a_use_of_its_own(look: str) -> None:
    text = LOOP.replace("    print(epoch)\n", f"    {look}\n")
    assert {"step-deleted", "zero-grad-between"} & {one.fault for one in mutants(text)} == set()
