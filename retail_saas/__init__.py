"""Retail SaaS: the project that ties the apps together."""
