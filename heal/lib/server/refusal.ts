/**
 * Why a request is not served.
 *
 * @module
 */

/** A request that is not served; the message goes to whoever sent it. */
export class Refusal extends Error {
  override name = "Refusal";

  constructor(readonly status: 400 | 401 | 408 | 413 | 503, message: string) {
    super(message);
  }
}
