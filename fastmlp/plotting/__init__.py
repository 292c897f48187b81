"""Figures: how training went, what models compute and how they are made, and which learning rate suits them.

matplotlib is imported by the function that draws, and comes with `fastmlp[plot]`. Figures belong to no window: save
them with `savefig`, or let a notebook show them.
"""

from fastmlp.plotting.activation_curves import plot_activations
from fastmlp.plotting.curves import learning_curves
from fastmlp.plotting.decision_boundary import decision_boundary
from fastmlp.plotting.images import sample_images
from fastmlp.plotting.learning_rate import LearningRateCurve, find_learning_rate
from fastmlp.plotting.model_diagram import plot_model

__all__ = [
    "LearningRateCurve",
    "decision_boundary",
    "find_learning_rate",
    "learning_curves",
    "plot_activations",
    "plot_model",
    "sample_images",
]
