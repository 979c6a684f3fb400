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
SELL_EXPIRED = declare("orders.sell_expired", "Sell goods of an expired lot", by_location=True)
REFUND = declare("orders.refund", "Take goods back and give the money back", by_location=True)
RETURN_WITHOUT_RECEIPT = declare(
    "orders.return_without_receipt", "Give store credit for goods without a receipt", by_location=True
)
REFUND_BEYOND = declare(
    "orders.refund_beyond",
    "Refund above the shop's limit, after its return period or without a receipt",
    by_location=True,
)
BUY_GOODS = declare("orders.buy_goods", "Buy goods from customers", by_location=True)
BUY_BEYOND = declare(
    "orders.buy_beyond", "Pay customers more for goods than is suggested for their condition", by_location=True
)
VOID = declare("orders.void", "Void a sale of today", by_location=True)
CHANGE_ORDER = declare("orders.change_order", "Change an order that was placed", by_location=True)
TAKE_ORDERS = declare(
    "orders.take_orders", "Take orders for later, receive their payments, cancel them", by_location=True
)
FULFIL = declare("orders.fulfil", "Pack orders, send them off and hand them over", by_location=True)
VIEW_APPROVALS = declare("orders.view_approvals", "See who approved what for whom", by_location=True)
MANAGE_POLICY = declare("orders.manage_policy", "Change the limits of selling and refunding")
VIEW_DISCOUNTS = declare("orders.view_discounts", "See discounts and coupons")
MANAGE_DISCOUNTS = declare("orders.manage_discounts", "Make and change discounts and coupons")
GIVE_DISCOUNT = declare("orders.give_discount", "Give larger discounts by hand than the shop allows", by_location=True)
IMPORT_HISTORY = declare("orders.import_history", "Import sales from another system", by_location=True)
MANAGE_REGISTERS = declare("orders.manage_registers", "Set up registers", by_location=True)
RUN_SHIFT = declare("orders.run_shift", "Open, count and close a drawer, put cash in and out", by_location=True)
VIEW_SHIFTS = declare("orders.view_shifts", "See shifts and their reports", by_location=True)
SEE_EXPECTED_CASH = declare(
    "orders.see_expected_cash", "See what a drawer should hold before it is counted", by_location=True
)
VIEW_CREDIT = declare("orders.view_credit", "See gift cards and store credit")
ISSUE_GIFT_CARDS = declare("orders.issue_gift_cards", "Give gift cards away")
MANAGE_CREDIT = declare("orders.manage_credit", "Block gift cards, correct what is on them and store credit")

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
grant_to(SELL_EXPIRED, "manager")
grant_to(REFUND, "manager", "cashier")
grant_to(RETURN_WITHOUT_RECEIPT, "manager", "cashier")
grant_to(REFUND_BEYOND, "manager")
grant_to(BUY_GOODS, "manager", "cashier")
grant_to(BUY_BEYOND, "manager")
grant_to(VOID, "manager")
grant_to(CHANGE_ORDER, "manager")
grant_to(TAKE_ORDERS, "manager", "cashier")
grant_to(FULFIL, "manager", "cashier", "stock clerk")
grant_to(VIEW_APPROVALS, "manager", "accountant")
grant_to(MANAGE_POLICY, "manager")
grant_to(VIEW_DISCOUNTS, "manager", "cashier", "accountant", "viewer")
grant_to(MANAGE_DISCOUNTS, "manager")
grant_to(GIVE_DISCOUNT, "manager")
grant_to(IMPORT_HISTORY, "manager")
grant_to(MANAGE_REGISTERS, "manager")
grant_to(RUN_SHIFT, "manager", "cashier")
grant_to(VIEW_SHIFTS, "manager", "cashier", "accountant")
grant_to(SEE_EXPECTED_CASH, "manager", "accountant")
grant_to(VIEW_CREDIT, "manager", "cashier", "accountant")
grant_to(ISSUE_GIFT_CARDS, "manager")
grant_to(MANAGE_CREDIT, "manager")
