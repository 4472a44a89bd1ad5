<?php
// PHPMailer: php phpmailer.php HOST PORT FILE
use PHPMailer\PHPMailer\PHPMailer;

require 'libphp-phpmailer/autoload.php';
[, $host, $port, $file] = $argv;

$mail = new PHPMailer(true);
$mail->isSMTP();
$mail->Host = $host;
$mail->Port = (int) $port;
$mail->CharSet = PHPMailer::CHARSET_UTF8;
$mail->setFrom('from@client.test', 'Jörg Sender');
$mail->addAddress('to@client.test', 'Recipient');
$mail->isHTML(true);
$mail->Subject = 'Order 42: grüße und 안녕하세요';
$mail->Body = '<p>Hello <b>길동</b>, <a href="https://shop.test/?a=1&amp;b=2">look</a></p>' . "\n";
$mail->AltBody = "Hello 길동,\n.a line that starts with a dot\n\nBye\n";
$mail->addAttachment($file);
$mail->send();
