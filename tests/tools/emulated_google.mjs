// Google as npm's @emulators/google knows it, on a free port of loopback: `node emulated_google.mjs PACKAGES CONFIG`.
// PACKAGES holds node_modules; CONFIG is JSON for the package's seedFromConfig. Prints the address, and ends with its
// standard input. The package has no server of its own, and revokes at /oauth2/revoke what Google revokes at /revoke.
import http from "node:http";
import { pathToFileURL } from "node:url";

const [packages, config] = process.argv.slice(2);
// The packages export nothing to `require`, so that its resolution does not find them.
const load = (name) => import(pathToFileURL(`${packages}/node_modules/@emulators/${name}/dist/index.js`).href);
const { createServer } = await load("core");
const { googlePlugin, seedFromConfig } = await load("google");

const server = http.createServer();
server.listen(0, "127.0.0.1", () => {
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  const { app, store } = createServer(googlePlugin, { baseUrl });
  seedFromConfig(store, baseUrl, JSON.parse(config));
  server.on("request", async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const path = request.url === "/revoke" ? "/oauth2/revoke" : request.url;
    const body = pieces.length ? Buffer.concat(pieces) : undefined;
    const init = { method: request.method, headers: request.headers, body };
    const answer = await app.fetch(new Request(baseUrl + path, init));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  console.log(baseUrl);
});
process.stdin.on("end", () => process.exit()).resume();
