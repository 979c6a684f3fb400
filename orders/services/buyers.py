"""Who a sale is for, today: somebody may be merging two customers in this very moment."""

from uuid import UUID

from django.db import connection

from core.errors import NotFound


def lock_buyer(customer_id: UUID) -> UUID:
    """The customer a sale belongs to: the one named, or the one it was merged into. To be called first in the sale's
    transaction; until that ends nobody merges the customer, and a merge under way is waited for.

    Raises:
        NotFound: there is no such customer.
    """
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT merged_into_id FROM orders_customer WHERE id = %s FOR SHARE", [customer_id])
            row = cursor.fetchone()
            if row is None:
                raise NotFound("There is no such customer.", details={"customer": str(customer_id)})
            if row[0] is None:
                return customer_id
            customer_id = row[0]
