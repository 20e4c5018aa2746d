"""What a workflow may still spend today, on its judge say. Pure counting; days are UTC."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from connectors.errors import RetryLater

SETTLING_S = 2.0
"""While calls are under way, what they do not need of their reservations comes back soon."""


class CapReached(RetryLater):
    """Another call could exceed what the workflow may spend on this day; `str()` says so to a person."""


class Budget:
    """The USD spent or reserved by workflow and day, and the workflows' caps."""

    def __init__(
        self, caps: dict[str, float | None], others: dict[tuple[str, date], float], what: str = "judging"
    ) -> None:
        """`caps`: USD a day by workflow, None for none. `others`: by workflow and day, what other processes spent.

        `what` costs that, as a sentence says it.
        """
        self._what = what
        self._caps = caps
        self._others = others
        self._spent: defaultdict[tuple[str, date], float] = defaultdict(float)
        self._under_way: defaultdict[str, int] = defaultdict(int)

    def spent(self, workflow: str, now: datetime) -> float:
        """USD on the day of `now`, what is reserved included."""
        day = (workflow, now.date())
        return self._spent[day] + self._others.get(day, 0.0)

    def others_spent(self, others: dict[tuple[str, date], float]) -> None:
        """Replace what other processes spent by a newer reading of it."""
        self._others = others

    def reserve(self, workflow: str, usd: float, now: datetime) -> None:
        """Set `usd` aside. Raises CapReached, setting nothing aside, when that would exceed the cap."""
        cap, spent = self._caps.get(workflow), self.spent(workflow, now)
        if cap is not None and spent + usd > cap:
            midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
            raise CapReached(
                f"{workflow}: {self._what} has cost {spent:.4f} USD today (UTC), another call may cost {usd:.4f} and "
                f"max_usd_per_day is {cap:g}: pairs wait until midnight UTC, or for a larger cap",
                after_s=SETTLING_S if self._under_way[workflow] else (midnight - now).total_seconds(),
            )
        self._spent[workflow, now.date()] += usd
        self._under_way[workflow] += 1

    def settle(self, workflow: str, reserved_usd: float, usd: float, reserved_at: datetime) -> None:
        """Replace what was set aside for a call by what it cost, on the day on which it was reserved."""
        self._spent[workflow, reserved_at.date()] += usd - reserved_usd
        self._under_way[workflow] -= 1
