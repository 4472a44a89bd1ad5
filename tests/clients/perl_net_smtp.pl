# Perl's Net::SMTP: perl perl_net_smtp.pl HOST PORT
use strict;
use warnings;
use utf8;
use Encode;
use Net::SMTP;

my ($host, $port) = @ARGV;
my $smtp = Net::SMTP->new($host, Port => $port) or die "cannot connect: $@";
$smtp->mail('from@client.test') and $smtp->to('to@client.test') and $smtp->data() or die $smtp->message;
$smtp->datasend('From: ' . encode('MIME-Header', 'Jörg Sender') . " <from\@client.test>\n");
$smtp->datasend("To: Recipient <to\@client.test>\n");
$smtp->datasend('Subject: ' . encode('MIME-Header', 'Order 42: grüße und 안녕하세요') . "\n");
$smtp->datasend("MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n\n");
$smtp->datasend(encode('UTF-8', "Hello 길동,\n.a line that starts with a dot\n\nBye\n"));
$smtp->dataend() or die $smtp->message;
$smtp->quit();
