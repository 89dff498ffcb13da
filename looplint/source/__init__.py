"""The source reader: the only place that knows LibCST."""
