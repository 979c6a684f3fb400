"""The statements of a landing. Staged lines are in ``pg_temp.import_line``; each document is decided on once.

The content of a document is a hash over its lines in any order, so a file that was sorted anew is still the same.
"""

MAKE_DOCUMENTS = """
    CREATE TEMPORARY TABLE import_document AS
    WITH content AS (
        SELECT order_id, number, nature, line_no, quantity, quantity * unit_price AS amount,
               concat_ws(chr(31), code, description, trim_scale(quantity), trim_scale(unit_price),
                         trim_scale(extract(epoch FROM occurred_at)), customer, country) COLLATE "C" AS line
        FROM pg_temp.import_line
    ), document AS (
        SELECT order_id, min(number) AS number, min(nature) AS nature, min(line_no) AS first_line,
               max(line_no) AS last_line, count(*) AS line_count, sum(amount)::numeric(18,4) AS total,
               bool_and(amount = 0) AS is_free, min(quantity) < 0 AS takes_away,
               sha256(convert_to(string_agg(line, chr(30) ORDER BY line), 'UTF8')) AS content
        FROM content GROUP BY order_id
    )
    SELECT document.*, first.occurred_at, first.business_date, first.customer, first.country,
           CASE WHEN document.nature = 'cancellation' AND document.total <= 0 THEN 'refund'
                WHEN document.nature <> 'sale' OR document.total < 0 THEN 'adjustment'
                WHEN document.is_free AND document.takes_away THEN 'adjustment'
                ELSE 'sale' END AS kind,
           CASE WHEN stored.id IS NULL THEN 'new'
                WHEN stored.request_hash = document.content THEN 'known'
                ELSE 'conflict' END AS state,
           stored.total AS stored_total, stored.line_count AS stored_line_count
    FROM document
    JOIN pg_temp.import_line AS first ON first.line_no = document.first_line
    LEFT JOIN orders_order AS stored ON stored.source = %(source)s AND stored.number = document.number
"""
DROP_DOCUMENTS = "DROP TABLE IF EXISTS pg_temp.import_document"

COUNT_DOCUMENTS = """
    SELECT count(*), count(*) FILTER (WHERE state = 'new'), count(*) FILTER (WHERE state = 'known'),
           count(*) FILTER (WHERE state = 'conflict'),
           coalesce(sum(line_count) FILTER (WHERE state = 'new'), 0)::bigint,
           sum(total), coalesce(sum(total) FILTER (WHERE state = 'new'), 0),
           min(business_date), max(business_date), max(abs(total))
    FROM pg_temp.import_document
"""
MOST_UNITS_OF_A_CODE = (
    "SELECT max(units) FROM (SELECT sum(abs(quantity)) AS units FROM pg_temp.import_line GROUP BY code) AS t"
)

CONFLICTS = """
    SELECT number, first_line, line_count, total, stored_line_count, stored_total
    FROM pg_temp.import_document WHERE state = 'conflict' ORDER BY first_line LIMIT %(listed)s
"""

# The description kept per code is bounded, so that a file of nothing but new words stays small in memory.
SPELLINGS = """
    SELECT code, description, line_count, first_line FROM (
        SELECT line.code, line.description, count(*) AS line_count, min(line.line_no) AS first_line,
               row_number() OVER (PARTITION BY line.code ORDER BY count(*) DESC, min(line.line_no)) AS place
        FROM pg_temp.import_line AS line JOIN pg_temp.import_document AS document USING (order_id)
        WHERE document.state = 'new'
        GROUP BY line.code, line.description
    ) AS counted WHERE place <= 50 ORDER BY code, place
"""
PRICES = """
    SELECT DISTINCT ON (line.code) line.code, line.unit_price, line.occurred_at, line.line_no
    FROM pg_temp.import_line AS line JOIN pg_temp.import_document AS document USING (order_id)
    WHERE document.state = 'new' AND document.kind = 'sale' AND line.unit_price > 0 AND line.quantity > 0
    ORDER BY line.code, line.occurred_at DESC, line.line_no DESC
"""
CUSTOMERS = """
    SELECT DISTINCT ON (document.customer) document.customer, document.country
    FROM pg_temp.import_document AS document
    WHERE document.state = 'new' AND document.customer <> ''
      AND NOT EXISTS (SELECT FROM orders_customer AS known WHERE known.number = document.customer)
    ORDER BY document.customer, document.occurred_at DESC, document.first_line DESC
"""

MAKE_CODES = """
    CREATE TEMPORARY TABLE import_code (
        code text PRIMARY KEY, variant_id uuid NOT NULL, sku text NOT NULL, name text NOT NULL,
        is_stocked boolean NOT NULL
    )
"""
DROP_CODES = "DROP TABLE IF EXISTS pg_temp.import_code"
COPY_CODES = "COPY pg_temp.import_code FROM STDIN"

# A document without a customer, or sold to another country than its customer's, keeps the country as a note.
ADD_ORDERS = """
    INSERT INTO orders_order
        (id, request_hash, number, source, kind, state, channel, location_id, customer_id, currency,
         prices_include_tax, rounding, subtotal, discount_total, tax_total, total, items, line_count,
         is_paid_elsewhere, created_by_kind, created_by_id, created_by_label, note, business_date,
         occurred_at, recorded_at, version)
    SELECT document.order_id, document.content, document.number, %(source)s, document.kind, 'completed', 'history',
           %(location)s, customer.id, %(currency)s, %(prices_include_tax)s, 'exact', document.total, 0, 0,
           document.total, goods.items, document.line_count, true, %(actor_kind)s, %(actor_id)s, %(actor_label)s,
           CASE WHEN document.country <> coalesce(customer.country, '') AND document.country <> ''
                THEN 'Country: ' || document.country ELSE '' END,
           document.business_date, document.occurred_at, now(), 1
    FROM pg_temp.import_document AS document
    JOIN (SELECT line.order_id, coalesce(sum(line.quantity) FILTER (WHERE code.is_stocked), 0) AS items
          FROM pg_temp.import_line AS line JOIN pg_temp.import_code AS code USING (code) GROUP BY line.order_id
    ) AS goods USING (order_id)
    LEFT JOIN orders_customer AS customer ON customer.number = document.customer AND document.customer <> ''
    WHERE document.state = 'new'
    ORDER BY document.first_line
    ON CONFLICT DO NOTHING
    RETURNING 1
"""
SLICE_ENDS = """
    SELECT max(first_line) FROM (
        SELECT first_line, sum(line_count) OVER (ORDER BY first_line)::bigint / %(lines)s AS slice
        FROM pg_temp.import_document WHERE state = 'new'
    ) AS sliced GROUP BY slice ORDER BY slice
"""
ADD_LINES = """
    WITH wanted AS (
        SELECT order_id, kind, last_line FROM pg_temp.import_document
        WHERE state = 'new' AND first_line > %(after)s AND first_line <= %(until)s
    )
    INSERT INTO orders_orderline
        (order_id, position, variant_id, sku, code, name, quantity, unit_price, list_price, discount, tax_rate,
         net, tax, total, unit_cost, is_stocked)
    SELECT line.order_id, row_number() OVER (PARTITION BY line.order_id ORDER BY line.line_no), code.variant_id,
           code.sku, line.code, coalesce(nullif(line.description, ''), code.name), line.quantity, line.unit_price,
           line.unit_price, 0, 0, line.quantity * line.unit_price, 0, line.quantity * line.unit_price, NULL,
           code.is_stocked
    FROM pg_temp.import_line AS line
    JOIN wanted USING (order_id)
    JOIN pg_temp.import_code AS code USING (code)
    WHERE line.line_no > %(after)s AND line.line_no <= (SELECT max(last_line) FROM wanted)
    ORDER BY line.line_no
"""

# A sale takes its quantity from the shelf and a refund, whose quantity is negative, puts it back. The quantity of an
# adjustment is itself the change: -10 "damaged" means ten units less.
ADD_FACTS = """
    INSERT INTO pg_temp.stock_fact
        (variant_id, location_id, delta, kind, reference_type, reference_id, occurred_at)
    SELECT code.variant_id, %(location)s,
           sum(line.quantity) * CASE WHEN document.kind = 'adjustment' THEN 1 ELSE -1 END,
           document.kind, 'order', document.order_id, document.occurred_at
    FROM pg_temp.import_line AS line
    JOIN pg_temp.import_document AS document USING (order_id)
    JOIN pg_temp.import_code AS code USING (code)
    WHERE document.state = 'new' AND code.is_stocked
    GROUP BY code.variant_id, document.order_id, document.kind, document.occurred_at
    HAVING sum(line.quantity) <> 0
"""

# What a person should know, counted over the lines that landed.
REMARKS = {
    "minutes": """
        SELECT count(*) FROM (
            SELECT order_id FROM pg_temp.import_line JOIN pg_temp.import_document AS document USING (order_id)
            WHERE state = 'new' GROUP BY order_id HAVING count(DISTINCT import_line.occurred_at) > 1) AS t
    """,
    "customers": """
        SELECT count(*) FROM (
            SELECT order_id FROM pg_temp.import_line JOIN pg_temp.import_document AS document USING (order_id)
            WHERE state = 'new' GROUP BY order_id HAVING count(DISTINCT import_line.customer) > 1) AS t
    """,
    "countries": """
        SELECT customer FROM pg_temp.import_document WHERE state = 'new' AND customer <> ''
        GROUP BY customer HAVING count(DISTINCT country) > 1 ORDER BY customer LIMIT 50
    """,
    "anonymous": """
        SELECT count(*), sum(line_count)::bigint FROM pg_temp.import_document WHERE state = 'new' AND customer = ''
    """,
    "kinds": "SELECT kind, count(*) FROM pg_temp.import_document WHERE state = 'new' GROUP BY kind ORDER BY kind",
}
