// Reads lines of cases from standard input, writes a line of amounts for each: tests/test_pages_money.py compares them.
import { createInterface } from "node:readline";
import { amountText, lineAmounts, parseAmount, parseQuantity } from "../../static/js/lib/till/money.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { quantity, unit_price, rate, discount, inclusive, exponent, rounding } = JSON.parse(line);
  const amounts = lineAmounts(
    {
      quantity: parseQuantity(quantity),
      unitPrice: parseAmount(unit_price),
      rate: parseAmount(rate),
      discount: parseAmount(discount),
    },
    { inclusive, exponent, rounding },
  );
  console.log(JSON.stringify(["net", "tax", "total"].map((name) => amountText(amounts[name], 4))));
}
