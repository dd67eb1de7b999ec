CREATE TABLE demo.golden (id integer PRIMARY KEY, amount numeric(12,2), day date, name text, paid boolean);
INSERT INTO demo.golden VALUES (1, 1.00, '2024-01-01', 'as it was', true), (2, 2.00, '2024-01-01', 'untouched', true);
