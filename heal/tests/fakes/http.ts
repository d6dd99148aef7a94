/**
 * Requests and answers of HTTP/1.1 as bytes, as far as the clients under test speak it.
 *
 * @module
 */

import type { Answer, SeenRequest } from "./misbehaviour.ts";

/** A request, and the bytes behind it. */
export interface Parsed {
  readonly request: SeenRequest;
  readonly rest: Uint8Array;
}

/**
 * Reads the first request in these bytes.
 *
 * @param connection Which connection they came on.
 * @returns `undefined` if more must come.
 * @throws {SyntaxError} If this is no request.
 */
export function parseRequest(bytes: Uint8Array, connection: number): Parsed | undefined {
  const end = endOfHead(bytes);
  if (end === undefined) return undefined;
  const [first, ...lines] = new TextDecoder("latin1").decode(bytes.subarray(0, end)).split("\r\n");
  const [, method, target] = /^([A-Z]+) (\/\S*) HTTP\/1\.1$/.exec(first!) ?? [];
  if (method === undefined) throw new SyntaxError(`Cannot read the request: "${first}"`);
  const headers = Object.fromEntries(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  const body = headers["transfer-encoding"] === undefined
    ? plainBody(bytes, end + 4, Number(headers["content-length"] ?? "0"))
    : chunkedBody(bytes, end + 4);
  if (body === undefined) return undefined;
  const { pathname: path, searchParams: query } = new URL(target!, "http://127.0.0.1");
  const request = { method, path, query, headers, body: body.text, at: Date.now(), connection };
  return { request, rest: bytes.subarray(body.end) };
}

interface Body {
  readonly text: string;
  /** Where the next request begins. */
  readonly end: number;
}

function plainBody(bytes: Uint8Array, start: number, length: number): Body | undefined {
  const end = start + length;
  if (bytes.length < end) return undefined;
  return { text: new TextDecoder().decode(bytes.subarray(start, end)), end };
}

/** A body of a length that was not known before, as a stream is sent. */
function chunkedBody(bytes: Uint8Array, start: number): Body | undefined {
  const decoder = new TextDecoder();
  let text = "";
  for (let at = start;;) {
    const lineEnd = bytes.indexOf(13, at);
    if (lineEnd === -1) return undefined;
    const size = parseInt(new TextDecoder().decode(bytes.subarray(at, lineEnd)), 16);
    if (Number.isNaN(size)) throw new SyntaxError("Cannot read the body: a chunk has no size");
    const chunk = lineEnd + 2;
    at = chunk + size + 2;
    if (bytes.length < at) return undefined;
    if (size === 0) return { text: text + decoder.decode(), end: at };
    text += decoder.decode(bytes.subarray(chunk, chunk + size), { stream: true });
  }
}

/** An answer in bytes; a body that is no text as JSON. */
export function encodeAnswer(answer: Answer): { head: Uint8Array; body: Uint8Array } {
  const { status, headers, body: value } = answer;
  const text = value === undefined || typeof value === "string" ? value : JSON.stringify(value);
  const body = new TextEncoder().encode(text);
  const type = text !== value && { "content-type": "application/json" };
  const length = status !== 204 && { "content-length": `${body.length}` };
  const lines = Object.entries({ date: new Date().toUTCString(), ...type, ...length, ...headers })
    .map(([name, held]) => `${name}: ${held}\r\n`);
  const head = new TextEncoder().encode(`HTTP/1.1 ${status} \r\n${lines.join("")}\r\n`);
  return { head, body };
}

/** Where the blank line after the head begins. */
function endOfHead(bytes: Uint8Array): number | undefined {
  for (let at = bytes.indexOf(13); at !== -1; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  return undefined;
}
