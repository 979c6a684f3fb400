from django.db import migrations

INDEXES = {
    "customer_name_anywhere": "orders_customer USING gin (upper(name::text) gin_trgm_ops)",
    "customer_email_anywhere": "orders_customer USING gin (upper(email::text) gin_trgm_ops)",
}


class Migration(migrations.Migration):
    dependencies = [("orders", "0013_goods_bought"), ("tenancy", "0004_words_that_are_alike")]

    operations = [
        migrations.RunSQL([f"CREATE INDEX {name} ON {what}"], [f"DROP INDEX {name}"]) for name, what in INDEXES.items()
    ]
