"""Callbacks: what happens around training, evaluation and prediction."""

from fastmlp.callbacks.callback import Callback
from fastmlp.callbacks.callback_list import CallbackList
from fastmlp.callbacks.history import History
from fastmlp.callbacks.progress import ProgbarLogger

__all__ = ["Callback", "CallbackList", "History", "ProgbarLogger"]
