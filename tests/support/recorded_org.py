"""An org made of recorded bodies, served over HTTP as the recordings show it."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from attrs import define, field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support import recordings

TOKEN = "00recorded-org-token"
PAGE = 7
"""Few records a page, whatever was asked for, so that paging is exercised."""


@define
class RecordedOrg:
    """Everything recorded, the last body of each id; and the requests that came."""

    users: dict[str, Any]
    groups: dict[str, Any]
    apps: dict[str, Any]
    factors: dict[str, list[Any]]
    user_roles: dict[str, list[Any]]
    group_roles: dict[str, list[Any]]
    members: dict[str, list[Any]]
    app_users: dict[str, list[Any]]
    asked: list[str] = field(factory=list)

    @classmethod
    def from_recordings(cls) -> "RecordedOrg":
        """Put each body where its path says that it belongs."""
        return cls(
            users=_by_id("user"),
            groups=_by_id("group"),
            apps=_by_id("app"),
            factors=_by_owner("factor", "/api/v1/users/"),
            user_roles=_by_owner("role", "/api/v1/users/"),
            group_roles=_by_owner("role", "/api/v1/groups/"),
            members=_by_owner("user", "/api/v1/groups/"),
            app_users=_by_owner("app user", "/api/v1/apps/"),
        )

    def app(self) -> Starlette:
        """The org as an ASGI app."""
        routes = {
            "/api/v1/users": lambda _r: list(self.users.values()),
            "/api/v1/groups": lambda _r: [self._with_stats(g) for g in self.groups.values()],
            "/api/v1/apps": lambda _r: list(self.apps.values()),
            "/api/v1/users/{id}/factors": lambda r: self.factors.get(r.path_params["id"], []),
            "/api/v1/users/{id}/roles": lambda r: self.user_roles.get(r.path_params["id"], []),
            "/api/v1/groups/{id}/roles": lambda r: self.group_roles.get(r.path_params["id"], []),
            "/api/v1/groups/{id}/users": lambda r: self.members.get(r.path_params["id"], []),
            "/api/v1/apps/{id}/users": lambda r: self.app_users.get(r.path_params["id"], []),
            "/api/v1/apps/{id}/groups": lambda _r: [],
            "/oauth2/v1/clients/{id}/roles": lambda _r: [],
            "/api/v1/api-tokens": lambda _r: recorded("/api/v1/api-tokens"),
            "/api/v1/zones": lambda _r: recorded("/api/v1/zones"),
            "/api/v1/policies": lambda r: recorded("/api/v1/policies", r.query_params["type"]),
            "/api/v1/policies/{id}/rules": lambda _r: [],
            "/api/v1/authenticators": lambda _r: [],
            "/api/v1/devices": lambda _r: [],
            "/api/v1/logs": lambda _r: [],
        }
        served = [Route(path, self._list(records)) for path, records in routes.items()]
        more = {
            "/api/v1/iam/assignees/users": self._assignees,
            "/api/v1/iam/roles/{id}/permissions": _an_object({"permissions": []}),
            "/api/v1/iam/resource-sets/{id}/resources": _an_object({"resources": []}),
            "/.well-known/okta-organization": _an_object({"pipeline": "idx"}),
            "/api/v1/threats/configuration": _an_object(recorded("/api/v1/threats/configuration")),
        }
        served += [Route(path, endpoint) for path, endpoint in more.items()]
        return Starlette(routes=served)

    def _list(self, records: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            self.asked.append(str(request.url.path))
            if request.headers.get("authorization") != f"SSWS {TOKEN}":
                return JSONResponse({"errorCode": "E0000011", "errorSummary": "Invalid token"}, 401)
            start, all_records = int(request.query_params.get("after", 0)), records(request)
            response = JSONResponse(all_records[start : start + PAGE])
            response.headers.append("link", f'<{request.url}>; rel="self"')
            if start + PAGE < len(all_records):
                after = request.url.include_query_params(after=start + PAGE)
                response.headers.append("link", f'<{after}>; rel="next"')
            return response

        return endpoint

    async def _assignees(self, request: Request) -> Response:
        self.asked.append(str(request.url.path))
        return JSONResponse(
            {"value": [{"id": user_id} for user_id in self.user_roles], "_links": {}}
        )

    def _with_stats(self, group: Any) -> Any:
        stats = {
            "usersCount": len(self.members.get(group["id"], [])),
            "hasAdminPrivlege": group["id"] in self.group_roles,
        }
        return group | {"_embedded": {"stats": stats}}


def recorded(path: str, of_type: str = "") -> Any:
    """The last body recorded at a path; of one policy type, if that is asked for."""
    found = [body for at, body in recordings.at_path(path) if not of_type or of_type in str(body)]
    return found[-1] if found else []


def _an_object(body: Any) -> Any:
    async def endpoint(_request: Request) -> Response:
        return JSONResponse(body)

    return endpoint


def _by_id(kind: str) -> dict[str, Any]:
    return {body["id"]: body for _, body in recordings.bodies(kind)}


def _by_owner(kind: str, prefix: str) -> dict[str, list[Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path, body in recordings.bodies(kind):
        if path.startswith(prefix) and path.count("/") >= 5:
            found.setdefault(path.split("/")[4], {})[body["id"]] = body
    return {owner: list(by_id.values()) for owner, by_id in found.items()}


@contextlib.contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an ASGI app on a free loopback port; gives its base address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
