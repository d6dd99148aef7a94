// What a fake does wrong when a test asks for it.

/** A request that a fake received. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The number of its connection, from 1. */
  readonly connection: number;
}

/** What a fake answers. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, anything else as JSON; `undefined` for an answer without a body. */
  readonly body?: unknown;
}

/** Whether the work is done all the same, and only the answer is wrong. */
interface Effect {
  readonly after?: true;
}

/**
 * How a request is served wrongly. `half`, `slow`, `wrongTypes` and `malformed` only change the answer: the work is done.
 * The others do it only with `after`.
 */
export type Misbehaviour =
  /** Another answer, such as 429 with `Retry-After`. */
  | (Answer & Effect)
  /** No answer, while the connection stays open. */
  | ({ readonly hang: true } & Effect)
  /** The connection is closed instead of an answer; to a client that is the same as a reset. */
  | ({ readonly reset: true } & Effect)
  /** The connection ends in the middle of the body. */
  | { readonly half: true }
  /** The answer comes when this resolves, or this many milliseconds later. */
  | { readonly slow: number | Promise<unknown> }
  /** Every text is a number and every number a text. */
  | { readonly wrongTypes: true }
  /** The body is not JSON. */
  | { readonly malformed: true };

/** A request as patterns see it: `METHOD /path?query`. */
export function lineOf({ method, path, query }: SeenRequest): string {
  return `${method} ${path}${query.size === 0 ? "" : `?${query}`}`;
}

/** The answer with every text a number and every number a text. */
export function withWrongTypes(answer: Answer): Answer {
  return { ...answer, body: wrong(answer.body) };
}

/** The answer as JSON without its first character. */
export function malformed(answer: Answer): Answer {
  const headers = { "content-type": "application/json", ...answer.headers };
  return { ...answer, headers, body: (JSON.stringify(answer.body) ?? "").slice(1) };
}

function wrong(value: unknown): unknown {
  if (typeof value === "string") return 1;
  if (typeof value === "number" || typeof value === "boolean") return `${value}`;
  if (Array.isArray(value)) return value.map(wrong);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, wrong(held)]));
}
