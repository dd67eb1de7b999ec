CREATE TABLE demo.golden (id integer PRIMARY KEY, amount numeric(12,2), day date, name text, paid boolean);
