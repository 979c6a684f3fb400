#!/bin/sh
# Runs once, on an empty volume: the program's own role, which is no superuser, and its database.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --set=password="$DATABASE_PASSWORD" <<'SQL'
CREATE ROLE retail LOGIN PASSWORD :'password';
CREATE DATABASE retail OWNER retail;
SQL
