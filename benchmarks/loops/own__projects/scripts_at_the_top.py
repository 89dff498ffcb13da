"""A script without a function: everything at the top."""

import torch
import torchvision
from torch import nn, optim
from torch.utils.data import DataLoader, random_split
from torchvision import transforms

EPOCHS = 12
BATCH = 128
device = "cuda" if torch.cuda.is_available() else "cpu"

data = torchvision.datasets.FashionMNIST("data", download=True, transform=transforms.ToTensor())
train_set, val_set = random_split(data, [50_000, 10_000])
train_loader = DataLoader(train_set, batch_size=BATCH, shuffle=True)
val_loader = DataLoader(val_set, batch_size=BATCH)

net = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 10)).to(device)
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(net.parameters(), lr=1e-3)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=4, gamma=0.5)

if __name__ == "__main__":
    for epoch in range(EPOCHS):
        net.train()
        running = 0.0
        for i, data in enumerate(train_loader, 0):
            inputs, labels = data[0].to(device), data[1].to(device)
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            running += loss.item()
            if i % 100 == 99:
                print("[%d, %5d] loss: %.3f" % (epoch + 1, i + 1, running / 100))
                running = 0.0
        scheduler.step()
        net.eval()
        with torch.no_grad():
            right = sum((net(x.to(device)).argmax(1).cpu() == y).sum().item() for x, y in val_loader)
        print(epoch, right / len(val_set), scheduler.get_last_lr())
