/**
 * Counters and spans, by OpenTelemetry. Deno exports them when it is told to (`OTEL_DENO=true`); else they cost nothing.
 * No serial number, name or secret goes in.
 *
 * @module
 */

import { metrics, SpanStatusCode, trace } from "@opentelemetry/api";

const NAME = "jamf-heal";
const meter = metrics.getMeter(NAME);

/** Hosts that were delivered; `kind` is `accepted` or `repeated`. */
export const deliveredHosts = meter.createCounter("jamf_heal.delivered_hosts");

/** Steps of jobs; `state` is the job's after it. */
export const jobSteps = meter.createCounter("jamf_heal.job_steps");

/** Requests to redeploy; `state` is what came of it. */
export const redeployRequests = meter.createCounter("jamf_heal.redeploy_requests");

/** Deno's span of a request holds its URL, so that a secret in there would be exported. */
export function isExported(get: (name: string) => string | undefined): boolean {
  return ["true", "1"].includes(get("OTEL_DENO") ?? "");
}

/**
 * Does something inside a span.
 */
export async function inSpan<T>(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  work: () => Promise<T>,
): Promise<T> {
  return await trace.getTracer(NAME).startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}
