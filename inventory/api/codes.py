"""What a scan means, codes of articles, and the rules for codes that carry a weight or a price."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import PriceField, QuantityField, RateField
from core.api.pagination import PageQuery, page_of
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.errors import NotFound, StaleVersion
from inventory.api.serializers import CodeBody
from inventory.models import EmbeddedCodeRule
from inventory.permissions import MANAGE_PRODUCTS, VIEW_PRODUCTS, VIEW_STOCK
from inventory.reading import PROBLEMS, Rule, pattern_faults, read_scan
from inventory.scan_targets import Target
from inventory.selectors import LONGEST_CODE
from inventory.selectors.codes import Scanned, code_rules, resolve_scan, this_year
from inventory.services import code_rules as rules
from inventory.services.scancodes import add_code, make_code


class ScanQuery(serializers.Serializer[Any]):
    """Where the scanner is."""

    location = serializers.UUIDField(required=False, help_text="Answers `on_hand` there, if you may see it.")


class ScanBody(serializers.Serializer[Scanned]):
    """What a code stands for: of goods everything is said, of anything else ``kind``, ``target`` and ``name``."""

    kind = serializers.CharField(help_text="`variant`, `lot`, `serial`, `location`, `customer`, `order` or others.")
    target = serializers.UUIDField(source="id", help_text="What it stands for.")
    code = serializers.CharField(help_text="As it is stored.", required=False)
    variant = serializers.UUIDField(source="variant_id", required=False)
    product = serializers.UUIDField(source="product_id", required=False)
    sku = serializers.CharField(required=False)
    name = serializers.CharField(source="title")
    url = serializers.CharField(required=False, help_text="The page that shows it, where it is no article.")
    unit_price = PriceField(required=False)
    tax_rate = RateField(required=False, help_text="Per cent.")
    pack_quantity = QuantityField(required=False, help_text="Units that the code stands for.")
    quantity = QuantityField(required=False, help_text="Units of this scan: the pack, or what the code carries.")
    unit = serializers.CharField(required=False, help_text='What one unit is; "" is a piece.')
    price = PriceField(required=False, allow_null=True, help_text="What the code says the whole piece costs.")
    charges = serializers.BooleanField(
        required=False, help_text="It is what the customer pays: send this code as `label` of the line."
    )
    lot = serializers.CharField(required=False)
    serial = serializers.CharField(required=False)
    expires_on = serializers.DateField(required=False, allow_null=True)
    lot_id = serializers.UUIDField(required=False, allow_null=True, help_text="The lot, where the shop has it.")
    serial_id = serializers.UUIDField(required=False, allow_null=True, help_text="The piece, where the shop has it.")
    state = serializers.CharField(
        required=False, allow_blank=True, help_text="Of the lot or piece: `open`, `blocked`, `in_stock`, `sold`, …"
    )
    is_stocked = serializers.BooleanField(required=False)
    tracking = serializers.CharField(required=False, help_text="`none`, `lot` or `serial`: how pieces are told apart.")
    on_hand = QuantityField(required=False, allow_null=True)


_SCAN = ScanBody()


def scan_body(found: Scanned | Target) -> dict[str, Any]:
    """The body of what a scan means."""
    if isinstance(found, Target):
        return {"kind": found.kind, "target": str(found.id), "name": found.label, "url": found.url}
    body: dict[str, Any] = _SCAN.to_representation(found)
    return body


class Scan(ApiView):
    """/scan/<code>/: what the code stands for."""

    required_permission: ClassVar = VIEW_PRODUCTS
    tag = "products"

    @extend_schema(
        operation_id="scan",
        summary="What a scanned or typed code stands for",
        description=(
            "Anything: a code or SKU of an article, a GS1 element string (`]C1…`, `(01)…`, or with separators), a code"
            " with a weight or price inside, a lot, a piece with a serial number, a location, a customer, a receipt."
            " Of a lot or piece its article is answered too; one whose name several articles use is 409"
            " `ambiguous-code` with `targets`. A code that says something"
            " impossible is 422 `nonsense-code` with the `problem`: "
            + ", ".join(f"`{name}`" for name in PROBLEMS)
            + "."
        ),
        parameters=[ScanQuery],
        responses={200: ScanBody},
    )
    def get(self, request: Request, code: str) -> Response:
        place = self.query(ScanQuery).get("location")
        visible = place if place and self.actor.may(VIEW_STOCK, at=place) else None
        return Response(scan_body(resolve_scan(code, actor=self.actor, location_id=visible)))


class NewCode(serializers.Serializer[Any]):
    """A code for an article: one that it has, or (``make``) the next free one of our own."""

    code = serializers.CharField(max_length=LONGEST_CODE, required=False)
    make = serializers.ChoiceField(choices=["ean13", "code128"], required=False)
    prefix = serializers.RegexField(r"^2[0-9]$", required=False, help_text="For `ean13`: 20 to 29.")
    pack_quantity = QuantityField(required=False, min_value=Decimal("0.001"))

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        if ("code" in body) == ("make" in body):
            raise serializers.ValidationError("Name either code or make.", code="code-or-make")
        return body


class VariantCodes(ApiView):
    """/variants/<id>/codes/: a further code of an article."""

    required_permission: ClassVar = MANAGE_PRODUCTS
    idempotent: ClassVar = True
    tag = "products"

    @extend_schema(
        operation_id="add_code",
        summary="Give an article a further code, or a new one of your own",
        request=NewCode,
        responses={201: CodeBody},
    )
    def post(self, request: Request, variant_id: UUID) -> Response:
        body = self.read(NewCode)
        pack = body.get("pack_quantity", Decimal(1))
        if "code" in body:
            row = add_code(variant_id, code=body["code"], pack_quantity=pack, actor=self.actor)
        else:
            row = make_code(
                variant_id, style=body["make"], prefix=body.get("prefix", ""), pack_quantity=pack, actor=self.actor
            )
        return Response(CodeBody(row).data, status=201)


class RuleInput(serializers.Serializer[Any]):
    """A rule: digits stand for themselves, I article, W weight, P price, N pieces, V their check digit, C the last."""

    name = serializers.CharField(max_length=rules.NAME, required=False)
    pattern = serializers.CharField(max_length=20)
    decimals = serializers.IntegerField(min_value=0, max_value=6)
    price_does = serializers.ChoiceField(
        choices=EmbeddedCodeRule.PriceDoes.choices,
        required=False,
        help_text="`charge`: a price inside is what the customer pays; `show`: it is only shown.",
    )
    position = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False)
    is_active = serializers.BooleanField(required=False)


class RuleChanges(RuleInput):
    """What is to change."""

    pattern = serializers.CharField(max_length=20, required=False)
    decimals = serializers.IntegerField(min_value=0, max_value=6, required=False)


class RuleBody(serializers.Serializer[EmbeddedCodeRule]):
    """A rule; the first that fits decides."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    pattern = serializers.CharField()
    decimals = serializers.IntegerField()
    price_does = serializers.ChoiceField(choices=EmbeddedCodeRule.PriceDoes.choices)
    position = serializers.IntegerField()
    is_active = serializers.BooleanField()
    version = serializers.IntegerField()


class RulePage(serializers.Serializer[Any]):
    """One page of rules."""

    results = RuleBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class CodeRules(ApiView):
    """/code-rules/: how this shop reads codes that carry something."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "POST": MANAGE_PRODUCTS}
    idempotent: ClassVar = True
    tag = "catalogue"

    @extend_schema(
        operation_id="list_code_rules",
        summary="Rules for codes with a weight, a price or a number inside",
        parameters=[PageQuery],
        responses={200: RulePage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(PageQuery)
        rows = EmbeddedCodeRule.objects.all()
        found, beyond = page_of(rows, by=("position", "name", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [RuleBody(row).data for row in found], "next": beyond})

    @extend_schema(operation_id="create_code_rule", summary="Add a rule", request=RuleInput, responses={201: RuleBody})
    def post(self, request: Request) -> Response:
        row = rules.create_rule(self.read(RuleInput), actor=self.actor)
        return versioned(RuleBody(row).data, row, status=201)


class CodeRuleOne(ApiView):
    """/code-rules/<id>/: one rule."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "PATCH": MANAGE_PRODUCTS, "DELETE": MANAGE_PRODUCTS}
    idempotent: ClassVar = True
    tag = "catalogue"

    @extend_schema(operation_id="get_code_rule", summary="A rule", responses={200: RuleBody})
    def get(self, request: Request, rule_id: UUID) -> Response:
        row = _rule(rule_id)
        return versioned(RuleBody(row).data, row)

    @extend_schema(
        operation_id="update_code_rule",
        summary="Change a rule",
        parameters=[IF_MATCH],
        request=RuleChanges,
        responses={200: RuleBody},
    )
    def patch(self, request: Request, rule_id: UUID) -> Response:
        changes = self.read(RuleChanges)
        try:
            row = rules.update_rule(rule_id, changes, actor=self.actor, expected_version=self.expected_version())
        except StaleVersion as stale:
            raise StaleVersion(details={"current": RuleBody(_rule(rule_id)).data}) from stale
        return versioned(RuleBody(row).data, row)

    @extend_schema(
        operation_id="delete_code_rule", summary="Take a rule away", parameters=[IF_MATCH], responses={200: RuleBody}
    )
    def delete(self, request: Request, rule_id: UUID) -> Response:
        row = _rule(rule_id)
        rules.delete_rule(rule_id, actor=self.actor, expected_version=self.expected_version())
        return Response(RuleBody(row).data)


class ReadingInput(serializers.Serializer[Any]):
    """A code, and the rules to read it with; without them those of the shop."""

    code = serializers.CharField(max_length=300)
    rules = RuleInput(many=True, required=False, max_length=rules.MOST_RULES)  # type: ignore[call-arg]


class ReadingBody(serializers.Serializer[Any]):
    """What a code says by itself, whatever this shop sells; an empty text is nothing said."""

    form = serializers.ChoiceField(choices=["plain", "gs1", "embedded"])
    plain = serializers.CharField()
    items = serializers.ListField(child=serializers.CharField())
    quantity = serializers.CharField()
    unit = serializers.CharField()
    price = serializers.CharField()
    currency = serializers.CharField()
    lot = serializers.CharField()
    serial = serializers.CharField()
    expires_on = serializers.CharField()
    rule = serializers.CharField()
    problem = serializers.CharField()
    charges = serializers.BooleanField(help_text="By the rule, the price is what the customer pays.")


class CodeReading(ApiView):
    """/code-rules/reading/: what a code says under some rules. It changes nothing."""

    required_permission: ClassVar = VIEW_PRODUCTS
    tag = "catalogue"

    @extend_schema(
        operation_id="read_code",
        summary="What a code says under rules that are being edited",
        request=ReadingInput,
        responses={200: ReadingBody},
    )
    def post(self, request: Request) -> Response:
        body = self.read(ReadingInput)
        under = [
            Rule(rule["pattern"].upper(), rule["decimals"], charges=rule.get("price_does") == "charge")
            for rule in body.get("rules", [])
        ]
        usable = [rule for rule in under if not pattern_faults(rule.pattern, rule.decimals)]
        read = read_scan(body["code"], usable if "rules" in body else code_rules(), year=this_year())
        return Response(ReadingBody(read).data)


def _rule(rule_id: UUID) -> EmbeddedCodeRule:
    row = EmbeddedCodeRule.objects.filter(pk=rule_id).first()
    if row is None:
        raise NotFound("There is no such rule.")
    return row
