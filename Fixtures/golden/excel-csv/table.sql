CREATE TABLE demo.golden (id integer PRIMARY KEY, article text, ean text, big bigint, amount numeric, rate numeric, day date, at timestamp, note text);
