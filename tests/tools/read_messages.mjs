// What nodemailer's mailparser reads in the messages of a folder, as JSON by file name:
// `node read_messages.mjs FOLDER PACKAGES`, where PACKAGES holds node_modules. A message that it cannot read is null.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, packages] = process.argv.slice(2);
const { simpleParser } = createRequire(`${packages}/`)("mailparser");

const flat = (list) => list.flatMap((entry) => (entry.group ? flat(entry.group) : [entry.address ?? ""]));
const addresses = (...fields) => flat(fields.flat().filter(Boolean).flatMap((field) => field.value));
const found = {};
for (const name of readdirSync(folder).sort()) {
  const options = { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true };
  const mail = await simpleParser(readFileSync(`${folder}/${name}`), options).catch(() => null);
  found[name] = mail && {
    subject: mail.subject ?? "",
    from: addresses(mail.from),
    to: addresses(mail.to, mail.cc, mail.bcc),
    text: mail.text ?? null,
    names: mail.attachments.map((attachment) => attachment.filename).filter(Boolean),
  };
}
console.log(JSON.stringify(found, (_, value) => (typeof value === "string" ? value.toWellFormed() : value)));
