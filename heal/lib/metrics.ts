/**
 * Counters and spans, by OpenTelemetry. Deno exports them with `OTEL_DENO=true`; otherwise they cost nothing. They hold no
 * serial number, name or secret.
 *
 * @module
 */

import { metrics, SpanStatusCode, trace } from "@opentelemetry/api";

const NAME = "jamf-heal";
const meter = metrics.getMeter(NAME);

/** Steps of jobs; `state` is the job's after it. */
export const jobSteps = meter.createCounter("jamf_heal.job_steps");

/** Requests to redeploy; `state` is the result. */
export const redeployRequests = meter.createCounter("jamf_heal.redeploy_requests");

/** Runs work inside a span. */
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
