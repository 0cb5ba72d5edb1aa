"""A soak: the whole service as real processes, troubled in every way for a while, then brought to rest and judged."""
