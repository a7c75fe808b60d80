"""The media library stores no personal data but what authors publish."""

from images.models import Image, MediaFile, SiteImages, Video
from privacy.registry import register

register.add_impersonal(
    Image, "file focal_point title alt caption credit description missing_url formats_hash", "Published content."
)
register.add_impersonal(MediaFile, "file name title content_type digest", "Published content.")
register.add_impersonal(Video, "key title transcript", "Published content.")
register.add_impersonal(SiteImages, "", "Published content.")
