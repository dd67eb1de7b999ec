DROP TABLE sluice.templates;
DROP TABLE sluice.reject_lists;
