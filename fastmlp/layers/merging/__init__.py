"""Layers that take several inputs and give one output."""
