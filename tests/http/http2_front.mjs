// SPDX-License-Identifier: Apache-2.0
// HTTP/2 over TLS in front of a server that speaks HTTP/1.1 in the clear, for test_http2.sh.
// Usage: node http2_front.mjs KEY CERT PORT LOG; prints its own port. LOG gets a line a request:
// its version of HTTP, a space, the number of its connection.
import { appendFileSync, readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';

const [key, cert, port, log] = process.argv.slice(2);
const connections = new Map();

function answer(request, response) {
  const { socket } = request.stream?.session ?? request;
  if (!connections.has(socket)) connections.set(socket, connections.size + 1);
  appendFileSync(log, `${request.httpVersion} ${connections.get(socket)}\n`);
  const headers = Object.fromEntries(
    ['content-type', 'content-length', 'authorization'].filter((name) => request.headers[name])
      .map((name) => [name, request.headers[name]]));
  const to = { port, path: request.url, method: request.method, headers };
  const behind = http.request(to, (from) => {
    response.writeHead(from.statusCode, { 'content-type': from.headers['content-type'] });
    from.pipe(response);
  });
  behind.on('error', () => response.writeHead(502).end());
  request.pipe(behind);
}

const options = { key: readFileSync(key), cert: readFileSync(cert), allowHTTP1: true };
const front = http2.createSecureServer(options, answer);
front.listen(0, '127.0.0.1', () => console.log(front.address().port));
