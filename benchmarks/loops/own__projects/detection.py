"""Boxes, key points and masks."""

import sys

import torch
from torch import optim
from torch.optim.lr_scheduler import MultiStepLR, ReduceLROnPlateau, StepLR


def detector(model, data_loader, device, num_epochs=10):
    params = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(params, lr=0.005, momentum=0.9, weight_decay=0.0005)
    lr_scheduler = StepLR(optimizer, step_size=3, gamma=0.1)
    for epoch in range(num_epochs):
        model.train()
        for images, targets in data_loader:
            images = [image.to(device) for image in images]
            targets = [{k: v.to(device) for k, v in t.items()} for t in targets]
            loss_dict = model(images, targets)
            losses = sum(loss for loss in loss_dict.values())
            if not torch.isfinite(losses):
                print("Loss is not finite", losses.item())
                sys.exit(1)
            optimizer.zero_grad()
            losses.backward()
            optimizer.step()
        lr_scheduler.step()


def grid(yolo, loss_fn, train_loader, epochs=135):
    optimizer = optim.Adam(yolo.parameters(), lr=2e-5)
    scheduler = MultiStepLR(optimizer, [75, 105])
    for epoch in range(epochs):
        mean_loss = []
        for batch_idx, (x, y) in enumerate(train_loader):
            out = yolo(x)
            loss = loss_fn(out, y)
            mean_loss.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"Mean loss was {sum(mean_loss) / len(mean_loss)}")
        scheduler.step()


def retina(retinanet, dataloader_train, parser):
    optimizer = optim.Adam(retinanet.parameters(), lr=1e-5)
    scheduler = ReduceLROnPlateau(optimizer, patience=3, verbose=True)
    for epoch_num in range(parser.epochs):
        epoch_loss = []
        for iter_num, data in enumerate(dataloader_train):
            try:
                optimizer.zero_grad()
                classification_loss, regression_loss = retinanet([data["img"].cuda(), data["annot"]])
                loss = classification_loss.mean() + regression_loss.mean()
                if bool(loss == 0):
                    continue
                loss.backward()
                torch.nn.utils.clip_grad_norm_(retinanet.parameters(), 0.1)
                optimizer.step()
                epoch_loss.append(float(loss))
            except Exception as e:
                print(e)
                continue
        scheduler.step(sum(epoch_loss) / len(epoch_loss))


def key_points(model, criterion, train_loader, cfg):
    optimizer = optim.Adam(model.parameters(), lr=cfg.TRAIN.LR)
    lr_scheduler = MultiStepLR(optimizer, cfg.TRAIN.LR_STEP, cfg.TRAIN.LR_FACTOR)
    for epoch in range(cfg.TRAIN.BEGIN_EPOCH, cfg.TRAIN.END_EPOCH):
        for i, (input, target, target_weight, meta) in enumerate(train_loader):
            outputs = model(input)
            loss = criterion(outputs, target.cuda(non_blocking=True), target_weight.cuda(non_blocking=True))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        lr_scheduler.step()
