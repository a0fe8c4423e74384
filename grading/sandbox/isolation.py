"""The tiers of isolation, from the strongest down, and which of them works here.

namespaces   an empty room: no network, no other process, no file but Python's; Landlock where there is
             any; the system-call filter; limits
landlock     Landlock and the system-call filter on the host's own file system; limits
none         a process of its own with limits; it has to be asked for by name
"""

TIERS = ("namespaces", "landlock", "none")
AUTO = "auto"


class NoIsolation(RuntimeError):
    """A tier that was asked for is not to be had here; the message says why and what to do."""


def candidates(asked: str) -> tuple[str, ...]:
    """Tiers to try, the strongest first. `none` is never among those that nobody has named."""
    if asked == AUTO:
        return TIERS[:2]
    if asked not in TIERS:
        raise NoIsolation(f"there is no isolation {asked!r}: choose {AUTO}, {', '.join(TIERS)}")
    return (asked,)


def at_least(tier: str, asked: str) -> bool:
    """Is this tier, which a record names, as strong as what is asked for now? Not running code is."""
    return tier not in TIERS or TIERS.index(tier) <= TIERS.index(candidates(asked)[-1])


def refusal(asked: str, reasons: dict[str, str]) -> NoIsolation:
    """The error that says why each tier was not to be had."""
    told = "; ".join(f"{tier}: {reason}" for tier, reason in reasons.items())
    advice = ("In a container, allow user namespaces or use a kernel that has Landlock (Linux 5.13). "
              "For work that you trust, name it: --isolation none.")
    return NoIsolation(f"no isolation {asked!r} here ({told}). {advice}")
