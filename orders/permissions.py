"""What can be allowed around selling."""

from core.people.permissions import declare, grant_to

SELL = declare("orders.sell", "Ring up sales", by_location=True)
VIEW_ORDERS = declare("orders.view_orders", "See orders and receipts", by_location=True)
VIEW_CUSTOMERS = declare("orders.view_customers", "See customers")
VIEW_CUSTOMER_HISTORY = declare("orders.view_customer_history", "See everything a customer bought and did")
MANAGE_CUSTOMERS = declare("orders.manage_customers", "Add and change customers, note what they agree to")
MERGE_CUSTOMERS = declare("orders.merge_customers", "Merge customers that are one, and take it back")
ANONYMISE_CUSTOMERS = declare("orders.anonymise_customers", "Remove a person's data for good")
MANAGE_CUSTOMER_GROUPS = declare("orders.manage_customer_groups", "Make, rename and delete groups of customers")
CHANGE_PRICE = declare("orders.change_price", "Sell at another price than the listed one", by_location=True)
OVERSELL = declare("orders.oversell", "Sell what the record says is gone", by_location=True)
REFUND = declare("orders.refund", "Take goods back and give the money back", by_location=True)
REFUND_BEYOND = declare(
    "orders.refund_beyond",
    "Refund above the shop's limit, after its return period or without a receipt",
    by_location=True,
)
VOID = declare("orders.void", "Void a sale of today", by_location=True)
CHANGE_ORDER = declare("orders.change_order", "Change an order that was placed", by_location=True)
FULFIL = declare("orders.fulfil", "Pack orders, send them off and hand them over", by_location=True)
VIEW_APPROVALS = declare("orders.view_approvals", "See who approved what for whom", by_location=True)
MANAGE_POLICY = declare("orders.manage_policy", "Change the limits of selling and refunding")
IMPORT_HISTORY = declare("orders.import_history", "Import sales from another system", by_location=True)

grant_to(SELL, "manager", "cashier")
grant_to(VIEW_ORDERS, "manager", "cashier", "accountant", "viewer")
grant_to(VIEW_CUSTOMERS, "manager", "cashier", "accountant")
grant_to(VIEW_CUSTOMER_HISTORY, "manager", "accountant")
grant_to(MANAGE_CUSTOMERS, "manager", "cashier")
grant_to(MERGE_CUSTOMERS, "manager")
grant_to(ANONYMISE_CUSTOMERS, "manager")
grant_to(MANAGE_CUSTOMER_GROUPS, "manager")
grant_to(CHANGE_PRICE, "manager")
grant_to(OVERSELL, "manager")
grant_to(REFUND, "manager", "cashier")
grant_to(REFUND_BEYOND, "manager")
grant_to(VOID, "manager")
grant_to(CHANGE_ORDER, "manager")
grant_to(FULFIL, "manager", "cashier", "stock clerk")
grant_to(VIEW_APPROVALS, "manager", "accountant")
grant_to(MANAGE_POLICY, "manager")
grant_to(IMPORT_HISTORY, "manager")
