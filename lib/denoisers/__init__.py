"""What stands at the heart of a diffusion: functions that guess a point from the point in noise."""

from lib.denoisers.denoiser import Denoiser
from lib.denoisers.exact import ExactDenoiser
from lib.denoisers.mlp import MLPDenoiser

__all__ = ["Denoiser", "ExactDenoiser", "MLPDenoiser"]
