"""Words of the pages of the stock room."""

from typing import Any

from django import template

from core.actors import Actor
from inventory.selectors.alerts import open_alerts

register = template.Library()


@register.simple_tag(takes_context=True)
def open_alert_count(context: dict[str, Any]) -> int:
    """How many alerts are open for whom the page is drawn."""
    actor: Actor = context["request"].actor
    return open_alerts(actor=actor).count()
