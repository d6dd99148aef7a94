/**
 * Bodies of requests, as far as one is ready to read them.
 *
 * @module
 */

import { Refusal } from "./refusal.ts";

/** What one is ready to read. */
export interface BodyLimits {
  /** The most that a body may have, in bytes. */
  readonly length: number;
  /** How long it may take, in milliseconds. */
  readonly timeout: number;
  /** How many are read at once. */
  readonly readers: number;
}

/**
 * Makes what reads bodies.
 *
 * @returns Reads a body whole, or throws a {@linkcode Refusal}: it has more, or takes longer, or too many are being read.
 */
export function bodyReader(
  { length, timeout, readers }: BodyLimits,
): (request: Request) => Promise<string> {
  let reading = 0;
  return async (request) => {
    if (reading >= readers) throw new Refusal(503, "Too many requests at once");
    reading++;
    try {
      return await readBody(request, length, timeout);
    } finally {
      reading--;
    }
  };
}

async function readBody(request: Request, limit: number, timeout: number): Promise<string> {
  const tooLarge = `The body has more than ${limit} bytes`;
  if (Number(request.headers.get("content-length")) > limit) throw new Refusal(413, tooLarge);
  const reader = request.body?.getReader();
  if (reader === undefined) return "";

  const { promise: late, reject } = Promise.withResolvers<never>();
  late.catch(() => {});
  const timer = setTimeout(() => reject(new Refusal(408, "The body takes too long")), timeout);
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return text + decoder.decode();
      length += value.length;
      if (length > limit) throw new Refusal(413, tooLarge);
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
