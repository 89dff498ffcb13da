"""Learn to act, and to tell how good an action is."""

import copy

import torch
from torch import nn
from torch.nn import functional as F


class Learner:
    def __init__(self, states, actions):
        self.actor = nn.Sequential(nn.Linear(states, 64), nn.ReLU(), nn.Linear(64, actions), nn.Tanh())
        self.critic = nn.Sequential(nn.Linear(states + actions, 64), nn.ReLU(), nn.Linear(64, 1))
        self.slow_actor, self.slow_critic = copy.deepcopy(self.actor), copy.deepcopy(self.critic)
        self.actor_optimizer = torch.optim.Adam(self.actor.parameters(), lr=1e-4)
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), lr=1e-3)

    def update(self, batch, gamma=0.99):
        state, action, reward, following = batch
        with torch.no_grad():
            goal = reward + gamma * self.slow_critic(torch.cat([following, self.slow_actor(following)], 1))
        critic_loss = F.mse_loss(self.critic(torch.cat([state, action], 1)), goal)
        self.critic_optimizer.zero_grad()
        critic_loss.backward()
        self.critic_optimizer.step()

        actor_loss = -self.critic(torch.cat([state, self.actor(state)], 1)).mean()
        self.actor_optimizer.zero_grad()
        actor_loss.backward()
        self.actor_optimizer.step()
        return critic_loss.item(), actor_loss.item()

    def learn(self, memory, steps=1000):
        for _ in range(steps):
            losses = self.update(memory.sample(128))
            for slow, fast in ((self.slow_actor, self.actor), (self.slow_critic, self.critic)):
                for old, new in zip(slow.parameters(), fast.parameters()):
                    old.data.lerp_(new.data, 0.005)
        return losses
