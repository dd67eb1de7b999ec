CREATE TABLE demo.golden (id integer PRIMARY KEY, amount numeric, name text, tags jsonb, city text, paid boolean);
