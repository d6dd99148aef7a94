/**
 * The reasons for refusing a request.
 *
 * @module
 */

/** The request is refused; the message is sent to the client. */
export class Refusal extends Error {
  override name = "Refusal";

  constructor(readonly status: 400 | 401 | 408 | 413 | 503, message: string) {
    super(message);
  }
}
