/**
 * Reads bodies of requests, up to a size and a time.
 *
 * @module
 */

import { Refusal } from "./refusal.ts";

/** The limits. */
export interface BodyLimits {
  /** The size of a body, in bytes. */
  readonly length: number;
  /** The time for a body, in milliseconds. */
  readonly timeout: number;
  /** The number of bodies that are read at once. */
  readonly readers: number;
}

/**
 * Makes a reader.
 *
 * @returns Reads a whole body, or throws a {@linkcode Refusal} if a limit is exceeded.
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
