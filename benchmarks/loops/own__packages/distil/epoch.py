"""All batches once, and all epochs."""

from torch.optim.lr_scheduler import StepLR

from . import update as one


def epoch(student, teacher, loader, optimizer):
    total = 0.0
    for batch in loader:
        total += one.update(student, teacher, batch, optimizer).item()
    return total / len(loader)


def epochs(student, teacher, loader, optimizer, scheduler: StepLR, count):
    for number in range(count):
        print(number, epoch(student, teacher, loader, optimizer))
        scheduler.step()
