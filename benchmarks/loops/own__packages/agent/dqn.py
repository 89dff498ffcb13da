"""An agent with a replay memory."""

import random
from collections import deque

import torch
from torch import nn
from torch.nn import functional as F


class Agent:
    def __init__(self, observations, actions, lr=1e-3):
        self.online = nn.Sequential(nn.Linear(observations, 64), nn.ReLU(), nn.Linear(64, actions))
        self.target = nn.Sequential(nn.Linear(observations, 64), nn.ReLU(), nn.Linear(64, actions))
        self.optimizer = torch.optim.Adam(self.online.parameters(), lr=lr)
        self.memory = deque(maxlen=10_000)

    def act(self, observation, epsilon):
        if random.random() < epsilon:
            return random.randrange(self.online[-1].out_features)
        with torch.no_grad():
            return self.online(observation).argmax().item()

    def learn(self, batch_size=64, gamma=0.99):
        if len(self.memory) < batch_size:
            return
        states, actions, rewards, following, done = map(torch.stack, zip(*random.sample(self.memory, batch_size)))
        q = self.online(states).gather(1, actions).squeeze(1)
        with torch.no_grad():
            goal = rewards + gamma * self.target(following).amax(1) * (1 - done)
        loss = F.smooth_l1_loss(q, goal)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def synchronize(self):
        self.target.load_state_dict(self.online.state_dict())
