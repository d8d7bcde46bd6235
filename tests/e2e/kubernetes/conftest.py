"""One control plane a run, and a namespace for every test."""

import pytest

from harness.control_plane import ControlPlane, Namespace
from harness.replay import Replay


@pytest.fixture(scope="session")
def plane(tmp_path_factory):
    inputs = tmp_path_factory.getbasetemp()
    inputs.chmod(0o755)  # pods run under another user
    plane = ControlPlane(tmp_path_factory.mktemp("kubernetes"), inputs)
    try:
        yield plane.start()
    finally:
        plane.end()


@pytest.fixture
def namespace(plane, fresh_name, tmp_path):
    tmp_path.chmod(0o755)
    namespace = Namespace(plane, fresh_name, tmp_path)
    yield namespace
    namespace.remove()


@pytest.fixture
def open_namespace(plane, fresh_name, tmp_path):
    """Where pods need not be restricted."""
    tmp_path.chmod(0o755)
    namespace = Namespace(plane, fresh_name + "-open", tmp_path, "privileged")
    yield namespace
    namespace.remove()


@pytest.fixture
def replay(world, namespace):
    return Replay(world, namespace)
