"""Label every pixel of an image. The gradients are cleared after the backward and before the step that needs them."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Squares(Dataset):
    """Noisy images with one bright square each, and the mask of the square."""

    def __init__(self, length=64, size=24):
        self.length = length
        self.size = size

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        random = torch.Generator().manual_seed(index)
        top, left = torch.randint(self.size - 8, (2,), generator=random).tolist()
        mask = torch.zeros(1, self.size, self.size)
        mask[:, top : top + 8, left : left + 8] = 1
        return mask + 0.3 * torch.randn(mask.shape, generator=random), mask


class Segmenter(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.ReLU())
        self.decoder = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, 1, 1))

    def forward(self, image):
        return self.decoder(self.encoder(image))


def dice_loss(logits, mask, epsilon=1.0):
    probability = logits.sigmoid()
    overlap = (probability * mask).sum(dim=(1, 2, 3))
    size = probability.sum(dim=(1, 2, 3)) + mask.sum(dim=(1, 2, 3))
    return (1 - (2 * overlap + epsilon) / (size + epsilon)).mean()


def main(epochs=2):
    loader = DataLoader(Squares(), batch_size=16, shuffle=True)
    model = Segmenter()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    pixel_loss = nn.BCEWithLogitsLoss()

    for epoch in range(epochs):
        model.train()
        for image, mask in loader:
            logits = model(image)
            loss = pixel_loss(logits, mask) + dice_loss(logits, mask)
            loss.backward()
            nn.utils.clip_grad_value_(model.parameters(), 0.1)
            optimizer.zero_grad()
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.4f}")


if __name__ == "__main__":
    main()
