"""One cycle over all steps."""

import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 12

net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10))
loader = DataLoader(TensorDataset(torch.randn(128, 3, 32, 32), torch.randint(10, (128,))), batch_size=16, shuffle=True)
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)
sched = OneCycleLR(opt, max_lr=0.4, epochs=EPOCHS, steps_per_epoch=len(loader))
scaler = torch.amp.GradScaler(enabled=torch.cuda.is_available())

for epoch in range(EPOCHS):
    for x, y in loader:
        opt.zero_grad(set_to_none=True)
        with torch.autocast("cpu"):
            loss = nn.functional.cross_entropy(net(x), y)
        scaler.scale(loss).backward()
        scaler.step(opt)
        scaler.update()
        sched.step()
    print(epoch, loss.item())
