-- The facade's own database, beside Temporal's. Run by the postgres image when its volume is new.
CREATE DATABASE pipelines;
