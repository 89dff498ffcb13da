"""Train the detector."""

from engine import fit
from settings import optimizer_for, schedule_for


def main(model, loader):
    optimizer = optimizer_for(model)
    fit(model, loader, optimizer, schedule_for(optimizer), epochs=26)
