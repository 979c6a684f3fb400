"""What can be allowed around selling."""

from core.people.permissions import declare, grant_to

SELL = declare("orders.sell", "Ring up sales", by_location=True)
VIEW_ORDERS = declare("orders.view_orders", "See orders and receipts", by_location=True)
VIEW_CUSTOMERS = declare("orders.view_customers", "See customers")
MANAGE_CUSTOMERS = declare("orders.manage_customers", "Add and change customers")
CHANGE_PRICE = declare("orders.change_price", "Sell at another price than the listed one", by_location=True)
OVERSELL = declare("orders.oversell", "Sell what the record says is gone", by_location=True)
IMPORT_HISTORY = declare("orders.import_history", "Import sales from another system", by_location=True)

grant_to(SELL, "manager", "cashier")
grant_to(VIEW_ORDERS, "manager", "cashier", "accountant", "viewer")
grant_to(VIEW_CUSTOMERS, "manager", "cashier", "accountant")
grant_to(MANAGE_CUSTOMERS, "manager", "cashier")
grant_to(CHANGE_PRICE, "manager")
grant_to(OVERSELL, "manager")
grant_to(IMPORT_HISTORY, "manager")
