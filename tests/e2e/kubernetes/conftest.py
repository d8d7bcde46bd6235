"""One control plane a run, and a namespace for every test."""

import pytest

from harness.control_plane import ControlPlane, Namespace


@pytest.fixture(scope="session")
def plane(tmp_path_factory):
    plane = ControlPlane(tmp_path_factory.mktemp("kubernetes"))
    try:
        yield plane.start()
    finally:
        plane.end()


@pytest.fixture
def namespace(plane, fresh_name, tmp_path):
    namespace = Namespace(plane, fresh_name, tmp_path)
    yield namespace
    namespace.remove()
