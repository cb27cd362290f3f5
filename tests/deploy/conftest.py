"""The broker's administrator, by both ways there are."""

import pytest

from deploy.administration import Administration
from deploy.rabbitmqctl import Rabbitmqctl
from tests.conftest import VHost
from tests.servers import CONTROL


@pytest.fixture(params=["management", "rabbitmqctl"])
def administration(request: pytest.FixtureRequest, vhost: VHost) -> Administration:
    """The run's vhost through the management API, and through `rabbitmqctl`: they must do the same."""
    if request.param == "management":
        return vhost.management
    assert vhost.server.rabbitmqctl, f"set {CONTROL}: `python -m deploy.local.servers env --dir …` prints it"
    return Rabbitmqctl(vhost.server.rabbitmqctl, vhost.name)
