"""A fitted model of each kind, for the promises that all models share."""

import pytest

from tests.contract.cases import FITTED


@pytest.fixture(params=FITTED.values(), ids=FITTED.keys())
def fitted(request):
    """A ground and a model that is fitted to its data."""
    ground, setting = request.param
    return ground, ground.fit(setting)
