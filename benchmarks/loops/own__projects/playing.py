"""Agents that learn from what they have played, and imitators."""

import torch
from torch import nn
from torch.distributions import Categorical
from torch.optim.lr_scheduler import ExponentialLR, StepLR


def imitation(policy, demonstrations, epochs):
    optimizer = torch.optim.Adam(policy.parameters(), lr=1e-3)
    scheduler = StepLR(optimizer, step_size=25, gamma=0.5)
    for epoch in range(epochs):
        for obs, act in demonstrations:
            log_prob = Categorical(logits=policy(obs)).log_prob(act)
            loss = -log_prob.mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()


def proximal(actor_critic, collect, updates=500, k_epochs=4, clip=0.2):
    optimizer = torch.optim.Adam(actor_critic.parameters(), lr=3e-4, eps=1e-5)
    scheduler = ExponentialLR(optimizer, gamma=0.98)
    for update in range(updates):
        rollout = collect(actor_critic)
        for _ in range(k_epochs):
            for states, actions, old, advantages, returns in rollout.minibatches():
                logits, values = actor_critic(states)
                new = Categorical(logits=logits).log_prob(actions)
                ratio = (new - old).exp()
                policy_loss = -torch.min(ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages).mean()
                loss = policy_loss + 0.5 * nn.functional.mse_loss(values, returns)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(actor_critic.parameters(), 0.5)
                optimizer.step()
        scheduler.step()


def world_model(model, buffer, n_epochs=50, n_batches=200):
    opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
    lr_sched = StepLR(opt, 20)
    for epoch in range(n_epochs):
        for _ in range(n_batches):
            obs, action, next_obs = buffer.sample(256)
            loss = nn.functional.mse_loss(model(obs, action), next_obs)
            opt.zero_grad()
            loss.backward()
            opt.step()
        lr_sched.step()
