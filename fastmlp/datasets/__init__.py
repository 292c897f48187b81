"""Data sets that are fetched once, checked, and kept on disk."""

from fastmlp.datasets import fashion_mnist, mnist

__all__ = ["fashion_mnist", "mnist"]
