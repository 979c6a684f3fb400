"""Parameters that many endpoints share, as the OpenAPI document shows them."""

from drf_spectacular.utils import OpenApiParameter

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag you saw; 412 with the present state if it changed."
)
