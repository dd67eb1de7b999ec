CREATE TABLE demo.golden (id integer PRIMARY KEY, a text, b text);
