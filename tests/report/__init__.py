"""How findings are written for CI systems."""
