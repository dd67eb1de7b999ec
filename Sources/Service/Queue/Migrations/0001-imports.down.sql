DROP TABLE sluice.progress;
DROP TABLE sluice.rejects;
DROP TABLE sluice.chunks;
DROP TABLE sluice.imports;
