"""The command line in a process that has OpenTelemetry's providers; prints the exported data when it ends."""

from __future__ import annotations

import json
import sys
from collections import Counter

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tim_async.cli.app import app


def main() -> None:
    spans, counts, traced = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider()
    traced.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(traced)
    metrics.set_meter_provider(MeterProvider([counts]))
    try:
        app()
    finally:
        found = counts.get_metrics_data()
        sys.stdout.write(
            json.dumps(
                {
                    "spans": Counter(each.name for each in spans.get_finished_spans()),
                    "counts": {
                        metric.name: sum(getattr(point, "value", 0) for point in metric.data.data_points)
                        for resource in (found.resource_metrics if found else ())
                        for scope in resource.scope_metrics
                        for metric in scope.metrics
                    },
                }
            )
        )


if __name__ == "__main__":
    main()
