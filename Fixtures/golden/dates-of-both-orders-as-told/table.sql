CREATE TABLE demo.golden (id integer PRIMARY KEY, day date);
