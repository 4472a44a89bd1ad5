// nodemailer: node nodemailer.mjs HOST PORT FILE FOLDER, where FOLDER holds node_modules
import { createRequire } from "node:module";

const [host, port, file, folder] = process.argv.slice(2);
const nodemailer = createRequire(`${folder}/`)("nodemailer");

const transporter = nodemailer.createTransport({ host, port: Number(port) });
await transporter.sendMail({
  from: '"Jörg Sender" <from@client.test>',
  to: "Recipient <to@client.test>",
  subject: "Order 42: grüße und 안녕하세요",
  text: "Hello 길동,\n.a line that starts with a dot\n\nBye\n",
  html: '<p>Hello <b>길동</b>, <a href="https://shop.test/?a=1&amp;b=2">look</a></p>\n',
  attachments: [{ path: file }],
});
