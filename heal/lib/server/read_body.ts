/**
 * Bodies of requests, as far as one is ready to read them.
 *
 * @module
 */

/** Why a body was not read, as the status to answer. */
export class BodyError extends Error {
  override name = "BodyError";

  constructor(message: string, readonly status: 408 | 413) {
    super(message);
  }
}

/**
 * Reads a body whole.
 *
 * @param limit The most it may have, in bytes.
 * @param timeout How long it may take, in milliseconds.
 * @throws {BodyError} It has more, or takes longer.
 */
export async function readBody(request: Request, limit: number, timeout: number): Promise<string> {
  const tooLarge = `The body has more than ${limit} bytes`;
  if (Number(request.headers.get("content-length")) > limit) throw new BodyError(tooLarge, 413);
  const reader = request.body?.getReader();
  if (reader === undefined) return "";

  const { promise: late, reject } = Promise.withResolvers<never>();
  late.catch(() => {});
  const timer = setTimeout(() => reject(new BodyError("The body takes too long", 408)), timeout);
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return text + decoder.decode();
      length += value.length;
      if (length > limit) throw new BodyError(tooLarge, 413);
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
