// Go's net/smtp: go run main.go HOST PORT FILE
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
)

func main() {
	host, port, path := os.Args[1], os.Args[2], os.Args[3]
	message, err := compose(path)
	if err == nil {
		err = smtp.SendMail(net.JoinHostPort(host, port), nil, "from@client.test", []string{"to@client.test"}, message)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func compose(path string) ([]byte, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var bodies, message bytes.Buffer
	alternative, mixed := multipart.NewWriter(&bodies), multipart.NewWriter(&message)
	text := "Hello 길동,\r\n.a line that starts with a dot\r\n\r\nBye\r\n"
	html := "<p>Hello <b>길동</b>, <a href=\"https://shop.test/?a=1&amp;b=2\">look</a></p>\r\n"
	quoted(alternative, "text/plain; charset=UTF-8", text)
	quoted(alternative, "text/html; charset=UTF-8", html)
	alternative.Close()

	fmt.Fprintf(&message, "From: %s <from@client.test>\r\n", mime.QEncoding.Encode("utf-8", "Jörg Sender"))
	fmt.Fprintf(&message, "To: Recipient <to@client.test>\r\n")
	fmt.Fprintf(&message, "Subject: %s\r\n", mime.BEncoding.Encode("utf-8", "Order 42: grüße und 안녕하세요"))
	fmt.Fprintf(&message, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n", mixed.Boundary())
	kind := mime.FormatMediaType("multipart/alternative", map[string]string{"boundary": alternative.Boundary()})
	body, _ := mixed.CreatePart(textproto.MIMEHeader{"Content-Type": {kind}})
	body.Write(bodies.Bytes())
	name := mime.FormatMediaType("attachment", map[string]string{"filename": filepath.Base(path)})
	attachment, _ := mixed.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {"application/octet-stream"},
		"Content-Disposition":       {name},
		"Content-Transfer-Encoding": {"base64"},
	})
	for encoded := base64.StdEncoding.EncodeToString(file); len(encoded) > 0; {
		line := encoded[:min(76, len(encoded))]
		fmt.Fprintf(attachment, "%s\r\n", line)
		encoded = encoded[len(line):]
	}
	mixed.Close()
	return message.Bytes(), nil
}

func quoted(parts *multipart.Writer, kind, text string) {
	part, _ := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {kind},
		"Content-Transfer-Encoding": {"quoted-printable"},
	})
	writer := quotedprintable.NewWriter(part)
	writer.Write([]byte(text))
	writer.Close()
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
