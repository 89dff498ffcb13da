"""Nodes, edges and molecules."""

import torch
import torch.nn.functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR, MultiStepLR, ReduceLROnPlateau, StepLR


def train(model, loader, optimizer, device):
    model.train()
    loss_all = 0
    for data in loader:
        data = data.to(device)
        optimizer.zero_grad()
        loss = F.mse_loss(model(data), data.y)
        loss.backward()
        loss_all += loss.item() * data.num_graphs
        optimizer.step()
    return loss_all / len(loader.dataset)


def test(model, loader, device):
    model.eval()
    error = 0
    for data in loader:
        data = data.to(device)
        error += (model(data) - data.y).abs().sum().item()
    return error / len(loader.dataset)


def molecules(model, train_loader, val_loader, device):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    scheduler = ReduceLROnPlateau(optimizer, mode="min", factor=0.7, patience=5, min_lr=0.00001)
    for epoch in range(1, 301):
        lr = scheduler.optimizer.param_groups[0]["lr"]
        loss = train(model, train_loader, optimizer, device)
        val_error = test(model, val_loader, device)
        scheduler.step(val_error)
        print(f"Epoch: {epoch:03d}, LR: {lr:7f}, Loss: {loss:.7f}, Val MAE: {val_error:.7f}")


def neighbours(model, x, subgraphs, y):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    scheduler = StepLR(optimizer, step_size=5, gamma=0.8)
    for epoch in range(1, 31):
        total_loss = total_examples = 0
        for batch_size, n_id, adjs in subgraphs:
            optimizer.zero_grad()
            out = model(x[n_id], adjs)
            loss = F.nll_loss(out, y[n_id[:batch_size]])
            loss.backward()
            optimizer.step()
            total_loss += float(loss) * batch_size
            total_examples += batch_size
        scheduler.step()
        print(epoch, total_loss / total_examples)


def links(encoder, predictor, edges, batch_size):
    optimizer = torch.optim.Adam(list(encoder.parameters()) + list(predictor.parameters()), lr=0.01)
    scheduler = CosineAnnealingLR(optimizer, 100)
    for epoch in range(100):
        for perm in torch.utils.data.DataLoader(range(edges.size(0)), batch_size, shuffle=True):
            optimizer.zero_grad()
            h = encoder()
            positive = predictor(h[edges[perm, 0]] * h[edges[perm, 1]])
            negative = predictor(h[edges[perm, 0]] * h[torch.randint(0, h.size(0), (len(perm),))])
            loss = -F.logsigmoid(positive).mean() - F.logsigmoid(-negative).mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
            optimizer.step()
        scheduler.step()


def points(net, args, io, train_loader):
    opt = torch.optim.SGD(net.parameters(), lr=args.lr * 100, momentum=args.momentum, weight_decay=1e-4)
    scheduler = MultiStepLR(opt, [120, 160], 0.1)
    for epoch in range(args.epochs):
        count, loss_sum = 0.0, 0.0
        net.train()
        for data, label in train_loader:
            data, label = data.cuda().permute(0, 2, 1), label.cuda().squeeze()
            opt.zero_grad()
            logits = net(data)
            loss = F.cross_entropy(logits, label)
            loss.backward()
            opt.step()
            count += data.size(0)
            loss_sum += loss.item() * data.size(0)
        scheduler.step()
        io.cprint(f"Train {epoch}, loss: {loss_sum / count:.6f}")
