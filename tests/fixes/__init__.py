"""Tests of what fixes make of texts and files."""
