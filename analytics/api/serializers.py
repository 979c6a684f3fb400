"""What the API of reports and forecasts takes and gives."""

from typing import Any

from rest_framework import serializers

from analytics.models import Forecast, ForecastDay, ForecastRun
from analytics.periods import KINDS
from core.api.fields import AmountField, QuantityField
from core.api.pagination import PageQuery


class ReportQuery(serializers.Serializer[Any]):
    """The parameters of a report."""

    period = serializers.CharField(required=False, default="", help_text=f"One of {', '.join(KINDS)}; month if absent.")
    date = serializers.CharField(required=False, default="", help_text="A day inside the period; today if absent.")
    location = serializers.UUIDField(required=False, default=None)
    metrics = serializers.CharField(required=False, default="", help_text="Names with commas; all if absent.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # "from" is a word of the language, so it cannot be an attribute.
        fields = super().get_fields()
        fields["from"] = serializers.CharField(required=False, default="", help_text="First day of a range.")
        fields["to"] = serializers.CharField(required=False, default="", help_text="Last day of a range.")
        return fields


class FigureOutput(serializers.Serializer[Any]):
    """A metric's value; amounts and quantities are decimal strings."""

    value = serializers.CharField(allow_null=True)
    before = serializers.CharField(allow_null=True)
    change = serializers.CharField(allow_null=True, help_text="As a share of the value before: 0.1 is ten per cent.")
    unit = serializers.ChoiceField(choices=["money", "count", "quantity", "ratio"])


class SliceOutput(serializers.Serializer[Any]):
    """The figures of one day or channel."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # ours, not the label of a form field
    figures = serializers.DictField(child=serializers.CharField(allow_null=True))


class ProductOutput(serializers.Serializer[Any]):
    """What one product brought."""

    variant = serializers.UUIDField(allow_null=True, source="variant_id")
    sku = serializers.CharField()
    name = serializers.CharField()
    revenue = AmountField(max_digits=24)
    quantity = QuantityField(max_digits=20)


class ReportOutput(serializers.Serializer[Any]):
    """A report."""

    period = serializers.CharField()
    start = serializers.DateField()
    end = serializers.DateField()
    compared_start = serializers.DateField()
    compared_end = serializers.DateField()
    currency = serializers.CharField()
    location = serializers.UUIDField(allow_null=True)
    figures = serializers.DictField(child=FigureOutput())
    days = SliceOutput(many=True)
    hours = SliceOutput(many=True)
    channels = SliceOutput(many=True)
    top_by_revenue = ProductOutput(many=True)
    top_by_quantity = ProductOutput(many=True)


class MetricOutput(serializers.Serializer[Any]):
    """A metric in words."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # ours, not the label of a form field
    formula = serializers.CharField()
    unit = serializers.CharField()
    permission = serializers.CharField()


class ForecastQuery(PageQuery):
    """The parameters of the list of forecasts."""

    q = serializers.CharField(required=False, default="", max_length=100, help_text="Part of a name or article number.")


class ForecastOutput(serializers.ModelSerializer[Forecast]):
    """A forecast without its days."""

    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    name = serializers.CharField(source="variant.title")
    run = serializers.UUIDField(source="run_id")
    beats_naive = serializers.BooleanField()

    class Meta:
        model = Forecast
        fields = (
            "variant", "sku", "name", "run", "made_on", "starts_on", "model", "beats_naive", "demand",
            "total_p10", "total_p50", "total_p90", "wape", "mase", "naive_wape", "naive_mase", "coverage",
            "history_days",
        )  # fmt: skip


class ForecastDayOutput(serializers.ModelSerializer[ForecastDay]):
    """One day."""

    class Meta:
        model = ForecastDay
        fields = ("day", "mean", "p10", "p50", "p90")


class ForecastWithDaysOutput(ForecastOutput):
    """A forecast with its days."""

    days = ForecastDayOutput(many=True)

    class Meta(ForecastOutput.Meta):
        fields = (*ForecastOutput.Meta.fields, "days")  # type: ignore[assignment]


class RunOutput(serializers.ModelSerializer[ForecastRun]):
    """A pass over all products."""

    class Meta:
        model = ForecastRun
        fields = (
            "id", "made_on", "starts_on", "horizon_days", "last_sale_on", "is_historical", "closed_weekdays",
            "products", "too_young", "beaten", "started_at", "finished_at",
        )  # fmt: skip
