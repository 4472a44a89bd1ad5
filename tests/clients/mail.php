<?php
// PHP's mail(), which pipes the message to a program: php -d sendmail_path="gatepost sendmail -t -i" mail.php
mb_internal_encoding('UTF-8');
$sent = mail(
    'Recipient <to@client.test>',
    mb_encode_mimeheader('Order 42: grüße und 안녕하세요', 'UTF-8'),
    "Hello 길동,\n.a line that starts with a dot\n\nBye\n",
    [
        'From' => mb_encode_mimeheader('Jörg Sender', 'UTF-8') . ' <from@client.test>',
        'MIME-Version' => '1.0',
        'Content-Type' => 'text/plain; charset=UTF-8',
    ],
);
exit($sent ? 0 : 1);
