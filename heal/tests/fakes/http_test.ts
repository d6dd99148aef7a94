import { assertEquals, assertThrows } from "@std/assert";
import { encodeAnswer, parseRequest } from "./http.ts";

const REQUEST =
  "POST /api/v1/oauth/token?a=1&a=2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\ngrüßGET ";

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("parseRequest() reads a request and leaves what follows", () => {
  const bytes = bytesOf(REQUEST.replace("5", "6"));
  const { request, rest } = parseRequest(bytes, 7)!;
  const { method, path, query, headers, body, connection } = request;
  assertEquals([method, path, query.getAll("a")], ["POST", "/api/v1/oauth/token", ["1", "2"]]);
  assertEquals(headers, { host: "x", "content-length": "6" });
  assertEquals([body, connection], ["grüß", 7]);
  assertEquals(new TextDecoder().decode(rest), "GET ");
});

Deno.test("parseRequest() waits for the whole request", () => {
  const cases: [request: string, body: string][] = [
    ["Content-Length: 5\r\n\r\nab\r\nc", "ab\r\nc"],
    ["Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""],
    [
      "Transfer-Encoding: chunked\r\n\r\n2\r\na\xc3\r\nA\r\n\xbc3456789ab\r\n0\r\n\r\n",
      "aü3456789ab",
    ],
  ];
  for (const [text, body] of cases) {
    const whole = Uint8Array.from(`POST / HTTP/1.1\r\n${text}`, (char) => char.charCodeAt(0));
    for (let length = 0; length <= whole.length; length++) {
      const parsed = parseRequest(whole.subarray(0, length), 1);
      assertEquals(parsed?.request.body, length === whole.length ? body : undefined, text);
      assertEquals(parsed?.rest.length, parsed && 0);
    }
  }
});

Deno.test("parseRequest() refuses what is no request", () => {
  for (const text of ["HELO\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n"]) {
    assertThrows(() => parseRequest(bytesOf(text), 1), SyntaxError);
  }
  const chunked = bytesOf("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n");
  assertThrows(() => parseRequest(chunked, 1), SyntaxError);
});

Deno.test("encodeAnswer() writes JSON, text, or nothing", () => {
  const cases: [body: unknown, status: number, lines: string[], text: string][] = [
    [{ ü: 1 }, 200, ["content-type: application/json", "content-length: 8"], '{"ü":1}'],
    ["<html>", 502, ["content-length: 6"], "<html>"],
    [undefined, 500, ["content-length: 0"], ""],
    [undefined, 204, [], ""],
  ];
  for (const [value, status, expected, text] of cases) {
    const { head, body } = encodeAnswer({ status, body: value });
    const [first, , ...lines] = new TextDecoder().decode(head).split("\r\n");
    assertEquals(first, `HTTP/1.1 ${status} `);
    assertEquals(lines, [...expected, "", ""]);
    assertEquals(new TextDecoder().decode(body), text);
  }
});
