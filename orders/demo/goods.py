"""What the demo shop sells: generic names, codes from GS1's range for use inside one company (prefix 20-29)."""

from dataclasses import dataclass
from decimal import Decimal

from inventory.codes import check_digit

BRANDS = {
    "Bakery": "House bakery",
    "Coffee and tea": "House roast",
    "Dairy and eggs": "Farm range",
    "Fruit and vegetables": "Farm range",
    "Household": "Home basics",
}
"""What stands on the label, by category; the rest has none."""


@dataclass(frozen=True, slots=True)
class Article:
    """One thing on the shelf. ``popularity`` is relative: 10 sells ten times as often as 1."""

    sku: str
    name: str
    category: str
    price: Decimal
    cost: Decimal
    tax: str
    popularity: int
    ean: str


def in_house_ean(number: int) -> str:
    """A valid EAN-13 for use inside the shop: prefix 20, ten digits, check digit."""
    digits = f"20{number:010d}"
    return digits + str(check_digit(digits))


# category | tax class | name; price; cost; popularity, one article a line
_SHELVES = """
Bakery|zero
Sourdough loaf; 4.20; 1.60; 22
Wholemeal loaf; 3.80; 1.45; 16
Seeded rolls, 6; 3.20; 1.20; 12
Butter croissant; 1.90; 0.70; 26
Cinnamon bun; 2.60; 0.95; 18
Oat cookies; 3.40; 1.30; 9
Coffee and tea|zero
House espresso beans, 250 g; 8.90; 4.60; 11
Decaf beans, 250 g; 9.40; 4.95; 4
Filter coffee, ground, 500 g; 11.50; 6.20; 6
Breakfast tea, 80 bags; 4.60; 2.05; 9
Peppermint tea, 20 bags; 3.10; 1.35; 6
Green tea, loose, 100 g; 6.80; 3.10; 3
Drinking chocolate, 300 g; 5.90; 2.90; 4
Dairy and eggs|zero
Whole milk, 1 l; 1.55; 0.95; 30
Oat drink, 1 l; 2.10; 1.25; 19
Salted butter, 250 g; 2.95; 1.90; 14
Mature cheddar, 300 g; 4.75; 2.80; 10
Greek yoghurt, 500 g; 3.30; 1.85; 11
Free-range eggs, 6; 2.85; 1.70; 17
Fruit and vegetables|zero
Bananas, bunch; 1.70; 0.85; 21
Apples, 1 kg; 2.90; 1.40; 14
Lemons, 4; 1.80; 0.90; 8
Vine tomatoes, 500 g; 2.60; 1.35; 13
Carrots, 1 kg; 1.35; 0.60; 10
Baby spinach, 200 g; 2.10; 1.10; 7
Potatoes, 2 kg; 2.95; 1.40; 9
Store cupboard|zero
Spaghetti, 500 g; 1.75; 0.80; 11
Arborio rice, 500 g; 3.20; 1.60; 4
Chopped tomatoes, tin; 1.10; 0.55; 15
Chickpeas, tin; 1.05; 0.50; 8
Olive oil, 500 ml; 9.80; 6.10; 5
Sea salt flakes, 250 g; 3.60; 1.50; 3
Plum jam, 340 g; 3.95; 1.85; 6
Blossom honey, 340 g; 6.40; 3.60; 4
Peanut butter, 300 g; 3.85; 1.95; 8
Sweets and snacks|standard
Dark chocolate, 100 g; 2.80; 1.30; 15
Milk chocolate, 100 g; 2.60; 1.20; 14
Salted crisps, 150 g; 2.20; 1.00; 16
Roasted almonds, 150 g; 4.10; 2.30; 6
Fruit gums, 200 g; 2.30; 1.05; 8
Liquorice, 150 g; 2.40; 1.10; 4
Drinks|standard
Sparkling water, 1 l; 1.20; 0.45; 22
Lemonade, 750 ml; 2.40; 1.10; 12
Ginger beer, 330 ml; 1.80; 0.85; 9
Apple juice, 1 l; 2.90; 1.50; 8
Cola, 330 ml; 1.40; 0.65; 17
Household|standard
Washing-up liquid; 2.30; 1.15; 6
Laundry powder, 1.3 kg; 7.90; 4.70; 3
Kitchen roll, 2; 2.75; 1.45; 7
Beeswax candle; 6.50; 3.00; 3
Matches; 0.80; 0.30; 4
Tea towel, linen; 8.50; 3.80; 2
Enamel mug; 9.90; 4.40; 2
Cotton bag; 3.50; 1.20; 5
"""


def articles() -> list[Article]:
    """The whole shelf, in a fixed order."""
    made: list[Article] = []
    category = tax = ""
    for line in _SHELVES.strip().splitlines():
        if "|" in line:
            category, tax = line.split("|")
            continue
        name, price, cost, popularity = (part.strip() for part in line.split(";"))
        number = 1001 + len(made)
        made.append(
            Article(
                f"D{number}", name, category, Decimal(price), Decimal(cost), tax, int(popularity), in_house_ean(number)
            )
        )
    return made
