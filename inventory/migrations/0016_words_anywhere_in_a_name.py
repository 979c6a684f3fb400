from django.db import migrations

INDEXES = {
    "product_name_anywhere": "inventory_product USING gin (upper(name::text) gin_trgm_ops)",
    "variant_sku_anywhere": "inventory_variant USING gin (upper(sku::text) gin_trgm_ops)",
    "variant_name_anywhere": "inventory_variant USING gin (upper(name::text) gin_trgm_ops)",
}


class Migration(migrations.Migration):
    dependencies = [("inventory", "0015_prices_from_files"), ("tenancy", "0004_words_that_are_alike")]

    operations = [
        migrations.RunSQL([f"CREATE INDEX {name} ON {what}"], [f"DROP INDEX {name}"]) for name, what in INDEXES.items()
    ]
