"""The three body shapes (fact 2.5)."""

from __future__ import annotations

from relay.simulator.errors import (
    Refusal,
    Shape,
    bad_access_token,
    bad_key,
    call_not_found,
    deployment_not_found,
)


def test_shape_1_has_a_code_and_a_message_in_a_wrapper() -> None:
    body = deployment_not_found().body()

    assert list(body) == ["error"]
    assert isinstance(body["error"], dict)
    assert body["error"]["code"] == "DeploymentNotFound"
    assert list(body["error"]) == ["code", "message"]


def test_shape_2_has_type_and_param() -> None:
    assert call_not_found().body() == {
        "error": {
            "message": "No session found for the provided call_id",
            "type": "invalid_request_error",
            "param": "",
            "code": "call_id_not_found",
        }
    }


def test_shape_3_has_no_wrapper() -> None:
    assert set(bad_access_token().body()) == {"statusCode", "message"}


def test_the_code_of_a_wrong_key_is_a_string() -> None:
    error = bad_key().body()["error"]

    assert isinstance(error, dict)
    assert error["code"] == "401"


def test_a_server_error_is_typed_as_one() -> None:
    error = Refusal(500, "server_error", "Oh.", shape=Shape.REALTIME).body()["error"]

    assert isinstance(error, dict)
    assert error["type"] == "server_error"
