"""Devices count their receipts from here on: the highest number that each has printed so far."""

from django.db import migrations

COUNT = """
    UPDATE devices_device AS device SET last_receipt = printed.last
    FROM (
        SELECT split_part(receipt_number, '-', 1) AS prefix, max(split_part(receipt_number, '-', 2)::bigint) AS last
        FROM orders_order WHERE receipt_number ~ '^[A-Z0-9]{1,4}-[0-9]{1,15}$'
        GROUP BY 1
    ) AS printed
    WHERE printed.prefix = device.prefix AND device.last_receipt < printed.last
"""


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0002_receipts_and_gaps_that_stand"),
        ("orders", "0021_limits_without_the_server"),
    ]

    operations = [migrations.RunSQL([COUNT], [])]
