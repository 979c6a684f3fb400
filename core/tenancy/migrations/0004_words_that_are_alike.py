from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    """The extension lies in the public schema, once for all shops; theirs only use it (docs/tenancy.md)."""

    dependencies = [("tenancy", "0003_what_fills_a_new_schema")]

    operations = [TrigramExtension()]
