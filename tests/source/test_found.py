"""Wrong programs that are found, beside right ones like them that are not."""

from __future__ import annotations

from tests.source.reading import codes


def test_unseen_code_has_the_optimizer_around_the_loop() -> None:
    program = """
        from elsewhere import anneal

        for update in range(10):
            anneal(optimizer, update)
            for x in loader:
                optimizer.zero_grad()
                loss = loss_fn(model(x))
                loss.backward()
                {}
        """
    assert codes(program.format("pass")) == [("LL105", 8)]
    assert codes(program.format("optimizer.step()")) == []
    assert codes(program.format("anneal(optimizer, update)")) == []


def test_a_turn_is_tried_again_until_it_counts() -> None:
    program = """
        from elsewhere import apply

        for x in loader:
            for attempt in range(5):
                optimizer.zero_grad()
                loss = loss_fn(model(x))
                loss.backward()
                {}
            apply(optimizer)
        """
    assert codes(program.format("if loss < 1: break")) == []
    assert codes(program.format("pass")) == [("LL105", 7)]


def test_one_of_two_functions_never_steps() -> None:
    program = """
        def first(model, optimizer):
            for x in loader:
                loss_fn(model(x)).backward()
                {}
                optimizer.zero_grad()

        def second(model, optimizer):
            for x in loader:
                loss_fn(model(x)).backward()
                optimizer.step()
                optimizer.zero_grad()

        for stage in (1, 2):
            first(model, optimizer)
            second(model, optimizer)
        """
    assert codes(program.format("pass")) == [("LL105", 3)]
    assert codes(program.format("optimizer.step()")) == []
