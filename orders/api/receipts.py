"""Receipts over REST: as PDF and by e-mail."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import ApiView
from orders.permissions import VIEW_ORDERS
from orders.receipts.pdf import PAPERS, receipt_pdf
from orders.services.receipts import LONGEST_ADDRESS, email_receipt, print_receipt


class ReceiptQuery(serializers.Serializer[Any]):
    """What it is to be printed on."""

    paper = serializers.ChoiceField(choices=PAPERS, required=False, default="80mm")


class MailInput(serializers.Serializer[Any]):
    """Where the receipt goes; the customer's own address if none is named."""

    address = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_ADDRESS)
    paper = serializers.ChoiceField(choices=PAPERS, required=False, default="a4")


class MailBody(serializers.Serializer[Any]):
    """The job that sends it."""

    job = serializers.UUIDField()


class ReceiptPdf(ApiView):
    """/orders/<id>/receipt.pdf: the slip."""

    required_permission: ClassVar = VIEW_ORDERS
    tag = "orders"

    @extend_schema(
        operation_id="get_receipt_pdf",
        summary="The receipt of an order as PDF",
        description="The first one is the receipt, each later one says Copy. The audit log has all of them.",
        parameters=[ReceiptQuery],
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, "The PDF.")},
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponse:
        paper = self.query(ReceiptQuery)["paper"]
        receipt = print_receipt(order_id, actor=self.actor)
        name = f'inline; filename="receipt-{receipt.order.number}.pdf"'
        return HttpResponse(
            receipt_pdf(receipt, paper=paper), content_type="application/pdf", headers={"Content-Disposition": name}
        )


class ReceiptMail(ApiView):
    """/orders/<id>/receipt/email/: the slip by e-mail."""

    required_permission: ClassVar = VIEW_ORDERS
    idempotent: ClassVar = True
    tag = "orders"

    @extend_schema(
        operation_id="email_receipt",
        summary="Send the receipt of an order by e-mail",
        description="409 `mail-not-set-up` where this installation cannot send mail.",
        request=MailInput,
        responses={202: MailBody},
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        body = self.read(MailInput)
        job = email_receipt(order_id, address=body.get("address", ""), paper=body["paper"], actor=self.actor)
        return Response({"job": str(job.pk)}, status=202)
