// A server that takes what OpenTelemetry exports.

import { Fake } from "./fake.ts";
import type { Answer } from "./misbehaviour.ts";

/** Is where `OTEL_EXPORTER_OTLP_ENDPOINT` points to. */
export class Collector extends Fake {
  static async start(): Promise<Collector> {
    const collector = new Collector();
    await collector.listen();
    return collector;
  }

  protected override answer(): Answer {
    return { status: 200, body: {} };
  }
}
