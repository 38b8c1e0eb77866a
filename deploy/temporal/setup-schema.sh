#!/bin/sh
# Makes Temporal's two databases, or brings their schemas up to the version of this image. The password is SQL_PASSWORD.
set -eu

schema=/etc/temporal/schema/postgresql/v12
for pair in temporal:temporal temporal_visibility:visibility; do
  database="${pair%%:*}"
  tool="temporal-sql-tool --plugin postgres12 --ep $POSTGRES_SEEDS -u $POSTGRES_USER -p $DB_PORT --db $database"
  $tool create
  # Changes nothing where there is a schema.
  $tool setup-schema -v 0.0
  $tool update-schema -d "$schema/${pair##*:}/versioned"
done
