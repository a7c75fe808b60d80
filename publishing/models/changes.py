"""What changed in public texts, as visitors read it."""

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone


class Change(models.Model):
    """A change in substance of a public document, in one sentence. Small corrections have none."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    document = GenericForeignKey()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_on = models.DateField(default=timezone.localdate)
    text = models.CharField(max_length=300)
    is_correction = models.BooleanField("corrects an error", default=False)

    class Meta:
        default_permissions = ()
        ordering = ("-changed_on", "-pk")
        indexes = [models.Index(fields=("content_type", "object_id", "-changed_on"), name="publishing_change_of")]

    def __str__(self) -> str:
        return self.text
