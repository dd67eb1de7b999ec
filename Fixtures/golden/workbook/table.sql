CREATE TABLE demo.golden (id integer PRIMARY KEY, article text, big bigint, amount numeric, rate numeric, day date, at timestamp, clock time, spent interval, paid boolean, total numeric, note text);
