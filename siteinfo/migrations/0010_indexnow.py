from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("siteinfo", "0009_signup_paragraph")]

    operations = [
        migrations.AddField(
            "siteinfo",
            "uses_indexnow",
            models.BooleanField(
                "tell search engines about changes",
                default=False,
                help_text="Sends the URLs of new, changed and withdrawn posts and pages to IndexNow, a service of Bing, "
                "Yandex and others, within minutes. Google does not take part. Nothing about visitors is sent.",
            ),
        ),
    ]
