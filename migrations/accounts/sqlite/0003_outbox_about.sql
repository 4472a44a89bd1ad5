-- Whose data a letter is: history goes with the account, also what went to an address that it had before.
alter table outbox add column about text;   -- id of the user; null: nobody's yet, or plain mail
create index outbox_about on outbox (about) where about is not null;
