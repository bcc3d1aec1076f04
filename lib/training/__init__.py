"""The one loop that trains all models: small steps downhill on a loss, each on a few of the data."""

from lib.training.loop import Trained, minimise

__all__ = ["Trained", "minimise"]
