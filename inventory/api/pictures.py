"""Pictures of products over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.renderers import ExactJSONParser
from core.api.views import ApiView
from core.errors import NotFound
from inventory.models import Product, ProductPicture
from inventory.permissions import MANAGE_PRODUCTS, VIEW_PRODUCTS
from inventory.selectors.pictures import WIDTHS, picture_url
from inventory.services.pictures import ALT, MOST_PICTURES, add_picture, change_picture, remove_picture


class PictureInput(serializers.Serializer[Any]):
    """A JPEG, PNG, WebP or GIF that does not move, of at most 15 MB and 50 million pixels."""

    file = serializers.FileField(allow_empty_file=True)
    alt = serializers.CharField(max_length=ALT, required=False, allow_blank=True, help_text="What it shows, in words.")
    variant = serializers.UUIDField(required=False)


class PictureChanges(serializers.Serializer[Any]):
    """What is to change."""

    alt = serializers.CharField(max_length=ALT, required=False, allow_blank=True)
    position = serializers.IntegerField(
        min_value=0, max_value=MOST_PICTURES, required=False, help_text="0 is the first."
    )


class PictureBody(serializers.Serializer[ProductPicture]):
    """A picture: WebP in three widths; what stands at an address never changes."""

    id = serializers.UUIDField()
    product = serializers.UUIDField(source="product_id")
    variant = serializers.UUIDField(source="variant_id", allow_null=True)
    alt = serializers.CharField()
    position = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    urls = serializers.SerializerMethodField(help_text="Addresses by width.")

    def get_urls(self, row: ProductPicture) -> dict[str, str]:
        return {str(width): picture_url(row.sha256, width) for width in WIDTHS}


class PictureList(serializers.Serializer[Any]):
    """All pictures of a product, in their order."""

    results = PictureBody(many=True)


class Pictures(ApiView):
    """/products/<id>/pictures/: what it looks like."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "POST": MANAGE_PRODUCTS}
    tag = "products"
    parser_classes = (MultiPartParser, ExactJSONParser)  # JSON is told that it lacks the file

    @extend_schema(operation_id="list_pictures", summary="Pictures of a product", responses={200: PictureList})
    def get(self, request: Request, product_id: UUID) -> Response:
        product = Product.objects.filter(pk=product_id).first()
        if product is None:
            raise NotFound("There is no such product.")
        return Response({"results": [PictureBody(row).data for row in product.pictures.all()]})

    @extend_schema(
        operation_id="add_picture",
        summary="Add a picture; the same again is the one that is there",
        request={"multipart/form-data": PictureInput},
        responses={201: PictureBody},
    )
    def post(self, request: Request, product_id: UUID) -> Response:
        body = self.read(PictureInput)
        row = add_picture(
            product_id, body["file"], actor=self.actor, alt=body.get("alt", ""), variant_id=body.get("variant")
        )
        return Response(PictureBody(row).data, status=201)


class PictureOne(ApiView):
    """/pictures/<id>/: one picture."""

    required_permission: ClassVar = MANAGE_PRODUCTS
    tag = "products"

    @extend_schema(
        operation_id="update_picture",
        summary="Say what a picture shows, or put it elsewhere in the order",
        request=PictureChanges,
        responses={200: PictureBody},
    )
    def patch(self, request: Request, picture_id: UUID) -> Response:
        row = change_picture(picture_id, actor=self.actor, **self.read(PictureChanges))
        return Response(PictureBody(row).data)

    @extend_schema(operation_id="remove_picture", summary="Take a picture away", responses={204: None})
    def delete(self, request: Request, picture_id: UUID) -> Response:
        remove_picture(picture_id, actor=self.actor)
        return Response(status=204)
