<?php
// Symfony Mailer, which Laravel also uses: php symfony.php HOST PORT FILE
use Symfony\Component\Mailer\Mailer;
use Symfony\Component\Mailer\Transport;
use Symfony\Component\Mime\Address;
use Symfony\Component\Mime\Email;

require 'Symfony/Component/Mailer/autoload.php';
[, $host, $port, $file] = $argv;

$mailer = new Mailer(Transport::fromDsn("smtp://$host:$port"));
$mailer->send((new Email())
    ->from(new Address('from@client.test', 'Jörg Sender'))
    ->to(new Address('to@client.test', 'Recipient'))
    ->subject('Order 42: grüße und 안녕하세요')
    ->text("Hello 길동,\n.a line that starts with a dot\n\nBye\n")
    ->html('<p>Hello <b>길동</b>, <a href="https://shop.test/?a=1&amp;b=2">look</a></p>' . "\n")
    ->attachFromPath($file));
