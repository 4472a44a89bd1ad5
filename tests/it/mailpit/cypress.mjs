// Runs every command of cypress-mailpit against the server at argv[3], with a stand-in for `Cypress` and `cy`: promises
// in the place of Cypress' chains, fetch in the place of cy.request, which also fails on a status of 400 or more.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const [, , commandsFile, url, login] = process.argv;
const [user, password] = login ? login.split(":") : [];

globalThis.Cypress = {
  expose: (name) => ({ MAILPIT_URL: url })[name],
  config: (name) => ({ defaultCommandTimeout: 4000 })[name],
};

async function request({ method, url, qs, body, auth }) {
  const target = new URL(url);
  for (const [name, value] of Object.entries(qs ?? {})) target.searchParams.set(name, value);
  const headers = {};
  if (auth) headers.Authorization = `Basic ${Buffer.from(`${auth.user}:${auth.pass}`).toString("base64")}`;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(target, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${target}: ${answer.status} ${await answer.text()}`);
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.includes("json");
  return { status: answer.status, body: isJson ? JSON.parse(text) : text };
}

globalThis.cy = {
  env: async () => ({ MAILPIT_USERNAME: user, MAILPIT_PASSWORD: password }),
  wrap: async (value) => value,
  request,
  wait: (time) => new Promise((done) => setTimeout(done, time)),
};

const source = readFileSync(commandsFile, "utf8");
const { MailpitCommands } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
const mail = new MailpitCommands();
const called = new Set();
const run = (name, ...values) => {
  called.add(name);
  return mail[name](...values);
};

await run("mailpitDeleteAllEmails");
const sent = await run("mailpitSendMail");
assert.ok(sent.ID, JSON.stringify(sent));
await run("mailpitSendMail", {
  subject: "Second one",
  to: [{ Email: "kim@example.com", Name: "Kim" }],
  textBody: "plain text",
  htmlBody: "<p>rich <b>text</b></p>",
  attachments: [{ Content: "aGVsbG8=", Filename: "hello.txt" }],
  tags: ["qa"],
});

assert.equal((await run("mailpitGetAllMails")).messages.length, 2);
assert.equal((await run("mailpitGetAllMails", 1, 1)).messages[0].Subject, "Hello Mailpit");
assert.equal((await run("mailpitGetMail", sent.ID)).Subject, "Hello Mailpit");
const message = await run("mailpitGetMail");
assert.equal(await run("mailpitGetSubject", message), "Second one");
assert.deepEqual(await run("mailpitGetRecipientAddress", message), ["kim@example.com"]);
assert.equal(await run("mailpitGetFromAddress", message), "from@example.com");
assert.deepEqual(await run("mailpitGetAttachments", message), ["hello.txt"]);
assert.match(await run("mailpitGetMailHTMlBody", message), /rich <b>text<\/b>/);
assert.match(await run("mailpitGetMailTextBody", message), /plain text/);

assert.equal((await run("mailpitSearchEmails", "tag:qa")).messages_count, 1);
assert.equal((await run("mailpitGetEmailsBySubject", "Hello")).messages_count, 1);
assert.equal((await run("mailpitGetEmailsByTo", "kim@example.com")).messages_count, 1);
assert.equal((await run("mailpitHasEmailsBySearch", "rich")).messages_count, 1);
assert.equal((await run("mailpitNotHasEmailsBySearch", "nothing-like-it")).messages_count, 0);
assert.equal((await run("mailpitHasEmailsBySubject", "Second")).messages_count, 1);
assert.equal((await run("mailpitNotHasEmailsBySubject", "Third")).messages_count, 0);
assert.equal((await run("mailpitHasEmailsByTo", "jane@example.com")).messages_count, 1);
assert.equal((await run("mailpitNotHasEmailsByTo", "nobody@example.com")).messages_count, 0);
await assert.rejects(mail.mailpitHasEmailsBySubject("Third", 0, 50, { timeout: 200, interval: 50 }), /Timed out/);

const unread = async () => (await run("mailpitGetAllMails")).unread;
await run("mailpitSetAllEmailStatusAsRead");
assert.equal(await unread(), 0);
await run("mailpitSetAllEmailStatusAsUnRead");
assert.equal(await unread(), 2);
await run("mailpitSetStatusAsRead", message);
assert.equal(await unread(), 1);
await run("mailpitSetStatusAsUnRead", [message]);
assert.equal(await unread(), 2);

// There is no SpamAssassin; Mailpit without one fails too.
await assert.rejects(run("mailpitGetMailSpamAssassinSummary", message), /: 4\d\d /);
await assert.rejects(run("mailpitGetMailSpamAssainSummary", message), /: 4\d\d /);

await run("mailpitDeleteEmailsBySearch", "subject:Second");
assert.equal((await run("mailpitGetAllMails")).total, 1);

const all = [...MailpitCommands.parentCypressCommands, ...MailpitCommands.childCypressCommands];
assert.deepEqual([...called].sort(), [...all].sort());
console.log(`${called.size} commands`);
