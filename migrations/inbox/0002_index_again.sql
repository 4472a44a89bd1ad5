-- Earlier builds could not read messages that brought Return-Path fields, so the index holds no words of them. Without
-- segments every message waits to be indexed again; the housekeeping removes the parts that are left.
delete from segments;
