"""Pictures of products: the page that keeps them, and the files themselves."""

from typing import ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect

from core.errors import Invalid, NotFound
from core.web.refusals import explain
from core.web.views import Page
from inventory.models import Product, ProductPicture
from inventory.permissions import MANAGE_PRODUCTS, VIEW_PRODUCTS
from inventory.selectors.pictures import picture_url, shown_file
from inventory.services.pictures import ALT, MOST_PICTURES, add_picture, change_picture, remove_picture
from inventory.web.selectors import product_by_id

A_YEAR = 365 * 24 * 60 * 60


class PictureForm(forms.Form):
    """A further picture."""

    file = forms.FileField(
        label="Picture",
        allow_empty_file=True,
        help_text="JPEG, PNG, WebP or GIF, up to 15 MB. Drop it here, paste it, or take a photo.",
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )
    alt = forms.CharField(
        label="What it shows", required=False, max_length=ALT, help_text="For those who cannot see it."
    )


class PictureEdit(forms.Form):
    """What a picture shows and where it stands."""

    alt = forms.CharField(required=False, max_length=ALT)
    position = forms.IntegerField(required=False, min_value=0, max_value=MOST_PICTURES)


class ProductPictures(Page):
    """/products/<id>/pictures/: a product's pictures in their order, and the form of a further one."""

    required_permission: ClassVar = MANAGE_PRODUCTS
    template_name = "inventory/pictures.html"

    def get(self, request: HttpRequest, product_id: UUID) -> HttpResponse:
        return self.answer(product_by_id(product_id), PictureForm())

    def post(self, request: HttpRequest, product_id: UUID) -> HttpResponse:
        product = product_by_id(product_id)
        form = PictureForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.answer(product, form, status=422)
        try:
            add_picture(product.pk, form.cleaned_data["file"], actor=self.actor, alt=form.cleaned_data["alt"])
        except Invalid as refusal:
            explain(refusal, form)
            return self.answer(product, form, status=refusal.status)
        messages.success(request, "The picture is there.")
        return redirect("product-pictures", product.pk)

    def answer(self, product: Product, form: PictureForm, *, status: int = 200) -> HttpResponse:
        rows = [{"row": row, "url": picture_url(row.sha256)} for row in product.pictures.all()]
        return self.render({"product": product, "form": form, "rows": rows}, status=status)


class PictureOne(Page):
    """/products/pictures/<id>/: say what it shows, put it elsewhere, or take it away."""

    required_permission: ClassVar = MANAGE_PRODUCTS

    def post(self, request: HttpRequest, picture_id: UUID) -> HttpResponse:
        row = ProductPicture.objects.filter(pk=picture_id).first()
        if row is None:
            raise NotFound("There is no such picture.")
        form = PictureEdit(request.POST)
        if not form.is_valid():
            messages.error(request, "That text is too long.")
        elif "remove" in request.POST:
            remove_picture(row.pk, actor=self.actor)
            messages.success(request, "The picture is gone.")
        else:
            values = {name: form.cleaned_data[name] for name in ("alt", "position") if name in request.POST}
            change_picture(row.pk, actor=self.actor, **values)
        return redirect("product-pictures", row.product_id)


class PictureFile(Page):
    """/pictures/<name>/: the file of a picture that a product of this shop shows."""

    required_permission: ClassVar = VIEW_PRODUCTS

    def get(self, request: HttpRequest, picture_name: str) -> HttpResponse:
        path = shown_file(picture_name)
        if path is None:
            raise NotFound("There is no such picture.")
        tag = f'"{picture_name}"'
        answer: HttpResponse
        if request.headers.get("If-None-Match") == tag:
            answer = HttpResponseNotModified()
        else:
            answer = HttpResponse(path.read_bytes(), content_type="image/webp")
        answer["ETag"] = tag
        answer["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
