// The calls of the end-to-end tests of the npm client mailpit-api 2.1.0, in their order:
// `node mailpit-api-e2e.mjs BASE LIBRARY`, with the login dev:s3cret. Prints one line per test; exits with 1 if one fails.
import { deepStrictEqual } from "node:assert";
import { once } from "node:events";
import http from "node:http";

const [base, library] = process.argv.slice(2);
const { MailpitClient } = await import(library);

const login = { username: "dev", password: "s3cret" };
const client = new MailpitClient(base, { auth: login });
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const request = {
  From: { Email: "sender@example.test", Name: "Sender" },
  To: [{ Email: "recipient@example.test", Name: "Recipient" }],
  Cc: [{ Email: "cc@example.test", Name: "Copy" }],
  Bcc: ["bcc@example.test"],
  ReplyTo: [{ Email: "noreply@example.test", Name: "No reply" }],
  Subject: "Message with attachments",
  Text: "First line.\nSecond line, without a line end.",
  HTML: '<div style="text-align:center"><p>First <b>line</b></p>\n  <p>A picture: <img src="cid:other" /></p></div>\n' +
    '  <p><a href="https://example.test">A link</a></p>',
  Headers: { "List-Unsubscribe": "<mailto:u@example.test>, <https://example.test/u>" },
  Attachments: [
    { Content: png, Filename: "test.png" },
    { Content: png, Filename: "test.png", ContentID: "inline-picture", ContentType: "image/png" },
  ],
};

// The events of api/events. A frame of this server has a payload of less than 64 KiB and no mask.
class Events {
  seen = [];
  waiting = [];
  async open(url, { username, password }) {
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    const headers = { authorization, connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" };
    const upgrade = http.get(`${url}/api/events`, { headers });
    const [, socket, head] = await once(upgrade, "upgrade");
    this.socket = socket;
    let buffer = head;
    this.read(buffer, (rest) => (buffer = rest));
    socket.on("data", (chunk) => this.read(Buffer.concat([buffer, chunk]), (rest) => (buffer = rest)));
  }
  read(buffer, keep) {
    while (buffer.length >= 2) {
      const short = buffer[1] & 127;
      const start = short === 126 ? 4 : 2;
      const length = short === 126 && buffer.length >= 4 ? buffer.readUInt16BE(2) : short;
      if (buffer.length < start + length) break;
      if ((buffer[0] & 15) === 1) this.add(JSON.parse(buffer.subarray(start, start + length)));
      buffer = buffer.subarray(start + length);
    }
    keep(buffer);
  }
  add(event) {
    this.seen.push(event);
    const wanted = this.waiting.filter(({ type }) => type === event.Type);
    this.waiting = this.waiting.filter(({ type }) => type !== event.Type);
    wanted.forEach(({ resolve }) => resolve(event));
  }
  next(type) {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`no event ${type} within 10 s`)), 10_000);
      this.waiting.push({ type, resolve: (event) => (clearTimeout(limit), resolve(event)) });
    });
  }
}

// A shape: "" any text, 0 any number, false any flag, {} with no keys any object, [] any list, [shape] a list of exactly
// these. Objects have exactly the keys of their shape.
function matches(value, shape, path = "answer") {
  const fail = (what) => { throw new Error(`${path}: ${what}, got ${JSON.stringify(value)?.slice(0, 300)}`); };
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) fail("expected a list");
    if (shape.length && shape.length !== value.length) fail(`expected ${shape.length} entries`);
    shape.forEach((each, at) => matches(value[at], each, `${path}[${at}]`));
  } else if (typeof shape === "object") {
    if (value === null || typeof value !== "object" || Array.isArray(value)) fail("expected an object");
    const keys = Object.keys(shape);
    if (keys.length) deepStrictEqual(Object.keys(value).sort(), keys.sort(), `${path}: keys ${Object.keys(value)}`);
    keys.forEach((key) => matches(value[key], shape[key], `${path}.${key}`));
  } else if (typeof value !== typeof shape) fail(`expected a ${typeof shape}`);
}
const each = (list, shape) => (expect(list.length > 0, "an empty list"), list.forEach((value) => matches(value, shape)));
const same = (value, expected) => deepStrictEqual(value, expected);
function expect(condition, what) {
  if (!condition) throw new Error(what);
}

const address = { Address: "", Name: "" };
const summary = { Attachments: 0, Bcc: [address], Cc: [address], Created: "", From: address, ID: "", MessageID: "",
  Read: false, ReplyTo: [address], Size: 0, Snippet: "", Subject: "", Tags: [], To: [address], Username: "" };
const stats = { Type: "", Data: { Total: 0, Unread: 0, Version: "" } };
function isList(list) {
  matches(list, { messages: [], messages_count: 0, messages_unread: 0, start: 0, tags: [], total: 0, unread: 0, count: 0 });
  each(list.messages, summary);
  list.messages.forEach((message) => same(message.Username, login.username));
}

let failed = 0;
async function test(name, work) {
  try {
    console.log(`ok ${name}${(await work()) ?? ""}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error.message}`);
  }
}

const events = new Events();
await events.open(base, login);
let id, part, config;

await test("sendMessage() sends a message and events", async () => {
  const [added, counted] = [events.next("new"), events.next("stats")];
  const answer = await client.sendMessage(request);
  matches(answer, { ID: "" });
  id = answer.ID;
  matches(await added, { Type: "", Data: summary });
  same((await added).Data.ID, id);
  matches(await counted, stats);
});
await test("getInfo() returns information about the server", async () =>
  matches(await client.getInfo(), { Database: "", DatabaseSize: 0, LatestVersion: "", Messages: 0, RuntimeStats: { Memory: 0,
    MessagesDeleted: 0, SMTPAccepted: 0, SMTPAcceptedSize: 0, SMTPIgnored: 0, SMTPRejected: 0, Uptime: 0 }, Tags: {},
    Unread: 0, Version: "" }));
await test("getConfiguration() returns the configuration of the pages", async () => {
  config = await client.getConfiguration();
  matches(config, { ChaosEnabled: false, DuplicatesIgnored: false, HideDeleteAllButton: false, Label: "", MessageRelay: {
    AllowedRecipients: "", BlockedRecipients: "", Enabled: false, OverrideFrom: "", PreserveMessageIDs: false,
    RecipientAllowlist: "", ReturnPath: "", SMTPServer: "" }, SpamAssassin: false });
});
await test("getMessageSummary() returns a message", async () => {
  const attachment = { ContentID: "", ContentType: "", FileName: "", PartID: "", Size: 0,
    Checksums: { MD5: "", SHA1: "", SHA256: "" } };
  for (const message of [await client.getMessageSummary(), await client.getMessageSummary(id)]) {
    matches(message, { Attachments: [attachment], Bcc: [address], Cc: [address], Date: "", From: address, HTML: "", ID: "",
      Inline: [attachment], ListUnsubscribe: { Errors: "", Header: "", HeaderPost: "", Links: [] }, MessageID: "",
      ReplyTo: [address], ReturnPath: "", Size: 0, Subject: "", Tags: [], Text: "", To: [address], Username: "" });
    same([message.Text, message.HTML], [request.Text, request.HTML]);
    part = message.Attachments[0].PartID;
  }
});
await test("getMessageHeaders() returns the header fields", async () => {
  const names = ["Bcc", "Cc", "Content-Type", "Date", "From", "List-Unsubscribe", "Message-Id", "Mime-Version", "Reply-To",
    "Return-Path", "Subject", "To"];
  const shape = Object.fromEntries(names.map((name) => [name, [""]]));
  matches(await client.getMessageHeaders(), shape);
  matches(await client.getMessageHeaders(id), shape);
});
await test("getMessageSource() returns the source", async () => {
  matches(await client.getMessageSource(), "");
  matches(await client.getMessageSource(id), "");
});
await test("releaseMessage() releases a message", async () => {
  expect(config.MessageRelay.Enabled, "the release is off");
  // The original expects {ID: id}, which neither Mailpit nor the client's documentation knows: both say ok.
  same(await client.releaseMessage(id, { To: ["user1@example.test"] }), "ok");
  await client.waitForMessages({ query: "bcc:user1@example.test" });
  await client.deleteMessagesBySearch({ query: "bcc:user1@example.test" });
});
await test("listMessages() lists messages", async () => {
  isList(await client.listMessages());
  isList(await client.listMessages(0, 10));
});
await test("setReadStatus() changes the read state and sends events", async () => {
  const unread = events.next("update");
  await client.setReadStatus({ IDs: [id], Read: false });
  same((await unread).Data, { ID: id, Read: false });
  const [updated, counted] = [events.next("update"), events.next("stats")];
  same(await client.setReadStatus({ IDs: [id], Read: true }), "ok");
  same(await updated, { Type: "update", Data: { ID: id, Read: true } });
  matches(await counted, stats);
});
await test("searchMessages() returns the messages that match", async () =>
  isList(await client.searchMessages({ query: `subject:${request.Subject}`, start: 0, limit: 10 })));
await test("getMessageAttachment() returns content and type", async () => {
  const blob = await client.getMessageAttachment(id, part);
  same([blob instanceof Blob, blob.type], [true, "image/png"]);
});
await test("getAttachmentThumbnail() returns a JPEG picture", async () => {
  const blob = await client.getAttachmentThumbnail(id, part);
  same([blob instanceof Blob, blob.type], [true, "image/jpeg"]);
});
await test("htmlCheck() returns the support of mail clients", async () => {
  const result = { Family: "", Name: "", NoteNumber: "", Platform: "", Support: "", Version: "" };
  const warning = { Category: "", Description: "", Keywords: "", NotesByNumber: {}, Results: [], Score: { Found: 0, Partial: 0,
    Supported: 0, Unsupported: 0 }, Slug: "", Tags: [], Title: "", URL: "" };
  for (const check of [await client.htmlCheck(), await client.htmlCheck(id)]) {
    const total = { Nodes: 0, Partial: 0, Supported: 0, Tests: 0, Unsupported: 0 };
    matches(check, { Platforms: {}, Total: total, Warnings: [] });
    each(check.Warnings, warning);
    check.Warnings.forEach(({ Results }) => each(Results, result));
  }
});
await test("linkCheck() returns the status of links", async () => {
  for (const check of [await client.linkCheck(), await client.linkCheck(id, true)]) {
    matches(check, { Errors: 0, Links: [] });
    each(check.Links, { Status: "", StatusCode: 0, URL: "" });
  }
});
await test("spamAssassinCheck() returns the result of SpamAssassin", async () => {
  same(config.SpamAssassin, false);
  return " (skipped, as in the original: the configuration has no SpamAssassin)";
});
await test("setTags() sets tags and sends an event", async () => {
  const updated = events.next("update");
  same(await client.setTags({ IDs: [id], Tags: ["test-tag"] }), "ok");
  same(await updated, { Type: "update", Data: { ID: id, Tags: ["test-tag"] } });
});
await test("renameTag() renames a tag", async () => same(await client.renameTag("test-tag", "renamed-tag"), "ok"));
await test("getTags() lists the tags", async () => expect((await client.getTags()).includes("renamed-tag"), "no such tag"));
await test("deleteTag() deletes a tag", async () => same(await client.deleteTag("renamed-tag"), "ok"));
const triggers = {
  Authentication: { ErrorCode: 451, Probability: 5 },
  Recipient: { ErrorCode: 452, Probability: 10 },
  Sender: { ErrorCode: 453, Probability: 15 },
};
await test("setChaosTriggers() sets the triggers", async () => {
  expect(config.ChaosEnabled, "chaos is off");
  same(await client.setChaosTriggers(triggers), triggers);
});
await test("getChaosTriggers() returns the triggers", async () => same(await client.getChaosTriggers(), triggers));
await client.setChaosTriggers();
await test("renderMessageHTML() returns the HTML as posted, or with links that open a new window", async () => {
  expect((await client.renderMessageHTML()).includes(request.HTML), "the HTML differs");
  const embedded = await client.renderMessageHTML(id, 1);
  expect(!embedded.includes(request.HTML), "the HTML is not changed");
  expect(embedded.includes('target="_blank" rel="noreferrer noopener"'), embedded);
});
await test("renderMessageText() returns the text as posted", async () => {
  same(await client.renderMessageText(), request.Text);
  same(await client.renderMessageText(id), request.Text);
});
await test("deleteMessagesBySearch() deletes messages and sends events", async () => {
  const [deleted, counted] = [events.next("delete"), events.next("stats")];
  same(await client.deleteMessagesBySearch({ query: `subject:${request.Subject}` }), "ok");
  matches(await deleted, { Type: "", Data: { ID: "" } });
  matches(await counted, stats);
});
await test("deleteMessages() with IDs deletes a message and sends events", async () => {
  id = (await client.sendMessage(request)).ID;
  const [deleted, counted] = [events.next("delete"), events.next("stats")];
  same(await client.deleteMessages({ IDs: [id] }), "ok");
  same(await deleted, { Type: "delete", Data: { ID: id } });
  matches(await counted, stats);
});
await test("deleteMessages() without IDs deletes all messages and sends events", async () => {
  const added = events.next("new");
  await client.sendMessage(request);
  await added;
  const truncated = events.next("truncate");
  same(await client.deleteMessages(), "ok");
  same(await truncated, { Type: "truncate", Data: null });
  let counted = await events.next("stats");
  while (counted.Data.Total) counted = await events.next("stats");
  matches(counted, stats);
});
await test("a wrong password is an error", async () => {
  const other = new MailpitClient(base, { auth: { username: "invalid-user", password: "invalid-password" } });
  const error = await other.getInfo().catch((error) => error);
  expect(String(error.message).includes("401 Unauthorized"), error.message);
});
await test("an unknown host is an error", async () => {
  const host = "http://host.invalid:9999";
  const error = await new MailpitClient(host).getInfo().catch((error) => error);
  expect(error.message.includes(`No response received from server at GET ${host}/api/v1/info`), error.message);
});
await test("all events arrive, whatever their type", async () => {
  const from = events.seen.length;
  const [added, counted] = [events.next("new"), events.next("stats")];
  const { ID } = await client.sendMessage(request);
  await Promise.all([added, counted]);
  const types = events.seen.slice(from).map((event) => event.Type);
  expect(types.includes("new") && types.includes("stats"), types.join());
  await client.deleteMessages({ IDs: [ID] });
});
await client.deleteMessages();
events.socket.destroy();
process.exit(failed ? 1 : 0);
