// Reads replies of servers: by a schema, their errors, and whether the log-in was refused.

import type * as z from "zod";
import { type HttpReply, ServerError } from "./client.ts";

/** A server answered with another status or shape than expected. */
export class ReplyError extends ServerError {
  override name = "ReplyError";

  /** @param status Of the answer, if that is what was not expected. */
  constructor(message: string, readonly status?: number) {
    super(message);
  }
}

/**
 * Parses an answer.
 *
 * @param server The name of the server in an error.
 * @param expected The status.
 * @param schema Unknown fields are allowed.
 * @throws {ReplyError} It has another status or shape; the message says which field is wrong.
 */
export function parseReply<T>(
  server: string,
  reply: HttpReply,
  expected: number,
  schema: z.ZodType<T>,
): T {
  if (reply.status !== expected) {
    const { status } = reply;
    throw new ReplyError(`${server} answered ${status}${errorMessageOf(reply)}`, status);
  }
  const refuse = (what: string): ReplyError =>
    new ReplyError(`Cannot read the answer of ${server}: ${what}`);
  let value: unknown;
  try {
    value = JSON.parse(reply.text);
  } catch {
    throw refuse("it is not JSON");
  }
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  throw refuse(describe(error));
}

/** The first error, and its field. */
export function describe(error: z.ZodError | undefined): string {
  const issue = error?.issues[0];
  const path = issue?.path.join(".") || "all of it";
  const message = issue?.message ?? "wrong";
  return `${path}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

/** The message in an error of Jamf Pro, Fleet or OAuth. */
export function errorMessageOf({ status, text: body }: HttpReply): string {
  if (status >= 300 && status < 400) return ", a redirect: configure the final URL";
  try {
    const { errors, error, message } = JSON.parse(body);
    const text = errors?.[0]?.description ?? errors?.[0]?.reason ?? error ?? message;
    return typeof text === "string" && text !== "" ? `: ${text.slice(0, 200)}` : "";
  } catch {
    return "";
  }
}

/** A server refused the log-in, or gave no token: the request was not sent, or had no effect. */
export class LoginError extends ServerError {
  override name = "LoginError";
}

/** The codes of RFC 6749. */
const OAUTH_ERRORS = [
  ...["invalid_request", "invalid_client", "invalid_grant", "invalid_scope"],
  ...["unauthorized_client", "unsupported_grant_type"],
];

/**
 * Checks that a server has not refused the log-in.
 *
 * @param server The name of the server in an error.
 * @param hint What to correct.
 * @throws {LoginError} It has. The message has no text of the answer, which may show the secret in some encoding.
 */
export function checkLogin(
  server: string,
  hint: string,
  refusals: readonly number[],
  reply: HttpReply,
): void {
  if (!refusals.includes(reply.status)) return;
  const code = OAUTH_ERRORS.find((code) => reply.text.includes(`"${code}"`));
  const answer = `it answered ${reply.status}${code === undefined ? "" : `: ${code}`}`;
  throw new LoginError(`${server} refused the login: ${answer}; correct ${hint}`);
}
