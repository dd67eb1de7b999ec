CREATE TABLE demo.golden (id integer PRIMARY KEY, a text NOT NULL, b varchar(5));
