// Azurite, with a container `events` in it. It ends when whoever started it does, because standard input ends then.
const crypto = require("crypto");
const http = require("http");
const port = process.argv[2];
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
process.argv.splice(2, 1, "--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry",
  "--blobHost", "127.0.0.1", "--blobPort", port);
require(__dirname + "/node/node_modules/azurite/dist/src/blob/main.js");

// The account and the key of every emulator.
const account = "devstoreaccount1";
const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

function makeContainer() {
  const headers = { "x-ms-date": new Date().toUTCString(), "x-ms-version": "2021-08-06" };
  const canonical = Object.keys(headers).map((name) => `${name}:${headers[name]}\n`).join("");
  const text = `PUT\n\n\n\n\n\n\n\n\n\n\n\n${canonical}/${account}/${account}/events\nrestype:container`;
  const signature = crypto.createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
  headers.Authorization = `SharedKey ${account}:${signature}`;
  const path = `/${account}/events?restype=container`;
  const request = http.request({ host: "127.0.0.1", port, path, method: "PUT", headers }, (answer) => {
    console.log(answer.statusCode === 201 ? "ready" : `failed: ${answer.statusCode}`);
    answer.resume();
  });
  request.on("error", () => setTimeout(makeContainer, 100));
  request.end();
}
makeContainer();
