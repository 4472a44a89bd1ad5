# Ruby's mail gem, which ActionMailer also uses: ruby ruby_mail.rb HOST PORT FILE
require "mail"

host, port, path = ARGV
Mail.defaults { delivery_method :smtp, address: host, port: port.to_i }

Mail.deliver do
  from "Jörg Sender <from@client.test>"
  to "Recipient <to@client.test>"
  subject "Order 42: grüße und 안녕하세요"
  text_part do
    content_type "text/plain; charset=UTF-8"
    body "Hello 길동,\n.a line that starts with a dot\n\nBye\n"
  end
  html_part do
    content_type "text/html; charset=UTF-8"
    body %(<p>Hello <b>길동</b>, <a href="https://shop.test/?a=1&amp;b=2">look</a></p>\n)
  end
  add_file path
end
