-- The HTTP request that enqueued a message. The log names it in the lines of the request and of the delivery.

alter table outbox add column request_id text; -- 16 hexadecimal digits; null: enqueued by a command or a program
