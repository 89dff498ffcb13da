"""Play and learn."""

import torch
from dqn import Agent


def play(environment, episodes=500):
    agent = Agent(4, 2)
    for episode in range(episodes):
        observation, done = torch.as_tensor(environment.reset()), False
        while not done:
            action = agent.act(observation, epsilon=max(0.05, 1 - episode / 200))
            following, reward, done = environment.step(action)
            following = torch.as_tensor(following)
            done_now, reward_now = torch.tensor(float(done)), torch.tensor(reward)
            agent.memory.append((observation, torch.tensor([action]), reward_now, following, done_now))
            agent.learn()
            observation = following
        if episode % 10 == 0:
            agent.synchronize()
    return agent
