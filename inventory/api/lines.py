"""How a line of any body names its article."""

from typing import Any

from rest_framework import serializers

from inventory.selectors import LONGEST_CODE


class ArticleInput(serializers.Serializer[Any]):
    """Exactly one of ``variant`` and ``code``. The base of every line that names an article."""

    variant = serializers.UUIDField(required=False)
    code = serializers.CharField(required=False, max_length=LONGEST_CODE)

    def validate(self, line: dict[str, Any]) -> dict[str, Any]:
        if ("variant" in line) == ("code" in line):
            raise serializers.ValidationError("Name either variant or code.", code="variant-or-code")
        return line
