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


def test_unseen_code_has_the_optimizer_before_the_gradients_are_cleared() -> None:
    program = """
        from elsewhere import anneal

        for update in range(10):
            anneal(optimizer, update)
            for x in loader:
                loss = loss_fn(model(x))
                optimizer.zero_grad()
                {}
                optimizer.step()
        """
    assert codes(program.format("pass")) == [("LL106", 9)]
    assert codes(program.format("loss.backward()")) == []
    assert codes(program.format("anneal(optimizer, loss)")) == []
    assert codes(program.format("loss.backward()").replace("optimizer.zero_grad()", "pass")) == [("LL101", 9)]


def test_unseen_code_has_the_optimizer_in_a_function_before_the_gradients_are_cleared() -> None:
    program = """
        from elsewhere import anneal

        def update(optimizer, x):
            {}
            anneal(optimizer)
            loss = loss_fn(model(x))
            {}
            {}
            optimizer.step()
            {}
        """
    clear, backward, unseen = "optimizer.zero_grad()", "loss.backward()", "anneal(optimizer)"
    assert codes(program.format("pass", clear, "pass", "pass")) == [("LL106", 9)]
    assert codes(program.format("pass", clear, "pass", backward)) == [("LL102", 9)]
    assert codes(program.format("pass", backward, clear, "pass")) == [("LL104", 9)]
    assert codes(program.format("pass", clear, backward, "pass")) == []
    assert codes(program.format("pass", backward, "pass", clear)) == []
    assert codes(program.format("pass", "pass", "pass", clear)) == []
    assert codes(program.format(clear, "pass", "pass", "pass")) == []
    assert codes(program.format("model(x).mean().backward()", clear, unseen, "pass")) == []
    assert codes(program.format("pass", backward, unseen, clear)) == []
    assert codes(program.format("model(x).mean().backward()", clear, backward, "pass")) == []


def test_in_a_training_step_whose_loss_a_base_class_computes() -> None:
    program = """
        import lightning.pytorch as pl
        from elsewhere import Base

        class Model(Base):
            def training_step(self, batch, batch_idx):
                loss = self.measure(batch)
                {}
                self.optimizers().step()
                {}
                self.optimizers().zero_grad()
        """
    backward = "self.manual_backward(loss)"
    assert codes(program.format(backward, "pass")) == []
    assert codes(program.format("pass", backward)) == [("LL102", 8)]
    assert codes(program.format("pass", "pass")) == []
    assert codes(program.format("pass", f"{backward}; self.keep(batch.grad)")) == []


def test_what_unseen_code_has_done_with_gradients_before_others_came_is_not_known() -> None:
    program = """
        from elsewhere import apply

        for x in loader:
            loss_fn(model(x)).backward()
            apply(optimizer)
            optimizer.zero_grad()
            {}
            optimizer.step()
            {}
        """
    backward = "loss_fn(model(x)).backward()"
    assert codes(program.format(backward, "optimizer.zero_grad()")) == []
    assert codes(program.format(f"{backward}; optimizer.zero_grad()", "pass")) == [("LL104", 8)]


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


def test_a_third_optimizer_over_both_networks() -> None:
    program = """
        import itertools

        opt_g = torch.optim.Adam(g.parameters())
        opt_d = torch.optim.Adam(d.parameters())
        opt_both = torch.optim.Adam(itertools.chain(g.parameters(), d.parameters()))
        for x in loader:
            {}
            loss_fn(d(g(x))).backward()
            opt_g.step()
            opt_d.zero_grad()
            loss_fn(d(x)).backward()
            opt_d.step()
            opt_both.zero_grad()
            loss_fn(d(g(x))).backward()
            opt_both.step()
        """
    assert codes(program.format("pass")) == [("LL101", 9)]
    assert codes(program.format("opt_g.zero_grad()")) == []


def test_the_matrices_and_the_rest_of_one_network() -> None:
    program = """
        matrices = torch.optim.SGD([p for p in model.parameters() if p.ndim == 2], lr=0.1)
        others = torch.optim.Adam([p for p in model.parameters() if p.ndim != 2])
        for x in loader:
            loss_fn(model(x)).backward()
            matrices.step()
            matrices.zero_grad()
            others.step()
            {}
        """
    assert codes(program.format("others.zero_grad()")) == []
    assert codes(program.format("pass")) == []


def test_a_run_that_is_resumed_skips_its_first_batches() -> None:
    program = """
        for epoch in range(start, 3):
            for step, batch in enumerate(loader):
                if args.resume and epoch == start:
                    if step < first:
                        continue
                {}
                loss_fn(model(batch)).backward()
                optimizer.step()
        """
    assert codes(program.format("pass")) == [("LL101", 8)]
    assert codes(program.format("optimizer.zero_grad()")) == []


def test_even_turns_clear_and_odd_ones_apply() -> None:
    program = """
        for i, (x, y) in enumerate(loader):
            if i % 2 == 0:
                {}
                loss_fn(model(x), y).backward()
            else:
                loss_fn(model(x), y).backward()
                optimizer.step()
        """
    assert codes(program.format("optimizer.zero_grad()")) == []
    assert codes(program.format("pass")) == [("LL101", 7)]


def test_of_two_optimizers_that_are_cleared_one_never_steps() -> None:
    program = """
        opt_g = torch.optim.Adam(generator.parameters())
        opt_d = torch.optim.Adam({}.parameters())
        for real in loader:
            opt_g.zero_grad()
            opt_d.zero_grad()
            fake = generator(noise())
            d_loss = discriminator(real).mean() - discriminator(fake).mean()
            d_loss.backward(retain_graph=True)
            {}
            g_loss = discriminator(fake).mean()
            g_loss.backward()
            opt_g.step()
        """
    assert codes(program.format("discriminator", "pass")) == [("LL105", 8)]
    assert codes(program.format("discriminator", "opt_d.step()")) == []
    assert codes(program.format("discriminator", "apply(opt_d)")) == []
    assert codes(program.format("discriminator", "norms = [p.grad.norm() for p in discriminator.parameters()]")) == []
    assert codes(program.format("generator.head", "pass")) == []
    assert codes(program.format("unknown()", "pass")) == []


def test_a_method_of_a_tensor_leaves_the_optimizer_alone_that_unseen_code_has() -> None:
    program = """
        from elsewhere import moved

        for batch in loader:
            optimizer.zero_grad()
            batch = moved(optimizer, batch)
            loss_fn(model(batch)).backward()
            optimizer.zero_grad()
            {}
            optimizer.step()
        """
    assert codes(program.format("rows = batch.to(device).size(0)")) == [("LL104", 9)]
    assert codes(program.format("rows = batch.to(device).launch(0)")) == []


def test_the_step_of_another_optimizer_stands_where_its_own_is_missing() -> None:
    program = """
        class Pair:
            def __init__(self, coder, judge):
                self.coder, self.judge = coder, judge
                self.coder_optimizer = torch.optim.Adam(self.coder.parameters())
                self.judge_optimizer = torch.optim.Adam(self.judge.parameters())

            def fit(self, loader):
                for x in loader:
                    self.coder_optimizer.zero_grad()
                    loss_fn(self.coder(x)).backward()
                    self.coder_optimizer.step()
                    self.judge_optimizer.zero_grad()
                    loss_fn(self.judge(self.coder(x).detach())).backward()
                    {}

            def other(self):
                {}
        """
    mistaken = "self.coder_optimizer.step()"
    assert codes(program.format(mistaken, "pass")) == [("LL105", 13)]
    assert codes(program.format(mistaken, "self.judge_optimizer.step()")) == [("LL101", 14)]
    assert codes(program.format(mistaken, "scaler.step(self.judge_optimizer)")) == [("LL101", 14)]
    assert codes(program.format("self.judge_optimizer.step()", "pass")) == []


def test_a_helper_or_a_hook_that_does_not_clear_hides_nothing() -> None:
    program = """
        def checked(function):
            def wrapper(*given):
                {}
                return function(*given)
            return wrapper

        @checked
        def update(x, y):
            loss_fn(model(x), y).backward()
            optimizer.step()

        optimizer.register_step_post_hook(lambda one, given, named: {})
        for x, y in loader:
            update(x, y)
        """
    assert codes(program.format("print(given)", "print(one)")) == [("LL101", 10)]
    assert codes(program.format("optimizer.zero_grad()", "print(one)")) == []
    assert codes(program.format("print(given)", "one.zero_grad()")) == []


def test_a_method_that_is_looked_up_by_its_name_hides_what_it_can_be() -> None:
    program = """
        class Trainer:
            def __init__(self):
                self.optimizer = torch.optim.Adam(model.parameters())

            def fire(self, name):
                getattr(self, f"on_{{name}}")()

            def on_batch(self):
                {}

            def clear(self):
                self.optimizer.zero_grad()

            def fit(self):
                for x, y in loader:
                    self.fire("batch")
                    loss_fn(model(x), y).backward()
                    self.optimizer.step()
        """
    assert codes(program.format("print('batch')")) == [("LL101", 18)]
    assert codes(program.format("self.optimizer.zero_grad()")) == []


def test_an_attribute_that_is_stored_once_decides() -> None:
    program = """
        class Trainer:
            def __init__(self):
                self.optimizer = torch.optim.Adam(model.parameters())
                self.clears = False

            def fit(self):
                for x, y in loader:
                    if self.clears:
                        self.optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    self.optimizer.step()

        trainer = Trainer()
        {}
        trainer.fit()
        """
    assert codes(program.format("pass")) == [("LL101", 11)]
    assert codes(program.format("trainer.clears = True")) == []


def test_a_scheduler_is_one_of_learning_rates_by_its_name() -> None:
    program = """
        def train(optimizer, {0}):
            for x, y in loader:
                {0}.step()
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
        """
    for name in (
        "scheduler",
        "lr_scheduler",
        "schedulerG",
        "scheduler_d2",
        "encoder_sched",
        "warmup_scheduler",
        "schedule",
    ):
        assert codes(program.format(name)) == [("LL202", 3)], name
    for name in ("kl_scheduler", "tf_scheduler", "noise_scheduler", "pruning_sched", "mask_schedule"):
        assert codes(program.format(name)) == [], name


def test_gradients_of_one_batch_after_another_are_lost() -> None:
    program = """
        batches = iter(loader)
        optimizer.zero_grad()
        for _ in range(4):
            x, y = next(batches)
            {}
            (loss_fn(model(x), y) / len(loader)).backward()
        optimizer.step()
        """
    assert codes(program.format("optimizer.zero_grad()")) == [("LL103", 7)]
    assert codes(program.format("pass")) == []


def test_what_clears_the_whole_network_leaves_nothing() -> None:
    program = """
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            {}.zero_grad()
            optimizer.step()
        """
    assert codes(program.format("model")) == [("LL104", 5)]
    assert codes(program.format("model.head")) == []


def test_a_loader_of_many_batches_has_many_turns() -> None:
    program = """
        batches = DataLoader(data, batch_size={})
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=100)
        for epoch in range(1000):
            for x, y in batches:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
                scheduler.step()
        """
    assert codes(program.format("32")) == [("LL201", 8)]
    assert codes(program.format("len(data)")) == []
    assert codes(program.format("x.shape[0]")) == []


def test_a_callback_that_may_be_there_steps_where_it_is() -> None:
    program = """
        class Step:
            def after(self, optimizer):
                optimizer.step()
                {}

        callbacks = []
        if args.train:
            callbacks.append(Step())
        for x in loader:
            loss_fn(model(x)).backward()
            for callback in callbacks:
                callback.after(optimizer)
        """
    assert codes(program.format("pass")) == [("LL101", 3)]
    assert codes(program.format("optimizer.zero_grad()")) == []


def test_a_clear_beside_the_backward_throws_away_what_a_step_behind_the_loop_is_for() -> None:
    program = """
        for turn in range(total):
            x, y = next(batches)
            if turn > warm_up:
                if turn % 4 == 0:
                    {}
                    loss_fn(model(x), y).backward()
                    {}
        optimizer.step()
        """
    assert codes(program.format("optimizer.zero_grad()", "pass")) == [("LL103", 8)]
    assert codes(program.format("if y is None:\n                        optimizer.zero_grad()", "pass")) == []


def test_a_tensor_that_is_to_have_a_gradient_is_no_look_at_one() -> None:
    program = """
        for x, y in loader:
            moved = model(x).detach()
            {}
            optimizer.zero_grad()
            loss_fn(model(moved), y).backward()
        """
    assert codes(program.format("moved.requires_grad_()")) == [("LL105", 5)]
