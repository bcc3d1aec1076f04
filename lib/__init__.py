"""The models of the book, in the order of the book. Read the files in this order and you have read the book in code."""

# ruff: noqa: I001, RUF022  (the order of the book, not of the alphabet)

from lib.density import Density, LatentVariableModel, Sampler
from lib.logistic_regression import LogisticRegression
from lib.generative_classifier import GenerativeClassifier
from lib.box import Box
from lib.histogram import Histogram
from lib.kde import KDE
from lib.gaussian_mixture import GaussianMixture
from lib.categorical import Categorical
from lib.naive_bayes import NaiveBayes
from lib.chow_liu import ChowLiuTree
from lib.markov_mesh import MarkovMesh
from lib.pca import PCA
from lib.autoencoder import Autoencoder
from lib.discrete_autoencoder import DiscreteAutoencoder
from lib.autoregressive import Autoregressive
from lib.masked_diffusion import MaskedDiffusion
from lib.flow import Flow
from lib.flow_matching import FlowMatching
from lib.vae import VAE
from lib.energy import EnergyModel
from lib.diffusion import Diffusion
from lib.gan import GAN
from lib import scores

__all__ = [
    "Density",
    "LatentVariableModel",
    "Sampler",
    "LogisticRegression",
    "GenerativeClassifier",
    "Box",
    "Histogram",
    "KDE",
    "GaussianMixture",
    "Categorical",
    "NaiveBayes",
    "ChowLiuTree",
    "MarkovMesh",
    "PCA",
    "Autoencoder",
    "DiscreteAutoencoder",
    "Autoregressive",
    "MaskedDiffusion",
    "Flow",
    "FlowMatching",
    "VAE",
    "EnergyModel",
    "Diffusion",
    "GAN",
    "scores",
]
