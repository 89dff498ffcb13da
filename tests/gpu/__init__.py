"""What only a GPU can show; skipped, saying so, where there is none."""
