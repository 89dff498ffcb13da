"""Taggers, readers and translators."""

import math
import time

import torch
from torch import nn
from torch.optim import lr_scheduler


def evaluate(model, data):
    model.eval()
    with torch.no_grad():
        return sum(nn.functional.cross_entropy(model(x), y).item() for x, y in data) / len(data)


def language_model(model, get_batch, train_data, val_data, ntokens, bptt=35):
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=5.0)
    scheduler = lr_scheduler.StepLR(optimizer, 1.0, gamma=0.95)
    best_val_loss = float("inf")
    for epoch in range(1, 4):
        epoch_start_time = time.time()
        model.train()
        total_loss = 0.0
        for batch, i in enumerate(range(0, train_data.size(0) - 1, bptt)):
            data, targets = get_batch(train_data, i)
            output = model(data)
            loss = criterion(output.view(-1, ntokens), targets)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            total_loss += loss.item()
        val_loss = evaluate(model, val_data)
        print(epoch, time.time() - epoch_start_time, val_loss, math.exp(val_loss))
        best_val_loss = min(best_val_loss, val_loss)
        scheduler.step()


def tagger(model, sentences, tags, prepare):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = lr_scheduler.ExponentialLR(optimizer, gamma=0.99**5)
    for epoch in range(300):
        for sentence, tag in zip(sentences, tags):
            model.zero_grad()
            loss = nn.functional.nll_loss(model(prepare(sentence)), tag)
            loss.backward()
            optimizer.step()
        scheduler.step()


def classifier(model, train_iterator, valid_iterator, n_epochs=10):
    optimizer = torch.optim.Adam(model.parameters())
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, "min", patience=1, factor=0.2)
    criterion = nn.BCEWithLogitsLoss()
    for epoch in range(n_epochs):
        epoch_loss = 0
        model.train()
        for batch in train_iterator:
            optimizer.zero_grad()
            text, text_lengths = batch.text
            predictions = model(text, text_lengths).squeeze(1)
            loss = criterion(predictions, batch.label)
            loss.backward()
            optimizer.step()
            epoch_loss += loss.item()
        valid_loss = evaluate(model, valid_iterator)
        scheduler.step(valid_loss)


def retrieval(query_encoder, passage_encoder, loader, config):
    named = [*query_encoder.named_parameters(), *passage_encoder.named_parameters()]
    groups = [
        {"params": [p for n, p in named if "bias" not in n], "weight_decay": 0.01},
        {"params": [p for n, p in named if "bias" in n], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=config["lr"])
    scheduler = lr_scheduler.MultiStepLR(optimizer, milestones=config["milestones"], gamma=0.5)
    for epoch in range(config["epochs"]):
        for queries, passages in loader:
            q, p = query_encoder(**queries), passage_encoder(**passages)
            scores = q @ p.T
            loss = nn.functional.cross_entropy(scores, torch.arange(len(q), device=q.device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
