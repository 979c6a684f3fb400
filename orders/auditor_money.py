"""What must hold of drawers and of what the shop owes, as SQL that lists every row breaking it."""

MONEY_CHECKS: dict[str, str] = {
    "an account holds the sum of its entries, numbered 1, 2, 3 up to its version, with running balances": """
        SELECT account_id, version, balance, sum_so_far, place FROM (
            SELECT account_id, version, balance, sum(amount) OVER steps AS sum_so_far, row_number() OVER steps AS place
            FROM orders_creditentry WINDOW steps AS (PARTITION BY account_id ORDER BY version)
        ) AS ledger WHERE version <> place OR balance <> sum_so_far
        UNION ALL
        SELECT account.id, account.version, account.balance, coalesce(sum(entry.amount), 0), count(entry.id)
        FROM orders_creditaccount AS account LEFT JOIN orders_creditentry AS entry ON entry.account_id = account.id
        GROUP BY account.id
        HAVING account.balance <> coalesce(sum(entry.amount), 0) OR account.version <> count(entry.id)
    """,
    "what is left to expire is part of what was given and of what is there": """
        SELECT account.id, account.balance, sum(entry.remaining)
        FROM orders_creditaccount AS account JOIN orders_creditentry AS entry ON entry.account_id = account.id
        WHERE entry.remaining IS NOT NULL
        GROUP BY account.id
        HAVING sum(entry.remaining) > greatest(account.balance, 0)
            OR bool_or(entry.remaining < 0 OR entry.remaining > entry.amount)
    """,
    "what was paid by gift card, credit or points is in the ledger of its account": """
        SELECT payment.id, payment.method, payment.amount, entry.amount
        FROM orders_payment AS payment
        LEFT JOIN orders_creditentry AS entry
          ON entry.account_id = payment.account_id AND entry.reference_id = payment.id
        WHERE payment.method IN ('giftcard', 'credit') AND payment.amount > 0 AND payment.account_id IS NOT NULL
          AND entry.amount IS DISTINCT FROM -payment.amount
    """,
    "a document's part that is no revenue is the sum of its lines that are no goods": """
        SELECT document.id, document.number, document.apart_total, sum(line.total)
        FROM orders_order AS document LEFT JOIN orders_orderline AS line
          ON line.order_id = document.id AND line.kind <> 'goods'
        GROUP BY document.id HAVING document.apart_total <> coalesce(sum(line.total), 0)
    """,
    "a gift card that was sold was filled with what its line says, and taken back with it": """
        SELECT line.id, line.gift_card_id, line.total, entry.amount
        FROM orders_orderline AS line JOIN orders_order AS document ON document.id = line.order_id
        LEFT JOIN orders_giftcard AS card ON card.id = line.gift_card_id
        LEFT JOIN orders_creditentry AS entry ON entry.account_id = card.account_id AND CASE document.kind
            WHEN 'sale' THEN entry.kind = 'issue' ELSE entry.kind = 'reverse' AND entry.reference_id = document.id END
        WHERE line.kind = 'giftcard' AND document.state NOT IN ('parked', 'ended') AND (
            entry.amount IS DISTINCT FROM line.total OR line.tax <> 0 OR line.quantity <> sign(line.total)
            OR (document.kind = 'sale') <> (card.order_id = document.id))
        UNION ALL
        SELECT line.id, line.gift_card_id, line.total, account.balance
        FROM orders_orderline AS line
        JOIN orders_order AS document ON document.id = line.order_id AND document.state = 'voided'
        JOIN orders_giftcard AS card ON card.id = line.gift_card_id
        JOIN orders_creditaccount AS account ON account.id = card.account_id AND account.balance <> 0
    """,
    "expected cash of a closed shift is its float, its payments in cash and its cash movements": """
        SELECT shift.id, shift.number, shift.expected_total, amended.cash, shift.opening_float, paid.cash, moved.cash
        FROM orders_shift AS shift
        CROSS JOIN LATERAL (
            SELECT coalesce(sum((amounts->>'cash')::numeric + coalesce((amounts->>'pay_ins')::numeric, 0)
                   + coalesce((amounts->>'pay_outs')::numeric, 0)), 0) AS cash
            FROM orders_shiftamendment WHERE shift_id = shift.id
        ) AS amended
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount), 0) AS cash FROM orders_payment WHERE shift_id = shift.id AND method = 'cash'
        ) AS paid
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount), 0) AS cash FROM orders_cashmovement WHERE shift_id = shift.id
        ) AS moved
        WHERE shift.state = 'closed'
          AND shift.expected_total + amended.cash <> shift.opening_float + paid.cash + moved.cash
    """,
    "a document of a closed shift is in its Z report or in one of its amendments": """
        SELECT shift.id, shift.number, shift.totals->>'documents', count(document.id)
        FROM orders_shift AS shift LEFT JOIN orders_order AS document
          ON document.shift_id = shift.id AND document.state <> 'parked'
        WHERE shift.state = 'closed'
        GROUP BY shift.id
        HAVING count(document.id) <> (shift.totals->>'documents')::bigint
            + (SELECT coalesce(sum((amounts->>'documents')::bigint), 0) FROM orders_shiftamendment
               WHERE shift_id = shift.id)
    """,
    "a document and its payments go through a drawer of their location": """
        SELECT document.id, document.number FROM orders_order AS document
        JOIN orders_register AS register ON register.id = document.register_id
        LEFT JOIN orders_shift AS shift ON shift.id = document.shift_id
        WHERE register.location_id <> document.location_id OR shift.register_id <> register.id
    """,
}
