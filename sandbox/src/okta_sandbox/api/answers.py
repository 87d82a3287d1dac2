"""What goes back to the caller: answers and Okta's errors."""

from typing import Any

import orjson
from attrs import Factory, frozen

Headers = tuple[tuple[str, str], ...]


@frozen
class Answer:
    """One response.

    `headers` come on top of those that every response has, or in place of one of the same name;
    `omitted` names those that it does not have.
    """

    status: int
    body: bytes
    headers: Headers = ()
    content_type: str = "application/json"
    omitted: frozenset[str] = frozenset()

    @classmethod
    def json(cls, value: Any, *, status: int = 200, headers: Headers = ()) -> "Answer":
        """An answer whose body is this value."""
        return cls(status, orjson.dumps(value), headers)


@frozen
class ApiError(Exception):
    """An error in Okta's own shape."""

    status: int
    code: str
    summary: str
    causes: tuple[str, ...] = ()
    headers: Headers = Factory(tuple)

    def answer(self, error_id: str) -> Answer:
        """The response that tells it."""
        return Answer.json(
            {
                "errorCode": self.code,
                "errorSummary": self.summary,
                "errorLink": self.code,
                "errorId": error_id,
                "errorCauses": [{"errorSummary": cause} for cause in self.causes],
            },
            status=self.status,
            headers=self.headers,
        )


@frozen
class OAuthError(Exception):
    """An error in OAuth's shape, as the token endpoint answers."""

    status: int
    error: str
    description: str
    headers: Headers = Factory(tuple)

    def answer(self) -> Answer:
        """The response that tells it."""
        return Answer.json(
            {"error": self.error, "error_description": self.description},
            status=self.status,
            headers=self.headers,
        )


def validation_failed(field: str, *causes: str) -> ApiError:
    """A parameter that isn't valid."""
    return ApiError(400, "E0000001", f"Api validation failed: {field}", causes)


def invalid_search(cause: str) -> ApiError:
    """A search or filter that this endpoint does not take."""
    return ApiError(400, "E0000031", "Invalid search criteria.", (cause,))


def invalid_log_filter(cause: str) -> ApiError:
    """A System Log query that isn't valid."""
    return ApiError(400, "E0000053", f"Invalid filter: {cause}", (cause,))


def invalid_cursor() -> ApiError:
    """A cursor that this service never gave, or not for this query."""
    return ApiError(400, "E0000029", "Invalid paging request.", ("Invalid cursor.",))


def not_found(id_: str, kind: str) -> ApiError:
    """Nothing has this id."""
    return ApiError(404, "E0000007", f"Not found: Resource not found: {id_} ({kind})")


def no_such_path() -> ApiError:
    """No endpoint has this path."""
    return ApiError(404, "E0000008", "The requested path was not found")


def wrong_method() -> ApiError:
    """The endpoint exists and takes another method."""
    return ApiError(405, "E0000022", "The endpoint does not support the provided HTTP method")


def access_denied(headers: Headers = ()) -> ApiError:
    """The credential may not read this."""
    summary = "You do not have permission to perform the requested action"
    return ApiError(403, "E0000006", summary, headers=headers)


def invalid_token(headers: Headers = ()) -> ApiError:
    """The credential is unknown, expired or revoked."""
    return ApiError(401, "E0000011", "Invalid token provided", headers=headers)


def no_credential() -> ApiError:
    """There is no credential."""
    return ApiError(401, "E0000005", "Invalid session")


def too_many_requests() -> ApiError:
    """A rate or concurrency limit is exceeded."""
    return ApiError(429, "E0000047", "API call exceeded rate limit due to too many requests.")


def no_such_feature() -> ApiError:
    """The org doesn't have what is asked about."""
    summary = "You do not have permission to access the feature you are requesting"
    return ApiError(401, "E0000015", summary)


def query_timeout() -> ApiError:
    """The query took longer than the service allows."""
    return ApiError(500, "E0000009", "Internal Server Error")
