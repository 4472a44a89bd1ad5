-- A refusal that may mean the recipient or the way out: two different recipients in a row show that it is the way out.

alter table outbox add column suspicions bigint not null default 0; -- 1 at the first such refusal; one more for each after which the transport took other mail
alter table outbox_transports add column suspect text; -- the row that was refused so last, while no mail was taken since
