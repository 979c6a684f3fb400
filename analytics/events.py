"""What happens in analytics."""

from datetime import date
from uuid import UUID

from analytics.permissions import VIEW_FORECASTS
from core.events import DomainEvent, event


@event("forecast.ready", about="forecast_run", key="run_id", permission=VIEW_FORECASTS)
class ForecastReady(DomainEvent):
    """A new set of forecasts is there; those of before are replaced."""

    run_id: UUID
    version: int
    made_on: date
    starts_on: date | None
    horizon_days: int
    products: int
    too_young: int
    beaten: int
