"""Metrics as Prometheus reads them."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families


class Exposed:
    """The samples of a text in Prometheus's format. The text is parsed as a whole: what is no such text fails."""

    def __init__(self, text: bytes) -> None:
        self.families = list(text_string_to_metric_families(text.decode()))
        self.samples = [sample for family in self.families for sample in family.samples]

    def of(self, name: str, **labels: str) -> float:
        """The sum of the samples of that name that have all of `labels`; 0 where there is none."""
        return sum(
            sample.value for sample in self.samples if sample.name == name and labels.items() <= sample.labels.items()
        )

    def by(self, name: str, label: str) -> dict[str, float]:
        """The sums of the samples of that name, by the values of a label."""
        values = {sample.labels[label] for sample in self.samples if sample.name == name}
        return {value: self.of(name, **{label: value}) for value in values}
