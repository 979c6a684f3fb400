"""What can be allowed around goods and stock."""

from core.people.permissions import declare, grant_to

VIEW_PRODUCTS = declare("inventory.view_products", "See products and prices")
MANAGE_PRODUCTS = declare("inventory.manage_products", "Change products, prices and codes")
MANAGE_PRICES = declare("inventory.manage_prices", "Set prices and price lists, edit in bulk, print labels")
VIEW_COST = declare("inventory.view_cost", "See costs and margins")
VIEW_STOCK = declare("inventory.view_stock", "See stock", by_location=True)
ADJUST_STOCK = declare("inventory.adjust_stock", "Correct and receive stock", by_location=True)
RESERVE_STOCK = declare("inventory.reserve_stock", "Set goods aside for somebody", by_location=True)
MOVE_STOCK = declare("inventory.move_stock", "Send and receive transfers", by_location=True)
COUNT_STOCK = declare("inventory.count_stock", "Count stock in a stocktake", by_location=True)
APPROVE_COUNTS = declare("inventory.approve_counts", "Open, review and approve stocktakes", by_location=True)
MANAGE_STOCK_POLICY = declare("inventory.manage_stock_policy", "Decide how the shop handles its stock")

grant_to(VIEW_PRODUCTS, "manager", "cashier", "stock clerk", "accountant", "viewer")
grant_to(VIEW_STOCK, "manager", "cashier", "stock clerk", "accountant", "viewer")
grant_to(MANAGE_PRODUCTS, "manager")
grant_to(MANAGE_PRICES, "manager")
grant_to(ADJUST_STOCK, "manager", "stock clerk")
grant_to(VIEW_COST, "manager", "accountant")
grant_to(RESERVE_STOCK, "manager", "cashier", "stock clerk")
grant_to(MOVE_STOCK, "manager", "stock clerk")
grant_to(COUNT_STOCK, "manager", "stock clerk", "cashier")
grant_to(APPROVE_COUNTS, "manager")
grant_to(MANAGE_STOCK_POLICY, "manager")
