"""Who wants to be told of alerts by mail."""

from django.db import models

from core.people.models import User


class AlertDigest(models.Model):
    """One person's wish for a daily mail. ``sent_on`` is the business day of the last one: a day has one at most."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    is_wanted = models.BooleanField(default=False)
    sent_on = models.DateField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, help_text="Somebody is sending it until then.")
    told_until = models.DateTimeField(null=True, blank=True, help_text="Alerts raised later were not mailed yet.")
