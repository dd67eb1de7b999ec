CREATE TABLE demo.golden (id integer PRIMARY KEY, city text, note text);
