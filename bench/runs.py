"""One measurement's conditions: the data, the engine, how many customers, how many samples."""

from __future__ import annotations

from dataclasses import dataclass

from bench.figures import Figure
from bench.sets import DataSet, DataSets

BASE_SCALE = 10_000
"""What a larger data set is compared with."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a measurement is told. `share` of the usual samples are taken; `base` is the scale to compare with."""

    sets: DataSets
    db: str
    scale: int
    share: float = 1.0
    base: int = BASE_SCALE

    @property
    def data(self) -> DataSet:
        """The data set to measure on."""
        return self.sets.get(self.db, self.scale)

    @property
    def base_data(self) -> DataSet | None:
        """The data set to compare with, or None where this run's is no larger."""
        return self.sets.get(self.db, self.base) if self.scale > self.base else None

    def samples(self, usual: int, *, least: int = 2) -> int:
        """Give how many samples to take where a full run takes `usual`."""
        return max(least, round(usual * self.share))

    def figure(self, key: str, value: float) -> Figure:
        """Give a value as a figure of this run."""
        return Figure(key, value, self.db, self.scale)
