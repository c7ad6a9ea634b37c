"""A component made to run: left alone where it answers, started again in part or as a whole."""

from collections.abc import Callable

from cluster.errors import PlatformError
from cluster.laptop import ports, ray_parts
from cluster.laptop.context import Component, Platform
from cluster.waiting import wait_until


def ensure(component: Component, platform: Platform) -> str:
    """Start the component unless it runs and answers; says which. Raises PlatformError."""
    if platform.is_alive(component.name) and _is_whole(component, platform):
        return f"{component.name} runs already"
    # Also where it is dead: what it left behind would hold the port.
    component.stop(platform)
    _require_free(component, platform)
    component.prepare(platform)
    component.start(platform)
    return f"{component.name} {where(component, platform)}"


def _is_whole(component: Component, platform: Platform) -> bool:
    """Whether what runs answers; parts of Ray's head that died are started again for it."""
    dead = ray_parts.dead(platform) if component.name == ray_parts.OF else []
    if not all(ray_parts.revive(platform, part) for part in dead):
        return False
    return component.port is None or ports.answers(platform.port(component.port))


def where(component: Component, platform: Platform) -> str:
    """Such as `on port 5432`, for people."""
    return "started" if component.port is None else f"on port {platform.port(component.port)}"


def _require_free(
    component: Component, platform: Platform, free: Callable[[int], bool] = ports.is_free
) -> None:
    if component.port is None:
        return
    port = platform.port(component.port)
    if not wait_until(lambda: free(port), timeout_s=5):
        raise PlatformError(
            f"port {port} of {component.name} is taken by {ports.holder(port)}; end it, or choose "
            f"another port: see `trii doctor`"
        )
