"""Forecasting as pure arithmetic on arrays: no database, no clock, no randomness. Only workers import it (numpy)."""
