"""Segmentation of pictures."""
