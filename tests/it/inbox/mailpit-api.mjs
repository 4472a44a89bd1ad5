// Runs every call of the npm client mailpit-api: `node mailpit-api.mjs BASE LIBRARY`, with the login dev:s3cret.
// Prints one line per call; exits with 1 if a call fails.
const [base, library] = process.argv.slice(2);
const { MailpitClient } = await import(library);

const client = new MailpitClient(base, { auth: { username: "dev", password: "s3cret" } });
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
let failed = 0;

async function call(name, work) {
  try {
    await work();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error.message}`);
  }
}
function expect(condition, what) {
  if (!condition) throw new Error(what);
}
const same = (a, b, what) => expect(JSON.stringify(a) === JSON.stringify(b), `${what}: ${JSON.stringify(a)}`);
const keys = (object, names, what) => same(Object.keys(object).sort(), names.split(" ").sort(), what);

const mail = (subject) => ({
  From: { Email: "from@example.test", Name: "From" },
  To: [{ Email: "to@example.test", Name: "To" }],
  Cc: [{ Email: "cc@example.test" }],
  Bcc: ["bcc@example.test"],
  ReplyTo: [{ Email: "reply@example.test" }],
  Subject: subject,
  Text: "Plain text",
  HTML: '<p style="display:flex">Hi <a href="https://example.test">there</a></p>',
  Attachments: [{ Content: png, ContentType: "image/png", Filename: "test.png" }],
  Headers: { "List-Unsubscribe": "<https://example.test/u>" },
  Tags: ["Tag 1"],
});

let id;
await call("deleteMessages of everything", async () => same(await client.deleteMessages(), "ok", "answer"));
await call("sendMessage", async () => {
  id = (await client.sendMessage(mail("First"))).ID;
  expect(/^[0-9A-Za-z]{22}$/.test(id), `id ${id}`);
});
await call("getInfo", async () => keys(await client.getInfo(), "Version LatestVersion Database DatabaseSize Messages Unread Tags RuntimeStats", "keys"));
await call("getConfiguration", async () => {
  const config = await client.getConfiguration();
  keys(config, "Label MessageRelay SpamAssassin ChaosEnabled DuplicatesIgnored HideDeleteAllButton", "keys");
  keys(config.MessageRelay, "Enabled SMTPServer ReturnPath AllowedRecipients BlockedRecipients OverrideFrom PreserveMessageIDs RecipientAllowlist", "relay");
});
await call("listMessages", async () => {
  const list = await client.listMessages();
  keys(list, "total unread count messages_count messages_unread start tags messages", "keys");
  keys(list.messages[0], "ID MessageID Read From To Cc Bcc ReplyTo Subject Created Username Tags Size Attachments Snippet", "summary");
  same([list.messages[0].Username, list.messages[0].Attachments, list.tags], ["dev", 1, ["Tag 1"]], "values");
});
await call("searchMessages", async () => same((await client.searchMessages({ query: "subject:First" })).messages_count, 1, "count"));
await call("waitForMessage", async () => same((await client.waitForMessage({ query: "to:to@example.test" })).ID, id, "id"));
await call("waitForMessages", async () => same((await client.waitForMessages({ query: "is:tagged", count: 1 })).count, 1, "count"));
let part;
await call("getMessageSummary", async () => {
  const message = await client.getMessageSummary(id);
  keys(message, "ID MessageID From To Cc Bcc ReplyTo ReturnPath Subject ListUnsubscribe Date Tags Username Text HTML Size Inline Attachments", "keys");
  keys(message.Attachments[0], "PartID FileName ContentType ContentID Size Checksums", "attachment");
  same(message.ListUnsubscribe, { Header: "<https://example.test/u>", Links: ["https://example.test/u"], Errors: "", HeaderPost: "" }, "unsubscribe");
  part = message.Attachments[0].PartID;
});
await call("getMessageSummary of latest", async () => same((await client.getMessageSummary()).ID, id, "id"));
await call("getMessageHeaders", async () =>
  keys(await client.getMessageHeaders(id), "Bcc Cc Content-Type Date From List-Unsubscribe Message-Id Mime-Version Reply-To Return-Path Subject To" + " X-Tags", "keys"));
await call("getMessageAttachment", async () => {
  const blob = await client.getMessageAttachment(id, part);
  same([blob.type, blob.size], ["image/png", Buffer.from(png, "base64").length], "part");
});
await call("getAttachmentThumbnail", async () => same((await client.getAttachmentThumbnail(id, part)).type, "image/jpeg", "type"));
await call("getMessageSource", async () => expect((await client.getMessageSource(id)).includes("Subject: First"), "source"));
await call("renderMessageHTML", async () => expect((await client.renderMessageHTML(id)).includes('<a href="https://example.test">'), "html"));
await call("renderMessageHTML to embed", async () =>
  expect((await client.renderMessageHTML(id, 1)).includes('target="_blank" rel="noreferrer noopener"'), "html"));
await call("renderMessageText", async () => same((await client.renderMessageText(id)).trim(), "Plain text", "text"));
await call("htmlCheck", async () => keys(await client.htmlCheck(id), "Platforms Total Warnings", "keys"));
await call("linkCheck", async () => keys(await client.linkCheck(id, true), "Errors Links", "keys"));
await call("spamAssassinCheck is off", async () => {
  const error = await client.spamAssassinCheck(id).catch((error) => error);
  expect(String(error.message).includes("404"), error.message);
});
await call("releaseMessage", async () => same(await client.releaseMessage(id, { To: ["a@example.test"] }), "ok", "answer"));
await call("setReadStatus by IDs", async () => {
  same(await client.setReadStatus({ IDs: [id], Read: false }), "ok", "answer");
  // The released copy may be in the inbox by now, since the capture transport delivers it there.
  const unread = (await client.searchMessages({ query: "is:unread subject:First" })).messages;
  expect(unread.some((message) => message.ID === id), "the message is still read");
});
await call("setReadStatus by search", async () => same(await client.setReadStatus({ Search: "subject:First", Read: true }, { tz: "Asia/Seoul" }), "ok", "answer"));
await call("getTags", async () => same(await client.getTags(), ["Tag 1"], "tags"));
await call("setTags", async () => same(await client.setTags({ IDs: [id], Tags: ["One", "Two words"] }), "ok", "answer"));
await call("renameTag", async () => same(await client.renameTag("Two words", "Three @ words"), "ok", "answer"));
await call("deleteTag", async () => {
  same(await client.deleteTag("Three @ words"), "ok", "answer");
  expect(!(await client.getTags()).includes("Three @ words"), "the tag is still there");
});
await call("setChaosTriggers", async () =>
  same((await client.setChaosTriggers({ Sender: { ErrorCode: 451, Probability: 5 } })).Sender, { ErrorCode: 451, Probability: 5 }, "sender"));
await call("setChaosTriggers to nothing", async () => same((await client.setChaosTriggers()).Sender.Probability, 0, "probability"));
await call("getChaosTriggers", async () => keys(await client.getChaosTriggers(), "Sender Recipient Authentication", "keys"));
await call("deleteMessagesBySearch", async () => same(await client.deleteMessagesBySearch({ query: "subject:First" }), "ok", "answer"));
await call("deleteMessages by IDs", async () => {
  const { ID } = await client.sendMessage(mail("Second"));
  same(await client.deleteMessages({ IDs: [ID] }), "ok", "answer");
  same((await client.searchMessages({ query: "subject:Second" })).messages_count, 0, "count");
});
process.exit(failed ? 1 : 0);
