"""Environment and command line become settings, or complaints."""

from __future__ import annotations

import pytest

from relay.simulator.settings import REALTIME_DEPLOYMENTS, Settings, SettingsProblem, settings_from


def test_nothing_set_is_the_default() -> None:
    assert settings_from({}, []) == Settings()
    assert Settings().deployments == REALTIME_DEPLOYMENTS


def test_an_argument_wins_over_the_environment() -> None:
    environment = {"SIMULATOR_HOST": "0.0.0.0", "SIMULATOR_PORT": "9000"}

    settings = settings_from(environment, ["--port", "0", "--no-media", "--parent-pipe"])

    assert (settings.host, settings.port, settings.media, settings.parent_pipe) == ("0.0.0.0", 0, False, True)


def test_everything_can_be_set() -> None:
    settings = settings_from(
        {
            "SIMULATOR_API_KEY": "k",
            "SIMULATOR_ACCESS_TOKEN": "t",
            "SIMULATOR_DEPLOYMENTS": "a, b",
            "SIMULATOR_TRANSCRIPTION_DEPLOYMENTS": "c",
            "SIMULATOR_FAULTS": '{"step":"mint","status":500}',
            "SIMULATOR_SESSION_SECONDS": "2.5",
            "SIMULATOR_CONNECT_SECONDS": "1",
            "SIMULATOR_MAX_CALLS": "3",
            "SIMULATOR_FLAVOUR": "openai",
        },
        [],
    )

    assert (settings.deployments, settings.transcription_deployments) == (("a", "b"), ("c",))
    assert (settings.session_seconds, settings.connect_seconds, settings.max_calls) == (2.5, 1, 3)
    assert (settings.flavour, settings.faults[0].status) == ("openai", 500)


def test_every_complaint_comes_at_once_and_names_its_setting() -> None:
    bad = {
        "SIMULATOR_PORT": "65536",
        "SIMULATOR_DEPLOYMENTS": ",",
        "SIMULATOR_SESSION_SECONDS": "never",
        "SIMULATOR_MAX_CALLS": "0",
        "SIMULATOR_FLAVOUR": "vanilla",
        "SIMULATOR_FAULTS": "{",
    }

    with pytest.raises(SettingsProblem) as problem:
        settings_from(bad, [])

    assert sorted(one.split(":")[0] for one in problem.value.complaints) == sorted(bad)


def test_an_unknown_fault_is_a_complaint() -> None:
    with pytest.raises(SettingsProblem, match="unknown step"):
        settings_from({"SIMULATOR_FAULTS": '{"step":"nowhere"}'}, [])


def test_secrets_are_kept_out_of_the_repr() -> None:
    settings = settings_from({"SIMULATOR_API_KEY": "kept-quiet", "SIMULATOR_ACCESS_TOKEN": "kept-quiet"}, [])

    assert "kept-quiet" not in repr(settings)
