# Perl's Email::Sender: perl perl_email_sender.pl HOST PORT FILE
use strict;
use warnings;
use utf8;
use Email::MIME;
use Email::Sender::Simple qw(sendmail);
use Email::Sender::Transport::SMTP;
use File::Basename;

my ($host, $port, $path) = @ARGV;
my $file = do { local (@ARGV, $/) = $path; binmode ARGV; <> };
my $transport = Email::Sender::Transport::SMTP->new({ host => $host, port => $port });

sub text {
    my ($type, $text) = @_;
    my %how = (content_type => $type, charset => 'UTF-8', encoding => 'quoted-printable');
    return Email::MIME->create(attributes => \%how, body_str => $text);
}
my $body = Email::MIME->create(
    attributes => { content_type => 'multipart/alternative' },
    parts => [
        text('text/plain', "Hello 길동,\n.a line that starts with a dot\n\nBye\n"),
        text('text/html', qq(<p>Hello <b>길동</b>, <a href="https://shop.test/?a=1&amp;b=2">look</a></p>\n)),
    ],
);
my $name = basename($path);
my %how = (content_type => 'application/octet-stream', encoding => 'base64', disposition => 'attachment');
my $attachment = Email::MIME->create(attributes => { %how, filename => $name, name => $name }, body => $file);
my $message = Email::MIME->create(
    header_str => [
        From => 'Jörg Sender <from@client.test>',
        To => 'Recipient <to@client.test>',
        Subject => 'Order 42: grüße und 안녕하세요',
    ],
    parts => [$body, $attachment],
);
sendmail($message, { transport => $transport });
