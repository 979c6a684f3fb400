"""What is expected to be sold, how sure that is, and how well the same method did on days that are known."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from core.ids import uuid7
from inventory.models import Variant

QUANTITY: dict[str, Any] = {"max_digits": 16, "decimal_places": 3}


class ForecastRun(models.Model):
    """One pass over all products, made by a job of the same id."""

    JOB: ClassVar = "analytics.forecast"

    id = models.UUIDField(primary_key=True, default=uuid7, help_text="The job that made it.")
    made_on = models.DateField(help_text="Business day on which it was made.")
    starts_on = models.DateField(null=True, help_text="First day that is forecast; empty when there was nothing to do.")
    horizon_days = models.PositiveSmallIntegerField()
    last_sale_on = models.DateField(null=True, help_text="Last business day with sales.")
    is_historical = models.BooleanField(default=False, help_text="The last sale is old, so it starts the day after it.")
    closed_weekdays = models.JSONField(default=list, help_text="Weekdays on which the shop does not open; Monday is 0.")
    products = models.PositiveIntegerField(default=0, help_text="Products that were forecast.")
    too_young = models.PositiveIntegerField(default=0, help_text="Products with sales but too little history.")
    beaten = models.PositiveIntegerField(default=0, help_text="Products whose method beats the naive one.")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"forecasts of {self.made_on}"


class Forecast(models.Model):
    """The forecast of one product in its present form; a new run replaces it.

    ``wape`` is the absolute error of weekly sums over the sales in the back-tests, ``mase`` the error per day in units
    of the naive error in the history; both are empty where they cannot be measured.
    """

    class Demand(models.TextChoices):
        SMOOTH = "smooth", "sells often and evenly"
        ERRATIC = "erratic", "sells often, in uneven amounts"
        INTERMITTENT = "intermittent", "sells now and then"
        LUMPY = "lumpy", "sells now and then, in uneven amounts"

    class Model(models.TextChoices):
        SEASONAL_NAIVE = "seasonal_naive", "same day last week"
        MOVING_AVERAGE = "moving_average", "mean of four weeks"
        WEEKDAY_AVERAGE = "weekday_average", "mean by weekday"
        SMOOTHING = "smoothing", "exponential smoothing"
        DAMPED_TREND = "damped_trend", "smoothing with trend"
        CROSTON_SBA = "croston_sba", "Croston (SBA)"
        TSB = "tsb", "TSB"
        COMBINED = "combined", "mean of several methods"
        HOLT_WINTERS = "holt_winters", "Holt-Winters"

    variant = models.OneToOneField(Variant, on_delete=models.CASCADE, primary_key=True, related_name="forecast")
    run = models.ForeignKey(ForecastRun, on_delete=models.PROTECT, related_name="forecasts")
    made_on = models.DateField()
    starts_on = models.DateField()
    model = models.CharField(max_length=20, choices=Model)
    demand = models.CharField(max_length=12, choices=Demand)
    total_p10 = models.DecimalField(**QUANTITY, help_text="Of the sum of all days; not the sum of the days' values.")
    total_p50 = models.DecimalField(**QUANTITY)
    total_p90 = models.DecimalField(**QUANTITY)
    wape = models.FloatField(null=True)
    mase = models.FloatField(null=True)
    naive_wape = models.FloatField(null=True)
    naive_mase = models.FloatField(null=True)
    coverage = models.FloatField(help_text="Share of back-test days inside the band; 0.8 is meant.")
    history_days = models.PositiveIntegerField(help_text="Open days since the first sale.")

    class Meta:
        ordering: ClassVar = ["-total_p50", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(total_p10__gte=0) & Q(total_p10__lte=F("total_p50")) & Q(total_p50__lte=F("total_p90")),
                name="forecast_total_ordered",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["-total_p50", "variant"], name="forecast_largest")]

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.total_p50}"

    @property
    def beats_naive(self) -> bool:
        """Whether a method better than the naive one was found."""
        return self.model != self.Model.SEASONAL_NAIVE


class ForecastDay(models.Model):
    """One day of a forecast; a closed day is zero. ``mean`` adds up over days, the rest are quantiles of the day."""

    pk = models.CompositePrimaryKey("forecast_id", "day")
    forecast = models.ForeignKey(Forecast, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    mean = models.DecimalField(**QUANTITY)
    p10 = models.DecimalField(**QUANTITY)
    p50 = models.DecimalField(**QUANTITY)
    p90 = models.DecimalField(**QUANTITY)

    class Meta:
        ordering: ClassVar = ["day"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(p10__gte=0) & Q(p10__lte=F("p50")) & Q(p50__lte=F("p90")) & Q(mean__gte=0),
                name="forecast_day_ordered",
            )
        ]

    def __str__(self) -> str:
        return f"{self.forecast_id} on {self.day}: {self.mean}"
