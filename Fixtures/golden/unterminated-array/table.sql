CREATE TABLE demo.golden (id integer PRIMARY KEY, name text);
