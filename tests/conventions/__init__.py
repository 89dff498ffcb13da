"""The conventions of the project, as tests; each test comes with one that shows that it can fail."""
